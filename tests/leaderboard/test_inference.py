"""Holm, rank intervals and the rule of accuracy on numbers worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import t

from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.estimates import Estimate, Part
from a4g_bench.leaderboard.inference import Rank, holm, p_value, ranks_of
from a4g_bench.leaderboard.score import Rule, budget_weights, scaled_to_allowance, under

from .drawn import BLOCK, CLEAN, COSTLY, HALF, NONE, full, varying


def estimate(value: float, error: float = 0.0) -> Estimate:
    """Of five seeds; deviations of -2 ... 2 have a jackknife variance of 8."""
    return Estimate(value, {"toy": Part(error / math.sqrt(8) * np.array([-2.0, -1, 0, 1, 2]))})


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04, then never below the one before
    assert holm([0.03, 0.01, 0.04, 0.02]).tolist() == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_p_of_what_is_certain() -> None:
    assert p_value(estimate(0.0)) == 1
    assert p_value(estimate(0.3)) == 0
    assert p_value(Estimate(math.nan)) == 1


def test_rank_intervals_by_hand() -> None:
    """a beats c only; b cannot be told from either: a 1-2, b 1-3, c 2-3."""
    a, b, c = estimate(0.5), estimate(0.25, 1.0), estimate(0.0)
    assert ranks_of([a, b, c]) == [Rank(1, 2), Rank(1, 3), Rank(2, 3)]
    assert ranks_of([c, b, a]) == [Rank(2, 3), Rank(1, 3), Rank(1, 2)]
    assert ranks_of([a]) == [Rank(1, 1)]
    assert ranks_of([]) == []


def test_equals_share_all_of_their_ranks() -> None:
    assert ranks_of([estimate(0.3)] * 2 + [estimate(0.1)]) == [Rank(1, 2), Rank(1, 2), Rank(3, 3)]


def test_a_difference_that_is_significant_alone_may_not_be_among_many() -> None:
    """p = 2 %: of one pair enough, of the six pairs of four it would have to be .05 / 6."""
    better, nought = estimate(t.isf(0.01, 4), 1.0), estimate(0.0)
    assert p_value(better - nought) == pytest.approx(0.02)
    assert ranks_of([better, nought]) == [Rank(1, 1), Rank(2, 2)]
    assert ranks_of([better, nought, nought, nought]) == [Rank(1, 4)] * 4


@pytest.mark.parametrize("ends", [(0, 1), (3, 2)])
def test_impossible_ranks_are_refused(ends: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="impossible ranks"):
        Rank(*ends)


# Who is ranked --------------------------------------------------------------------------------------------------------


def test_who_cannot_be_told_apart_shares_ranks_on_the_board() -> None:
    """zoo closes .9 with an error of .1: ahead of halves (.4 is 4 errors), not behind closes."""
    drawn = varying(full(), "zoo", HALF, *[NONE] * 4)
    standing = {row.entrant: (row.rank_low, row.rank_high) for row in build([drawn.tables()]).overall}
    assert standing["closes"] == standing["zoo"] == (1, 2)
    assert standing["halves"] == (3, 3)
    assert standing["costly"] == (4, 4)


def test_controls_and_sanity_rows_are_listed_without_ranks() -> None:
    """An inverted objective, a budget of no rows, and the original's attack are checks, and take no part in Holm's
    correction either.
    """
    drawn = full()
    for seed in BLOCK:
        drawn.add("upside-down", NONE, seed=seed, objective="inverted-unfairness")
        drawn.add("nothing", NONE, seed=seed, budget_rows=0)
        drawn.add("ax-row-greedy", NONE, seed=seed)
        drawn.add("random-rows", NONE, seed=seed)
        drawn.add("copies", COSTLY, seed=seed, role="baseline")
    rows = build([drawn.tables()]).overall
    assert {row.entrant: (row.rank_low, row.rank_high) for row in rows if row.rank_low} == {
        "closes": (1, 1), "halves": (2, 2), "copies": (3, 4), "costly": (3, 4),
    }  # fmt: skip
    assert {row.entrant for row in rows if not row.rank_low} == {
        "upside-down", "nothing", "ax-row-greedy", "random-rows", "clean", "random-duplicates",
    }  # fmt: skip
    assert {row.status for row in rows} == {"ok"}


def test_a_budget_that_comes_to_no_row_somewhere_makes_no_sanity_row() -> None:
    drawn = full()
    for seed in BLOCK:
        drawn.add("closes", CLEAN, seed=seed, budget="0.1%", budget_rows=0)
        drawn.add("halves", CLEAN, seed=seed, budget="0.1%", budget_rows=1)
    ranked = {row.entrant for row in build([drawn.tables()], attacks=["closes", "halves"]).overall if row.rank_low}
    assert ranked == {"closes", "halves"}


def test_one_variant_of_a_family_is_ranked() -> None:
    """The one called like its attack; with the most queries; others are shown."""
    drawn = full(attacks=("clean", "random-duplicates", "halves"))
    for seed in BLOCK:
        drawn.add("sobol", NONE, seed=seed, query_budget=50).add("sobol", HALF, seed=seed, query_budget=200)
        drawn.add("tuned", NONE, seed=seed, attack_name="sobol", query_budget=400)
        drawn.add("b", HALF, seed=seed, attack_name="zoo").add("a", CLEAN, seed=seed, attack_name="zoo")
    rows = build([drawn.tables()]).overall
    ranks = {row.entrant: (row.rank_low, row.rank_high) for row in rows if row.rank_low}
    assert ranks == {"halves": (1, 2), "sobol (200 queries)": (1, 2), "a": (3, 3)}


def test_positions_without_a_table_or_a_victim() -> None:
    """closes is first on toy/lr and last elsewhere; the order of the rest follows."""
    drawn = full()
    for seed in BLOCK:
        for at in ({"victim": "rf"}, {"dataset": "other"}):
            drawn.add("closes", CLEAN, seed=seed, **at).add("halves", HALF, seed=seed, **at)  # type: ignore[arg-type]
            drawn.add("costly", NONE, seed=seed, **at)  # type: ignore[arg-type]
    # toy: closes (1 + 0) / 2, halves 1/2, costly (.1 + 1) / 2; other: 0, 1/2, 1
    board = build([drawn.tables()])
    assert board.robustness == {
        "toy": {"costly": 1, "halves": 2, "closes": 3},
        "other": {"costly": 1, "closes": 2, "halves": 3},
        "lr": {"costly": 1, "halves": 2, "closes": 3},
        "rf": {"costly": 1, "closes": 2, "halves": 3},
    }
    assert board.to_json()["robustness"] == board.robustness
    assert build([full().tables()]).robustness == {}


# Accuracy and budgets -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("closed", "cost", "score"),
    [(0.4, 0.01, 0.4), (0.4, 0.0, 0.4), (0.4, -0.2, 0.4), (0.4, 0.02, 0.2), (1.0, 0.1, 0.1), (-0.4, 0.5, -0.4),
     (0.0, 0.5, 0.0)],
)  # fmt: skip
def test_closings_are_scaled_to_the_allowance(closed: float, cost: float, score: float) -> None:
    assert scaled_to_allowance(estimate(closed), estimate(cost)).value == pytest.approx(score)


def test_there_is_no_cliff_at_the_allowance() -> None:
    just_within, just_beyond = (scaled_to_allowance(estimate(1.0), estimate(c)).value for c in (0.01, 0.0100001))
    assert just_within - just_beyond == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize(
    ("rule", "scores"),
    [("scaled", [0.4, 0.4, 0.4 / 1.5, 0.2, 0.1]), ("unscaled", [0.4] * 5), ("ramp", [0.4, 0.4, 0.2, 0, 0])],
)
def test_two_other_rules(rule: Rule, scores: list[float]) -> None:
    found = [under(rule, estimate(0.4), estimate(cost)).value for cost in (0.0, 0.01, 0.015, 0.02, 0.04)]
    assert found == pytest.approx(scores, abs=1e-12)
    assert under(rule, estimate(-0.4), estimate(0.04)).value == -0.4


@pytest.mark.parametrize("rule", ["scaled", "unscaled", "ramp"])
@pytest.mark.parametrize("cost", [-0.1, 0.005, 0.015, 0.03])
@pytest.mark.parametrize("closed", [-0.5, 0.5])
def test_errors_follow_the_rule(rule: Rule, cost: float, closed: float) -> None:
    """Small errors of either pass as through the slopes that a difference quotient finds."""

    def score(closed: float, cost: float) -> float:
        return under(rule, estimate(closed), estimate(cost)).value

    slopes = ((score(closed + 1e-7, cost) - score(closed, cost)) / 1e-7,
              (score(closed, cost + 1e-7) - score(closed, cost)) / 1e-7)  # fmt: skip
    for slope, one, other in ((slopes[0], 1e-6, 0.0), (slopes[1], 0.0, 1e-6)):
        found = under(rule, estimate(closed, one), estimate(cost, other)).error
        assert found == pytest.approx(abs(slope) * 1e-6, rel=1e-2, abs=1e-12)


def test_budget_weights_by_hand() -> None:
    assert budget_weights([0.001, 0.01, 0.05]) == pytest.approx(
        [math.log(10) / 2 / math.log(50), 0.5, math.log(5) / 2 / math.log(50)]
    )
    assert budget_weights([0.05, 0.001, 0.01]) == pytest.approx([0.2057, 0.2943, 0.5], abs=1e-4), "in their order"
    assert budget_weights([0.03]) == [1]
    assert budget_weights([0.01, 0.2]) == pytest.approx([0.5, 0.5])
    assert budget_weights([0.01, 0.01]) == [0.5, 0.5]
