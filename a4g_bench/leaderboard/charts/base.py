"""What all charts share: axes with their units, means with intervals, and what a chart is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy.stats import t

from a4g_bench.leaderboard.records import Cell, SettingKey

Measure = Literal["unfairness", "accuracy"]


@dataclass(frozen=True)
class Axis:
    """What an axis shows, and its unit (empty for a count)."""

    title: str
    unit: Literal["%", "points", ""] = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean over seeds in percent or points, with its 95 % interval (its own value for a single seed)."""

    value: float
    low: float
    high: float
    seeds: int


def mean(values: Sequence[float]) -> Mean:
    """Mean of percents and Student's t interval over seeds, ``t(n-1, 0.975) s / sqrt(n)``, cut to 0..100.

    ``values`` must not be empty.
    """
    percents = np.asarray(values, dtype=np.float64)
    n = len(percents)
    half = float(_quantile(n - 1) * percents.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    value = float(percents.mean())
    low, high = min(value, max(0.0, value - half)), max(value, min(100.0, value + half))
    return Mean(value=value, low=low, high=high, seeds=n)


@cache
def _quantile(freedom: int) -> float:
    return float(t.ppf(0.975, freedom))


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a chart is about: a cell, the seeds of its searches, and the rate (FNR or FPR) whose gap U is."""

    cell: Cell
    seeds: tuple[int, ...]
    harm: str
    notes: tuple[str, ...] = ()

    @property
    def setting(self) -> SettingKey:
        """Data set, attribute and victim."""
        return self.cell.setting

    @property
    def budget(self) -> str:
        """The poison budget in words."""
        budget = self.cell.budget
        return f"poison budget {budget.label}{' rows' if budget.is_count else ''}"


def measure_axis(measure: Measure, harm: str) -> Axis:
    return Axis(f"unfairness U: {harm} gap", "points") if measure == "unfairness" else Axis("accuracy", "%")
