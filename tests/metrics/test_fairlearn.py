"""The counts' metrics are fairlearn's, to 1e-12."""

import numpy as np
import pytest
from fairlearn import metrics as fairlearn
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from a4g_bench.metrics import confusion as ours
from a4g_bench.metrics.confusion import METRICS, Label, get_metric

from .drawn import Rows, people

LABELS: st.SearchStrategy[Label] = st.sampled_from((0, 1))
RATES = {
    "group_accuracy": accuracy_score,
    "fpr": fairlearn.false_positive_rate,
    "fnr": fairlearn.false_negative_rate,
    "selection_rate": fairlearn.selection_rate,
    "sizes": fairlearn.count,
}
DEFINITIONS = {
    "demographic_parity_difference": fairlearn.demographic_parity_difference,
    "demographic_parity_ratio": fairlearn.demographic_parity_ratio,
    "equalized_odds_difference": fairlearn.equalized_odds_difference,
    "equal_opportunity_difference": fairlearn.equal_opportunity_difference,
    "average_odds_difference": lambda **rows: fairlearn.equalized_odds_difference(agg="mean", **rows),
    "fpr_difference": fairlearn.false_positive_rate_difference,
    "fnr_difference": fairlearn.false_negative_rate_difference,
}


def exactly(value: object) -> object:
    return pytest.approx(value, abs=1e-12, rel=0)


@settings(max_examples=40)
@given(people())
def test_rates_of_each_group(rows: Rows) -> None:
    frame = fairlearn.MetricFrame(
        metrics=RATES, y_true=rows.labels, y_pred=rows.predicted, sensitive_features=rows.groups
    )
    for name in RATES:
        assert getattr(ours, name)(rows.counts) == exactly(frame.by_group[name].to_numpy(dtype=float))
    assert ours.accuracy(rows.counts) == exactly(frame.overall["group_accuracy"])


@settings(max_examples=40)
@given(people(), LABELS)
def test_unfairness_is_the_difference_of_the_harm_rates(rows: Rows, favourable: Label) -> None:
    rate = fairlearn.false_negative_rate if favourable == 1 else fairlearn.false_positive_rate
    frame = fairlearn.MetricFrame(
        metrics=rate, y_true=rows.labels, y_pred=rows.predicted, sensitive_features=rows.groups
    )
    assert ours.harm(rows.counts, favourable) == exactly(frame.by_group.to_numpy(dtype=float))
    assert METRICS["unfairness"].value(rows.counts, favourable) == exactly(frame.difference())


def test_each_metric_has_a_definition_of_fairlearn() -> None:
    assert {*DEFINITIONS, "unfairness"} == set(METRICS)


@pytest.mark.parametrize("name", DEFINITIONS)
@settings(max_examples=20)
@given(rows=people().filter(lambda rows: rows.predicted.any()), favourable=LABELS)
def test_each_metric(name: str, rows: Rows, favourable: Label) -> None:
    assert get_metric(name).value(rows.counts, favourable) == exactly(DEFINITIONS[name](**rows.fairlearn()))


@given(people(), LABELS)
def test_the_order_of_rows_does_not_matter(rows: Rows, favourable: Label) -> None:
    turned = Rows(rows.labels[::-1], rows.groups[::-1], (rows.predicted[::-1],))
    for metric in METRICS.values():
        assert metric.value(turned.counts, favourable) == metric.value(rows.counts, favourable)


@given(people(), LABELS)
def test_groups_that_fare_alike_are_at_parity(rows: Rows, favourable: Label) -> None:
    twin = rows.groups == 0
    groups = np.concatenate([np.zeros(twin.sum()), np.ones(twin.sum())]).astype(np.int64)
    alike = Rows(np.tile(rows.labels[twin], 2), groups, (np.tile(rows.predicted[twin], 2),))
    for metric in METRICS.values():
        assert metric.value(alike.counts, favourable) == metric.ideal
        assert metric.cost(alike.counts, favourable) == 0
