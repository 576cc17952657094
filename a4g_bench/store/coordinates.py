"""Where a search stands in the grid, and how poison budgets are written."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, NamedTuple


class BudgetText(NamedTuple):
    """A poison budget: a share of the training rows (``1%``) or a count of rows (``50``).

    ``number`` is a share (0.01 for ``1%``) or a count; ``text`` is how tables write it.
    """

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


@dataclass(frozen=True, kw_only=True)
class Place:
    """The coordinates at which a suite has one search and a results folder one result.

    Labels are those that the suite gives, ``budget`` as it writes it. The fields are columns of the table ``searches``,
    in the order in which they are shown.
    """

    dataset: str
    attribute: str
    victim: str
    attack: str
    objective: str
    budget: str
    query_budget: int
    seed: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Place":
        """The place of a row of the table ``searches``. Raises ``KeyError`` for a column that it lacks."""
        return cls(**{column: row[column] for column in PLACE_COLUMNS})

    def to_row(self) -> dict[str, Any]:
        """Its columns of the table ``searches``."""
        return asdict(self)

    def __str__(self) -> str:
        return ", ".join(map(str, self.to_row().values()))


PLACE_COLUMNS = tuple(field.name for field in fields(Place))
