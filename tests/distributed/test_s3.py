"""Runs into a bucket of a real S3 server: requests that fail, a driver that is killed, a server that goes away."""

import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from a4g_bench.store.files import Files
from tests.distributed import runs
from tests.store.proxy import Proxy
from tests.store.s3 import SECRET, s3, uri
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]

CHANGES = {
    "victims": [{"name": "random_forest", "params": {"n_estimators": 50}}],
    "attacks": ["clean", "random-duplicates", "sobol"],
    "query_budgets": [40],
    "batch_size": 4,
    "seeds": 2,
}


@pytest.fixture(scope="module")
def server() -> Iterator[Proxy]:
    with s3() as proxy:
        yield proxy


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("s3"), **CHANGES)


@pytest.fixture(scope="module")
def whole(suite: Path) -> Path:
    """The same suite, run into a local folder without a hitch."""
    root = suite.parent / "whole"
    runs.run_without_ray(suite, root)
    return root


@pytest.fixture
def root(server: Proxy) -> Iterator[str]:
    """A folder of the bucket that is not there yet."""
    server.well()
    yield uri(server, uuid.uuid4().hex[:8])
    server.well()


def start(suite: Path, root: str, log: Path) -> "subprocess.Popen[bytes]":
    words = runs.words("run", suite, "--results", root, "--workers", 2)
    with log.open("wb") as said:
        return subprocess.Popen(words, env=runs.environment(), stdout=subprocess.DEVNULL, stderr=said)


def test_requests_that_fail_and_a_killed_driver(
    server: Proxy, suite: Path, whole: Path, root: str, tmp_path: Path
) -> None:
    server.every = {"503": 7, "reset": 11, "delay": 5}
    run = start(suite, root, tmp_path / "log")
    runs.wait_for(lambda: _journals(root), run)
    run.kill()
    run.wait()
    again = runs.run("run", suite, "--results", root, "--workers", 2)
    assert again.returncode == 0, again.stderr
    assert {line.partition(":")[0] for line in server.failed} == {"503", "reset before", "reset after", "delay"}
    server.well()
    runs.assert_same(whole, root)
    assert not _journals(root)
    for command in (("check", suite, "--results", root), ("leaderboard", root), ("status", root)):
        told = runs.run(*command)
        assert told.returncode == 0, told.stderr
        assert SECRET not in told.stdout + told.stderr
    assert runs.run("leaderboard", root, "--format", "csv").stdout.count("\n") > 1


def test_a_server_that_is_gone_for_good_ends_the_run_and_the_next_one_finishes(
    server: Proxy, suite: Path, whole: Path, root: str, tmp_path: Path
) -> None:
    run = start(suite, root, tmp_path / "log")
    runs.wait_for(lambda: _journals(root), run)
    server.kill()
    try:
        assert run.wait(timeout=180) == 2
    finally:
        server.start()
    said = (tmp_path / "log").read_text()
    assert f"results '{root}' cannot be" in said
    assert "Traceback" not in said
    assert SECRET not in said
    again = runs.run("run", suite, "--results", root, "--workers", 2)
    assert again.returncode == 0, again.stderr
    runs.assert_same(whole, root)


def _journals(root: str) -> list[str]:
    return Files(root).names("journal")
