"""Runs in which something is wrong: victims that misbehave, results that cannot be written."""

import json
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from a4g_bench.store.results import Results
from tests.distributed import runs
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]

BAD = {"Raises": "error", "PredictsNaN": "error", "Hangs": "timeout", "Dies": "error"}


def test_bad_victims_fail_alone(tmp_path: Path) -> None:
    victims = ["logistic_regression", *(f"bad_victims:{kind}" for kind in BAD)]
    suite = write_suite(
        tmp_path,
        victims=victims,
        attacks=["random-duplicates"],
        seeds=1,
        limits={"time": "8s"},  # time enough to see that a process died
    )
    done = runs.run("run", suite, "--results", tmp_path / "r", "--json")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rows = {row["victim"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    expected = {"logistic_regression": "ok", **{f"bad_victims:{kind}": status for kind, status in BAD.items()}}
    assert {name: row["status"] for name, row in rows.items()} == expected
    assert "this victim does not train" in rows["bad_victims:Raises"]["error_message"]
    assert "not one label 0 or 1 per row" in rows["bad_victims:PredictsNaN"]["error_message"]
    assert runs.run("check", suite, "--results", tmp_path / "r").returncode == 1
    again = runs.run("run", suite, "--results", tmp_path / "r", "--json")
    assert (again.returncode, json.loads(again.stdout)["ran"]) == (1, 0)
    retried = runs.run("run", suite, "--results", tmp_path / "r", "--json", "--retry-errors")
    assert (retried.returncode, json.loads(retried.stdout)["ran"]) == (1, len(BAD))
    rows = {row["victim"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert {row["attempt"] for row in rows.values()} == {1, 2}


def test_a_greedy_fit_is_ended_as_oom(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path, victims=["bad_victims:Greedy"], attacks=["clean"], seeds=1, limits={"time": "60s", "memory": "1GB"}
    )
    assert runs.run("run", suite, "--results", tmp_path / "r").returncode == 1
    [row] = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert row["status"] == "oom"


def test_results_that_cannot_be_written_midway_end_the_run_in_one_line(tmp_path: Path) -> None:
    """The folder of a table is a file: the manifest can be written, a search cannot."""
    suite = write_suite(tmp_path, attacks=["clean"], seeds=1)
    (tmp_path / "r" / "poison").mkdir(parents=True)
    (tmp_path / "r" / "poison" / "synthetic").write_text("in the way")
    done = runs.run("run", suite, "--results", tmp_path / "r")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: results '{tmp_path / 'r'}' cannot be written: ")


def test_a_run_whose_ray_is_killed_ends_in_one_line_and_goes_on_later(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, attacks=["sobol"], query_budgets=[120], seeds=1)
    words = ("run", suite, "--results", tmp_path / "r", "--workers", 1)
    run = subprocess.Popen(runs.words(*words), env=runs.environment(), stderr=subprocess.PIPE, text=True)
    runs.wait_for(lambda: any((tmp_path / "r").glob("journal/*.parquet")), run)
    below = psutil.Process(run.pid).children(recursive=True)
    next(child for child in below if child.name() == "raylet").kill()
    _, told = run.communicate(timeout=60)
    assert run.returncode == 3
    assert "ended from outside: run the same command again to go on" in told.splitlines()[-1]
    assert "core_worker" not in told
    assert not psutil.wait_procs(below, timeout=30)[1]
    assert runs.run(*words).returncode == 0


def test_a_cluster_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        nobody = f"127.0.0.1:{server.getsockname()[1]}"
    done = runs.run("run", write_suite(tmp_path), "--results", f"file://{tmp_path}/r", "--address", nobody)
    assert done.returncode == 2
    assert done.stderr == f"error: no Ray cluster answers at {nobody}: connection refused\n"
