"""Nodes of a cluster: the numbers of one machine, examined by ``doctor``, closed to those without its token."""

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from a4g_bench.store.results import Results
from tests.distributed import runs
from tests.distributed.nodes import can_be_private, free_port, nodes
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@dataclass(frozen=True)
class Cluster:
    """Two nodes; with disks and names of their own, where that is possible here."""

    address: str
    client: str  #: address of its Ray client server
    environment: dict[str, str]
    private: Path | None  #: what lies here differs between the nodes


def _run(environment: dict[str, str], *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(runs.words(*arguments), capture_output=True, text=True, env=environment, timeout=400)


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


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    private = tmp_path_factory.mktemp("private") if can_be_private() else None
    port = free_port()
    with nodes(2, private=private, client_port=port) as (address, environment):
        yield Cluster(address, f"ray://127.0.0.2:{port}", environment, private)


def test_a_driver_without_the_token_is_told_so(cluster: Cluster, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["clean"], seeds=1)
    wrong = {**cluster.environment, "RAY_AUTH_TOKEN": "0" * 64}
    refused = _run(wrong, "run", suite, "--results", tmp_path / "r", "--address", cluster.address)
    assert refused.returncode == 2, refused.stderr
    assert "oken" in refused.stderr


def test_two_nodes_without_a_shared_disk_give_the_numbers_of_one_process(cluster: Cluster, tmp_path: Path) -> None:
    attacks = ["clean", "random-duplicates", "sobol", "ax-allocation"]
    suite = write_suite(tmp_path, attacks=attacks, query_budgets=[10], batch_size=3, seeds=2)
    runs.run_without_ray(suite, tmp_path / "one")
    two = (cluster.private or tmp_path) / "two"
    done = _run(cluster.environment, "run", suite, "--results", two, "--address", cluster.address)
    assert done.returncode == 0, done.stderr
    runs.assert_same(tmp_path / "one", two)
    hosts = set(Results(str(two)).read("searches")["host"].to_pylist())
    assert len(hosts) == (2 if cluster.private else 1), "every node had work"


def test_through_rays_client(cluster: Cluster, tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["clean", "sobol"], query_budgets=[6], batch_size=3, seeds=1)
    runs.run_without_ray(suite, tmp_path / "here")
    words = ["run", suite, "--address", cluster.client]
    refused = _run(cluster.environment, *words, "--results", tmp_path / "there")
    assert refused.returncode == 2, refused.stderr
    assert "a URI that the cluster can write" in refused.stderr
    done = _run(cluster.environment, *words, "--results", f"file://{tmp_path}/there")
    assert done.returncode == 0, done.stderr
    assert "2/2 searches" in done.stderr
    runs.assert_same(tmp_path / "here", tmp_path / "there")


def test_doctor_examines_every_node(cluster: Cluster, tmp_path: Path) -> None:
    shared = f"file://{tmp_path}/shared"
    words = ("doctor", "--address", cluster.address, "--results", shared, "--dataset", "synthetic", "--json")
    told = {node["node"]: node for node in json.loads(_run(cluster.environment, *words).stdout)}
    assert set(told) == {"this machine", "127.0.0.2", "127.0.0.3"}
    for place in ("127.0.0.2", "127.0.0.3"):
        assert told[place]["results"] == {shared: None}
        assert told[place]["data"] == {"synthetic": None}
        assert not [line for line in told[place]["problems"] if "the driver has" in line]
