"""Two nodes of a cluster give the numbers of one machine; a local run is reachable by nobody else."""

import subprocess
import time
from pathlib import Path

import psutil
import pytest

from a4g_bench.store.results import Results
from tests.distributed import runs
from tests.distributed.nodes import can_be_private, free_port, nodes
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]


def _run(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(runs.words(*arguments), capture_output=True, text=True, env=environment, timeout=400)


def test_two_nodes_without_a_shared_disk_give_the_numbers_of_one_worker(tmp_path: Path) -> None:
    attacks = ["clean", "random-duplicates", "sobol", "ax-allocation"]
    suite = write_suite(tmp_path, attacks=attacks, query_budgets=[10], batch_size=3, seeds=2)
    assert _run(runs.environment(), "run", suite, "--results", tmp_path / "one", "--workers", 1).returncode == 0
    private = can_be_private()
    with nodes(2, private=tmp_path if private else None) as (address, environment):
        done = _run(environment, "run", suite, "--results", tmp_path / "two", "--address", address)
        assert done.returncode == 0, done.stderr
    runs.assert_same(tmp_path / "one", tmp_path / "two")
    hosts = set(Results(str(tmp_path / "two")).read("searches")["host"].to_pylist())
    assert len(hosts) == (2 if private else 1), "every node had work"


def test_through_rays_client(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["clean", "sobol"], query_budgets=[6], batch_size=3, seeds=1)
    assert _run(runs.environment(), "run", suite, "--results", tmp_path / "here").returncode == 0
    port = free_port()
    with nodes(1, client_port=port) as (_, environment):
        words = ["run", suite, "--address", f"ray://127.0.0.2:{port}"]
        refused = _run(environment, *words, "--results", tmp_path / "there")
        assert refused.returncode == 2, refused.stderr
        assert "a URI that the cluster can write" in refused.stderr
        done = _run(environment, *words, "--results", f"file://{tmp_path}/there")
        assert done.returncode == 0, done.stderr
        assert "2/2 searches" in done.stderr
    runs.assert_same(tmp_path / "here", tmp_path / "there")


def test_a_cluster_that_answers_strangers_is_refused_unless_allowed(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["clean"], seeds=1)
    with nodes(1, open_to_all=True) as (address, environment):
        refused = _run(environment, "run", suite, "--results", tmp_path / "r", "--address", address)
        assert refused.returncode == 2, refused.stderr
        assert refused.stderr.count("\n") == 1
        assert "answers without a token" in refused.stderr
        allowed = _run(
            environment, "run", suite, "--results", tmp_path / "r", "--address", address, "--allow-open-cluster"
        )
        assert allowed.returncode == 0, allowed.stderr


def test_a_driver_without_the_token_is_told_so(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["clean"], seeds=1)
    with nodes(1) as (address, environment):
        wrong = {**environment, "RAY_AUTH_TOKEN": "0" * 64}
        refused = _run(wrong, "run", suite, "--results", tmp_path / "r", "--address", address)
        assert refused.returncode == 2, refused.stderr
        assert "oken" in refused.stderr


def test_a_local_run_listens_on_loopback_only(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, victims=["bad_victims:Hangs"], attacks=["random-duplicates"], seeds=1)
    process = subprocess.Popen(
        runs.words("run", suite, "--results", tmp_path / "r"), env=runs.environment(), stderr=subprocess.DEVNULL
    )
    try:
        until = time.monotonic() + 90
        while not any("FitWorker.run" in title for title in runs.titles(process)):
            assert time.monotonic() < until
            time.sleep(0.1)
        family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
        sockets = [connection for one in family for connection in one.net_connections(kind="inet")]
        listening = {connection.laddr.ip for connection in sockets if connection.status == psutil.CONN_LISTEN}
        assert listening
        assert listening <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}
    finally:
        process.terminate()
        process.terminate()
        process.wait(timeout=60)
