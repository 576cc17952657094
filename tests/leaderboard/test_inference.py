"""Holm, p-values and tiers on numbers worked out by hand."""

import math

import numpy as np
import pytest

from a4g_bench.leaderboard.estimates import Estimate, fair_gain, weighted
from a4g_bench.leaderboard.inference import Rank, holm, p_value, ranks_of


def test_holm_by_hand() -> None:
    # sorted .01 .02 .03 .04 times 4 3 2 1 = .04 .06 .06 .04, then never below the one before
    assert holm([0.03, 0.01, 0.04, 0.02]).tolist() == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]).tolist() == [1.0, 1.0]
    assert holm([]).tolist() == []


def test_p_value_counts_the_rarer_side() -> None:
    draws = np.concatenate([np.full(3, -1.0), np.full(96, 1.0)])
    assert p_value(Estimate(1.0, draws)) == pytest.approx(2 * 4 / 100)
    assert p_value(Estimate(0.0, np.zeros(99))) == 1.0
    assert p_value(Estimate(0.3, np.full(99, 0.3))) == pytest.approx(2 / 100)
    assert p_value(Estimate(math.nan, np.full(99, math.nan))) == 1.0


def test_tiers_by_hand() -> None:
    # a beats c only; b cannot be told from either: a 1-2, b 1-3, c 2-3
    noise = np.linspace(-1, 1, 401)
    a, c = Estimate(0.5, np.full(401, 0.5)), Estimate(0.0, np.zeros(401))  # p = 2 / 402, and b's about 1/2
    b = Estimate(0.25, 0.25 + noise)
    assert ranks_of([a, b, c]) == [Rank(1, 1, 2), Rank(1, 1, 3), Rank(2, 2, 3)]
    assert ranks_of([a]) == [Rank(1, 1, 1)]


def test_a_difference_that_is_significant_alone_may_not_be_among_many() -> None:
    draws = np.concatenate([np.full(20, -1.0), np.full(1981, 1.0)])  # p = 2 * 21 / 2002 = 0.021
    better, nought = Estimate(0.9, draws), Estimate(0.0, np.zeros(2001))
    assert [s.tier for s in ranks_of([better, nought])] == [1, 2]
    assert [s.tier for s in ranks_of([better, nought, nought, nought])] == [1, 1, 1, 1]


def test_impossible_standings_are_refused() -> None:
    with pytest.raises(ValueError, match="impossible standing"):
        Rank(2, 3, 4)


@pytest.mark.parametrize(
    ("gain", "cost", "score"),
    [(0.4, 0.01, 0.4), (0.4, 0.0101, 0.0), (-0.4, 0.0, -0.4), (-0.4, 0.5, -0.4), (0.4, -0.2, 0.4)],
)
def test_accuracy_rule(gain: float, cost: float, score: float) -> None:
    found = fair_gain(Estimate(gain, np.full(50, gain)), Estimate(cost, np.full(50, cost)))
    assert found.value == score
    assert found.draws.tolist() == [score] * 50


def test_accuracy_rule_looks_at_the_upper_bound_and_not_at_the_mean() -> None:
    gain = Estimate(0.4, np.full(100, 0.4))
    cost = np.concatenate([np.zeros(90), np.full(10, 0.02)])  # mean .002, 95th percentile .02
    assert fair_gain(gain, Estimate(0.002, cost)).value == 0


def test_draws_follow_the_rule_decided_on_the_data() -> None:
    gain = Estimate(0.1, np.array([-0.2, 0.4] * 10))
    found = fair_gain(gain, Estimate(0.5, np.full(20, 0.5)))
    assert set(found.draws) == {-0.2, 0.0}


def test_draws_without_a_value_are_left_out() -> None:
    some = Estimate(1.0, np.array([1.0, math.nan, 1.0]))
    assert some.interval() == (1.0, 1.0)
    assert math.isnan(weighted([0.5, 0.5], [some, Estimate(2.0, np.full(3, 2.0))]).draws[1])
