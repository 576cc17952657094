"""Budget curves, rows to a target, hypervolume and the front, on numbers worked out by hand."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.leaderboard.analyses.curves import Curve, curves, hypervolume
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import ATTACKS, BLOCK, CLEAN, HALF, NONE, folder


def drawn() -> Folder:
    """``grows`` closes nothing at 1 %, all at 4 %; ``halves`` half at both; at what accuracy it may be."""
    made = folder()
    for seed in BLOCK:
        for share, grown in ((0.01, CLEAN), (0.04, NONE)):
            at = {"budget": f"{100 * share:g}%", "budget_share": share, "seed": seed}
            for attack, wrong in (("clean", CLEAN), ("random-duplicates", CLEAN), ("halves", HALF), ("grows", grown)):
                made.add(attack, wrong, **at)  # type: ignore[arg-type]
    return made


def by_name(target: float) -> dict[str, Curve]:
    return {c.entrant: c for c in curves(study([drawn().tables()], Selection()), target)}


def test_the_target_is_met_on_the_line_between_two_budgets() -> None:
    found = by_name(0.5)
    assert found["grows"].rows_to_target == pytest.approx(0.02)  # half way from 1 to 4 % by the logarithm
    assert found["halves"].rows_to_target == pytest.approx(0.01)
    assert found["clean"].rows_to_target is None
    assert by_name(0.75)["grows"].rows_to_target == pytest.approx(0.01 * 4**0.75)
    assert [point.budget_label for point in found["grows"].points] == ["1%", "4%"]
    assert [point.gc for point in found["grows"].points] == [0.0, 1.0]


def test_what_everybody_reaches_dominates() -> None:
    """Mean gaps: grows (1 + 0) / 2, halves 1/2; mean accuracy gains 4/20 both: equals, ahead of the clean victim."""
    found = by_name(0.5)
    assert (found["grows"].gap, found["grows"].accuracy_cost) == pytest.approx((0.5, -4 / 20))
    assert (found["halves"].gap, found["halves"].accuracy_cost) == pytest.approx((0.5, -4 / 20))
    assert found["grows"].front
    assert found["halves"].front
    assert not found["clean"].front


def test_an_entrant_that_lacks_a_cell_has_no_curve() -> None:
    made = drawn().add("sobol", ATTACKS["halves"], seed=0)
    assert "sobol" not in {c.entrant for c in curves(study([made.tables()], Selection()))}


@pytest.mark.parametrize("target", [0.0, 1.1, math.nan])
def test_targets_that_are_no_share(target: float) -> None:
    with pytest.raises(ValueError, match="share of the gap"):
        by_name(target)


def test_hypervolume_by_hand() -> None:
    """The clean victim alone: (1.1 - 1) x .03 of 1.1 x .03. No gap for 2 points of cost: a third of the whole, and
    the strip of the clean victim's two thirds.
    """
    assert hypervolume([]) == pytest.approx(1 / 11)
    assert hypervolume([(0.0, 0.0)]) == pytest.approx(1)
    assert hypervolume([(0.0, 0.02)]) == pytest.approx(1 / 3 + 2 / 3 / 11)
    assert hypervolume([(1.2, -1.0), (0.0, 0.03)]) == pytest.approx(1 / 11), "beyond the reference point"


points = st.tuples(st.floats(0, 1.2), st.floats(-0.02, 0.04))


@given(st.lists(points, max_size=5), points)
def test_one_more_point_never_takes_away(some: list[tuple[float, float]], more: tuple[float, float]) -> None:
    assert hypervolume([*some, more]) + 1e-12 >= hypervolume(some) >= 1 / 11 - 1e-12
    dominated = [(gap + 0.05, cost + 0.001) for gap, cost in some]
    assert hypervolume([*some, *dominated]) == pytest.approx(hypervolume(some))
