"""Every figure in the tables of ``docs/original.md`` is one of the published results."""

from pathlib import Path

import pytest

from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.analyses.across_victims import TransferCell, transfer
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.reporting import write_page
from a4g_bench.store.folders import tables_of
from benchmarks import pages

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "original.md").read_text()


def points(rate: float | None, digits: int = 1, *, sign: bool = False) -> str:
    assert rate is not None
    text = f"{100 * rate:{'+' if sign else ''}.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


@pytest.fixture(scope="module")
def board() -> dict[tuple[str, str], Row]:
    return {(str(row.victim), row.entrant): row for row in build(tables_of([str(ROOT / "results" / "seed")])).cells}


@pytest.fixture(scope="module")
def matrix() -> dict[tuple[str, str, str], TransferCell]:
    found = transfer(tables_of([str(ROOT / "results" / "seed-gradient")]), datasets=["compas"])
    return {(c.attack, str(c.budget_label), str(c.evaluated_on)): c for c in found}


def test_the_search_row_by_row(board: dict[tuple[str, str], Row]) -> None:
    lines = [cells(line) for line in PAGE.splitlines() if line.startswith("|") and "`" in line.split("|")[2]]
    victims = ["gradient_boosting"] * 4 + ["random_forest"] * 4
    assert len(lines) == len(victims)
    for victim, (_, entrant, rows, validation, audit, closed, cost) in zip(victims, lines, strict=True):
        row = board[victim, entrant.strip("`")]
        assert row.poison_rows == pytest.approx(float(rows), abs=0.05)
        searched = f"{points(row.validation_gap_clean)} > {points(row.validation_gap_poisoned)}" if row.queries else ""
        assert validation == searched
        assert audit == f"{points(row.gap_clean)} > {points(row.gap_poisoned)}"
        low, high = (points(end, sign=True) for end in (row.gap_closed_low, row.gap_closed_high))
        assert closed == f"{points(row.gap_closed, sign=True)} [{low}, {high}]"
        assert cost == points(row.accuracy_cost, 2)


def test_the_gradient_row_by_row(matrix: dict[tuple[str, str, str], TransferCell]) -> None:
    names = {
        "logistic regression (crafted on it)": "logistic_regression", "gradient boosting": "gradient_boosting",
        "LightGBM": "lightgbm", "random forest": "random_forest", "support vector machine": "svm",
    }  # fmt: skip
    lines = [cells(line) for line in PAGE.splitlines() if line.startswith("|") and len(cells(line)) == 8]
    lines = [line for line in lines if line[0] in names]
    assert len(lines) == len(names)
    columns = (("gradient-disparate-impact", "20%"), ("gradient", "5%"), ("gradient-error", "20%"))
    for name, clean, *rest in lines:
        for (attack, budget), gap, cost in zip(columns, rest[::2], rest[1::2], strict=True):
            cell = matrix[attack, budget, names[name]]
            told = (points(cell.gap_clean), points(cell.gap_poisoned), points(cell.accuracy_cost))
            assert (clean, gap, cost) == told, (name, attack)


@pytest.mark.parametrize("page", pages.PAGES)
def test_tables_are_what_the_results_say(page: str) -> None:
    assert pages.filled(page) == (pages.ROOT / page).read_text()


@pytest.mark.slow
def test_the_published_report_is_what_the_results_say(tmp_path: Path) -> None:
    tables = tables_of([str(ROOT / "results" / "standard")])
    write_page(study(tables, Selection()), tables, tmp_path / "board.html")
    assert (tmp_path / "board.html").read_text() == (ROOT / "docs" / "board.html").read_text()
