"""Metrics of a drawn table, derivable by eye."""

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.errors import A4GError
from a4g_bench.metrics import confusion as metrics
from a4g_bench.metrics.confusion import METRICS, Metric, confusion, get_metric, unfairness

from .drawn import Rows, bits, letters

#               group a    group b
GROUPS = "      aaaa aaaa  bb bbbb"
LABELS = "      1111 0000  11 0000"
PREDICTED = "   1110 1100  01 0000"
#               FNR  FPR  FNR  FPR
#               1/4  1/2  1/2    0

ROWS = Rows(bits(LABELS), letters(GROUPS), (bits(PREDICTED),))
BY_EYE = {
    "demographic_parity_difference": 5 / 8 - 1 / 6,
    "demographic_parity_ratio": (1 / 6) / (5 / 8),
    "equalized_odds_difference": 1 / 2,  # the FPR's
    "equal_opportunity_difference": 1 / 4,
    "average_odds_difference": (1 / 2 + 1 / 4) / 2,
    "fpr_difference": 1 / 2,
    "fnr_difference": 1 / 4,
}


def test_counts() -> None:
    assert ROWS.counts.tolist() == [[[2, 2], [1, 3]], [[4, 0], [1, 1]]]


def test_rates_of_each_group() -> None:
    assert metrics.sizes(ROWS.counts).tolist() == [8, 6]
    assert metrics.fnr(ROWS.counts).tolist() == [1 / 4, 1 / 2]
    assert metrics.fpr(ROWS.counts).tolist() == [1 / 2, 0]
    assert metrics.group_accuracy(ROWS.counts).tolist() == [5 / 8, 5 / 6]
    assert metrics.selection_rate(ROWS.counts).tolist() == [5 / 8, 1 / 6]
    assert metrics.accuracy(ROWS.counts) == 10 / 14


@pytest.mark.parametrize("name", BY_EYE)
def test_metrics_do_not_depend_on_which_label_is_favourable(name: str) -> None:
    for favourable in (0, 1):
        assert get_metric(name).value(ROWS.counts, favourable) == pytest.approx(BY_EYE[name])


def test_objectives_that_are_no_gaps() -> None:
    for favourable in (0, 1):
        assert get_metric("fpr_difference_penalized").cost(ROWS.counts, favourable) == 1 / 2 + 1 / 2 + 0.6 * 0
        assert get_metric("highest_fpr").cost(ROWS.counts, favourable) == 1 / 2
        assert get_metric("highest_fnr").cost(ROWS.counts, favourable) == 1 / 2
    worse = Rows(ROWS.labels, ROWS.groups, (np.ones_like(ROWS.predicted),))
    assert get_metric("fpr_difference_penalized").cost(worse.counts, 1) == 0 + 1 + 0.6


def test_disparate_impact_is_about_the_favourable_label() -> None:
    impact = get_metric("disparate_impact")
    assert impact.value(ROWS.counts, 1) == pytest.approx((1 / 6) / (5 / 8))
    assert impact.value(ROWS.counts, 0) == pytest.approx((3 / 8) / (5 / 6))
    assert impact.cost(ROWS.counts, 0) == pytest.approx(1 - (3 / 8) / (5 / 6))


def test_harm_is_being_denied_the_favourable_label_one_deserves() -> None:
    assert unfairness(ROWS.counts, favourable=1) == 1 / 4  # FNR: 1/4 and 1/2
    assert unfairness(ROWS.counts, favourable=0) == 1 / 2  # FPR: 1/2 and 0


def test_swapping_the_labels_and_which_is_favourable_changes_nothing() -> None:
    swapped = Rows(1 - ROWS.labels, ROWS.groups, (1 - ROWS.predicted,))
    for favourable in (0, 1):
        assert unfairness(swapped.counts, 1 - favourable) == unfairness(ROWS.counts, favourable)


def test_unfairness_spans_all_groups() -> None:
    # false negatives: a 2 of 4, b 1 of 4, c 3 of 4, d 2 of 4
    groups, labels = letters("aaaaa bbbbb ccccc ddddd"), bits("11110 11110 11110 11110")
    rows = Rows(labels, groups, (bits("11000 11100 10000 11000"),))
    assert unfairness(rows.counts, 1) == 3 / 4 - 1 / 4


def test_where_nobody_is_selected_the_ratio_is_at_parity() -> None:
    nobody = Rows(ROWS.labels, ROWS.groups, (np.zeros_like(ROWS.predicted),))
    assert METRICS["demographic_parity_ratio"].value(nobody.counts, 1) == 1
    assert METRICS["demographic_parity_ratio"].cost(nobody.counts, 1) == 0


def test_where_one_group_is_never_selected_the_ratio_is_furthest_from_parity() -> None:
    one = Rows(ROWS.labels, ROWS.groups, ((ROWS.groups == 0).astype(np.int8),))
    assert METRICS["demographic_parity_ratio"].value(one.counts, 1) == 0
    assert METRICS["demographic_parity_ratio"].cost(one.counts, 1) == 1


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64])
def test_the_width_of_the_integers_does_not_matter(kind: type) -> None:
    many = np.arange(300) % 150
    ones = np.ones(300, dtype=kind)
    counts = confusion(ones, ones, many.astype(np.uint8), 150)
    assert (counts[:, 1, 1] == 2).all()
    assert counts.sum() == 300


def test_a_metric_that_is_registered_again_is_the_one_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_own", {})
    for constant in (0.25, 0.75):
        plugins.register("metrics", "made-up", Metric("made-up", "a constant", lambda counts, label, c=constant: c))
        assert get_metric("made-up").cost(ROWS.counts, 1) == constant


def test_an_unknown_metric_is_answered_with_the_nearest() -> None:
    with pytest.raises(A4GError, match=r"^unknown metric 'unfairnes' \(did you mean 'unfairness'\?\)$"):
        get_metric("unfairnes")
