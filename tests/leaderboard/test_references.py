"""Reference lines beside the ranking, the share of the ceiling, and what else is told of every entrant."""

import csv
import io

import pyarrow as pa
import pytest

from a4g_bench.leaderboard import Board, ResultTables, build
from a4g_bench.leaderboard.render import render
from a4g_bench.store.tables import AUDITS, OFF_TARGET

from .boards import Folder
from .drawn import COSTLY, HALF, NONE, full


def with_lines(seeds: range = range(2)) -> Folder:
    """The drawn board with two reference lines: the ceiling closes half of the gap, another one all of it."""
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
    assert {name: (row.gain, row.status, row.tier) for name, row in overall.items()} == {
        "threshold-optimizer": (0.5, "reference", None),
        "reweighing": (1.0, "reference", None),
    }
    assert {row.victim for row in board.references} == {None, "lr"}


def test_a_board_is_the_same_with_and_without_lines(board: Board) -> None:
    alone = build([full().tables()])
    assert [row.fg for row in alone.overall] == [row.fg for row in board.overall]
    assert alone.pairs == board.pairs
    assert alone.notes == board.notes
    assert all(row.of_ceiling is None for row in alone.overall)


def test_the_share_of_the_ceiling_by_eye(board: Board) -> None:
    """The ceiling closes .5: closing all is twice that; what costs more than a point counts as nothing."""
    shares = {row.entrant: row.of_ceiling for row in board.overall}
    assert shares == {"closes": 2.0, "halves": 1.0, "costly": 0.0, "clean": 0.0, "random-duplicates": 0.0}


def test_a_ceiling_that_costs_more_than_the_allowance_is_scaled_to_it() -> None:
    """It closes the whole gap for a sixth of the accuracy: for a point it closes .06 of it, so half is 1 / .12."""
    drawn = full()
    for seed in range(2):
        drawn.add("threshold-optimizer", COSTLY, seed=seed, role="reference", budget="0%", query_budget=0)
    board = build([drawn.tables()])
    assert next(row for row in board.overall if row.entrant == "halves").of_ceiling == pytest.approx(0.5 / 0.06)


def test_a_ceiling_without_all_seeds_is_none() -> None:
    board = build([with_lines(range(1)).tables()])
    assert all(row.of_ceiling is None for row in board.overall)


def test_filters_of_budgets_and_attacks_leave_lines_alone() -> None:
    drawn = with_lines()
    for budgets, attacks in ((("1%",), ()), ((), ("halves",))):
        board = build([drawn.tables()], budgets=budgets, attacks=attacks)
        assert {row.entrant for row in board.references} == {"threshold-optimizer", "reweighing"}
        assert next(row for row in board.overall if row.entrant == "halves").of_ceiling == 1.0


def test_lines_are_in_every_format(board: Board) -> None:
    assert "Reference lines" in render(board, "table")
    assert "ceil." in render(board, "table")
    assert "## Reference lines" in render(board, "md")
    rows = list(csv.DictReader(io.StringIO(render(board, "csv"))))
    assert {row["entrant"] for row in rows if row["scope"] == "reference"} == {"threshold-optimizer", "reweighing"}
    assert max(map(len, render(board, "table").splitlines())) <= 120


def test_other_metrics_are_told_whatever_was_optimised() -> None:
    tables = with_lines().tables()
    audits = [
        {
            "search_id": search,
            "evaluated_on": "lr",
            "audit_seed": -1,
            "role": role,
            **dict.fromkeys(OFF_TARGET, 0.3 if role == "clean" else 0.3 + moved),
        }
        for search, moved in zip(tables.searches["search_id"].to_pylist(), [0.1, 0.2] * 9, strict=False)
        for role in ("clean", "poisoned")
    ]
    told = ResultTables(
        tables.where, tables.searches, tables.predictions, tables.baselines, pa.Table.from_pylist(audits, AUDITS)
    )
    row = next(row for row in build([told]).overall if row.entrant == "clean")
    assert row.change_fpr_difference == pytest.approx(0.15)  # its two searches are the first and the sixth
    text = render(build([told]), "table", columns="off-target")
    assert "dem. parity" in text
    assert max(map(len, text.splitlines())) <= 120


def test_how_the_rows_give_themselves_away_is_a_mean_over_the_searches_that_added_any() -> None:
    drawn = full(range(1))
    drawn.searches[-1] |= {"duplicate_share": 0.25, "lof_auroc": 0.75, "knowledge": "oracle", "labels": "dirty"}
    board = build([drawn.tables()])
    rows = {row.entrant: row for row in board.overall}
    assert rows["costly"].duplicate_share == 0.25
    assert rows["costly"].lof_auroc == 0.75
    assert (rows["costly"].knowledge, rows["costly"].labels) == ("oracle", "dirty")
    assert rows["clean"].duplicate_share is None
    assert "0.25" in render(board, "table", columns="threat")
