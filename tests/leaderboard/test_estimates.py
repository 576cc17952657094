"""Values with errors: variances, degrees of freedom and tails worked out by hand."""

import math

import numpy as np
import pytest
from scipy.stats import norm, t

from a4g_bench.leaderboard.estimates import Estimate, Part, derived, ratio, weighted
from a4g_bench.leaderboard.inference import p_value
from a4g_bench.leaderboard.returning import Audited, returning

#: How far an estimate moves when each of five seeds is deleted: J = 4/5 * 10 = 8.
MOVED = np.array([-2.0, -1, 0, 1, 2])
J = 8.0


def estimate(value: float, *, spread: float = 1.0, key: str = "adult") -> Estimate:
    return Estimate(value, {key: Part(spread * MOVED)})


def known(value: float, error: float) -> Estimate:
    """No seed matters, and one person is audited twice: P = (1 + 1)^2 - 1 - 1 = 2, times the effect squared."""
    people, strata = np.array([0, 1]), np.array([0, 0])
    wrong = np.array([[2, 0]], dtype=np.uint8)  # of one fit, so that either is 1 from the mean: two people, P = 4
    audits = [Audited("sex", seed, people, strata, wrong, np.ones(1)) for seed in range(2)]
    effect = {("sex", 0): np.array([error / 2])}
    return Estimate(value, {"adult": Part(np.zeros(2), effect, returning(audits))})


def test_the_jackknife_by_hand() -> None:
    """4/5 (4 + 1 + 0 + 1 + 4) = 8, with 4 degrees of freedom; a shift of all is none."""
    assert estimate(0.0).sampling == pytest.approx((math.sqrt(J), 4))
    assert Estimate(0.0, {"adult": Part(MOVED + 7)}).sampling == pytest.approx((math.sqrt(J), 4))


def test_the_interval_is_the_value_and_t_errors_either_way() -> None:
    half = math.sqrt(J) * t.ppf(0.975, 4)
    assert estimate(3.0).interval() == pytest.approx((3 - half, 3 + half))
    half = math.sqrt(J) * t.ppf(0.95, 4)
    assert estimate(3.0).interval(level=0.1) == pytest.approx((3 - half, 3 + half))


def test_without_an_error_the_interval_is_the_value() -> None:
    exact = Estimate(0.3, {"adult": Part(np.full(5, 0.1))})
    assert (exact.sampling, exact.interval()) == ((0.0, math.inf), (0.3, 0.3))
    assert Estimate(0.3).interval() == (0.3, 0.3)


def test_returning_people_are_known_without_a_seed_to_spare() -> None:
    assert known(1.0, 0.5).sampling == pytest.approx((0.5, math.inf))
    assert known(1.0, 0.5).interval() == pytest.approx((1 - 0.5 * norm.ppf(0.975), 1 + 0.5 * norm.ppf(0.975)), rel=1e-6)
    assert p_value(known(1.0, 0.5)) == pytest.approx(2 * norm.sf(2))


def test_tables_add_their_variances_and_degrees_of_freedom() -> None:
    """Two alike: half the variance of one, twice its degrees of freedom."""
    both = weighted([0.5, 0.5], [estimate(1.0), estimate(3.0, key="law")])
    assert both.value == 2
    assert both.sampling == pytest.approx((math.sqrt(J / 2), 8))


def test_degrees_of_freedom_are_those_of_welch_and_satterthwaite() -> None:
    """Variances 8 and 32, of five seeds each: 40^2 / (8^2 / 4 + 32^2 / 4)."""
    both = weighted([1, 1], [estimate(1.0), estimate(3.0, spread=2.0, key="law")])
    assert both.sampling == pytest.approx((math.sqrt(40), 40**2 / (8**2 / 4 + 32**2 / 4)))


def test_one_table_twice_is_not_two() -> None:
    """Victims share the seeds of a table: their mean varies as either does."""
    assert weighted([0.5, 0.5], [estimate(1.0), estimate(3.0)]).sampling == pytest.approx((math.sqrt(J), 4))


def test_a_paired_difference_has_only_what_is_not_shared() -> None:
    one = estimate(0.5)
    nothing = one - estimate(0.2)
    assert nothing.sampling[0] == 0
    assert p_value(nothing) == 0
    assert p_value(one - one) == 1
    assert (known(1.0, 0.5) - known(0.0, 0.5)).error == 0.5 * 0, "the same people"


def test_p_is_the_tail_of_t() -> None:
    assert p_value(estimate(2.0)) == pytest.approx(2 * t.sf(2 / math.sqrt(J), 4))


def test_p_and_interval_agree() -> None:
    """At a value of exactly t errors the interval ends at 0, and p is 5 %."""
    edge = math.sqrt(J) * t.ppf(0.975, 4)
    low, _ = estimate(edge).interval() or (1, 1)
    assert (low, p_value(estimate(edge))) == pytest.approx((0, 0.05))


def test_a_ratio_is_deleted_as_a_ratio() -> None:
    """1 of 2 and, of a whole that varies with its part in proportion, no error at all."""
    part, whole = estimate(10.0), Estimate(20.0, {"adult": Part(0 * MOVED)})
    assert ratio(part, whole).sampling == pytest.approx((math.sqrt(J) / 20, 4))
    assert ratio(part, weighted([2], [part])).sampling[0] == 0
    moved = 10 / (20 + MOVED)
    found = ratio(Estimate(10.0, {"adult": Part(0 * MOVED)}), estimate(20.0))
    assert found.error == pytest.approx(math.sqrt(4 / 5 * ((moved - moved.mean()) ** 2).sum()))


def test_a_ratio_has_the_slopes_of_a_ratio_for_returning_people() -> None:
    """1/2 with errors of .5 in the part: .5 / 2; in the whole: 1 * .5 / 2^2."""
    fixed = Estimate(1.0, {})
    assert ratio(known(1.0, 0.5), Estimate(2.0, {})).error == pytest.approx(0.25)
    assert ratio(fixed, known(2.0, 0.5)).error == pytest.approx(0.125)


def test_a_function_is_taken_of_what_is_left_without_each_seed() -> None:
    """The square of 3 with -2 ... 2 added: 1, 4, 9, 16, 25, of mean 11: 4/5 (100 + 49 + 4 + 25 + 196)."""
    square = derived(lambda v: v**2, lambda v: [2 * v], estimate(3.0))
    assert (square.value, square.error) == pytest.approx((9, math.sqrt(4 / 5 * 374)))


def test_what_is_of_no_whole_block_has_no_interval() -> None:
    some = Estimate(1.0, {"adult": Part(MOVED, provisional=True)})
    assert (some.interval(), p_value(some)) == (None, 1)
    assert weighted([0.5, 0.5], [some, estimate(1.0, key="law")]).interval() is None
    assert Estimate(math.nan).interval() is None
