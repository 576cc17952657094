"""The score of protocol 2: the share of the gap closed, scaled to the accuracy allowance, and weights of budgets."""

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Literal

import numpy as np

from a4g_bench.leaderboard.estimates import Estimate, Floats, derived
from a4g_bench.protocol import ACCURACY_ALLOWANCE

#: How accuracy enters: the score's own, and the two that the order is held against.
Rule = Literal["scaled", "unscaled", "ramp"]


def gap_closed(before: Floats, after: Floats) -> Floats:
    """``clip((U_clean - U_poisoned) / U_clean, -1, 1)``; where there is no gap, 0, or -1 where one was opened."""
    with np.errstate(invalid="ignore", divide="ignore"):
        shares = np.where(before > 0, (before - after) / before, np.where(after > 0, -1.0, 0.0))
    unknown = np.isnan(before) | np.isnan(after)
    return np.where(unknown, np.nan, np.clip(shares, -1.0, 1.0))


def closed_slopes(before: float, after: float) -> tuple[float, float]:
    """The derivatives of :func:`gap_closed` by either gap; 0 where it is clipped."""
    if before <= 0 or abs(before - after) >= before:
        return 0.0, 0.0
    return after / before**2, -1 / before


def scaled_to_allowance(closed: Estimate, cost: Estimate) -> Estimate:
    """``closed * min(1, 0.01 / c)`` where both are positive, else ``closed``.

    A set that costs more than the allowance counts as if only a part of the people were judged by the poisoned victim,
    so few that it costs the allowance.
    """
    return _RULES["scaled"](closed, cost)


def under(rule: Rule, closed: Estimate, cost: Estimate) -> Estimate:
    """The score at one budget under a rule: ``unscaled`` is ``closed`` whatever it costs, ``ramp`` falls from all of it
    at a cost of 1 point to nothing at 2.
    """
    return _RULES[rule](closed, cost)


def _scaled(closed: Floats, cost: Floats) -> Floats:
    return np.where((closed > 0) & (cost > ACCURACY_ALLOWANCE), closed * ACCURACY_ALLOWANCE / _above(cost), closed)


def _scaled_slopes(closed: float, cost: float) -> tuple[float, float]:
    if closed <= 0 or cost <= ACCURACY_ALLOWANCE:
        return 1.0, 0.0
    return ACCURACY_ALLOWANCE / cost, -closed * ACCURACY_ALLOWANCE / cost**2


def _ramp(closed: Floats, cost: Floats) -> Floats:
    return np.where(closed > 0, closed * np.clip(2 - cost / ACCURACY_ALLOWANCE, 0, 1), closed)


def _ramp_slopes(closed: float, cost: float) -> tuple[float, float]:
    share = min(1.0, max(0.0, 2 - cost / ACCURACY_ALLOWANCE))
    return (share, -closed / ACCURACY_ALLOWANCE if 0 < share < 1 else 0.0) if closed > 0 else (1.0, 0.0)


def _above(cost: Floats) -> Floats:
    return np.maximum(cost, ACCURACY_ALLOWANCE)


_RULES: Mapping[Rule, Callable[[Estimate, Estimate], Estimate]] = {
    "scaled": lambda closed, cost: derived(_scaled, _scaled_slopes, closed, cost),
    "unscaled": lambda closed, cost: closed,
    "ramp": lambda closed, cost: derived(_ramp, _ramp_slopes, closed, cost),
}


def budget_weights(shares: Sequence[float]) -> list[float]:
    """Trapezoid weights on the logarithm of poison budgets, as shares of the training rows; they sum to 1.

    Of .1, 1 and 5 %: .29, .50 and .21. A single budget weighs 1.
    """
    logs = [math.log(share) for share in shares]
    order = sorted(range(len(logs)), key=logs.__getitem__)
    span = logs[order[-1]] - logs[order[0]]
    if span == 0:
        return [1 / len(logs)] * len(logs)
    weights = [0.0] * len(logs)
    for one, other in pairwise(order):
        for end in (one, other):
            weights[end] += (logs[other] - logs[one]) / 2 / span
    return weights
