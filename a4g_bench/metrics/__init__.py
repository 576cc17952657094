"""Metrics: functions of confusion counts per group, which searches minimise and audits report (:class:`Metric`)."""

from a4g_bench.metrics.confusion import (
    Counts,
    Label,
    Metric,
    Rates,
    accuracy,
    fnr,
    fpr,
    get_metric,
    group_accuracy,
    harm,
    selection_rate,
    sizes,
    unfairness,
)
from a4g_bench.metrics.estimate import Estimate, Measurement

__all__ = [
    "Counts", "Estimate", "Label", "Measurement", "Metric", "Rates", "accuracy", "fnr", "fpr", "get_metric",
    "group_accuracy", "harm", "selection_rate", "sizes", "unfairness",
]  # fmt: skip
