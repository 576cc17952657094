"""The data of charts, from results written by hand: two searches of one attack, and the clean victim.

queries (U in points)    clean    0     1     2    best so far
seed 0                     40    30    35    20    40 30 30 20
seed 1                     40    50    10    --    40 50 10 10   (two queries only; it keeps its last value)
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from a4g_bench.leaderboard.charts import (
    Axis,
    CellResults,
    Mean,
    Spot,
    audit_chart,
    explored_chart,
    mean,
    read_cell_results,
    trajectory_chart,
    transfer_chart,
)
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.reporting.data import by_key, harms, searched
from a4g_bench.store import tables
from a4g_bench.store.results import Results, SearchRecord
from tests.store.records import row

QUERIES = {0: (0.30, 0.35, 0.20), 1: (0.50, 0.10)}
KEY = "toy|lr|5%"


def audits(search_id: str, victim: str, accuracy: float, poisoned_fnr: Sequence[float]) -> list[dict[str, Any]]:
    """The mean rows of a victim, clean and poisoned; clean it denies half of group a and nobody of group b."""
    return [
        row(
            tables.AUDITS, search_id=search_id, evaluated_on=victim, audit_seed=-1, role=role, accuracy=accuracy,
            unfairness=abs(fnr[0] - fnr[1]), demographic_parity_difference=0.1, average_odds_difference=0.2,
            group_names=["a", "b"], group_fnr=fnr, group_fpr=[0.1, 0.1],
        )
        for role, fnr in (("clean", [0.5, 0.0]), ("poisoned", list(poisoned_fnr)))
    ]  # fmt: skip


def write(root: str, attack: str, seed: int, folds: int = 1, *, elsewhere: Sequence[str] = ()) -> None:
    """Write a search of the attack; one called ``clean`` makes no query and changes nothing."""
    search_id, clean = f"s-{attack}-{seed}", attack == "clean"
    unfairness = () if clean else QUERIES[seed]
    queries = [
        row(
            tables.QUERIES, search_id=search_id, query=i, phase="explore", unfairness=u, accuracy=0.7 + i / 100,
            best_objective=min(unfairness[: i + 1]),
        )
        for i, u in enumerate(unfairness)
    ]  # fmt: skip
    search = row(
        tables.SEARCHES, search_id=search_id, status="ok", attempt=1, dataset="toy", attribute="sex", victim="lr",
        attack=attack, attack_name=attack, objective="unfairness", budget="5%", query_budget=0 if clean else 3,
        seed=seed, role="control" if clean else "search", queries=len(queries), chosen_query=None if clean else 0,
        validation_gap_clean=0.4, validation_accuracy_clean=0.8, favourable=1, fingerprint="f", protocol_version=1,
        cautions=[], validation_gap_poisoned=None if clean else 0.2 + 0.1 * seed,
        validation_accuracy_poisoned=None if clean else 0.75,
        identity=json.dumps({"fits": {"folds": folds}, "max_accuracy_loss": 0.02}),
    )  # fmt: skip
    own = audits(search_id, "lr", 0.6 + 0.2 * seed, [0.5, 0.0] if clean else [0.3, 0.1 * seed])
    others = [audit for victim in elsewhere for audit in audits(search_id, victim, 0.5, [0.25, 0.25])]
    Results(root).write_search(SearchRecord.made(search, queries, [*own, *others]))


def cell(root: Path, folds: int = 1, elsewhere: Sequence[str] = ()) -> CellResults:
    Results(str(root)).mark("toy", "0", 4)
    for seed in (0, 1):
        write(str(root), "clean", seed)
        write(str(root), "finder", seed, folds, elsewhere=elsewhere)
    [results] = read_cell_results([Results(str(root))], Selection())
    return results


def test_the_best_so_far_is_the_median_with_its_quartiles(tmp_path: Path) -> None:
    chart = trajectory_chart(cell(tmp_path), "unfairness")
    assert (chart.x, chart.y) == (Axis("queries"), Axis("unfairness U: FNR gap", "points"))
    [line] = chart.lines
    assert (line.label, line.searches, line.finished, line.folds, line.clean) == ("finder", 2, True, 1, 40)
    assert line.band.middle == pytest.approx([40, 40, 20, 15])
    assert line.band.low == pytest.approx([40, 35, 15, 12.5])
    assert line.band.high == pytest.approx([40, 45, 25, 17.5])
    assert chart.explored_clean == 40


def test_final_sets_are_promised_and_held(tmp_path: Path) -> None:
    chart = trajectory_chart(cell(tmp_path), "unfairness")
    [final] = chart.final_sets
    assert final.promised is not None
    assert final.held is not None
    assert (final.promised.value, final.held.value) == (pytest.approx(25), pytest.approx(25))
    assert chart.clean.promised == Mean(value=40, low=40, high=40, seeds=2)
    assert chart.clean.held == Mean(value=50, low=50, high=50, seeds=2)


def test_accuracy_is_in_percent(tmp_path: Path) -> None:
    chart = trajectory_chart(cell(tmp_path), "accuracy")
    assert str(chart.y) == "accuracy (%)"
    assert chart.lines[0].band.middle == pytest.approx([80, 70, 70.5, 71.5])
    assert chart.clean.held is not None
    assert chart.clean.held.value == pytest.approx(70)


def test_on_folds_a_line_begins_with_its_first_query(tmp_path: Path) -> None:
    """The search's row has the clean victim on search-validation rows, where no exploring query was judged."""
    results = cell(tmp_path, folds=3)
    chart = trajectory_chart(results, "unfairness")
    assert chart.folds == 3
    assert chart.lines[0].band.middle == pytest.approx([float("nan"), 40, 20, 15], nan_ok=True)
    assert searched(by_key([results]))[KEY]["finder"]["best"][:2] == [[0, 0.4, 0.4, 0.4], [1, 0.35, 0.4, 0.45]]


