"""The four formats."""

import csv
import io
import json

import pytest

from a4g_bench.errors import A4GError
from a4g_bench.leaderboard import Board, build
from a4g_bench.leaderboard.render import render

from .boards import Folder
from .drawn import BLOCK, NONE, full

STABLE = {
    "entrant", "attack", "dataset", "attribute", "victim", "objective", "budget", "budget_label", "role", "gc",
    "gc_low", "gc_high", "rank_low", "rank_high", "gap_clean", "gap_poisoned", "accuracy_cost", "accuracy_cost_low",
    "accuracy_cost_high", "of_reference", "equalized_odds", "who_pays", "cells_worse", "cells", "seeds", "status",
    "gain_over_random_duplicates", "optimism", "queries", "cpu_seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def board() -> Board:
    drawn = full().add("late", NONE, seed=1)
    return build([drawn.tables()])


def test_table_reads_well(board: Board) -> None:
    text = render(board, "table")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 140
    assert not any(line != line.rstrip() for line in lines)
    assert text.endswith("\n")
    assert lines[0].startswith("GC@1 ")
    assert lines[0].endswith("protocol version 2, poison budgets 1%")
    closes = next(line for line in lines if "closes" in line)
    assert closes.split()[:2] == ["1", "closes"]
    assert "+1.000 [+1.00, +1.00]" in closes
    assert "100.0 > 0.0" in closes
    costly = next(line for line in lines if "costly" in line)
    assert "+10.00!" in costly, "a cell over the allowance carries a mark"
    assert "1/1" in costly, "its groups pay in its only cell"
    assert next(line for line in lines if "clean *" in line).split()[0] == "-", "no contender"
    assert next(line for line in lines if "late" in line).split()[0] == "inc."
    assert "-0.0 " not in text
    assert "Incomplete: late lacks 4 of 5 searches" in text


@pytest.mark.parametrize("by", ["dataset", "victim", "budget"])
def test_breakdowns_have_a_heading_each(board: Board, by: str) -> None:
    heading = {"dataset": "toy (sex)", "victim": "lr", "budget": "poison budget 1%"}[by]
    assert f"\n{heading}\n" in render(board, "table", by)  # type: ignore[arg-type]
    assert f"\n## {heading}\n" in render(board, "md", by)  # type: ignore[arg-type]


def test_markdown_tables_have_as_many_cells_in_every_row(board: Board) -> None:
    lines = [line for line in render(board, "md").splitlines() if line.startswith("|")]
    of_first = lines[: 2 + len(board.overall)]
    assert len({line.count("|") for line in of_first}) == 1
    assert "| clean \\* |" in "\n".join(lines)


def test_csv_has_all_columns_and_a_scope(board: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(render(board, "csv"))))
    assert {row["scope"] for row in rows} == {"overall", "cell"}
    assert set(rows[0]) == {"scope", *(column.key for column in board.columns)}
    assert len(rows) == len(board.overall) + len(board.cells)
    assert {row["scope"] for row in csv.DictReader(io.StringIO(render(board, "csv", "victim")))} == {"victim", "cell"}


def test_json_keeps_its_promises(board: Board) -> None:
    content = json.loads(render(board, "json"))
    assert list(content) == [
        "protocol_version", "budgets", "overall", "cells", "references", "settings", "robustness", "notes",
    ]  # fmt: skip
    assert content["protocol_version"] == 2
    assert [row["entrant"] for row in content["overall"]] == [row.entrant for row in board.overall]
    for row in (*content["overall"], *content["cells"]):
        assert set(row) >= STABLE
    assert content["overall"][0]["budget"] is None
    assert content["cells"][0]["budget"] == 0.01
    [setting] = content["settings"]
    assert {
        "dataset": "toy",
        "attribute": "sex",
        "victim": "lr",
        "counts": True,
        "reason": "",
    }.items() <= setting.items()
    assert setting["sizes"] == {"a": 100, "b": 400}
    assert "by" not in content
    assert json.loads(render(board, "json", "budget"))["by"]["what"] == "budget"


def test_a_name_is_text_in_every_format() -> None:
    """Names are a suite's: they may be of somebody else's making."""
    named = '=HYPERLINK("http://x")'
    board = build([full(attacks=("clean", "halves")).add(named, NONE).tables()])
    entrants = {row["attack"] for row in csv.DictReader(io.StringIO(render(board, "csv")))}
    assert {"clean", "halves", f"'{named}"} == entrants
    hostile = "toy\n\\input{/etc/passwd}<script>"
    drawn = full(attacks=())
    for attack, wrong in (("clean", drawn.clean), ("random-duplicates", drawn.clean), ("halves", NONE)):
        for seed in BLOCK:
            drawn.add(attack, wrong, seed=seed, dataset=hostile)
    board = build([drawn.tables()])
    assert not [line for line in render(board, "latex", "dataset").splitlines() if line.startswith("\\input")]
    assert "<script>" not in render(board, "md", "dataset")


def test_settings_say_whether_they_count(board: Board) -> None:
    settings = render(board, "table").split("\nSettings\n")[1]
    row = next(line for line in settings.splitlines() if line.startswith("toy")).split()
    assert row[:3] == ["toy", "sex", "lr"]
    assert "100.0" in row
    assert row[-2:] == ["5", "yes"]


@pytest.mark.parametrize("drawn", [full(), full(range(2))])
def test_seeds_are_in_the_heading_where_all_rows_have_as_many(drawn: Folder) -> None:
    lines = render(build([drawn.tables()])).splitlines()
    assert f"Overall ({len(drawn.baselines)} seeds)" in lines
    assert "seeds" not in next(line for line in lines if "entrant" in line)


def test_a_provisional_board_says_so() -> None:
    board = build([full(range(2)).tables()])
    text = render(board, "table")
    assert next(line for line in text.splitlines() if "closes" in line).split()[0] == "prov."
    assert "+1.000 [" not in text
    assert "Provisional" in text


def test_an_inconclusive_setting_is_shown_with_its_numbers() -> None:
    drawn = full(attacks=())
    for seed in BLOCK:
        drawn.add("zoo", NONE, seed=seed, clean="10 11110000 0000000000")
    board = build([drawn.tables()])
    assert "inconclusive" in render(board, "table")
    assert "n/c" in render(board, "table")
    [cell] = [row for row in csv.DictReader(io.StringIO(render(board, "csv"))) if row["scope"] == "cell"]
    assert (cell["status"], cell["gap_clean"], cell["rank_low"]) == ("inconclusive", "0.0", "")


def test_unknown_formats_and_breakdowns(board: Board) -> None:
    with pytest.raises(A4GError, match=r"unknown format 'jsn' .did you mean 'json'"):
        render(board, "jsn")  # type: ignore[arg-type]
    with pytest.raises(A4GError, match="cannot break down by 'victims'"):
        render(board, "table", "victims")  # type: ignore[arg-type]


def test_latex_is_a_tabular_in_which_nothing_of_a_name_is_a_command() -> None:
    board = build([full(attacks=("clean", "halves")).add("50%_&$", NONE).tables()])
    text = render(board, "latex")
    assert r"50\%\_\&\$" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len({line.replace(r"\&", "").count("&") for line in rows}) == 1
    assert text.count(r"\begin{tabular}") == text.count(r"\end{tabular}") == 1
    assert r"100.0 $\to$ 50.0" in text
