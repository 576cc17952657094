"""Intervals of a handful of seeds: variance and tails worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from a4g_bench.leaderboard.estimates import Estimate, Part, ratio, weighted
from a4g_bench.leaderboard.inference import p_value

UP_AND_DOWN = np.tile([-1.0, 1.0], 500)  # variance 1
SAME = np.zeros(1000)


def estimate(value: float, *, seeds: int, reuse: float = 1.0, rows: float = 0.0, key: str = "adult") -> Estimate:
    """Seeds spread by 1, rows by ``rows``, independently."""
    moved = np.repeat([-rows, rows], 500)
    part = Part(seeds, reuse, UP_AND_DOWN + moved, UP_AND_DOWN)
    return Estimate(value, value + UP_AND_DOWN + moved, {key: part})


def test_five_seeds_have_a_quarter_more_variance_and_four_degrees_of_freedom() -> None:
    assert estimate(0.0, seeds=5).sampling == pytest.approx((math.sqrt(5 / 4), 4))


def test_rows_that_no_two_seeds_share_are_in_the_seeds_variance_already() -> None:
    assert estimate(0.0, seeds=5, rows=2.0).sampling == pytest.approx((math.sqrt(5 / 4), 4))


def test_rows_that_four_seeds_share_count_three_times_more() -> None:
    """20 seeds of variance 20/19, and 3 times the rows' 4; the 4 are as good as known."""
    error, freedom = estimate(0.0, seeds=20, reuse=4.0, rows=2.0).sampling
    assert error == pytest.approx(math.sqrt(20 / 19 + 12))
    assert freedom == pytest.approx((20 / 19 + 12) ** 2 / ((20 / 19) ** 2 / 19))


def test_one_seed_has_its_rows_alone() -> None:
    alone = Estimate(0.0, UP_AND_DOWN, {"adult": Part(1, 1.0, UP_AND_DOWN, SAME)})
    assert alone.sampling == (1.0, math.inf)
    assert alone.interval() == pytest.approx((-1, 1))
    assert p_value(Estimate(1.96, 1.96 + UP_AND_DOWN, alone.parts)) == pytest.approx(0.05, abs=1e-4)


def test_the_ends_are_the_draws_scaled_to_error_and_tails() -> None:
    """Draws at 2 and 4 about a value of 3, spread 1; t at 4 degrees of freedom against the normal quantile."""
    scale = math.sqrt(5 / 4) * t.ppf(0.975, 4) / norm.ppf(0.975)
    assert estimate(3.0, seeds=5).interval() == pytest.approx((3 - scale, 3 + scale))
    one_sided = math.sqrt(5 / 4) * t.ppf(0.95, 4) / norm.ppf(0.95)
    assert estimate(3.0, seeds=5).upper() == pytest.approx(3 + one_sided)


def test_data_sets_add_their_variances_and_degrees_of_freedom() -> None:
    """Two alike: half the variance of one, twice its degrees of freedom."""
    both = weighted([0.5, 0.5], [estimate(1.0, seeds=5), estimate(3.0, seeds=5, key="law")])
    assert both.value == 2
    assert both.sampling == pytest.approx((math.sqrt(5 / 8), 8))


def test_one_data_set_twice_is_not_two() -> None:
    """Victims share the seeds of a data set: their mean varies as either does."""
    both = weighted([0.5, 0.5], [estimate(1.0, seeds=5), estimate(3.0, seeds=5)])
    assert both.sampling == pytest.approx((math.sqrt(5 / 4), 4))


def test_a_paired_difference_has_only_what_is_not_shared() -> None:
    one = estimate(0.5, seeds=5)
    nothing = one - estimate(0.2, seeds=5)
    assert nothing.sampling[0] == 0
    assert p_value(nothing) == 0
    assert p_value(one - one) == 1


def test_p_is_the_tail_of_t() -> None:
    assert p_value(estimate(2.0, seeds=5)) == pytest.approx(2 * t.sf(2 / math.sqrt(5 / 4), 4))


def test_a_ratio_varies_as_its_linearisation() -> None:
    """1 of 2, the part varying by 1: half as much; and a whole that varies with its part in proportion, not at all."""
    part, whole = estimate(1.0, seeds=5), Estimate(2.0, 2 + SAME, {"adult": Part(5, 1.0, SAME, SAME)})
    assert ratio(part, whole).sampling == pytest.approx((math.sqrt(5 / 4) / 2, 4))
    assert ratio(part, weighted([2], [part])).sampling[0] == pytest.approx(0)


def test_a_function_of_an_estimate_maps_its_parts() -> None:
    cut = estimate(0.5, seeds=5).mapped(0.0, lambda draws: np.minimum(draws, 0.0))
    assert set(cut.draws) == {-0.5, 0.0}
    assert cut.parts["adult"].variances[0] == pytest.approx(5 / 4 * 0.25**2)
