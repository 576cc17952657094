"""Poison budgets as text: a share of the training rows (``1%``) or a count of rows (``50``)."""

import math
from typing import NamedTuple


class BudgetText(NamedTuple):
    """What a text says. ``number`` is a share (0.01 for ``1%``) or a count; ``text`` is how tables write it."""

    is_count: bool
    number: float
    text: str


def parse_budget(text: str) -> BudgetText | None:
    """Read a budget, or None if the text is neither a share nor a count, negative or without bound."""
    bare = text.strip()
    try:
        if not bare.endswith("%"):
            count = int(bare)
            return BudgetText(True, float(count), str(count)) if count >= 0 else None
        percent = float(bare[:-1])
    except (ValueError, OverflowError):  # no number, or a count that no float holds
        return None
    return BudgetText(False, percent / 100, f"{percent:g}%") if 0 <= percent < math.inf else None
