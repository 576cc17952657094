"""Mean ranks and bars of the critical-difference diagram."""

import numpy as np
import pytest

from a4g_bench.leaderboard.analyses.pairwise import bars, critical_difference
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.estimates import Estimate
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import full


def test_ranks_by_eye() -> None:
    """closes 1, halves .5, and three at 0 who share the ranks 3, 4 and 5; nothing varies, so only they are alike."""
    found = critical_difference(study([full().tables()], Selection(), 200))
    assert [(r.entrant, r.mean_rank) for r in found.ranked] == [
        ("closes", 1.0), ("halves", 2.0), ("clean", 4.0), ("costly", 4.0), ("random-duplicates", 4.0),
    ]  # fmt: skip
    assert (2, 4) in found.bars


def test_bars_are_maximal_runs_of_those_who_cannot_be_told_apart() -> None:
    """b lies between a and c and cannot be told from either; a and c can, so there are two bars that meet at b."""
    noise = np.tile([-1.0, 1.0], 400)
    a, b, c = Estimate(0.5, np.full(800, 0.5)), Estimate(0.25, 0.25 + noise), Estimate(0.0, np.zeros(800))
    assert bars([a, b, c]) == ((0, 1), (1, 2))
    assert bars([b, b, b]) == ((0, 2),)
    assert bars([a, c]) == ()


def test_nothing_rankable_is_an_empty_diagram() -> None:
    people = Folder(groups="aabb", labels="1111", clean="0000").add("clean", "0000")
    assert critical_difference(study([people.tables()], Selection(), 50)) == critical_difference(
        study([people.tables()], Selection(), 20)
    )
    assert critical_difference(study([people.tables()], Selection(), 50)).ranked == ()


@pytest.mark.parametrize("value", [0.0, 0.3])
def test_equal_scores_share_one_bar(value: float) -> None:
    assert bars([Estimate(value, np.full(99, value))] * 4) == ((0, 3),)