def test_a_search_shows_its_queries_and_what_became_of_its_choice(tmp_path: Path) -> None:
    results = cell(tmp_path)
    [contender] = results.contenders
    chart = explored_chart(results, contender, contender.searches[0])
    assert [(p.query, p.phase) for p in chart.points] == [(0, "explore"), (1, "explore"), (2, "explore")]
    assert [p.spot.y for p in chart.points] == pytest.approx([30, 35, 20])
    assert chart.fairest == Spot(pytest.approx(72), pytest.approx(20))
    assert (chart.validated_clean, chart.audited_clean) == (Spot(80, 40), Spot(60, 50))
    assert chart.allowance == pytest.approx(78)
    assert chart.notes == ("3 of 3 queries",)


def test_an_audit_is_the_mean_per_metric_and_group(tmp_path: Path) -> None:
    chart = audit_chart(cell(tmp_path))
    assert [(v.label, v.side, v.audited) for v in chart.victims] == [("clean", "clean", 2), ("finder", "poisoned", 2)]
    clean, poisoned = chart.victims
    assert chart.groups == ("a", "b")
    assert [m.value for m in clean.values["accuracy"]] == pytest.approx([70])
    assert [m.value for m in clean.values[chart.harm_metric]] == [50, 0]
    assert [m.value for m in poisoned.values["group_fnr"]] == pytest.approx([30, 5])
    assert chart.harm_metric == "group_fnr"


def test_the_page_holds_what_the_pictures_draw(tmp_path: Path) -> None:
    results = cell(tmp_path)
    page = by_key([results])
    [line] = trajectory_chart(results, "unfairness").lines
    lines = searched(page)[KEY]
    assert lines.keys() == {"finder"}
    assert lines["finder"]["best"] == [
        [query, *(pytest.approx(v / 100) for v in values)]
        for query, values in enumerate(zip(line.band.low, line.band.middle, line.band.high, strict=True))
    ]
    assert lines["finder"]["points"] == [[0.7, 0.3], [0.71, 0.35], [0.72, 0.2], [0.7, 0.5], [0.71, 0.1]]
    assert harms(page) == {
        KEY: {
            "harm": "FNR",
            "groups": ["a", "b"],
            "clean": [0.5, 0.0, 0.7],
            "entrants": {"clean": [0.5, 0.0, 0.7], "finder": [0.3, 0.05, 0.7]},
        }
    }


def test_a_victim_behind_a_defence_is_no_other_victim(tmp_path: Path) -> None:
    results = cell(tmp_path, elsewhere=["forest", "lr behind deduplication"])
    [contender] = results.contenders
    chart = transfer_chart(results, contender)
    assert [(v.victim, v.side) for v in chart.victims] == [
        ("lr", "clean"), ("lr", "poisoned"), ("forest", "clean"), ("forest", "poisoned"),
    ]  # fmt: skip
    assert chart.crafted_on == "lr"
    assert [m.value for m in chart.victims[3].values["group_fnr"]] == [25, 25]


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([40.0], 40, 40), ([40.0, 42.0], 41 - 12.706, 41 + 12.706), ([0.0, 2.0], 0, 1 + 12.706)],
)
def test_a_mean_has_students_interval_within_the_possible(values: list[float], low: float, high: float) -> None:
    """With two values half the interval is t(1, 0.975) = 12.706 times half their distance."""
    interval = mean(values)
    assert (interval.low, interval.high, interval.seeds) == (
        pytest.approx(low, abs=1e-3), pytest.approx(high, abs=1e-3), len(values),
    )  # fmt: skip
