"""Rank intervals: who is significantly better than whom, over all pairs of contenders at once."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr, stdtr

from a4g_bench.leaderboard.estimates import Estimate
from a4g_bench.protocol import LEVEL

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Rank:
    """The ranks that are not excluded: ``[1 + significantly better, n - significantly worse]`` of n contenders."""

    low: int
    high: int

    def __post_init__(self) -> None:
        if not 1 <= self.low <= self.high:
            raise ValueError(f"impossible ranks [{self.low}, {self.high}]")


def p_value(difference: Estimate) -> float:
    """Two-sided p-value of a paired difference being 0: its t statistic, by its error and degrees of freedom."""
    if not difference.decided:
        return 1.0
    error, freedom = difference.sampling
    if error == 0:
        return float(abs(difference.value) <= _ROUNDING)
    t = -abs(difference.value) / error
    return 2 * float(stdtr(freedom, t) if math.isfinite(freedom) else ndtr(t))


def holm(p_values: Sequence[float]) -> npt.NDArray[np.float64]:
    """Holm's step-down adjusted p-values: of m sorted upwards, number i is ``max_{j<=i} (m - j) p_j``, from 0.

    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scand. J. Statist. 6, 65-70.
    """
    p = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1)))
    return adjusted


def told_apart(scores: Sequence[Estimate]) -> dict[tuple[int, int], int]:
    """The pairs (i, j), i < j, whose scores differ, Holm-corrected over all pairs at 5 %, each with the better one."""
    pairs = list(combinations(range(len(scores)), 2))
    differences = [scores[i] - scores[j] for i, j in pairs]
    adjusted = holm([p_value(d) for d in differences])
    return {
        (i, j): i if difference.value > 0 else j
        for (i, j), difference, p in zip(pairs, differences, adjusted, strict=True)
        if p <= LEVEL
    }


def ranks_of(scores: Sequence[Estimate]) -> list[Rank]:
    """Compare every two contenders by their paired difference."""
    better, worse = [0] * len(scores), [0] * len(scores)  # how many contenders are better (worse) than this one
    for pair, winner in told_apart(scores).items():
        better[sum(pair) - winner] += 1
        worse[winner] += 1
    return [Rank(1 + b, len(scores) - w) for b, w in zip(better, worse, strict=True)]
