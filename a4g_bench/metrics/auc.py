"""The area under the ROC curve over several splits, with an interval."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

_Z = float(norm.ppf(0.975))
_BESIDE = 1e-9


def auc(
    splits: Sequence[tuple[npt.NDArray[np.bool_], npt.NDArray[np.float64]]], distinct: int | None = None
) -> dict[str, float] | None:
    """``value``, ``low`` and ``high`` (95 %) of the AUC; None if no split allows one.

    Each split is the truth (n,) and the scores (fits, n) of its rows. Rows are compared within one split and fit, and
    the results averaged. Splits with rows of one label only are left out. ``distinct`` says how many rows there are if
    some are in several splits: for the interval each counts once.

    The interval solves ``|t - AUC| = 1.96 se(t)`` with Hanley and McNeil's standard error for all rows together, as
    Wilson's does for a proportion, so that it stays within 0..1 and has a width at AUC 1: method 5 of Newcombe (2006),
    "Confidence intervals for an effect size measure based on the Mann-Whitney statistic. Part 2", Statistics in
    Medicine 25.
    """
    both = [(truth, scores) for truth, scores in splits if 0 < truth.sum() < len(truth)]
    if not both:
        return None
    value = float(np.mean([np.mean([roc_auc_score(truth, one) for one in scores]) for truth, scores in both]))
    counted = sum(len(truth) for truth, _ in both)
    once = 1 if distinct is None else min(1, distinct / counted)
    ones = once * sum(int(truth.sum()) for truth, _ in both)
    zeros = once * counted - ones

    def beyond(t: float) -> float:
        spread = 1 + ((ones + zeros) / 2 - 1) * ((1 - t) / (2 - t) + t / (1 + t))
        return (t - value) ** 2 - _Z**2 * t * (1 - t) * spread / (ones * zeros)

    # an AUC of exactly 0 or 1 solves the equation at that end itself, which is therefore left out of the search
    low = float(brentq(beyond, 0.0, value - _BESIDE)) if value > _BESIDE else 0.0
    high = float(brentq(beyond, value + _BESIDE, 1.0)) if value < 1 - _BESIDE else 1.0
    return {"value": value, "low": low, "high": high}
