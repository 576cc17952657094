"""What a benchmark gives: named values beside their goals, and how they are printed."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """A measured value; ``goal`` is the limit it should keep, ``at_most`` the direction.

    ``value`` is None where it could not be measured, and ``note`` then says why; else it says what stands beside it.
    """

    name: str
    value: float | None
    unit: str
    goal: float | None = None
    at_most: bool = True
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is kept; None without one, False without a value."""
        if self.value is None:
            return False
        if self.goal is None:
            return None
        return self.value <= self.goal if self.at_most else self.value >= self.goal

    @property
    def limit(self) -> str:
        """The goal as text."""
        return "" if self.goal is None else f"{'<=' if self.at_most else '>='} {self.goal:g}"


def number(value: float | None) -> str:
    """Three digits that count, without an exponent."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def table(figures: Sequence[Figure]) -> str:
    """One line per figure: benchmark, value, unit, goal, met, note."""
    met = {None: "", True: "yes", False: "NO"}
    rows = [("benchmark", "value", "unit", "goal", "met", "note")]
    rows += [(f.name, number(f.value), f.unit, f.limit, met[f.met], f.note) for f in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        cells[1] = row[1].rjust(widths[1])
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
