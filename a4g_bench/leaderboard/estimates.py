"""Values with their errors: jackknife over seeds, and what people who are audited more than once add."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from a4g_bench.leaderboard.returning import Coefficients, Returning
from a4g_bench.protocol import LEVEL

Floats = npt.NDArray[np.float64]


_ROUNDING = 1e-12


def finite(value: float | None) -> float | None:
    """The number, or None if there is none."""
    return float(value) if value is not None and math.isfinite(value) else None


@dataclass(frozen=True, eq=False)
class Part:
    """What one table adds to the error of an estimate.

    ``deviations`` are how far the estimate moves when each of the table's seeds is deleted everywhere, (n,); NaN for a
    seed that it has not.
    ``coefficients`` are the first-order effects of its people, in the table's ``returning`` people's terms; None where
    nobody is audited twice. A part of seeds that are no whole block is ``provisional``: it has no error.
    """

    deviations: Floats
    coefficients: Coefficients = field(default_factory=dict)
    returning: Returning | None = None
    provisional: bool = False

    def __post_init__(self) -> None:
        if self.deviations.ndim != 1:
            raise ValueError("deviations must be one-dimensional")

    @property
    def seeds(self) -> int:
        """Seeds that the estimate has."""
        return int(np.isfinite(self.deviations).sum())

    @cached_property
    def variances(self) -> tuple[float, float]:
        """The jackknife's variance J, (n-1)/n sum (score_-s - mean)^2, and what returning people add, P."""
        n = self.seeds
        known = self.deviations[np.isfinite(self.deviations)]
        jackknife = (n - 1) / n * float(((known - known.mean()) ** 2).sum()) if n else 0.0
        return jackknife, 0.0 if self.returning is None else self.returning.variance(self.coefficients)


@dataclass(frozen=True, eq=False)
class Estimate:
    """A value on the data, with what each table adds to its error. NaN where it does not exist.

    The error is E^2 = sum over tables of J + P; its degrees of freedom are those of Welch and Satterthwaite, n - 1 per
    table for J and infinitely many for P (Satterthwaite 1946, Biometrics Bulletin 2; the jackknife: Tukey 1958, Annals
    of Mathematical Statistics 29). Nothing about it depends on a random stream.
    """

    value: float
    parts: Mapping[str, Part] = field(default_factory=dict)

    def __sub__(self, other: "Estimate") -> "Estimate":
        return weighted([1, -1], [self, other])

    @property
    def exists(self) -> bool:
        """Whether there is a number at all."""
        return math.isfinite(self.value)

    @property
    def decided(self) -> bool:
        """Whether there is a number, and every part of it is of whole blocks of seeds: then it has an error."""
        return self.exists and not any(part.provisional for part in self.parts.values())

    @cached_property
    def sampling(self) -> tuple[float, float]:
        """The standard error E, and its degrees of freedom (infinite: known)."""
        pieces = [(*part.variances, part.seeds - 1) for part in self.parts.values()]
        total = sum(between + people for between, people, _ in pieces)
        uncertain = sum(between**2 / freedom for between, _, freedom in pieces if freedom)
        if total <= _ROUNDING**2:
            return 0.0, math.inf
        return math.sqrt(total), total**2 / uncertain if uncertain > 0 else math.inf

    @property
    def error(self) -> float:
        """The standard error E."""
        return self.sampling[0]

    def interval(self, level: float = LEVEL) -> tuple[float, float] | None:
        """The interval ``value +- t E`` that leaves out ``level``; None unless it is decided."""
        if not self.decided:
            return None
        error, freedom = self.sampling
        half = error * float(stdtrit(min(freedom, 1e9), 1 - level / 2)) if error else 0.0
        return self.value - half, self.value + half


def derived(function: Callable[..., Floats], gradient: Callable[..., Sequence[float]], *of: Estimate) -> Estimate:
    """The estimate of a function of others.

    Args:
        function: Takes arrays, the values of the others, and gives an array.
        gradient: Takes the values on the data, and gives the derivative by each of them.
        of: The others.

    Returns:
        The function's value, with each table's seeds deleted in all of them together.
    """
    values = [estimate.value for estimate in of]
    value = float(function(*(np.array([v]) for v in values))[0])
    slopes = gradient(*values)
    parts = {}
    for table in dict.fromkeys(table for estimate in of for table in estimate.parts):
        own = [estimate.parts.get(table) for estimate in of]
        known = [part for part in own if part is not None]
        absent = np.all([np.isnan(part.deviations) for part in known], axis=0)
        moved = [
            v + (np.nan_to_num(part.deviations) if part is not None else np.zeros(len(absent)))
            for v, part in zip(values, own, strict=True)
        ]
        with np.errstate(divide="ignore", invalid="ignore"):
            deviations = np.where(absent, np.nan, function(*moved) - value)
        parts[table] = _joined(deviations, slopes, own, known)
    return Estimate(value, parts)


def weighted(weights: Sequence[float], estimates: Sequence[Estimate]) -> Estimate:
    """The weighted sum; NaN if any of them is."""
    value = float(sum(w * e.value for w, e in zip(weights, estimates, strict=True)))
    parts = {}
    for table in dict.fromkeys(table for estimate in estimates for table in estimate.parts):
        own = [estimate.parts.get(table) for estimate in estimates]
        known = [part for part in own if part is not None]
        absent = np.all([np.isnan(part.deviations) for part in known], axis=0)
        moved = [w * np.nan_to_num(p.deviations) for w, p in zip(weights, own, strict=True) if p is not None]
        deviations = np.where(absent, np.nan, np.sum(moved, axis=0))
        parts[table] = _joined(deviations, weights, own, known)
    return Estimate(value, parts)


def _joined(deviations: Floats, slopes: Sequence[float], own: Sequence[Part | None], known: Sequence[Part]) -> Part:
    coefficients: dict[tuple[str, int], Floats] = {}
    for slope, part in zip(slopes, own, strict=True):
        for column, of_column in part.coefficients.items() if part is not None else ():
            added = slope * of_column
            coefficients[column] = coefficients[column] + added if column in coefficients else added
    return Part(deviations, coefficients, known[0].returning, any(part.provisional for part in known))


def ratio(part: Estimate, whole: Estimate) -> Estimate:
    """A ratio of two estimates."""
    return derived(lambda a, b: a / b, lambda a, b: (1 / b, -a / b**2) if b else (math.nan, math.nan), part, whole)
