"""Two sets of results held against each other: what changed, what noise explains, what has no counterpart."""

import math

import numpy as np
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.compare import Comparison, compare

from .boards import Folder, bits
from .drawn import BLOCK, CLEAN, GROUPS, HALF, LABELS, NONE, folder, full


def people() -> Folder:
    """The clean victim denies half of b's deserving people and none of a's: a gap of 1/2."""
    return Folder("results/a", groups=GROUPS, labels=LABELS, clean=HALF)


def healed(share: float, more: int = 0) -> np.ndarray:
    """Mistakes after a share of the 40 who are denied, and some more, are helped."""
    wrong = bits(HALF)
    wrong[np.flatnonzero(wrong)[: round(share * 40) + more]] = 0
    return wrong


def drawn(shares: dict[str, float], where: str = "results/a", seeds: int = 5) -> Folder:
    made = people()
    made.where = where
    for seed in range(seeds):
        made.add("clean", HALF, seed=seed)
        for attack, share in shares.items():
            made.add(attack, healed(share), seed=seed)
    return made


def verdicts(found: Comparison) -> dict[str, str]:
    return {change.entrant: change.verdict for change in found.overall}


def test_a_folder_does_not_differ_from_itself() -> None:
    found = compare([full().tables()], [full().tables()])
    assert {change.difference for change in (*found.overall, *found.cells)} == {0.0}
    assert set(verdicts(found).values()) == {"no difference"}
    assert found.worse == found.only_before == found.only_after == ()


def test_what_gains_more_is_better_and_the_other_way_round() -> None:
    old, new = drawn({"sobol": 0.2, "mine": 0.8}), drawn({"sobol": 0.8, "mine": 0.2}, "results/b")
    found = compare([old.tables()], [new.tables()])
    assert verdicts(found) == {"clean": "no difference", "sobol": "better", "mine": "worse"}
    assert {change.entrant for change in found.worse} == {"mine"}
    change = next(change for change in found.overall if change.entrant == "sobol")
    assert change.p == 0, "nothing varies"
    assert (change.before, change.after, change.difference) == pytest.approx((0.2, 0.8, 0.6))
    assert change.low is not None
    assert change.low > 0
    assert change.dataset is None


def test_a_person_helped_at_one_seed_of_five_is_noise() -> None:
    old, new = drawn({"sobol": 0.2}), drawn({"sobol": 0.2}, "results/b", seeds=4)
    new.add("clean", HALF, seed=4).add("sobol", healed(0.2, 1), seed=4)
    assert verdicts(compare([old.tables()], [new.tables()]))["sobol"] == "no difference"


def test_what_only_one_side_has_is_named_and_not_judged() -> None:
    old, new = full(), full(attacks=("clean", "random-duplicates", "halves"))
    for seed in BLOCK:
        new.add("fresh", NONE, seed=seed)
    found = compare([old.tables()], [new.tables()])
    assert set(verdicts(found)) == {"clean", "random-duplicates", "halves"}
    assert found.only_before == ("closes on toy/sex x lr at 1%", "costly on toy/sex x lr at 1%")
    assert found.only_after == ("fresh on toy/sex x lr at 1%",)


def test_changes_weigh_budgets_as_the_score_does() -> None:
    """Half the gap more at 1 %, a quarter less at .1 %, nothing at 5 %: .5 * .50 - .25 * .29 overall."""
    shares = {"0.1%": (0.5, 0.25), "1%": (0.25, 0.75), "5%": (0.5, 0.5)}
    old, new = people(), people()
    for seed in BLOCK:
        for budget, (before, after) in shares.items():
            old.add("sobol", healed(before), seed=seed, budget=budget)
            new.add("sobol", healed(after), seed=seed, budget=budget)
    found = compare([old.tables()], [new.tables()])
    [change] = found.overall
    assert change.difference == pytest.approx(0.5 * 0.5 - 0.25 * math.log(10) / 2 / math.log(50))
    assert [c.difference for c in found.cells] == pytest.approx([-0.25, 0.5, 0])


def test_without_a_block_of_seeds_nothing_is_judged() -> None:
    """All of the gap at three seeds is a difference of .6 without an interval."""
    found = compare([drawn({"sobol": 0.2}, seeds=3).tables()], [drawn({"sobol": 0.8}, "results/b", seeds=3).tables()])
    change = next(change for change in found.overall if change.entrant == "sobol")
    assert (change.difference, change.low, change.high) == (pytest.approx(0.6), None, None)
    assert (change.p, change.verdict) == (1, "no difference")


def test_other_seeds_are_no_counterpart() -> None:
    old, new = folder().add("clean", CLEAN, seed=0), folder().add("clean", CLEAN, seed=1)
    with pytest.raises(StoreError, match="nothing to compare"):
        compare([old.tables()], [new.tables()])


def test_another_table_under_the_same_name_is_refused() -> None:
    old, new = folder().add("clean", CLEAN), folder().add("clean", CLEAN, fingerprint="other")
    with pytest.raises(StoreError, match="two values of fingerprint"):
        compare([old.tables()], [new.tables()])
