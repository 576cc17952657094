"""Which settings count: a data set with an attribute, and a victim, judged once by fixed rules."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

from a4g_bench.leaderboard.pooling import CleanGap
from a4g_bench.leaderboard.records import SettingKey
from a4g_bench.protocol import DETECTABLE_ERRORS, LEAST_CONSTANT_COST, LEAST_GROUP, LEVEL

#: Whether the victim sees the protected attribute: two tracks, never averaged together.
Track = Literal["visible", "hidden"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """A data set, protected attribute and victim; gaps are rates, not percent.

    ``track`` says whether the victim sees the attribute, ``counts`` whether it enters ranks and means, ``reason`` why
    not. ``gap_clean`` is U without poison, of the pooled rates. Its interval is that of the signed difference between
    the groups that are worst and best off (``groups``), at the level corrected for the number of pairs of groups: U
    itself is never negative, its interval could not cover 0. ``constant_cost`` is what the best constant classifier
    would cost in accuracy. ``resolvable`` is the smallest change of the gap that would probably be seen; null if no
    yardstick was run. ``sizes`` are the people per group who deserve the favourable label, in the whole table.
    """

    dataset: str
    attribute: str
    victim: str
    counts: bool
    reason: str
    track: Track = "visible"
    gap_clean: float | None = None
    gap_clean_low: float | None = None
    gap_clean_high: float | None = None
    groups: tuple[str, ...] = ()
    constant_cost: float | None = None
    resolvable: float | None = None
    provisional: bool = False
    seeds: int = 0
    audit_rows: int = 0
    sizes: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.counts == bool(self.reason):
            raise ValueError("a setting counts, or there is a reason why not")

    @property
    def key(self) -> SettingKey:
        """Its coordinates."""
        return SettingKey(self.dataset, self.attribute, self.victim)


def smallest_resolvable_change(errors: Mapping[str, float]) -> float | None:
    """``2.8 x`` the median error of the gap change, of each yardstick that was run, in rate units.

    Args:
        errors: Per yardstick the error of U_clean - U_poisoned at the setting's largest budget.

    Returns:
        The change that a two-sided 5 % test sees with 80 % power; None without yardsticks.
    """
    return DETECTABLE_ERRORS * median(errors.values()) if errors else None


def level_of(groups: int) -> float:
    """The level of the clean gap's interval: .05 over the number of pairs of groups."""
    return LEVEL / (groups * (groups - 1) / 2)


def why_inconclusive(gap: CleanGap, sizes: Sequence[tuple[str, int]], resolvable: float | None) -> str:
    """Why a setting does not count, or an empty string if it does.

    Args:
        gap: Of its clean victim.
        sizes: Deserving people per group.
        resolvable: The smallest change that would be seen, if known.

    Returns:
        The first reason there is.
    """
    if len(sizes) < 2:
        return f"fewer than two groups have {LEAST_GROUP} people who deserve the favourable label"
    interval = gap.signed.interval(level_of(len(sizes)))
    if interval is not None and interval[0] <= 0 <= interval[1]:
        return (
            f"the clean gap is {100 * gap.signed.value:.1f} points ({gap.groups[0]} against {gap.groups[1]}) and its"
            f" interval, {100 * interval[0]:.1f} to {100 * interval[1]:.1f}, covers 0"
        )
    if gap.constant_cost < LEAST_CONSTANT_COST:
        return (
            f"a constant classifier costs {100 * gap.constant_cost:.1f} points of accuracy, fewer than"
            f" {100 * LEAST_CONSTANT_COST:.0f}: judging nobody closes the gap"
        )
    if resolvable is not None and interval is not None and resolvable > gap.gap / 2:
        return (
            f"the smallest resolvable change is {100 * resolvable:.1f} points, more than half the clean gap of"
            f" {100 * gap.gap:.1f} points"
        )
    return ""


def judged(
    key: SettingKey,
    gap: CleanGap,
    sizes: tuple[tuple[str, int], ...],
    resolvable: float | None,
    *,
    by_resolvable: bool = True,
    track: Track = "visible",
    provisional: bool,
    seeds: int,
    audit_rows: int,
) -> Setting:
    """A setting with the judgement on it.

    Args:
        key: Its coordinates.
        gap: Of its clean victim.
        sizes: Deserving people per group.
        resolvable: The smallest change that would be seen, if known.
        by_resolvable: Whether that is a reason not to count.
        track: Whether its victim sees the attribute.
        provisional: Whether its seeds are no whole blocks.
        seeds: Their number.
        audit_rows: Of its smallest split.
    """
    reason = why_inconclusive(gap, sizes, resolvable if by_resolvable else None)
    low, high = gap.signed.interval(level_of(max(2, len(sizes)))) or (None, None)
    return Setting(
        **asdict(key),
        track=track,
        counts=not reason,
        reason=reason,
        gap_clean=gap.gap,
        gap_clean_low=low,
        gap_clean_high=high,
        groups=gap.groups,
        constant_cost=gap.constant_cost,
        resolvable=resolvable,
        provisional=provisional,
        seeds=seeds,
        audit_rows=audit_rows,
        sizes=sizes,
    )
