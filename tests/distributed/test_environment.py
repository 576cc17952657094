"""Environment variables of a run: set when a run begins, before Ray is imported, and not by importing a module."""

from pathlib import Path

import pytest

from tests.support import python, write_suite

MODULES = (
    "a4g_bench.api", "a4g_bench.cli.app", "a4g_bench.cluster.submit", "a4g_bench.distributed.environment",
    "a4g_bench.workflows.doctor", "a4g_bench.workflows.run",
)  # fmt: skip
#: Modules of other people's that set variables of their own are imported first.
OTHERS = "import os, psutil, pandas, pyarrow, scipy, sklearn, typer"


@pytest.mark.parametrize("module", MODULES)
def test_importing_a_module_changes_no_variable(module: str) -> None:
    done = python(f"{OTHERS}; before = dict(os.environ); import {module}; print(dict(os.environ) == before)")
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("mode", [None, 0o644, 0o600])
def test_the_token_of_a_run_is_this_users_alone(tmp_path: Path, mode: int | None) -> None:
    token = tmp_path / ".ray" / "auth_token"
    if mode is not None:
        token.parent.mkdir()
        token.write_text("mine")
        token.chmod(mode)
    code = "import os; from a4g_bench.distributed.environment import ask_for_token as ask; ask()"
    code += "; print(os.environ['RAY_AUTH_MODE'])"
    assert python(code, HOME=str(tmp_path), RAY_AUTH_TOKEN="", RAY_AUTH_TOKEN_PATH="").stdout == "token\n"
    assert token.stat().st_mode & 0o777 == 0o600
    assert token.read_text() == "mine" if mode is not None else len(token.read_text()) == 64


DRIVEN = """
import os, sys, types

def execute(plan, todo, attempts, root, options, report):
    print("ray" in sys.modules, {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "RAY_USAGE_STATS_ENABLED")})
    return False

sys.modules["a4g_bench.distributed.driver"] = types.SimpleNamespace(execute=execute)
from a4g_bench.cli import main
main(["run", SUITE, "--results", RESULTS, "--workers", "2"])
"""


@pytest.mark.parametrize(("own", "threads"), [({}, "1"), ({"OMP_NUM_THREADS": "3"}, "3")])
def test_a_run_sets_them_before_ray_is_imported_where_the_user_did_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: dict[str, str], threads: str
) -> None:
    for name in ("OMP_NUM_THREADS", "RAY_USAGE_STATS_ENABLED"):
        monkeypatch.delenv(name, raising=False)
    suite, results = str(write_suite(tmp_path)), str(tmp_path / "r")
    done = python(f"SUITE, RESULTS = {suite!r}, {results!r}\n{DRIVEN}", **own)
    expected = {"OMP_NUM_THREADS": threads, "RAY_USAGE_STATS_ENABLED": "0"}
    assert done.stdout == f"False {expected}\n", done.stderr
