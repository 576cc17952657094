"""An estimate with its bootstrap draws, and the protocol's score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Draws = npt.NDArray[np.float64]

#: FG@1 allows this loss of accuracy.
ALLOWED_COST = 0.01
_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value on the data, and the same statistic in each bootstrap draw (B,). NaN where it does not exist.

    Draws are NaN where none of the seeds drawn is among those behind the value, which only happens to entrants that
    lack seeds; such draws are left out of intervals.
    """

    value: float
    draws: Draws

    def __post_init__(self) -> None:
        if self.draws.ndim != 1:
            raise ValueError("draws must be one-dimensional")

    def __sub__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value - other.value, self.draws - other.draws)

    @property
    def exists(self) -> bool:
        """Whether there is a number at all."""
        return bool(np.isfinite(self.value) and np.isfinite(self.draws).any())

    def _quantiles(self, *shares: float) -> tuple[float, ...]:
        if not self.exists:
            return (float("nan"),) * len(shares)
        finite = self.draws[np.isfinite(self.draws)]
        return tuple(float(q) for q in np.quantile(finite, shares))

    def interval(self) -> tuple[float, float]:
        """95 % percentile interval."""
        low, high = self._quantiles(0.025, 0.975)
        return low, high

    def upper(self) -> float:
        """One-sided 95 % upper bound: the 95th percentile of the draws."""
        return self._quantiles(0.95)[0]

    def error(self) -> float:
        """Bootstrap standard error."""
        finite = self.draws[np.isfinite(self.draws)]
        return float(finite.std(ddof=1)) if len(finite) > 1 else float("nan")


def weighted(weights: Sequence[float], estimates: Sequence[Estimate]) -> Estimate:
    """The weighted sum, draw by draw; NaN if any of them is."""
    value = sum(w * e.value for w, e in zip(weights, estimates, strict=True))
    draws = np.zeros_like(estimates[0].draws)
    for w, e in zip(weights, estimates, strict=True):
        draws += w * e.draws
    return Estimate(float(value), draws)


def allowed_gain(gain: Estimate, cost: Estimate) -> Estimate:
    """The gain where the mean accuracy cost itself is within the allowance, else ``min(0, gain)``."""
    return gain if cost.value <= ALLOWED_COST + _ROUNDING else _no_gain(gain)


def at_allowance(gain: Estimate, cost: Estimate) -> Estimate:
    """A mitigation's gain where it may cost the allowance and no more.

    Where its mean cost is larger, both are scaled down together: applied to that share of the people, drawn at random,
    and the clean victim to the others, it costs exactly the allowance.
    """
    share = ALLOWED_COST / cost.value if cost.value > ALLOWED_COST else 1.0
    return Estimate(gain.value * share, gain.draws * share)


def fair_gain(gain: Estimate, cost: Estimate) -> Estimate:
    """FG@1_b of the protocol from the mean over seeds of G and of dA at one poison budget.

    ``mean G`` if the one-sided 95 % upper bound of the mean accuracy cost is at most 0.01, else ``min(0, mean G)``.
    Which of the two applies is decided once, on all data; every draw then follows that decision, so that the interval
    is about the gain and not about the coin toss of an entrant near the limit.
    """
    if not gain.exists or cost.upper() <= ALLOWED_COST + _ROUNDING:
        return gain
    return _no_gain(gain)


def _no_gain(gain: Estimate) -> Estimate:
    return Estimate(min(0.0, gain.value), np.minimum(0.0, gain.draws))
