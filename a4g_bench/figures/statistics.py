"""Summaries over seeds."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t

from a4g_bench.figures.material import Curve


@dataclass(frozen=True)
class Mean:
    """A mean over seeds of something in percent, with its 95 % interval (its own value for a single seed)."""

    value: float
    low: float
    high: float
    seeds: int

    @property
    def sides(self) -> list[list[float]]:
        """The interval as matplotlib wants it: below and above the value."""
        return [[self.value - self.low], [self.high - self.value]]


def mean(values: Sequence[float]) -> Mean:
    """Mean of percents and Student's t interval over seeds, ``t(n-1, 0.975) s / sqrt(n)``, cut to 0..100.

    ``values`` must not be empty.
    """
    found = np.asarray(values, dtype=np.float64)
    n = len(found)
    half = float(t.ppf(0.975, n - 1) * found.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    value = float(found.mean())
    return Mean(value, min(value, max(0.0, value - half)), max(value, min(100.0, value + half)), n)


@dataclass(frozen=True, eq=False)
class Band:
    """Median and quartiles over seeds, (queries + 1,) each."""

    low: Curve
    middle: Curve
    high: Curve


def band(curves: Sequence[Curve], *, ended: bool) -> Band:
    """Median and quartiles of curves by query.

    Searches that ``ended`` keep their last value where others asked more; of unfinished ones only the queries that all
    of them have are shown. Where a curve has no value yet (NaN) the others decide; where none has, the result is NaN.
    """
    if ended:
        length = max(map(len, curves))
        curves = [np.concatenate([c, np.full(length - len(c), c[-1])]) for c in curves]
    else:
        length = min(map(len, curves))
    every = np.stack([c[:length] for c in curves])
    quartiles = np.full((3, length), np.nan)
    known = np.isfinite(every).any(axis=0)
    quartiles[:, known] = np.nanquantile(every[:, known], (0.25, 0.5, 0.75), axis=0)
    return Band(*quartiles)
