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

    ``cost`` is the search's objective. The standard error follows the delta method for the difference of two metrics
    of paired samples: per row, the victim's wrong-prediction indicator times the metric's slope in its stratum's
    (group, truth) error rate, less the same for the clean victim with the slopes there; the variances of the strata's
    means of that add up. The slopes differ where the worst-off group does.
    """
    favourable = sample.favourable
    costs: list[Callable[[Counts], float]] = [
        lambda c: cost(c, favourable),
        lambda c: unfairness(c, favourable),
        accuracy,
    ]
    poisoned, unpoisoned = _Judged(sample, predictions), _Judged(sample, clean)
    estimates = [Estimate(f(poisoned.counts), _error(sample, f, poisoned, unpoisoned)) for f in costs]
    harms = tuple(float(m) for m in harm(poisoned.counts, favourable))
    return Measurement(estimates[0], estimates[1], estimates[2], harms)


class _Judged:
    """A victim on a sample: its counts, and per row how often its fits are wrong."""

    def __init__(self, sample: Sample, predictions: Sequence[Predictions]) -> None:
        self.counts = sample.counts(predictions)
        self.wrong = _wrong(sample, predictions)

    def weighted(self, metric: Callable[[Counts], float], stratum: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Per row, the wrong-prediction indicator times the metric's slope in the row's stratum."""
        weighted: npt.NDArray[np.float64] = _slopes(metric, self.counts).reshape(-1)[stratum] * self.wrong
        return weighted


def _error(sample: Sample, metric: Callable[[Counts], float], poisoned: _Judged, clean: _Judged) -> float:
    stratum = sample.groups * 2 + sample.labels
    change = poisoned.weighted(metric, stratum) - clean.weighted(metric, stratum)
    return float(np.sqrt(_stratum_variance(stratum, change).sum()))


def _wrong(sample: Sample, predictions: Sequence[Predictions]) -> npt.NDArray[np.float64]:
    wrong: npt.NDArray[np.float64] = np.mean([one != sample.labels for one in predictions], axis=0, dtype=np.float64)
    return wrong


def _stratum_variance(stratum: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Variance of the mean of ``values`` (n,) in each stratum that has rows."""
    n = np.bincount(stratum)
    present = n > 0
    n = n[present]
    mean = np.bincount(stratum, values)[present] / n
    square = np.bincount(stratum, values**2)[present] / n
    variance: npt.NDArray[np.float64] = ((square - mean**2) / np.maximum(n - 1, 1)).clip(0)
    return variance


def _slopes(metric: Callable[[Counts], float], counts: Counts) -> npt.NDArray[np.float64]:
    """Numeric derivative of a metric in each (group, truth) error rate, shape (groups, 2)."""
    base = metric(counts)
    slopes = np.zeros(counts.shape[:2])
    for group, truth in np.argwhere(counts.sum(axis=2) > 0):
        moved = counts.copy()
        # one row more wrong, or one fewer where all are wrong already: the smallest change that rows can make
        step = 1.0 if counts[group, truth, truth] >= 1 else -1.0
        moved[group, truth, truth] -= step
        moved[group, truth, 1 - truth] += step
        slopes[group, truth] = (metric(moved) - base) * counts[group, truth].sum() / step
    return slopes
