"""Smoothed losses of a linear model on judged rows: what a gradient attack lowers.

A predicted label is a step of the score f; here the step is ``sigma(sharpness * f)``, so that rates, and functions of
rates, have derivatives. All are to be minimised.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from a4g_bench.attacks.base import Problem
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels
from a4g_bench.errors import AttackError

#: A value and its derivative (groups,) in each group's rate.
Sloped = tuple[float, Array]


@dataclass(frozen=True, eq=False)
class SmoothedLoss:
    """``combine`` of the groups' mean ``sigma(sharpness * signs * f)``.

    ``rows`` (n, k + 1) end in a one; ``groups`` (n,) are codes, each with at least one row; ``signs`` (n,) are 1 where
    the rate counts predictions of label 1, else -1.
    """

    rows: Array
    groups: npt.NDArray[np.int64]
    signs: Array
    sharpness: float
    combine: Callable[[Array], Sloped]

    def value(self, weights: Array) -> float:
        """The loss of a linear model (k + 1,), the intercept last."""
        return self.combine(self._rates(self._steps(weights)))[0]

    def gradient(self, weights: Array) -> Array:
        """Its derivative (k + 1,) in the weights."""
        steps = self._steps(weights)
        slopes = self.combine(self._rates(steps))[1] / np.bincount(self.groups)
        gradient: Array = (slopes[self.groups] * steps * (1 - steps) * self.signs * self.sharpness) @ self.rows
        return gradient

    def _steps(self, weights: Array) -> Array:
        steps: Array = expit(self.sharpness * self.signs * (self.rows @ weights))
        return steps

    def _rates(self, steps: Array) -> Array:
        rates: Array = np.bincount(self.groups, steps) / np.bincount(self.groups)
        return rates


def spread(rates: Array) -> Sloped:
    """``max_g r_g - min_g r_g``."""
    slopes = np.zeros(len(rates))
    slopes[rates.argmax()] += 1
    slopes[rates.argmin()] -= 1
    return float(rates.max() - rates.min()), slopes


def shortfall(rates: Array) -> Sloped:
    """``1 - min_g r_g / max_g r_g``: how far the ratio of rates is from 1."""
    least, most = float(rates.min()), float(rates.max())
    slopes = np.zeros(len(rates))
    slopes[rates.argmin()] -= 1 / most
    slopes[rates.argmax()] += least / most**2
    return 1 - least / most, slopes


def negative(rates: Array) -> Sloped:
    """``-r`` of a single group."""
    return -float(rates[0]), np.array([-1.0])


@dataclass(frozen=True)
class Objective:
    """Which rows a loss counts, of which predictions, and how the groups' rates combine.

    ``predicted`` is the label whose predictions are counted, or ``wrong`` for either where it is not the row's own;
    ``labelled`` restricts the rows to one label. Labels are named by what they mean where that matters.
    """

    summary: str
    predicted: Literal["favourable", "unfavourable", "one", "wrong"]
    labelled: Literal["any", "favourable", "zero"]
    combine: Callable[[Array], Sloped]


OBJECTIVES: Mapping[str, Objective] = {
    "unfairness": Objective("gap of the harm rates", "unfavourable", "favourable", spread),
    "disparate_impact": Objective("1 less the ratio of the selection rates", "favourable", "any", shortfall),
    "fpr_difference": Objective("gap of the false positive rates", "one", "zero", spread),
    "error": Objective("the error, to be raised: ordinary poisoning, for contrast", "wrong", "any", negative),
}


def smoothed_loss(name: str, problem: Problem, rows: Array, labels: Labels, sharpness: float) -> SmoothedLoss:
    """The loss ``name`` on a problem's training and search-validation rows.

    ``rows`` (n, k + 1) are those rows encoded, in that order, and ``labels`` (n,) theirs. Raises ``AttackError`` naming
    a group without a row that counts.
    """
    objective, favourable = OBJECTIVES[name], int(problem.favourable)
    groups = np.concatenate([problem.train.groups, problem.validation.groups])
    wanted = {"favourable": favourable, "unfavourable": 1 - favourable, "one": 1, "wrong": 1 - labels}
    counted = np.broadcast_to(np.asarray(wanted[objective.predicted]), labels.shape)
    signs = np.where(counted == 1, 1.0, -1.0)
    if objective.predicted == "wrong":
        return SmoothedLoss(rows, np.zeros(len(rows), dtype=np.int64), signs, sharpness, objective.combine)
    if objective.labelled == "any":
        kept = np.ones(len(rows), dtype=np.bool_)
    else:
        kept = labels == (favourable if objective.labelled == "favourable" else 0)
    present = np.bincount(groups[kept], minlength=len(problem.group_names))
    if not present.all():
        lacking = problem.group_names[int(present.argmin())]
        raise AttackError(f"objective '{name}' needs a row that counts in every group, and '{lacking}' has none")
    return SmoothedLoss(rows[kept], groups[kept], signs[kept], sharpness, objective.combine)
