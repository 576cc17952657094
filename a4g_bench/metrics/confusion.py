"""Confusion counts per group, and the metrics that are functions of them.

``fairlearn.metrics.MetricFrame`` is the definition of each metric; these forms take counts, so that the query loop pays
microseconds instead of the 20-45 ms of a MetricFrame. A property test holds the two together to 1e-12.

Counts are a float64 array ``(groups, 2, 2)`` indexed ``[group, truth, predicted]``; averages of counts over victim
seeds are counts too (the truth margins do not vary), which averages the *rates* before any difference is taken.
``favourable`` is the label, 0 or 1, that a person would wish for.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from a4g_bench import plugins
from a4g_bench.errors import A4GError

Counts = npt.NDArray[np.float64]
Rates = npt.NDArray[np.float64]
Label = Literal[0, 1]


def confusion(
    labels: npt.NDArray[np.integer], predicted: npt.NDArray[np.integer], groups: npt.NDArray[np.integer], n_groups: int
) -> Counts:
    """Count rows per (group, truth, predicted).

    Args:
        labels: True labels (n,), 0 or 1.
        predicted: Predicted labels (n,), 0 or 1.
        groups: Group codes (n,).
        n_groups: How many groups there are.

    Returns:
        The counts (groups, 2, 2).
    """
    cell = (groups.astype(np.int64) * 2 + labels) * 2 + predicted
    counts: Counts = np.bincount(cell, minlength=4 * n_groups).reshape(n_groups, 2, 2).astype(np.float64)
    return counts


def sizes(counts: Counts) -> Rates:
    """Rows per group."""
    rows: Rates = counts.sum(axis=(1, 2))
    return rows


def accuracy(counts: Counts) -> float:
    """Share of all rows predicted correctly."""
    return float((counts[:, 0, 0] + counts[:, 1, 1]).sum() / counts.sum())


def group_accuracy(counts: Counts) -> Rates:
    """Share of each group's rows predicted correctly."""
    rates: Rates = (counts[:, 0, 0] + counts[:, 1, 1]) / sizes(counts)
    return rates


def fpr(counts: Counts) -> Rates:
    """False positive rate per group: predicted 1 among the rows of label 0."""
    rates: Rates = counts[:, 0, 1] / counts[:, 0].sum(axis=1)
    return rates


def fnr(counts: Counts) -> Rates:
    """False negative rate per group: predicted 0 among the rows of label 1."""
    rates: Rates = counts[:, 1, 0] / counts[:, 1].sum(axis=1)
    return rates


def selection_rate(counts: Counts) -> Rates:
    """Share of each group predicted 1."""
    rates: Rates = counts[:, :, 1].sum(axis=1) / sizes(counts)
    return rates


def harm(counts: Counts, favourable: Label) -> Rates:
    """Harm rate per group: FNR where label 1 is favourable, FPR where it is not.

    Either way it is the share of the people who deserve the favourable label and are denied it.
    """
    return fnr(counts) if favourable == 1 else fpr(counts)


def _spread(rates: Rates) -> float:
    return float(rates.max() - rates.min())


def _ratio(rates: Rates) -> float:
    return float(rates.min() / rates.max()) if rates.max() > 0 else 1.0


def unfairness(counts: Counts, favourable: Label) -> float:
    """The protocol's U: ``max_g m_g - min_g m_g`` over the harm rates."""
    return _spread(harm(counts, favourable))


def demographic_parity_difference(counts: Counts, favourable: Label = 1) -> float:
    """Largest difference of selection rates (``fairlearn.metrics.demographic_parity_difference``)."""
    return _spread(selection_rate(counts))


def demographic_parity_ratio(counts: Counts, favourable: Label = 1) -> float:
    """Smallest over largest selection rate (``fairlearn.metrics.demographic_parity_ratio``); 1 if nobody is."""
    return _ratio(selection_rate(counts))


def disparate_impact(counts: Counts, favourable: Label) -> float:
    """Smallest over largest share of a group predicted the favourable label (Feldman et al. 2015); 1 if nobody is.

    Where label 1 is favourable it is the demographic parity ratio.
    """
    selected = selection_rate(counts)
    return _ratio(selected if favourable == 1 else 1 - selected)


def equalized_odds_difference(counts: Counts, favourable: Label = 1) -> float:
    """Larger of the FPR and the TPR difference (``fairlearn.metrics.equalized_odds_difference``)."""
    return max(_spread(fpr(counts)), _spread(fnr(counts)))


def equal_opportunity_difference(counts: Counts, favourable: Label = 1) -> float:
    """Difference of true positive rates (``fairlearn.metrics.equal_opportunity_difference``)."""
    return _spread(1.0 - fnr(counts))


def average_odds_difference(counts: Counts, favourable: Label = 1) -> float:
    """Mean of the FPR and the TPR difference (fairlearn's ``equalized_odds_difference(agg="mean")``)."""
    return (_spread(fpr(counts)) + _spread(fnr(counts))) / 2


def fpr_difference(counts: Counts, favourable: Label = 1) -> float:
    """Difference of false positive rates (fairlearn's ``false_positive_rate_difference``); Attack4Good's "DEO"."""
    return _spread(fpr(counts))


