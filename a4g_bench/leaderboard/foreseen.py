"""Whether a setting would count, judged from a few audits on a part of its people before there is any result."""

import math

import numpy as np

from a4g_bench.leaderboard.estimates import Estimate, Part
from a4g_bench.leaderboard.groups import Groups
from a4g_bench.leaderboard.outcomes import Family
from a4g_bench.leaderboard.pooling import CleanGap, audited, pool
from a4g_bench.leaderboard.power import ErrorBySeeds
from a4g_bench.leaderboard.records import SettingKey
from a4g_bench.leaderboard.returning import apart
from a4g_bench.leaderboard.settings import Setting, judged, smallest_resolvable_change


def foreseen(family: Family, groups: Groups, *, share: float, seeds: int, yardsticks: bool) -> Setting:
    """The judgement to expect on a setting.

    The clean gap is taken as it was measured. Its error, and that of the yardstick's gap change, are carried over to
    other numbers of people, as the root of their number, and of seeds (:class:`ErrorBySeeds`).

    Args:
        family: Clean audits of one victim, and those of at most one yardstick at the largest budget.
        groups: The setting's groups, from the whole table.
        share: The share of the table's people that the family's audits are of.
        seeds: The seeds that the board would have: whole blocks.
        yardsticks: Whether the board would have yardsticks, and so judge by what is resolvable.

    Returns:
        The setting as a board of so many seeds would probably show it. ``resolvable`` is told in any case.
    """
    people = apart(audited(family, groups, 0))
    series, clean = pool(family, groups, people)
    [(victim, gap)] = clean.items()

    def carried(estimate: Estimate) -> Estimate:
        if not estimate.decided:
            return estimate
        error = ErrorBySeeds.of(_without_people(estimate), estimate).error(seeds) * math.sqrt(share)
        return _of_error(estimate.value, error, seeds)

    changes = {str(i): carried(one.change).error for i, one in enumerate(series) if one.change.decided}
    resolvable = smallest_resolvable_change(changes)
    expected = CleanGap(gap=gap.gap, signed=carried(gap.signed), groups=gap.groups, constant_cost=gap.constant_cost)
    return judged(
        SettingKey(family.dataset, family.attribute, victim),
        expected,
        tuple(zip(groups.names, groups.sizes, strict=True)),
        resolvable,
        by_resolvable=yardsticks,
        provisional=family.provisional,
        seeds=seeds,
        audit_rows=round(min(len(p.labels) for p in family.people.values()) / share),
    )


def _without_people(estimate: Estimate) -> Estimate:
    """The error as the board computes it in a single block, where nobody returns: the jackknife's alone."""
    return Estimate(estimate.value, {table: Part(part.deviations) for table, part in estimate.parts.items()})


def _of_error(value: float, error: float, seeds: int) -> Estimate:
    """An estimate of that error, with the degrees of freedom of so many seeds."""
    spread = np.linspace(-1.0, 1.0, seeds)
    scale = error / math.sqrt((seeds - 1) / seeds * float((spread**2).sum()))
    return Estimate(value, {"expected": Part(spread * scale)})
