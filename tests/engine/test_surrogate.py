"""A search that queries a surrogate in place of the victim that is audited."""

from pathlib import Path

import pytest

from a4g_bench.store.results import Results, Row
from tests.distributed.runs import TIMING
from tests.support import complaint, plan_of, run_inline, said, write_suite

TREE = {"name": "sklearn.tree:DecisionTreeClassifier", "as": "tree"}
HERE = {"search_id", "identity", "evaluated_on", "baseline_id", *TIMING}


def results(folder: Path, **changes: object) -> Results:
    folder.mkdir()
    run_inline(plan_of(folder, seeds=1, **changes), folder / "r")
    return Results(str(folder / "r"))


def rows(of: Results, table: str) -> list[Row]:
    return [{k: v for k, v in row.items() if k not in HERE} for row in of.read(table).to_pylist()]


@pytest.mark.parametrize("attack", ["sobol", "threshold-copies"])
def test_it_does_what_crafting_on_the_surrogate_and_auditing_on_the_victim_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attack: str
) -> None:
    """Query by query and prediction by prediction; but it is the audited victim's cell, and its clean audit's."""
    surrogate = {"name": attack, "surrogate": "logistic_regression"}
    mine = results(tmp_path / "surrogate", victims=[TREE], attacks=[surrogate])
    both = {"name": attack, "craft_on": "logistic_regression", "evaluate_on": ["tree"]}
    other = results(tmp_path / "transfer", victims=["logistic_regression", TREE], attacks=[both])
    assert rows(mine, "queries") == rows(other, "queries")
    assert [p for p in mine.read("predictions").to_pylist() if p["evaluated_on"] != "tree"] == []
    on_tree = [p["predicted"] for p in other.read("predictions").to_pylist() if p["evaluated_on"] == "tree"]
    assert [p["predicted"] for p in mine.read("predictions").to_pylist()] == on_tree
    [search] = mine.read("searches").to_pylist()
    assert (search["status"], search["victim"], search["knowledge"]) == ("ok", "tree", "surrogate")
    assert {b["victim"] for b in mine.read("baselines").to_pylist()} == {"tree"}
    told = said(capsys, "show", search["search_id"], "--results", tmp_path / "surrogate" / "r").out
    assert "queried instead  logistic_regression" in told


def test_a_surrogate_makes_another_search_of_it(tmp_path: Path) -> None:
    attacks = [
        {"name": "sobol", "as": str(number), **({"surrogate": one} if one else {})}
        for number, one in enumerate([None, "svm", {"name": "svm", "params": {"C": 2.0}}, "logistic_regression"])
    ]
    plan = plan_of(tmp_path, attacks=attacks, seeds=1)
    assert len({planned.search_id for planned in plan.searches}) == len(attacks)


def test_the_forecast_times_the_surrogate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    slow = {"name": "random_forest", "params": {"n_estimators": 100}}
    seconds = []
    for surrogate in ({}, {"surrogate": slow}):
        suite = write_suite(tmp_path, attacks=[{"name": "sobol", **surrogate}], query_budgets=[50])
        seconds.append(said(capsys, "plan", suite, "--json").json["cpu_seconds"])
    assert seconds[1] > 3 * seconds[0]


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        ({"name": "random-rows", "surrogate": "svm"}, "attack 'random-rows' queries no victim and reads no scores"),
        ({"name": "sobol", "surrogate": "svn"}, "unknown victim 'svn' (did you mean 'svm'?)"),
        ({"name": "sobol", "surrogate": {"name": "svm", "params": {"D": 1}}}, "no parameter 'D'"),
        ({"name": "sobol", "surrogate": "pickle:Unpickler"}, "say --allow-import pickle"),
    ],
)
def test_bad_surrogates_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attack: dict[str, object], expected: str
) -> None:
    assert expected in complaint(capsys, "validate", write_suite(tmp_path, attacks=[attack]))
