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
    "entrant", "role", "gc", "gc_low", "gc_high", "rank_low", "rank_high", "gap_clean", "gap_poisoned",
    "accuracy_cost", "accuracy_cost_low", "accuracy_cost_high", "of_reference", "of_reference_low",
    "of_reference_high", "equalized_odds", "equalized_odds_low", "equalized_odds_high", "who_pays", "cells_worse",
    "cells", "seeds", "status", "attack", "objective", "query_budget", "dataset", "attribute", "victim", "budget",
    "budget_label", "track", "closed", "gap_closed", "gap_closed_low", "gap_closed_high", "gap_clean_low",
    "gap_clean_high", "gap_spread", "cells_over", "balanced_accuracy_cost", "validation_gap_clean",
    "validation_gap_poisoned",
    "gain_over_random_duplicates", "gain_over_random_duplicates_low", "gain_over_random_duplicates_high",
    "optimism", "queries", "poison_rows", "cpu_seconds", "knowledge", "labels", "row_origin", "duplicate_share",
    "isolation_forest_auroc", "lof_auroc", "label_disagreement", "cell_shift",
    "change_demographic_parity_difference", "change_demographic_parity_ratio", "change_equalized_odds_difference",
    "change_equal_opportunity_difference", "change_average_odds_difference", "change_fpr_difference",
    "change_fnr_difference",
]  # fmt: skip
#: What a reader of JSON finds first, in this order; intervals stand beside their value.
FIRST = [
    "entrant", "role", "gc", "gc_low", "gc_high", "rank_low", "rank_high", "gap_clean", "gap_poisoned", "accuracy_cost",
    "accuracy_cost_low", "accuracy_cost_high", "of_reference", "equalized_odds", "who_pays", "cells_worse", "cells",
    "seeds",
]  # fmt: skip

WORST = Column(
    key="gap_left",
    title="share of the gap left",
    value=lambda summary: None if (share := summary.mean(lambda result: result.closed.value)) is None else 1 - share,
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
    board = build([drawn().tables()])
    assert list(board.overall[0].to_json()) == PROMISED
    assert next(csv.reader(io.StringIO(render(board, "csv")))) == ["scope", *PROMISED]
    assert [key for key in PROMISED if key in FIRST] == FIRST
    assert set(PROMISED[: len(FIRST)]) - set(FIRST) <= {f"{key}_{end}" for key in FIRST for end in ("low", "high")}


def test_a_third_partys_column_is_computed_and_shown_everywhere(own_column: Column) -> None:
    board = build([drawn().tables()])
    halves = next(row for row in board.overall if row.entrant == "halves")
    assert halves.gap_left == 1 - halves.closed
    assert json.loads(render(board, "json"))["overall"][0]["gap_left"] == board.overall[0].gap_left
    assert next(csv.DictReader(io.StringIO(render(board, "csv"))))["gap_left"]
    table = render(board, columns="gap_left")
    assert table.splitlines()[4].split() == ["rank", "entrant", "gap", "left"]
    assert "gap left: 1 less the share of the gap closed." in " ".join(table.split())
    assert "gap left" in render(board, "latex", columns="scores,gap_left")
    assert "gap left" in render(board, "md", columns="scores,gap_left")


def test_columns_are_asked_for_by_set_key_or_metric() -> None:
    board = build([drawn().tables()])
    table = render(board, columns="threat,fnr_difference,closed").splitlines()
    heading = next(line for line in table if "entrant" in line)
    assert heading.split()[:2] == ["rank", "entrant"]
    assert heading.split()[-2:] == ["FNR", "closed"]
    with pytest.raises(A4GError, match=r"unknown columns 'scorse' .did you mean 'scores'"):
        render(board, columns="scorse")
    with pytest.raises(A4GError, match=r"unknown columns 'fnr_diference' .did you mean 'fnr_difference'"):
        render(board, columns="scores,fnr_diference")


@pytest.mark.parametrize(
    ("what", "complaint"),
    [("no column", "which is no Column"), (Column(key="gc", title="", value=lambda s: 0, meaning=""), "'gc'")],
)
def test_what_is_no_column_or_takes_anothers_key_is_named(what: object, complaint: str) -> None:
    plugins.register("columns", "wrong", what)
    try:
        with pytest.raises(A4GError, match="column 'wrong'") as error:
            build([drawn().tables()])
    finally:
        plugins.unregister("columns", "wrong")
    assert complaint in str(error.value)
