"""Mean ranks and bars of the critical-difference diagram."""

import numpy as np
import pytest

from a4g_bench.leaderboard.analyses.pairwise import CriticalDifference, bars, critical_difference
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.estimates import Estimate, Part
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import BLOCK, CLEAN, COSTLY, HALF, NONE, full


def estimate(value: float, spread: float = 0.0) -> Estimate:
    """Over five seeds."""
    return Estimate(value, {"toy": Part(spread * np.array([-2.0, -1, 0, 1, 2]))})


def diagram(drawn: Folder) -> CriticalDifference:
    return critical_difference(study([drawn.tables()], Selection()))


def test_ranks_by_eye() -> None:
    """closes 1, halves 1/2, costly 1/10; controls do not compete. Nothing varies, so all are told apart."""
    found = diagram(full())
    assert [(r.entrant, r.mean_rank) for r in found.ranked] == [("closes", 1.0), ("halves", 2.0), ("costly", 3.0)]
    assert [r.gc for r in found.ranked] == pytest.approx([1, 0.5, 0.1])
    assert found.bars == ()


def test_mean_ranks_have_the_weights_of_the_score() -> None:
    """On another table closes has nothing, halves 1/2 and costly all; a tenth budget more there changes no weight."""
    drawn = full()
    for seed in BLOCK:
        for attack, wrong in (("closes", CLEAN), ("halves", HALF), ("costly", NONE)):
            drawn.add(attack, wrong, seed=seed, dataset="other").add(
                attack, wrong, seed=seed, dataset="other", victim="rf"
            )
    ranks = {r.entrant: r.mean_rank for r in diagram(drawn).ranked}
    assert ranks == {"closes": (1 + 3) / 2, "halves": 2, "costly": (3 + 1) / 2}


def test_bars_are_maximal_runs_of_those_who_cannot_be_told_apart() -> None:
    """b lies between a and c and cannot be told from either; a and c can, so there are two bars that meet at b."""
    a, b, c = estimate(0.5), estimate(0.25, 1.0), estimate(0.0)
    assert bars([a, b, c]) == ((0, 1), (1, 2))
    assert bars([b, b, b]) == ((0, 2),)
    assert bars([a, c]) == ()


def test_equals_share_one_bar() -> None:
    drawn = full()
    for seed in BLOCK:
        drawn.add("again", COSTLY, seed=seed)
    found = diagram(drawn)
    assert [r.entrant for r in found.ranked] == ["closes", "halves", "again", "costly"]
    assert found.bars == ((2, 3),)
    assert [r.mean_rank for r in found.ranked] == [1, 2, 3.5, 3.5]


@pytest.mark.parametrize("drawn", [Folder(groups="aabb", labels="1111", clean="0000"), full(range(3))])
def test_nothing_ranked_is_an_empty_diagram(drawn: Folder) -> None:
    if not drawn.searches:
        drawn.add("zoo", "0000")
    assert diagram(drawn) == CriticalDifference((), ())
