"""Poison budgets as text: what they say, and that suites and boards read them alike."""

import pytest

from a4g_bench.leaderboard.records import Budget
from a4g_bench.store.coordinates import BudgetText, parse_budget
from a4g_bench.suite.model import PoisonBudget


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1%", (False, 0.01, "1%")),
        (" 2.50 % ", (False, 0.025, "2.5%")),
        ("1e-05%", (False, 1e-05 / 100, "1e-05%")),
        ("0%", (False, 0.0, "0%")),
        ("50", (True, 50.0, "50")),
        (" 007 ", (True, 7.0, "7")),
    ],
)
def test_a_share_or_a_count(text: str, expected: tuple[bool, float, str]) -> None:
    assert parse_budget(text) == BudgetText(*expected)


@pytest.mark.parametrize("text", ["", "%", "abc", "1 row", "0.5", "-1", "-1%", "nan%", "inf%", "1e999%", "9" * 400])
def test_anything_else_is_none(text: str) -> None:
    assert parse_budget(text) is None


@pytest.mark.parametrize("written", ["1%", "0.1%", "0.00001%", "33.3333333%", "100 %", 1, 50, 2**31 - 1])
def test_a_board_reads_what_a_suite_writes(written: str | int) -> None:
    budget = PoisonBudget.model_validate(written)
    read = Budget.parse(budget.text)
    assert read.is_count == (budget.count is not None)
    assert read.number == pytest.approx(budget.count if read.is_count else budget.share)
    assert read.label == budget.text


@pytest.mark.parametrize("text", ["1e-1%", ".5%", "5.%", "+5%", "1_0%", "50"])
def test_a_suite_writes_shares_plainly(text: str) -> None:
    with pytest.raises(ValueError, match="write a share such as 1%, or a count of rows such as 50"):
        PoisonBudget.model_validate(text)
