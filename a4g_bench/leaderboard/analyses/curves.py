"""What more rows buy: the score by poison budget, the rows that a target takes, and the trade against accuracy."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from a4g_bench.leaderboard.board import Study, counted_cells
from a4g_bench.leaderboard.competitors import Competitor
from a4g_bench.leaderboard.estimates import Estimate, Floats, finite, weighted
from a4g_bench.leaderboard.evidence import NO_ROWS, Evidence, Result
from a4g_bench.leaderboard.records import Budget, Cell, SettingKey
from a4g_bench.leaderboard.summary import score_weights
from a4g_bench.protocol import WORST_COST, WORST_GAP

_ROUNDING = 1e-12


@dataclass(frozen=True)
class Point:
    """The score over the settings that count at one poison budget, with its 95 % interval."""

    budget_label: str
    gc: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class Curve:
    """One entrant that has all cells behind the score.

    ``rows_to_target`` is the share of the training rows at which the curve first reaches the target, between budgets by
    a straight line in the logarithm of the share; null if it never does, and not below the smallest budget.
    ``rows_to_target_low..high`` are the same of the curves through the upper and the lower ends of the intervals (null:
    never).

    ``hypervolume`` is the mean over settings of the area that the means at all budgets and the clean victim dominate in
    (U, accuracy), up to the protocol's reference point (1.1 U_clean, accuracy_clean - 0.03), in units of its
    distances to U = 0 and to the clean accuracy: 1/11 for the clean victim alone, 1 for no gap at no cost.
    ``front`` says whether no other entrant has both a smaller gap and a smaller cost, averaged over all cells.
    """

    entrant: str
    role: str
    points: tuple[Point, ...]
    rows_to_target: float | None
    rows_to_target_low: float | None
    rows_to_target_high: float | None
    hypervolume: float | None
    gap: float | None
    accuracy_cost: float | None
    front: bool

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def curves(study: Study, target: float = 0.25) -> tuple[Curve, ...]:
    """The curves of all complete entrants.

    Args:
        study: The results.
        target: The share of the gap to be closed, more than 0 and at most 1.

    Returns:
        The curves, the largest hypervolume first.

    Raises:
        ValueError: For another target.
    """
    if not 0 < target <= 1:
        raise ValueError(f"the target is a share of the gap, more than 0 and at most 1, not {target}")
    evidence = study.evidence
    counted = counted_cells(evidence, evidence.settings)
    entrants = [
        (who, results)
        for who in evidence.competitors
        if counted and (results := _results(evidence, who, counted)) is not None
    ]
    means = [_means(results, evidence) for _, results in entrants]
    lines = [
        _curve(who, results, evidence, target, mean, not any(_dominates(other, mean) for other in means))
        for (who, results), mean in zip(entrants, means, strict=True)
    ]
    return tuple(sorted(lines, key=lambda line: (-(line.hypervolume or 0.0), line.entrant)))


def _results(evidence: Evidence, who: Competitor, cells: Sequence[Cell]) -> dict[Cell, Result] | None:
    if not evidence.complete(who.entrant, cells):
        return None
    return {cell: evidence.results[cell, who.entrant] for cell in cells}


def _curve(
    who: Competitor,
    results: Mapping[Cell, Result],
    evidence: Evidence,
    target: float,
    mean: tuple[float, float],
    front: bool,
) -> Curve:
    estimates = {budget: _mean(results, evidence, budget) for budget in sorted({cell.budget for cell in results})}
    shares = np.array([_share(evidence, budget) for budget in estimates])
    ends = [estimate.interval() or (math.nan, math.nan) for estimate in estimates.values()]
    lines = np.array(
        [(high, estimate.value, low) for estimate, (low, high) in zip(estimates.values(), ends, strict=True)]
    )
    low, reached, high = _reached(np.log(shares), lines, target)
    gap, cost = mean
    return Curve(
        entrant=who.label,
        role=who.role,
        points=tuple(_point(budget, estimate) for budget, estimate in estimates.items()),
        rows_to_target=finite(reached),
        rows_to_target_low=finite(low),
        rows_to_target_high=finite(high),
        hypervolume=_mean_hypervolume(results),
        gap=gap,
        accuracy_cost=cost,
        front=front,
    )


def _point(budget: Budget, estimate: Estimate) -> Point:
    low, high = estimate.interval() or (None, None)
    return Point(budget.label, finite(estimate.value), low, high)


def _mean(results: Mapping[Cell, Result], evidence: Evidence, budget: Budget) -> Estimate:
    cells = [cell for cell in results if cell.budget == budget]
    return weighted(score_weights(cells, evidence.shares), [results[cell].score for cell in cells])


def _means(results: Mapping[Cell, Result], evidence: Evidence) -> tuple[float, float]:
    """The mean gap and accuracy cost over all cells."""
    weights = score_weights(list(results), evidence.shares)
    pairs = [(result.gap_poisoned, result.cost.value) for result in results.values()]
    gap, cost = (sum(w * pair[i] for w, pair in zip(weights, pairs, strict=True)) for i in (0, 1))
    return gap, cost


def _dominates(point: tuple[float, float], other: tuple[float, float]) -> bool:
    differences = [a - b for a, b in zip(point, other, strict=True)]
    return max(differences) <= _ROUNDING and min(differences) < -_ROUNDING


def _share(evidence: Evidence, budget: Budget) -> float:
    """The budget as a share of the training rows, on average where it is a count."""
    shares = [share for cell, share in evidence.shares.items() if cell.budget == budget and share]
    return sum(shares) / len(shares) if shares else math.nan


def _reached(logs: Floats, values: Floats, target: float) -> Floats:
    """Per column of ``values`` (budgets, lines), the share at which the target is first reached; infinite if never."""
    shares = np.where(values[0] >= target, np.exp(logs[0]), np.inf)
    for i in range(1, len(logs)):
        here = (shares == np.inf) & (values[i] >= target)
        before = values[i - 1]
        way = np.divide(target - before, values[i] - before, out=np.zeros_like(before), where=here)
        shares = np.where(here, np.exp(logs[i - 1] + way * (logs[i] - logs[i - 1])), shares)
    return np.where(np.isnan(values).any(axis=0), np.nan, shares)


def _mean_hypervolume(results: Mapping[Cell, Result]) -> float | None:
    settings: dict[SettingKey, list[Result]] = {}
    for cell, result in results.items():
        settings.setdefault(cell.setting, []).append(result)
    alone = [Cell(setting, NO_ROWS) for setting in settings]
    volumes = [
        hypervolume([(r.gap_poisoned / r.gap_clean, r.cost.value) for r in of_setting if r.gap_clean])
        for of_setting in settings.values()
    ]
    return finite(sum(w * v for w, v in zip(score_weights(alone, {}), volumes, strict=True)))


def hypervolume(points: Sequence[tuple[float, float]]) -> float:
    """The area dominated by pairs of (U / U_clean, accuracy cost), both the smaller the better.

    The clean victim's (1, 0) is one of them. Points beyond the reference (1.1, 0.03) dominate nothing. A gain of
    accuracy counts: more than 1 is possible.

    Args:
        points: The pairs.

    Returns:
        The area up to the reference point, in units of 1.1 x 0.03.
    """
    inside = sorted({(gap, cost) for gap, cost in (*points, (1.0, 0.0)) if gap < WORST_GAP and cost < WORST_COST})
    area, cheapest = 0.0, WORST_COST
    for gap, cost in inside:  # by the gap, upwards: each adds the strip between its cost and the cheapest so far
        if cost < cheapest:
            area += (WORST_GAP - gap) * (cheapest - cost)
            cheapest = cost
    return area / (WORST_GAP * WORST_COST)
