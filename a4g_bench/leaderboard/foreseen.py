"""Whether a setting would count, judged from a few audits on a part of its people before there is any result."""

import math
from dataclasses import dataclass

import numpy as np

from a4g_bench.leaderboard.estimates import Estimate, Part
from a4g_bench.leaderboard.groups import Groups
from a4g_bench.leaderboard.outcomes import Family
from a4g_bench.leaderboard.pooling import CleanGap, audited, pool
from a4g_bench.leaderboard.power import ErrorBySeeds
from a4g_bench.leaderboard.records import SettingKey
from a4g_bench.leaderboard.returning import apart
from a4g_bench.leaderboard.settings import Setting, judged, smallest_resolvable_change
from a4g_bench.protocol import LEAST_CONSTANT_COST

#: A forecast's errors, from five splits, are themselves uncertain: closer than this factor to a limit it says nothing.
_MARGIN = 1.5
#: The same for what a constant classifier costs, in rate units.
_COST_MARGIN = 0.01


@dataclass(frozen=True)
class Foreseen:
    """A setting as a board would probably show it; ``counts`` is None, with a ``reason``, where that is too close."""

    setting: Setting
    counts: bool | None
    reason: str


def foreseen(family: Family, groups: Groups, *, share: float, seeds: int, yardsticks: bool) -> Foreseen:
    """The judgement to expect on a setting.

    The clean gap is taken as it was measured. Its error, and those of the yardsticks' gap changes, are carried over to
    other numbers of people, as the root of their number, and of seeds (:class:`ErrorBySeeds`).

    Args:
        family: Clean audits of one victim, and those of yardsticks at the largest budget.
        groups: The setting's groups, from the whole table.
        share: The share of the table's people that the family's audits are of.
        seeds: The seeds that the board would have: whole blocks.
        yardsticks: Whether the board would have yardsticks, and so judge by what is resolvable.

    Returns:
        The setting for a board of so many seeds. ``resolvable`` is told in any case. Without a block of seeds it has no
        intervals, and is judged by its groups and by constant classifiers alone.
    """
    people = apart(audited(family, groups, 0))
    series, clean = pool(family, groups, people)
    [(victim, gap)] = clean.items()

    def carried(estimate: Estimate) -> Estimate:
        return _carried(estimate, share, seeds) if estimate.parts and estimate.decided else estimate

    changes = {str(i): carried(one.change).error for i, one in enumerate(series) if one.change.decided}
    resolvable = smallest_resolvable_change(changes)
    expected = CleanGap(gap=gap.gap, signed=carried(gap.signed), groups=gap.groups, constant_cost=gap.constant_cost)
    setting = judged(
        SettingKey(family.dataset, family.attribute, victim),
        expected,
        tuple(zip(groups.names, groups.sizes, strict=True)),
        resolvable,
        by_resolvable=yardsticks,
        provisional=family.provisional,
        seeds=seeds,
        audit_rows=round(min(len(p.labels) for p in family.people.values()) / share),
    )
    return Foreseen(setting, *_verdict(setting, yardsticks))


def _verdict(setting: Setting, yardsticks: bool) -> tuple[bool | None, str]:
    """Whether a setting will count: not at all sure near a limit, unless another rule speaks clearly against it."""
    if len(setting.sizes) < 2:
        return False, setting.reason
    low, high, cost = setting.gap_clean_low, setting.gap_clean_high, setting.constant_cost
    limits = []  # per rule: by what factor the setting is on the right side of its limit, and what it is about
    if low is not None and high is not None and high > low:
        limits.append((abs(high + low) / (high - low), f"an interval of {100 * low:.1f} to {100 * high:.1f} points"))
    if cost is not None:
        factor = _MARGIN ** ((cost - LEAST_CONSTANT_COST) / _COST_MARGIN)
        limits.append((factor, f"a constant classifier that costs {100 * cost:.1f} points"))
    if yardsticks and setting.resolvable and setting.gap_clean is not None:
        gap = f"a clean gap of {100 * setting.gap_clean:.1f} points"
        limits.append(
            (setting.gap_clean / 2 / setting.resolvable, f"{100 * setting.resolvable:.1f} resolvable of {gap}")
        )
    if any(factor <= 1 / _MARGIN for factor, _ in limits):
        return False, setting.reason
    close = [what for factor, what in limits if factor < _MARGIN]
    return (None, f"too close to tell from a few fits: {', '.join(close)}") if close else (True, "")


def _carried(estimate: Estimate, share: float, seeds: int) -> Estimate:
    """An estimate with the error that a board would have.

    The jackknife of five splits knows an error to a third; what the people contribute is known much better, and is most
    of it. So the squared error is taken as two parts of the latter and one of the former.
    """
    jackknife, people = map(sum, zip(*(part.variances for part in estimate.parts.values()), strict=True))
    [splits] = {part.seeds for part in estimate.parts.values()}
    whole = (2 * people + jackknife) / 3
    lasting = min(people, whole)
    error = ErrorBySeeds(lasting, splits * (whole - lasting), limit=True).error(seeds) * math.sqrt(share)
    return _of_error(estimate.value, error, seeds)


def _of_error(value: float, error: float, seeds: int) -> Estimate:
    """An estimate of that error, with the degrees of freedom of so many seeds."""
    spread = np.linspace(-1.0, 1.0, seeds)
    scale = error / math.sqrt((seeds - 1) / seeds * float((spread**2).sum()))
    return Estimate(value, {"expected": Part(spread * scale)})
