"""The four formats."""

import csv
import io
import json

import pytest

from a4g_bench.errors import A4GError
from a4g_bench.leaderboard import Board, build
from a4g_bench.leaderboard.render import render

from .drawn import NONE, full

STABLE = {
    "attack", "dataset", "victim", "objective", "budget", "fg", "fg_low", "fg_high", "gap_clean", "gap_poisoned",
    "accuracy_cost", "gain_over_random_duplicates", "optimism", "seeds", "tier", "status", "budget_label", "attribute",
    "role", "rank_low", "rank_high", "gap_clean_low", "gap_clean_high", "gain_over_random_duplicates_low",
    "gain_over_random_duplicates_high", "accuracy_cost_upper", "levelling_down", "queries", "cpu_seconds",
}  # fmt: skip


@pytest.fixture(scope="module")
def board() -> Board:
    drawn = full().add("late", NONE, seed=1).add("late", seed=0, status="error")
    return build([drawn.tables()])


def test_table_reads_well(board: Board) -> None:
    text = render(board, "table")
    lines = text.splitlines()
    assert max(map(len, lines)) <= 120
    assert not any(line != line.rstrip() for line in lines)
    assert text.endswith("\n")
    assert lines[0] == "FG@1, protocol version 1, poison budgets 1%"
    (closes,) = [line for line in lines if "closes" in line]
    assert "+1.000 [+1.00, +1.00]" in closes
    assert "100.0 > 0.0" in closes
    assert "clean *" in text
    assert "-0.0 " not in text
    assert "Incomplete: late lacks 1 of 2 searches" in text


@pytest.mark.parametrize("by", ["dataset", "victim", "budget"])
def test_breakdowns_have_a_heading_each(board: Board, by: str) -> None:
    heading = {"dataset": "toy (sex)", "victim": "lr", "budget": "poison budget 1%"}[by]
    assert f"\n{heading}\n" in render(board, "table", by)  # type: ignore[arg-type]
    assert f"\n## {heading}\n" in render(board, "md", by)  # type: ignore[arg-type]


def test_markdown_tables_have_as_many_cells_in_every_row(board: Board) -> None:
    lines = [line for line in render(board, "md").splitlines() if line.startswith("|")]
    assert {line.count("|") for line in lines[:8]} == {12}
    assert "| clean \\* |" in "\n".join(lines)


def test_csv_has_all_columns_and_a_scope(board: Board) -> None:
    rows = list(csv.DictReader(io.StringIO(render(board, "csv"))))
    assert {row["scope"] for row in rows} == {"overall", "cell"}
    assert set(rows[0]) == {"scope", *(column.key for column in board.columns)}
    assert len(rows) == len(board.overall) + len(board.cells)
    assert {row["scope"] for row in csv.DictReader(io.StringIO(render(board, "csv", "victim")))} == {"victim", "cell"}


def test_json_keeps_its_promises(board: Board) -> None:
    content = json.loads(render(board, "json"))
    assert {"protocol_version", "overall", "cells", "pairs", "notes", "budgets"} <= set(content)
    for row in (*content["overall"], *content["cells"]):
        assert set(row) >= STABLE
    assert content["overall"][0]["budget"] is None
    assert content["cells"][0]["budget"] == 0.01
    assert content["pairs"][0]["sizes"] == {"a": 2, "b": 8}
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
        for seed in range(2):
            drawn.add(attack, wrong, seed=seed, dataset=hostile)
    board = build([drawn.tables()])
    assert not [line for line in render(board, "latex", "dataset").splitlines() if line.startswith("\\input")]
    assert "<script>" not in render(board, "md", "dataset")


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
