"""One entrant against the others, on boards whose differences can be read off the drawing."""

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.pairwise import HeadToHead, head_to_head
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import NONE, full


def comparisons(folder: Folder, entrant: str) -> dict[tuple[str, str | None], HeadToHead]:
    found = head_to_head(study([folder.tables()], Selection(), 200), entrant)
    return {(comparison.rival, comparison.budget_label): comparison for comparison in found}


def test_by_eye() -> None:
    """``halves`` closes half of the gap: half behind who closes all of it, half ahead of who closes none."""
    found = comparisons(full(), "halves")
    assert {rival: comparison.difference for (rival, budget), comparison in found.items() if budget is None} == {
        "closes": -0.5,
        "clean": 0.5,
        "random-duplicates": 0.5,
        "costly": 0.5,
    }
    closes, clean = found["closes", "1%"], found["clean", "1%"]
    assert (closes.ahead, closes.behind, closes.undecided) == (0, 1, 0)
    assert (clean.ahead, clean.behind, clean.undecided) == (1, 0, 0)


def test_equals_are_undecided() -> None:
    comparison = comparisons(full(), "clean")["random-duplicates", None]
    assert (comparison.difference, comparison.low, comparison.high) == (0, 0, 0)
    assert (comparison.ahead, comparison.behind, comparison.undecided) == (0, 0, 1)


def test_pairs_are_counted_one_by_one() -> None:
    drawn = full()
    for seed in range(2):
        for attack in ("clean", "random-duplicates", "halves", "costly"):
            drawn.add(attack, NONE, seed=seed, victim="forest")
    found = comparisons(drawn, "halves")
    assert (found["clean", None].ahead, found["clean", None].undecided) == (1, 1)
    assert ("closes", None) not in found, "it lacks a pair that the others have"


def test_an_unknown_entrant_is_named_with_its_nearest() -> None:
    with pytest.raises(StoreError, match="did you mean 'halves'"):
        comparisons(full(), "halvs")


def test_nothing_rankable_is_said() -> None:
    people = Folder(groups="aabb", labels="1111", clean="0000")
    people.add("clean", "0000").add("sobol", "0000")
    with pytest.raises(StoreError, match="no pair can be ranked"):
        comparisons(people, "sobol")
