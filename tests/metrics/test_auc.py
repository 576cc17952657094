"""The AUC over splits and its interval."""

import numpy as np
import pytest
from scipy.stats import norm

from a4g_bench.metrics.auc import auc

TRUTH = np.repeat([True, False], 10)


def test_rows_are_compared_within_a_split_and_a_fit_only() -> None:
    scores = TRUTH.astype(float)
    # the second split's scores lie higher as a whole, the second fit's lower: nothing of that matters
    told = auc([(TRUTH, np.stack([scores, scores - 3])), (TRUTH, scores[None] + 9)])
    assert told is not None
    assert told["value"] == 1
    told = auc([(TRUTH, scores[None]), (TRUTH, -scores[None])])
    assert told is not None
    assert told["value"] == 0.5


def test_the_interval_ends_where_hanley_and_mcneils_error_says() -> None:
    rng = np.random.default_rng(1)
    truth = np.repeat([True, False], [30, 50])
    told = auc([(truth, (rng.normal(size=(1, 80)) + truth))])
    assert told is not None
    for end in (told["low"], told["high"]):
        q1, q2 = end / (2 - end), 2 * end**2 / (1 + end)
        both = (30 + 50) / 2 - 1  # Newcombe's method 5: the mean of both numbers of rows in place of each
        variance = (end * (1 - end) + both * (q1 - end**2) + both * (q2 - end**2)) / (30 * 50)
        assert abs(end - told["value"]) == pytest.approx(1.959964 * np.sqrt(variance), rel=1e-6)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_perfect_separation_has_an_interval_with_a_width(sign: int) -> None:
    told = auc([(TRUTH, sign * TRUTH[None].astype(float))])
    assert told is not None
    assert told["value"] == (1 if sign == 1 else 0)
    assert 0.05 < told["high"] - told["low"] < 0.3
    assert 0 <= told["low"] <= told["value"] <= told["high"] <= 1


def test_rows_that_are_in_several_splits_count_once() -> None:
    scores = np.arange(20.0)[None] % 7
    once = auc([(TRUTH, scores)])
    assert auc([(TRUTH, scores)] * 3, distinct=len(TRUTH)) == pytest.approx(once)
    assert auc([(TRUTH, scores)], distinct=len(TRUTH)) == once
    thrice = auc([(TRUTH, scores)] * 3)
    assert thrice is not None
    assert once is not None
    assert thrice["high"] - thrice["low"] < 0.7 * (once["high"] - once["low"])


def test_a_split_with_one_label_only_is_left_out() -> None:
    scores = TRUTH.astype(float)
    alone = TRUTH[:10], scores[None, :10]
    assert auc([alone]) is None
    assert auc([]) is None
    assert auc([alone, (TRUTH, scores[None])]) == auc([(TRUTH, scores[None])])


@pytest.mark.parametrize(("apart", "ones", "zeros"), [(1.0, 60, 100), (0.3, 100, 60), (2.5, 30, 30)])
def test_the_interval_holds_the_truth_as_often_as_it_says(apart: float, ones: int, zeros: int) -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([True, False], [ones, zeros])
    true = norm.cdf(apart / np.sqrt(2))
    held = 0
    for _ in range(300):
        told = auc([(truth, (rng.normal(size=(1, ones + zeros)) + apart * truth))])
        assert told is not None
        held += told["low"] <= true <= told["high"]
    assert 0.91 <= held / 300 <= 0.99
