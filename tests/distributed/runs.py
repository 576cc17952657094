"""Running the command line on Ray as a user does, in a process of its own, and comparing what it left."""

import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil

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
