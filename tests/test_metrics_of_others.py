"""A metric that somebody registers: audited, stored, shown on the board and the page, and optimised."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from a4g_bench import plugins
from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.render import render
from a4g_bench.metrics.confusion import Counts, Label, Metric, accuracy, selection_rate
from a4g_bench.store.folders import tables_of
from a4g_bench.store.results import Results
from tests.support import plan_of, run_inline, said


def largest_rate(counts: Counts, favourable: Label) -> float:
    """The largest selection rate of any group."""
    return float(selection_rate(counts).max())


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Results of searches that minimise one of two registered metrics; the other never has a value."""
    plugins.register(
        "metrics", "largest_rate", Metric("largest_rate", "largest selection rate", largest_rate, version=3)
    )
    plugins.register("metrics", "nothing", Metric("nothing", "no value", lambda counts, favourable: float("nan")))
    plugins.register("metrics", "unheard", Metric("unheard", "not audited", lambda *_: accuracy(_[0]), audited=False))
    folder = tmp_path_factory.mktemp("metrics")
    attacks = ["clean", "random-duplicates", "sobol"]
    run_inline(plan_of(folder, attacks=attacks, objectives=["largest_rate"]), folder / "r")
    yield folder / "r"
    for name in ("largest_rate", "nothing", "unheard"):
        plugins.unregister("metrics", name)


def test_results_without_such_metrics_have_no_such_table(tmp_path: Path) -> None:
    run_inline(plan_of(tmp_path, attacks=["clean"]), tmp_path / "r")
    assert not (tmp_path / "r" / "metrics").exists()
    assert Results(str(tmp_path / "r")).read("metrics").num_rows == 0


def test_every_audit_has_its_value_per_victim_seed_and_for_the_mean(root: Path) -> None:
    results = Results(str(root))
    [search_id, *_] = sorted(results.identifiers("searches"))
    record = results.read_search(search_id)
    assert record is not None
    seeds = {row["audit_seed"] for row in record.audits}
    values = {(row["role"], row["audit_seed"]): row for row in record.metrics if row["metric"] == "largest_rate"}
    assert set(values) == {(role, seed) for role in ("clean", "poisoned") for seed in seeds}
    for row in record.audits:
        value = values[row["role"], row["audit_seed"]]
        assert value["value"] == max(row["group_selection_rate"])
        assert value["version"] == 3
    assert {row["metric"] for row in record.metrics} == {"largest_rate", "nothing"}
    assert {row["value"] for row in record.metrics if row["metric"] == "nothing"} == {None}


def test_it_is_what_the_searches_minimised(root: Path) -> None:
    queries = Results(str(root)).read("queries").to_pylist()
    assert {row["objective"] == row["unfairness"] for row in queries} == {False}


def test_the_board_shows_how_far_it_moved(root: Path) -> None:
    board = build(tables_of([str(root)]))
    results = Results(str(root))
    for row in board.cells:
        moved = []
        for search in results.read("searches").to_pylist():
            if search["attack"] == row.attack:
                record = results.read_search(search["search_id"])
                assert record is not None
                mean = {
                    m["role"]: m["value"]
                    for m in record.metrics
                    if (m["metric"], m["audit_seed"]) == ("largest_rate", -1)
                }
                moved.append(mean["poisoned"] - mean["clean"])
        assert row.change_largest_rate == pytest.approx(sum(moved) / len(moved))
    assert "largest rate" in render(board, columns="scores,largest_rate").splitlines()[4]
    assert "largest rate" in render(board, columns="off-target").splitlines()[4]
    assert "change_largest_rate" in render(board, "csv").splitlines()[0]
    assert "change_largest_rate" in json.loads(render(board, "json"))["overall"][0]


def test_the_page_has_it_too(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "report", root, "--out", tmp_path / "page.html").code == 0
    held = (tmp_path / "page.html").read_text().split('id="material">')[1].split("</script>")[0]
    data = json.loads(held)
    assert "change_largest_rate" in data["columns"]
    assert data["meaning"]["change_largest_rate"][0] == "largest rate"