def fnr_difference(counts: Counts, favourable: Label = 1) -> float:
    """Difference of false negative rates (``fairlearn.metrics.false_negative_rate_difference``)."""
    return _spread(fnr(counts))


def fpr_difference_penalized(counts: Counts, favourable: Label = 1) -> float:
    """FPR difference + highest FPR + 0.6 lowest FPR: Attack4Good's "DEO augmented".

    Levelling all groups down to the worst one's rate does not pay. The original's unprivileged group is the one with
    the higher rate.
    """
    rates = fpr(counts)
    return _spread(rates) + float(rates.max()) + 0.6 * float(rates.min())


def highest_fpr(counts: Counts, favourable: Label = 1) -> float:
    """The largest false positive rate of any group."""
    return float(fpr(counts).max())


def highest_fnr(counts: Counts, favourable: Label = 1) -> float:
    """The largest false negative rate of any group."""
    return float(fnr(counts).max())


@dataclass(frozen=True)
class Metric:
    """A group-fairness metric: a function of counts and the favourable label.

    ``ideal`` is its value at perfect parity. ``version`` is raised when a change of the code changes results: part of a
    search's identity. One that is ``audited`` is computed for every audit and stored, whatever was optimised; a search
    may minimise any.
    """

    name: str
    summary: str
    value: Callable[[Counts, Label], float]
    ideal: float = 0.0
    version: int = 1
    audited: bool = True

    def cost(self, counts: Counts, favourable: Label) -> float:
        """Distance from parity, to be minimised by a search.

        Args:
            counts: Confusion counts (groups, 2, 2).
            favourable: The favourable label.

        Returns:
            The distance, at least 0.
        """
        return abs(self.value(counts, favourable) - self.ideal)


METRICS: Mapping[str, Metric] = {
    metric.name: metric
    for metric in (
        Metric("unfairness", "gap of the harm rates (FNR where label 1 is favourable, FPR where not)", unfairness),
        Metric("demographic_parity_difference", "gap of the selection rates", demographic_parity_difference),
        Metric("demographic_parity_ratio", "smallest over largest selection rate", demographic_parity_ratio, 1.0),
        Metric("equalized_odds_difference", "larger of the FPR and the TPR gap", equalized_odds_difference),
        Metric("equal_opportunity_difference", "gap of the true positive rates", equal_opportunity_difference),
        Metric("average_odds_difference", "mean of the FPR and the TPR gap", average_odds_difference),
        Metric("fpr_difference", "gap of the false positive rates (the original's DEO)", fpr_difference),
        Metric("fnr_difference", "gap of the false negative rates", fnr_difference),
    )
}


#: What a search may minimise: the metrics, and rates that are 0 where nobody is wronged, not where groups fare alike.
OBJECTIVES: Mapping[str, Metric] = {
    **METRICS,
    "fpr_difference_penalized": Metric(
        "fpr_difference_penalized",
        "gap of the false positive rates + highest + 0.6 lowest (the original's DEO augmented); objective only",
        fpr_difference_penalized,
        audited=False,
    ),
    "disparate_impact": Metric(
        "disparate_impact",
        "smallest over largest share of a group predicted the favourable label; objective only",
        disparate_impact,
        1.0,
        audited=False,
    ),
    "highest_fpr": Metric(
        "highest_fpr", "largest false positive rate of a group; objective only", highest_fpr, audited=False
    ),
    "highest_fnr": Metric(
        "highest_fnr", "largest false negative rate of a group; objective only", highest_fnr, audited=False
    ),
}


def get_metric(name: str) -> Metric:
    """The metric of that name, as it was registered last.

    Args:
        name: Its name.

    Returns:
        The metric.

    Raises:
        A4GError: With the nearest name, or if what is registered is no ``Metric``.
    """
    metric = plugins.get("metrics", name)
    if not isinstance(metric, Metric):
        raise A4GError(f"metric '{name}' is registered as {metric!r}, which is no Metric")
    return metric


def audited_metrics() -> list[Metric]:
    """The registered metrics beyond the protocol's that every audit computes, by name."""
    metrics = [get_metric(name) for name in plugins.names("metrics") if name not in METRICS]
    return [metric for metric in metrics if metric.audited]


UNFAIRNESS = OBJECTIVES["unfairness"]
DEMOGRAPHIC_PARITY_DIFFERENCE = OBJECTIVES["demographic_parity_difference"]
DEMOGRAPHIC_PARITY_RATIO = OBJECTIVES["demographic_parity_ratio"]
EQUALIZED_ODDS_DIFFERENCE = OBJECTIVES["equalized_odds_difference"]
EQUAL_OPPORTUNITY_DIFFERENCE = OBJECTIVES["equal_opportunity_difference"]
AVERAGE_ODDS_DIFFERENCE = OBJECTIVES["average_odds_difference"]
FPR_DIFFERENCE = OBJECTIVES["fpr_difference"]
FNR_DIFFERENCE = OBJECTIVES["fnr_difference"]
FPR_DIFFERENCE_PENALIZED = OBJECTIVES["fpr_difference_penalized"]
DISPARATE_IMPACT = OBJECTIVES["disparate_impact"]
HIGHEST_FPR = OBJECTIVES["highest_fpr"]
HIGHEST_FNR = OBJECTIVES["highest_fnr"]
