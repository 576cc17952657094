"""Reference methods beside the ranking, scores as a share of theirs, and what else is told of every entrant."""

import csv
import io

import pyarrow as pa
import pytest

from a4g_bench.leaderboard import Board, ResultTables, build
from a4g_bench.leaderboard.render import render
from a4g_bench.store.tables import AUDITS, OFF_TARGET

from .boards import Folder
from .drawn import BLOCK, CLEAN, COSTLY, HALF, NONE, full


def with_lines(seeds: range = BLOCK) -> Folder:
    """The drawn board with two reference methods: ThresholdOptimizer closes half of the gap, another all."""
    drawn = full()
    for seed in seeds:
        for name, wrong in (("threshold-optimizer", HALF), ("reweighing", NONE)):
            drawn.add(name, wrong, seed=seed, role="reference", budget="0%", query_budget=0)
    return drawn


@pytest.fixture(scope="module")
def board() -> Board:
    return build([with_lines().tables()])


def test_lines_are_shown_and_not_ranked(board: Board) -> None:
    assert {row.entrant for row in board.overall} == {"clean", "random-duplicates", "closes", "halves", "costly"}
    assert all(row.entrant != "reweighing" for row in board.cells)
    overall = {row.entrant: row for row in board.references if row.dataset is None}
    assert {name: (row.gc, row.closed, row.status, row.rank_low) for name, row in overall.items()} == {
        "threshold-optimizer": (0.5, 0.5, "reference", None),
        "reweighing": (1.0, 1.0, "reference", None),
    }
    assert [row.entrant for row in board.references if row.dataset is None] == ["reweighing", "threshold-optimizer"]
    assert {row.victim for row in board.references} == {None, "lr"}


def test_a_board_is_the_same_with_and_without_lines(board: Board) -> None:
    alone = build([full().tables()])
    assert [(r.gc, r.rank_low) for r in alone.overall] == [(r.gc, r.rank_low) for r in board.overall]
    assert alone.settings == board.settings
    assert alone.notes == board.notes
    assert all(row.of_reference is None for row in alone.overall)


def test_the_share_of_the_reference_by_eye(board: Board) -> None:
    """It closes .5: closing all is twice that, and what is worth a tenth a fifth. It is a reference, no ceiling."""
    shares = {row.entrant: row.of_reference for row in board.overall}
    assert shares == {"closes": 2, "halves": 1, "costly": pytest.approx(0.2), "clean": 0, "random-duplicates": 0}
    halves = next(row for row in board.overall if row.entrant == "halves")
    assert (halves.of_reference_low, halves.of_reference_high) == (1, 1)


def test_a_reference_that_costs_more_than_the_allowance_is_scaled_to_it() -> None:
    """It closes the whole gap for 10 points: a tenth for a point, so that 1/2 is five times as much."""
    drawn = full()
    for seed in BLOCK:
        drawn.add("threshold-optimizer", COSTLY, seed=seed, role="reference", budget="0%", query_budget=0)
    board = build([drawn.tables()])
    assert next(row for row in board.overall if row.entrant == "halves").of_reference == pytest.approx(5)


def test_the_share_is_a_ratio_of_scores_and_no_mean_of_ratios() -> None:
    """1/2 of 1 on one victim and 1 of 1/2 on the other: 3/4 of 3/4."""
    drawn = full(attacks=())
    for seed in BLOCK:
        for victim, own, line in (("lr", HALF, NONE), ("rf", NONE, HALF)):
            drawn.add("zoo", own, seed=seed, victim=victim)
            drawn.add(
                "threshold-optimizer", line, seed=seed, victim=victim, role="reference", budget="0%", query_budget=0
            )
    assert build([drawn.tables()]).overall[0].of_reference == 1


@pytest.mark.parametrize("closes", [CLEAN, "11 11111111 1111111111"])
def test_there_is_no_share_of_nothing(closes: str) -> None:
    """One line changes nothing, one lets groups be alike for so much accuracy that next to nothing is left."""
    drawn = full()
    for seed in BLOCK:
        drawn.add("threshold-optimizer", closes, seed=seed, role="reference", budget="0%", query_budget=0)
    rows = build([drawn.tables()]).overall
    assert all((row.of_reference is None) == (closes == CLEAN) for row in rows)


