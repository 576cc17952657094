"""A measured value with its standard error, from predictions of several fits on the same rows."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.metrics.confusion import Counts, Label, accuracy, confusion, harm, unfairness

Predictions = npt.NDArray[np.int8]


@dataclass(frozen=True)
class Estimate:
    """A mean and its standard error."""

    mean: float
    sem: float


@dataclass(frozen=True, eq=False)
class Sample:
    """The rows a victim is judged on: ``labels`` (n,), ``groups`` (n,) and the names of the groups."""

    labels: npt.NDArray[np.int8]
    groups: npt.NDArray[np.int64]
    group_names: tuple[str, ...]
    favourable: Label

    def counts(self, predictions: Sequence[Predictions]) -> Counts:
        """Confusion counts averaged over the fits; each prediction is (n,)."""
        n = len(self.group_names)
        counts: Counts = np.mean([confusion(self.labels, one, self.groups, n) for one in predictions], axis=0)
        return counts


@dataclass(frozen=True)
class Measurement:
    """What one evaluated poison set did to the victim, on the rows of a :class:`Sample`.

    Standard errors are those of the paired change from the clean victim on the same rows: noise that both share is not
    noise between candidates. For the clean victim itself they are 0 by that definition.
    """

    objective: Estimate
    unfairness: Estimate
    accuracy: Estimate
    harm: tuple[float, ...]


def measure(
    sample: Sample,
    predictions: Sequence[Predictions],
    clean: Sequence[Predictions],
    cost: Callable[[Counts, Label], float],
) -> Measurement:
    """Measure a victim against the clean one.

    ``cost`` is the search's objective. The standard error follows the delta method: per stratum (group, truth) the
    variance of the mean paired change of the wrong-prediction indicator, times the squared numeric derivative of the
    metric in that stratum's error rate, summed over the independent strata.
    """
    counts = sample.counts(predictions)
    change = _wrong(sample, predictions) - _wrong(sample, clean)
    variance = _stratum_variance(sample, change)
    favourable = sample.favourable
    costs: list[Callable[[Counts], float]] = [
        lambda c: cost(c, favourable),
        lambda c: unfairness(c, favourable),
        accuracy,
    ]
    estimates = [Estimate(f(counts), _delta(f, counts, variance)) for f in costs]
    return Measurement(estimates[0], estimates[1], estimates[2], tuple(float(m) for m in harm(counts, favourable)))


def _wrong(sample: Sample, predictions: Sequence[Predictions]) -> npt.NDArray[np.float64]:
    wrong: npt.NDArray[np.float64] = np.mean([one != sample.labels for one in predictions], axis=0, dtype=np.float64)
    return wrong


def _stratum_variance(sample: Sample, change: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Variance of the mean change per (group, truth), shape (groups, 2)."""
    n_groups = len(sample.group_names)
    stratum = sample.groups * 2 + sample.labels
    n = np.bincount(stratum, minlength=2 * n_groups)
    mean = np.bincount(stratum, change, 2 * n_groups) / n
    square = np.bincount(stratum, change**2, 2 * n_groups) / n
    variance: npt.NDArray[np.float64] = ((square - mean**2) / np.maximum(n - 1, 1)).clip(0)
    return variance.reshape(n_groups, 2)


def _delta(metric: Callable[[Counts], float], counts: Counts, variance: npt.NDArray[np.float64]) -> float:
    base = metric(counts)
    total = 0.0
    for group, truth in np.argwhere(variance > 0):
        rows = counts[group, truth].sum()
        moved = counts.copy()
        # one row more wrong, or one fewer where all are wrong already: the smallest change that rows can make
        step = 1.0 if counts[group, truth, truth] >= 1 else -1.0
        moved[group, truth, truth] -= step
        moved[group, truth, 1 - truth] += step
        slope = (metric(moved) - base) / (step / rows)
        total += slope**2 * variance[group, truth]
    return float(np.sqrt(total))
