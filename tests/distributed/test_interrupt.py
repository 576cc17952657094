"""Runs that are interrupted or killed: what is left of them, and how they go on."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from a4g_bench.store.claim import place
from a4g_bench.store.results import Results
from tests.distributed import runs
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """One search of many short batches, so that one in flight ends in time, and its results without a hitch."""
    folder = tmp_path_factory.mktemp("long")
    forest = {"name": "random_forest", "params": {"n_estimators": 30}}
    suite = write_suite(folder, attacks=["sobol"], seeds=1, query_budgets=[150], batch_size=3, victims=[forest])
    runs.run_without_ray(suite, folder / "whole")
    return suite, folder / "whole"


def test_an_interrupted_search_goes_on_from_its_queries(long: tuple[Path, Path], tmp_path: Path) -> None:
    (suite, whole), root = long, tmp_path / "r"
    process = subprocess.Popen(
        runs.words("run", suite, "--results", root, "--workers", 1),
        env=runs.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    runs.wait_for(lambda: any(root.glob("journal/*.parquet")))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    [row] = Results(str(root)).read("searches").to_pylist()
    assert row["status"] == "interrupted"
    assert 0 < row["queries"] < 150
    assert runs.run("run", suite, "--results", root).returncode == 0
    runs.assert_same(whole, root)
    assert not list(root.glob("journal/*"))


def test_a_killed_driver_loses_at_most_the_batch_in_flight(long: tuple[Path, Path], tmp_path: Path) -> None:
    (suite, whole), root = long, tmp_path / "r"
    process = subprocess.Popen(
        runs.words("run", suite, "--results", root, "--workers", 1), env=runs.environment(), stderr=subprocess.DEVNULL
    )
    runs.wait_for(lambda: any(root.glob("journal/*.parquet")))
    pattern = f"a4g-bench-{place()}-{process.pid}-*"  # any later run may sweep such a folder
    folders = set(Path(tempfile.gettempdir()).glob(pattern))
    process.kill()
    process.wait()
    torn = root / "journal" / ".torn.parquet.0.tmp"
    torn.touch()
    assert Results(str(root)).read("searches").num_rows == 0
    again = runs.run("run", suite, "--results", root)
    assert again.returncode == 0, again.stderr
    assert not torn.exists(), "what was left unfinished is swept"
    assert folders
    assert not any(folder.exists() for folder in folders)
    runs.assert_same(whole, root)


@pytest.mark.parametrize("signals", [(signal.SIGINT,), (signal.SIGTERM, signal.SIGINT)])
def test_ctrl_c_does_not_wait_for_a_fit_that_never_ends_and_meanwhile_nobody_can_reach_it(
    tmp_path: Path, signals: tuple[signal.Signals, ...]
) -> None:
    suite = write_suite(tmp_path, victims=["bad_victims:Hangs"], attacks=["random-duplicates"], seeds=1)
    process = subprocess.Popen(
        runs.words("run", suite, "--results", tmp_path / "r"), env=runs.environment(), stderr=subprocess.DEVNULL
    )
    runs.wait_for(lambda: any("FitWorker.run" in line for line in runs.titles(process)))
    started = psutil.Process(process.pid).children(recursive=True)
    assert _listening([psutil.Process(process.pid), *started]) <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    assert not [p for p in started if "PL_DISABLE_FORK" in p.environ()], "not one of those that Ray keeps ready"
    for number in signals:
        process.send_signal(number)
        time.sleep(0.5)
    assert process.wait(timeout=30) == 3
    psutil.wait_procs(started, timeout=20)
    assert not [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert runs.run("check", suite, "--results", tmp_path / "r").returncode == 3


def _listening(processes: list[psutil.Process]) -> set[str]:
    """The addresses on which processes accept connections."""
    sockets = [connection for one in processes for connection in one.net_connections(kind="inet")]
    addresses = {connection.laddr.ip for connection in sockets if connection.status == psutil.CONN_LISTEN}
    assert addresses
    return addresses
