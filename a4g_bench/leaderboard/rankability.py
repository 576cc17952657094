"""Which pairs of data set and victim can be ranked at all."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from a4g_bench.leaderboard.bootstrap import CleanGap
from a4g_bench.leaderboard.records import PairKey
from a4g_bench.protocol import DETECTABLE_ERRORS


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A data set, protected attribute and victim; gaps are rates, not percent.

    ``gap_clean`` is the mean over seeds of U without poison. Its interval is that of the signed difference between
    the groups with the highest and the lowest mean harm rate (``groups``): U itself is never negative, its interval
    could not cover 0. ``sizes`` are the audit rows per group that deserve the favourable label, in the smallest audit
    split. ``resolvable`` is the smallest gain that would probably be seen (see :func:`smallest_resolvable_gain`);
    null if unknown.
    """

    dataset: str
    attribute: str
    victim: str
    gap_clean: float | None = None
    gap_clean_low: float | None = None
    gap_clean_high: float | None = None
    groups: tuple[str, ...] = ()
    resolvable: float | None = None
    rankable: bool = False
    reason: str
    seeds: int = 0
    audit_rows: int = 0
    sizes: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        if self.rankable == bool(self.reason):
            raise ValueError("a pair is rankable, or there is a reason why not")

    @property
    def key(self) -> PairKey:
        """Its coordinates."""
        return PairKey(self.dataset, self.attribute, self.victim)


def smallest_resolvable_gain(control_errors: Sequence[float], entrant_errors: Sequence[float]) -> float | None:
    """``(1.96 + 0.84) * SE``: the change of the gap that a two-sided 5 % test sees with 80 % power, in rate units.

    SE is the bootstrap standard error of the mean over seeds of U_clean - U_poisoned: the largest over budgets for the
    control ``random-duplicates`` (``control_errors``), which differs from the clean victim by noise alone; where that
    control is absent, the median over the other entrants of theirs.
    """
    if control_errors:
        return DETECTABLE_ERRORS * max(control_errors)
    return DETECTABLE_ERRORS * median(entrant_errors) if entrant_errors else None


def judge(gap: CleanGap, resolvable: float | None) -> str:
    """Why a pair cannot be ranked, or an empty string if it can."""
    low, high = gap.signed.interval()
    if low <= 0 <= high:
        return (
            f"the clean gap is {100 * gap.signed.value:.1f} points ({gap.groups[0]} against {gap.groups[1]}) and its"
            f" 95 % interval, {100 * low:.1f} to {100 * high:.1f}, covers 0"
        )
    if resolvable is not None and resolvable > gap.gap / 2:
        return (
            f"the smallest resolvable gain is {100 * resolvable:.1f} points, more than half the clean gap of"
            f" {100 * gap.gap:.1f} points"
        )
    return ""
