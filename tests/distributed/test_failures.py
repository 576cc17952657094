"""Runs in which something is wrong: victims that misbehave, results that cannot be written."""

import json
from pathlib import Path

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
