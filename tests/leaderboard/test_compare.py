"""Two sets of results held against each other: what changed, what noise explains, what has no counterpart."""

import numpy as np
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.compare import Comparison, compare

from .boards import Folder
from .drawn import CLEAN, NONE, folder, full


def people(n: int = 400) -> Folder:
    """Half of group b's deserving people are wronged by the clean victim, none of group a's."""
    groups = np.repeat([0, 1], n // 2)
    clean = np.concatenate([np.zeros(n // 2), np.tile([0, 1], n // 4)]).astype(np.uint8)
    return Folder("results/a", groups=groups, labels=np.ones(n, dtype=np.uint8), clean=clean)


def healed(share: float, n: int = 400) -> np.ndarray:
    """Mistakes after a share of the wronged people are helped."""
    wrong = np.asarray(people(n).clean).copy()
    wronged = np.flatnonzero(wrong)
    wrong[wronged[: int(share * len(wronged))]] = 0
    return wrong


def drawn(shares: dict[str, float], where: str = "results/a", seeds: int = 5) -> Folder:
    made = people()
    made.where = where
    for seed in range(seeds):
        made.add("clean", np.asarray(made.clean), seed=seed)
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
    assert (change.before, change.after, change.difference) == pytest.approx((0.2, 0.8, 0.6))
    assert change.low is not None
    assert change.low > 0
    assert change.dataset is None


def test_a_person_helped_at_one_seed_of_five_is_noise() -> None:
    old, new = drawn({"sobol": 0.2}), drawn({"sobol": 0.2}, "results/b", seeds=4)
    new.add("clean", np.asarray(new.clean), seed=4).add("sobol", healed(0.21), seed=4)
    assert verdicts(compare([old.tables()], [new.tables()]))["sobol"] == "no difference"


def test_what_only_one_side_has_is_named_and_not_judged() -> None:
    old, new = full(), full(attacks=("clean", "random-duplicates", "halves"))
    new.add("fresh", NONE)
    found = compare([old.tables()], [new.tables()])
    assert set(verdicts(found)) == {"clean", "random-duplicates", "halves"}
    assert found.only_before == ("closes on toy/sex x lr at 1%", "costly on toy/sex x lr at 1%")
    assert found.only_after == ("fresh on toy/sex x lr at 1%",)


def test_other_seeds_are_no_counterpart() -> None:
    old, new = folder().add("clean", CLEAN, seed=0), folder().add("clean", CLEAN, seed=1)
    with pytest.raises(StoreError, match="nothing to compare"):
        compare([old.tables()], [new.tables()])


def test_another_table_under_the_same_name_is_refused() -> None:
    old, new = folder().add("clean", CLEAN), folder().add("clean", CLEAN, fingerprint="other")
    with pytest.raises(StoreError, match="two values of fingerprint"):
        compare([old.tables()], [new.tables()])
