"""Running the command line on Ray as a user does, in a process of its own, and comparing what it left."""

import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

from a4g_bench.distributed.environment import THREADS
from a4g_bench.store.results import Results
from a4g_bench.store.tables import TABLES

#: Columns that say when, where and how long, and so may differ between equal runs.
TIMING = {
    "attempt", "started", "ended", "propose_seconds", "fit_seconds", "fit_cpu_seconds", "search_seconds",
    "audit_seconds", "host", "cpu_model", "cores", "git_commit", "git_dirty", "suite_hash",
}  # fmt: skip


def words(*arguments: object) -> list[str]:
    """The command line ``a4g-bench ARGUMENTS`` of this interpreter."""
    return [sys.executable, "-c", "import sys; from a4g_bench.cli import main; sys.exit(main())", *map(str, arguments)]


def environment() -> dict[str, str]:
    """With the misbehaving victims importable."""
    here = str(Path(__file__).parent)
    allowed = {"A4G_ALLOW_IMPORT": "bad_victims"}
    return {**os.environ, **allowed, "PYTHONPATH": os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``a4g-bench ARGUMENTS``."""
    return subprocess.run(words(*arguments), capture_output=True, text=True, env=environment(), timeout=300)


_WITHOUT_RAY = """
import sys
from pathlib import Path
from a4g_bench.suite.load import load_suite
from a4g_bench.suite.plan import make_plan
from tests.support import run_inline
run_inline(make_plan(load_suite(sys.argv[1])), Path(sys.argv[2]))
print("ray" in sys.modules)
"""


def run_without_ray(suite: Path, root: Path) -> None:
    """Run a suite in one process, search by search: what a run on Ray must give, and cheaper by a start of Ray."""
    top = str(Path(__file__).resolve().parents[2])
    variables = {**os.environ, **THREADS, "PYTHONPATH": os.pathsep.join([top, os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, "-c", _WITHOUT_RAY, str(suite), str(root)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, timeout=300)
    assert (done.returncode, done.stdout) == (0, "False\n"), done.stderr


def run_on_a_terminal(*arguments: object) -> tuple[int, str]:
    """Run ``a4g-bench ARGUMENTS`` on a terminal; returns its exit code and all that was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(words(*arguments), env=environment(), stderr=theirs, stdout=theirs)
    os.close(theirs)
    shown = b""
    with suppress(OSError):  # how Linux says that the other end is closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    return process.wait(timeout=60), shown.decode()


def titles(process: subprocess.Popen[bytes]) -> list[str]:
    """What the processes below one call themselves."""
    found = []
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.Error):
            found.append(" ".join(child.cmdline()))
    return found


def tables(root: Path | str) -> dict[str, pd.DataFrame]:
    """All tables of a results folder without the timing columns, in an order of their own."""
    results, found = Results(str(root)), {}
    for name in TABLES:
        frame = results.read(name).to_pandas().drop(columns=TIMING, errors="ignore")
        keys = [k for k in ("search_id", "baseline_id", "query", "audit_seed", "role") if k in frame]
        found[name] = frame.sort_values(keys).reset_index(drop=True)
    assert not results.damaged
    return found


def assert_same(one: Path | str, other: Path | str) -> None:
    """Equal bit for bit, timing aside."""
    left, right = tables(one), tables(other)
    for name in left:
        pd.testing.assert_frame_equal(left[name], right[name], check_exact=True, obj=name)


def wait_for(condition: Callable[[], object], process: "subprocess.Popen[bytes] | None" = None) -> None:
    """Wait until something is so; ``process``, if given, must not end before."""
    until = time.monotonic() + 300
    while not condition():
        assert process is None or process.poll() is None, "the run ended"
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
