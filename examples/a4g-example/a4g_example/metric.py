"""A metric: the gap of the selection rates of the largest and the smallest group, whoever else there is."""

from a4g_bench.metrics import Counts, Label, Metric, selection_rate, sizes


def selection_gap(counts: Counts, favourable: Label) -> float:
    """``|s_largest - s_smallest|`` over the groups' sizes, a rate."""
    rates, rows = selection_rate(counts), sizes(counts)
    return float(abs(rates[rows.argmax()] - rates[rows.argmin()]))


SELECTION_GAP = Metric("selection_gap", "gap of the selection rates of the largest and smallest group", selection_gap)
