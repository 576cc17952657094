"""One entrant against the others, on boards whose differences can be read off the drawing."""

import pytest
from scipy.stats import t

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.pairwise import HeadToHead, head_to_head
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import BLOCK, HALF, NONE, folder, full, varying


def comparisons(folder: Folder, entrant: str) -> dict[tuple[str, str | None], HeadToHead]:
    found = head_to_head(study([folder.tables()], Selection()), entrant)
    return {(comparison.rival, comparison.budget_label): comparison for comparison in found}


def test_by_eye() -> None:
    """``halves`` closes half of the gap: half behind who closes all of it, half ahead of who closes none."""
    found = comparisons(full(), "halves")
    assert {rival: comparison.difference for (rival, budget), comparison in found.items() if budget is None} == {
        "closes": -0.5,
        "clean": 0.5,
        "random-duplicates": 0.5,
        "costly": pytest.approx(0.4),
    }
    closes, clean = found["closes", "1%"], found["clean", "1%"]
    assert (closes.ahead, closes.behind, closes.undecided) == (0, 1, 0)
    assert (clean.ahead, clean.behind, clean.undecided) == (1, 0, 0)


def test_equals_are_undecided() -> None:
    comparison = comparisons(full(), "clean")["random-duplicates", None]
    assert (comparison.difference, comparison.low, comparison.high) == (0, 0, 0)
    assert (comparison.ahead, comparison.behind, comparison.undecided) == (0, 0, 1)


def test_settings_are_counted_one_by_one() -> None:
    drawn = full()
    for seed in BLOCK:
        for attack in ("clean", "random-duplicates", "halves", "costly"):
            drawn.add(attack, NONE, seed=seed, victim="forest")
    found = comparisons(drawn, "halves")
    assert (found["clean", None].ahead, found["clean", None].undecided) == (1, 1)
    assert ("closes", None) not in found, "it lacks a setting that the others have"


def test_differences_are_paired_by_seed() -> None:
    """Both vary; one is ahead by half of the gap at every seed."""
    drawn = varying(folder(), "zoo", HALF, *[NONE] * 4)
    varying(drawn, "bo", drawn.clean, *[HALF] * 4)  # type: ignore[arg-type]
    found = comparisons(drawn, "zoo")["bo", None]
    assert (found.difference, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))
    assert (found.ahead, found.behind, found.undecided) == (1, 0, 0)


def test_a_difference_within_its_interval_is_undecided() -> None:
    """Half of the gap at one seed of five: .1, and an error of .1."""
    drawn = varying(folder(), "zoo", HALF, *[NONE] * 4)
    varying(drawn, "bo", *[NONE] * 5)
    found = comparisons(drawn, "zoo")["bo", None]
    half = 0.1 * t.ppf(0.975, 4)
    assert (found.difference, found.low, found.high) == pytest.approx((-0.1, -0.1 - half, -0.1 + half))
    assert (found.ahead, found.behind, found.undecided) == (0, 0, 1)


def test_an_unknown_entrant_is_named_with_its_nearest() -> None:
    with pytest.raises(StoreError, match="did you mean 'halves'"):
        comparisons(full(), "halvs")


def test_nothing_that_counts_is_said() -> None:
    people = Folder(groups="aabb", labels="1111", clean="0000")
    people.add("clean", "0000").add("sobol", "0000")
    with pytest.raises(StoreError, match="no setting counts"):
        comparisons(people, "sobol")
