"""An estimate with its bootstrap draws, and the protocol's score."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtrit

from a4g_bench.protocol import ACCURACY_ALLOWANCE

Draws = npt.NDArray[np.float64]


def finite(value: float | None) -> float | None:
    """The number, or None if there is none."""
    return float(value) if value is not None and math.isfinite(value) else None


_ROUNDING = 1e-12


@dataclass(frozen=True, eq=False)
class Part:
    """What the seeds of one data set add to an estimate's draws, as deviations from its value (B,).

    ``resampled`` are the draws' own, of seeds and then rows; ``reseeded`` the same draws of seeds with their rows left
    as they are. ``seeds`` is their number, ``reuse`` the mean number of them that audit the same person.
    """

    seeds: int
    reuse: float
    resampled: Draws
    reseeded: Draws

    def times(self, weight: float) -> "Part":
        """The part of a weighted estimate."""
        return replace(self, resampled=weight * self.resampled, reseeded=weight * self.reseeded)

    def plus(self, other: "Part") -> "Part":
        """The part of a sum of two estimates."""
        return replace(self, resampled=self.resampled + other.resampled, reseeded=self.reseeded + other.reseeded)

    @property
    def variances(self) -> tuple[float, float]:
        """The sampling variance's share that ``seeds - 1`` degrees of freedom estimate, and the rest.

        Resampling n seeds has (n - 1) / n of the variance of their mean, which holds that of their rows already: those
        are other people at every seed. Where seeds share people, the rows' variance counts once more for each further
        seed that audits them. With a single seed there are only its rows.
        """
        whole, between = _variance(self.resampled), _variance(self.reseeded)
        if self.seeds == 1:
            return 0.0, whole
        return between * self.seeds / (self.seeds - 1), _variance(self.resampled - self.reseeded) * (self.reuse - 1)


def _variance(values: Draws) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.var()) if len(finite) else 0.0


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value on the data, and the same statistic in each bootstrap draw (B,). NaN where it does not exist.

    Draws are NaN where none of the seeds drawn is among those behind the value, which only happens to entrants that
    lack seeds; such draws are left out of intervals.

    ``parts`` say per data set where the draws' spread comes from. A handful of seeds bootstrapped as they are give
    intervals of the wrong width: the seeds' resampling has too little variance and too thin tails, and the rows' is
    counted twice. So the draws' deviations from the value are scaled to the variance that the parts make up together,
    and to the tails of Student's t at the degrees of freedom of Welch and Satterthwaite (Hesterberg 2015, What teachers
    should know about the bootstrap, American Statistician 69, on both; Satterthwaite 1946, Biometrics Bulletin 2).
    Without parts, draws are taken as they are.
    """

    value: float
    draws: Draws
    parts: Mapping[str, Part] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.draws.ndim != 1:
            raise ValueError("draws must be one-dimensional")

    def __sub__(self, other: "Estimate") -> "Estimate":
        return weighted([1, -1], [self, other])

    @property
    def exists(self) -> bool:
        """Whether there is a number at all."""
        return bool(np.isfinite(self.value) and np.isfinite(self.draws).any())

    @cached_property
    def sampling(self) -> tuple[float, float]:
        """The standard error that the parts make up together, and its degrees of freedom (infinite: known)."""
        pieces = [(*part.variances, part.seeds - 1) for part in self.parts.values()]
        total = sum(between + rest for between, rest, _ in pieces)
        uncertain = sum(between**2 / freedom for between, _, freedom in pieces if freedom)
        return math.sqrt(total), total**2 / uncertain if uncertain > 0 else math.inf

    def _quantile(self, share: float) -> float:
        if not self.exists:
            return float("nan")
        finite = self.draws[np.isfinite(self.draws)]
        raw = float(np.quantile(finite, share))
        spread = float(finite.std())
        if not self.parts or spread == 0:
            return raw
        error, freedom = self.sampling
        tails = stdtrit(freedom, share) / ndtri(share) if math.isfinite(freedom) else 1.0
        return self.value + (raw - self.value) * error / spread * float(tails)

    def interval(self) -> tuple[float, float]:
        """95 % interval."""
        return self._quantile(0.025), self._quantile(0.975)

    def upper(self) -> float:
        """One-sided 95 % upper bound."""
        return self._quantile(0.95)

    def error(self) -> float:
        """Bootstrap standard error of the draws as they are."""
        finite = self.draws[np.isfinite(self.draws)]
        return float(finite.std(ddof=1)) if len(finite) > 1 else float("nan")

    def mapped(self, value: float, function: Callable[[Draws], Draws]) -> "Estimate":
        """The estimate of a function of this one, ``value`` on the data."""
        parts = {
            key: replace(
                part,
                resampled=function(self.value + part.resampled) - value,
                reseeded=function(self.value + part.reseeded) - value,
            )
            for key, part in self.parts.items()
        }
        return Estimate(value, function(self.draws), parts)


def weighted(weights: Sequence[float], estimates: Sequence[Estimate]) -> Estimate:
    """The weighted sum, draw by draw; NaN if any of them is."""
    value = sum(w * e.value for w, e in zip(weights, estimates, strict=True))
    draws = np.zeros_like(estimates[0].draws)
    parts: dict[str, Part] = {}
    for w, e in zip(weights, estimates, strict=True):
        draws += w * e.draws
        for key, part in e.parts.items():
            own = part.times(w)
            parts[key] = parts[key].plus(own) if key in parts else own
    return Estimate(float(value), draws, parts)


def ratio(part: Estimate, whole: Estimate) -> Estimate:
    """A ratio, draw by draw (NaN where the whole is not positive); its parts are those of its linearisation."""
    share = part.value / whole.value
    linear = weighted([1 / whole.value, -share / whole.value], [part, whole])
    with np.errstate(divide="ignore", invalid="ignore"):
        draws = np.where(whole.draws > 0, part.draws / whole.draws, np.nan)
    return Estimate(share, draws, linear.parts)


def allowed_gain(gain: Estimate, cost: Estimate) -> Estimate:
    """The gain where the mean accuracy cost itself is within the allowance, else ``min(0, gain)``."""
    return gain if cost.value <= ACCURACY_ALLOWANCE + _ROUNDING else _no_gain(gain)


def at_allowance(gain: Estimate, cost: Estimate) -> Estimate:
    """A mitigation's gain where it may cost the allowance and no more.

    Where its mean cost is larger, both are scaled down together: applied to that share of the people, drawn at random,
    and the clean victim to the others, it costs exactly the allowance.
    """
    return weighted([ACCURACY_ALLOWANCE / cost.value if cost.value > ACCURACY_ALLOWANCE else 1.0], [gain])


def fair_gain(gain: Estimate, cost: Estimate) -> Estimate:
    """FG@1_b of the protocol from the mean over seeds of G and of dA at one poison budget.

    ``mean G`` if the one-sided 95 % upper bound of the mean accuracy cost is at most 0.01, else ``min(0, mean G)``.
    Which of the two applies is decided once, on all data; every draw then follows that decision, so that the interval
    is about the gain and not about the coin toss of an entrant near the limit.
    """
    if not gain.exists or cost.upper() <= ACCURACY_ALLOWANCE + _ROUNDING:
        return gain
    return _no_gain(gain)


def _no_gain(gain: Estimate) -> Estimate:
    return gain.mapped(min(0.0, gain.value), lambda draws: np.minimum(0.0, draws))