def test_one_value_of_the_reference_is_used_at_every_budget() -> None:
    drawn = with_lines()
    for seed in BLOCK:
        for attack, wrong in (("halves", NONE), ("closes", NONE)):
            drawn.add(attack, wrong, seed=seed, budget="5%")
    board = build([drawn.tables()], attacks=["halves", "closes"])
    shares = {row.entrant: row.of_reference for row in board.overall}
    assert shares == {"closes": 2, "halves": 1.5}  # halves: 1/2 at 1 %, 1 at 5 %, over 1/2 at both


def test_a_reference_without_all_seeds_is_none() -> None:
    board = build([with_lines(range(4)).tables()])
    assert all(row.of_reference is None for row in board.overall)


def test_filters_of_budgets_and_attacks_leave_lines_alone() -> None:
    drawn = with_lines()
    for budgets, attacks in ((("1%",), ()), ((), ("halves",))):
        board = build([drawn.tables()], budgets=budgets, attacks=attacks)
        assert {row.entrant for row in board.references} == {"threshold-optimizer", "reweighing"}
        assert next(row for row in board.overall if row.entrant == "halves").of_reference == 1.0


def test_lines_are_in_every_format(board: Board) -> None:
    assert "\nReference methods" in render(board, "table")
    assert "of ref." in render(board, "table")
    heading = next(line for line in render(build([full().tables()])).splitlines() if "entrant" in line)
    assert "of ref." not in heading, "no column of nothing but dashes"
    assert "## Reference methods" in render(board, "md")
    rows = list(csv.DictReader(io.StringIO(render(board, "csv"))))
    assert {row["entrant"] for row in rows if row["scope"] == "reference"} == {"threshold-optimizer", "reweighing"}
    assert max(map(len, render(board, "table").splitlines())) <= 140


def test_other_metrics_are_told_whatever_was_optimised() -> None:
    """The first, third and fifth search of an attack move by .1, the second and the fourth by .2."""
    tables = with_lines().tables()
    true = {"clean": (12 / 20, 1.0), "costly": (10 / 20, 0.0), "halves": (16 / 20, 0.5), "closes": (1.0, 0.0)}
    true |= {"random-duplicates": true["clean"], "threshold-optimizer": true["halves"], "reweighing": true["closes"]}
    audits = [
        {
            "search_id": search["search_id"],
            "evaluated_on": "lr",
            "audit_seed": -1,
            "role": role,
            **dict.fromkeys(OFF_TARGET, 0.3 if role == "clean" else 0.4 + 0.1 * (search["seed"] % 2)),
            "accuracy": accuracy,
            "unfairness": gap,
        }
        for search in tables.searches.to_pylist()
        for role, (accuracy, gap) in (("clean", true["clean"]), ("poisoned", true[search["attack"]]))
    ]
    told = ResultTables(
        tables.where, tables.searches, tables.predictions, tables.baselines, pa.Table.from_pylist(audits, AUDITS)
    )
    row = next(row for row in build([told]).overall if row.entrant == "clean")
    assert row.change_fpr_difference == pytest.approx((3 * 0.1 + 2 * 0.2) / 5)
    text = render(build([told]), "table", columns="off-target")
    assert "dem. parity" in text
    assert max(map(len, text.splitlines())) <= 140


def test_how_the_rows_give_themselves_away_is_a_mean_over_the_searches_that_added_any() -> None:
    drawn = full()
    *_, first = (search for search in reversed(drawn.searches) if search["attack"] == "costly")
    first |= {"duplicate_share": 0.25, "lof_auroc": 0.75, "knowledge": "oracle", "labels": "dirty"}
    board = build([drawn.tables()])
    rows = {row.entrant: row for row in board.overall}
    assert rows["costly"].duplicate_share == 0.25
    assert rows["costly"].lof_auroc == 0.75
    assert (rows["costly"].knowledge, rows["costly"].labels) == ("oracle", "dirty")
    assert rows["clean"].duplicate_share is None
    assert "0.25" in render(board, "table", columns="threat")
