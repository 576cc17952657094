"""What a column of the board is, how tables show it, and the rows that have a value for each."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from a4g_bench.leaderboard.estimates import finite
from a4g_bench.leaderboard.summary import Summary

Value = float | int | str | bool | None
#: ``share`` of something (1 is all), ``rate`` (shown in points of a hundred), ``auroc``, counts and so on.
Unit = Literal[
    "text", "flag", "share", "rate", "auroc", "rows", "queries", "seconds", "seeds", "cells", "rank"
]  # fmt: skip
_DIGITS: Mapping[Unit, int] = {"share": 2, "rate": 1, "auroc": 2, "seconds": 1}


class Row:
    """One entrant at one cell, or averaged over several (then what it was averaged over is null).

    Its values are those of the columns, by key and as attributes. Gaps, gains and costs are rates, not percent; null is
    "does not exist", never NaN. On averaged rows every number is the score's mean of the same number per cell (data
    sets of attributes of victims of budgets), but for sums over cells and ratios of sums.
    """

    __slots__ = ("values",)

    def __init__(self, values: Mapping[str, Value]) -> None:
        bad = [key for key, value in values.items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"row of {values['entrant']}: {bad[0]} is not finite; use None")
        if values["rank_low"] is not None and values["status"] != "ok":
            raise ValueError(f"row of {values['entrant']}: status {values['status']} with rank {values['rank_low']}")
        self.values = values

    def __getattr__(self, key: str) -> Any:
        try:
            return object.__getattribute__(self, "values")[key]
        except KeyError:
            raise AttributeError(f"the board has no column '{key}'") from None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Row) and self.values == other.values

    def __hash__(self) -> int:
        return hash(tuple(self.values.items()))

    def __repr__(self) -> str:
        return f"Row({', '.join(f'{key}={value!r}' for key, value in self.values.items())})"

    def to_json(self) -> dict[str, Any]:
        """All values by key."""
        return dict(self.values)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """How a table shows a column: a short title, a row's text, and whether that is aligned to the left.

    Tables list their columns by ``order``, and those of one order as they are registered. ``legend`` is what stands
    below the table: the column's meaning if None, nothing if empty, where the title says it all.
    """

    title: str
    text: Callable[[Row], str]
    left: bool = False
    order: int = 0
    legend: str | None = None


@dataclass(frozen=True, kw_only=True)
class Column:
    """A column of the board.

    ``key`` is its name in JSON and CSV, ``value`` computes it from an entrant's summary (NaN becomes null), ``meaning``
    is the sentence that legends and pages show. ``better`` says which direction is good, if one is. ``sets`` are the
    tables that show it (``scores``, ``off-target``, ``threat``), each with the way it does; a column that is in none is
    shown when it is asked for by its key. Columns that are not ``on_page`` are left out of the report's data.
    """

    key: str
    title: str
    value: Callable[[Summary], Value]
    meaning: str
    unit: Unit = "share"
    better: Literal["higher", "lower"] | None = None
    sets: Mapping[str, Shown] = field(default_factory=dict)
    on_page: bool = True

    def of(self, summary: Summary) -> Value:
        """Compute its value.

        Args:
            summary: What is known of an entrant over some cells.

        Returns:
            The value, None where there is none.
        """
        value = self.value(summary)
        return finite(value) if isinstance(value, float) else value

    @property
    def alone(self) -> Shown:
        """How it is shown where it was asked for by its key."""
        left = self.unit in ("text", "flag")
        return Shown(title=self.key.replace("_", " "), text=self._text, left=left)

    def _text(self, row: Row) -> str:
        value = row.values[self.key]
        if value is None or isinstance(value, str):
            return value or "-"
        if self.unit == "flag":
            return "yes" if value else "no"
        signed = self.unit in ("share", "rate") and self.better is not None
        return number(value, _DIGITS.get(self.unit, 0), scale=100 if self.unit == "rate" else 1, sign=signed)


def number(value: float | None, digits: int, *, scale: float = 1.0, sign: bool = False) -> str:
    """A value times ``scale``, ``-`` for none, and never a minus zero."""
    if value is None:
        return "-"
    text = f"{value * scale:{'+' if sign else ''}.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"  # no "-0.0"
