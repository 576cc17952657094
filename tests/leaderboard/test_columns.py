"""The registry of columns: what JSON and CSV promise, and columns of third parties."""

import csv
import io
import json
from collections.abc import Iterator

import pytest

from a4g_bench import plugins
from a4g_bench.errors import A4GError
from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.column import Column
from a4g_bench.leaderboard.render import render

from .boards import Folder
from .drawn import full

#: Names and order of the columns that programs may rely on: later versions add to the end.
PROMISED = [
    "entrant",
    "attack",
    "objective",
    "query_budget",
    "role",
    "dataset",
    "attribute",
    "victim",
    "budget",
    "budget_label",
    "fg",
    "fg_low",
    "fg_high",
    "gain",
    "gap_clean",
    "gap_clean_low",
    "gap_clean_high",
    "gap_poisoned",
    "gap_closed",
    "gap_closed_low",
    "gap_closed_high",
    "validation_gap_clean",
    "validation_gap_poisoned",
    "accuracy_cost",
    "accuracy_cost_upper",
    "gain_over_random_duplicates",
    "gain_over_random_duplicates_low",
    "gain_over_random_duplicates_high",
    "of_ceiling",
    "of_ceiling_low",
    "of_ceiling_high",
    "optimism",
    "levelling_down",
    "queries",
    "poison_rows",
    "cpu_seconds",
    "knowledge",
    "labels",
    "row_origin",
    "duplicate_share",
    "isolation_forest_auroc",
    "lof_auroc",
    "label_disagreement",
    "cell_shift",
    "change_demographic_parity_difference",
    "change_demographic_parity_ratio",
    "change_equalized_odds_difference",
    "change_equal_opportunity_difference",
    "change_average_odds_difference",
    "change_fpr_difference",
    "change_fnr_difference",
    "seeds",
    "tier",
    "rank_low",
    "rank_high",
    "status",
]

WORST = Column(
    key="gap_left",
    title="share of the gap left",
    value=lambda summary: 1 - gain if (gain := summary.mean(lambda result: result.gain.value)) is not None else None,
    meaning="1 less the share of the gap closed",
    better="lower",
)


@pytest.fixture
def own_column() -> Iterator[Column]:
    plugins.register("columns", "gap-left", WORST)
    yield WORST
    plugins.unregister("columns", "gap-left")


def drawn() -> Folder:
    return full(attacks=("clean", "halves"))


def test_json_and_csv_keep_their_columns() -> None:
    board = build([drawn().tables()], draws=50)
    assert list(board.overall[0].to_json()) == PROMISED
    assert next(csv.reader(io.StringIO(render(board, "csv")))) == ["scope", *PROMISED]


def test_a_third_partys_column_is_computed_and_shown_everywhere(own_column: Column) -> None:
    board = build([drawn().tables()], draws=50)
    halves = next(row for row in board.overall if row.entrant == "halves")
    assert halves.gap_left == 1 - halves.gain
    assert json.loads(render(board, "json"))["overall"][0]["gap_left"] == board.overall[0].gap_left
    assert next(csv.DictReader(io.StringIO(render(board, "csv"))))["gap_left"]
    table = render(board, columns="gap_left")
    assert table.splitlines()[4].split() == ["tier", "rank", "entrant", "gap", "left"]
    assert "gap left: 1 less the share of the gap closed." in " ".join(table.split())
    assert "gap left" in render(board, "latex", columns="scores,gap_left")
    assert "gap left" in render(board, "md", columns="scores,gap_left")


def test_columns_are_asked_for_by_set_key_or_metric() -> None:
    board = build([drawn().tables()], draws=50)
    [heading] = [line for line in render(board, columns="threat,fnr_difference,gain").splitlines() if "tier" in line][
        :1
    ]
    assert heading.split()[:3] == ["tier", "rank", "entrant"]
    assert heading.split()[-2:] == ["FNR", "G"]
    with pytest.raises(A4GError, match=r"unknown columns 'scorse' .did you mean 'scores'"):
        render(board, columns="scorse")
    with pytest.raises(A4GError, match=r"unknown columns 'fnr_diference' .did you mean 'fnr_difference'"):
        render(board, columns="scores,fnr_diference")


@pytest.mark.parametrize(
    ("what", "complaint"),
    [("no column", "which is no Column"), (Column(key="fg", title="", value=lambda s: 0, meaning=""), "'fg'")],
)
def test_what_is_no_column_or_takes_anothers_key_is_named(what: object, complaint: str) -> None:
    plugins.register("columns", "wrong", what)
    try:
        with pytest.raises(A4GError, match="column 'wrong'") as error:
            build([drawn().tables()], draws=50)
    finally:
        plugins.unregister("columns", "wrong")
    assert complaint in str(error.value)
