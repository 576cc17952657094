"""A line of the leaderboard, and its columns as text."""

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["ok", "incomplete", "not rankable", "reference"]


@dataclass(frozen=True)
class Row:
    """One entrant at one cell, or averaged over several (then what it was averaged over is null).

    Gaps, gains and costs are rates, not percent; null is "does not exist", never NaN. On averaged rows every number
    is the protocol's mean (data sets of victims of budgets) of the same number per cell.

    - ``fg``: FG@1_b at a cell, FG@1 over several budgets; 95 % interval ``fg_low..fg_high``.
    - ``gain``: mean over seeds of G, whatever it costs.
    - ``gap_clean``, ``gap_poisoned``: mean over seeds of U before and after. ``gap_clean_low..high`` is the interval
      of the signed difference between the groups that are worst and best off (see ``Pair``).
    - ``gap_closed``: mean over seeds of U before less U after, with its paired 95 % interval
      ``gap_closed_low..gap_closed_high``.
    - ``validation_gap_clean``, ``validation_gap_poisoned``: the same U as the search measured it on its own validation
      rows.
    - ``accuracy_cost``: mean over seeds of dA; ``accuracy_cost_upper`` its one-sided 95 % upper bound.
    - ``gain_over_random_duplicates``: mean G less that of the control at the same cell and seeds, with its paired
      interval.
    - ``of_ceiling``: the share of the ceiling's gain, with its paired interval: the mean of G where the mean accuracy
      cost is at most 1 point (else of min(0, G)), over the mean G of fairlearn's ThresholdOptimizer at the same
      accuracy allowance on the same pairs and seeds.
    - ``optimism``: mean G as the search measured it on its own validation rows, less mean G on audit rows.
    - ``levelling_down``: whether any group's mean harm rate rose at any of the cells: a bootstrap p-value of at most
      5 % (see ``tiers.p_value``) after Bonferroni's correction for the number of groups and cells looked at.
    - ``queries``, ``poison_rows`` (of the final set), ``cpu_seconds`` (fits and proposals): mean per search.
    - ``knowledge``, ``labels``, ``row_origin``: the threat model (protocol).
    - ``duplicate_share``, ``isolation_forest_auroc``, ``lof_auroc``, ``label_disagreement``, ``cell_shift``: how the
      poison rows give themselves away (:mod:`a4g_bench.metrics.detectability`), mean over the searches that added any.
    - ``change_*``: poisoned less clean of each other metric on the audit rows, whatever was optimised.
    - ``seeds``: seeds behind the number; on averaged rows the fewest of any cell.
    - ``budget``: share of the training rows; for a budget given as a count, the mean share it came to.
    - ``tier``, ``rank_low``, ``rank_high``: see ``Rank``; null unless ``status`` is ``ok``.
    """

    entrant: str
    attack: str
    objective: str
    query_budget: int
    role: str
    dataset: str | None
    attribute: str | None
    victim: str | None
    budget: float | None
    budget_label: str | None
    fg: float | None
    fg_low: float | None
    fg_high: float | None
    gain: float | None
    gap_clean: float | None
    gap_clean_low: float | None
    gap_clean_high: float | None
    gap_poisoned: float | None
    gap_closed: float | None
    gap_closed_low: float | None
    gap_closed_high: float | None
    validation_gap_clean: float | None
    validation_gap_poisoned: float | None
    accuracy_cost: float | None
    accuracy_cost_upper: float | None
    gain_over_random_duplicates: float | None
    gain_over_random_duplicates_low: float | None
    gain_over_random_duplicates_high: float | None
    of_ceiling: float | None
    of_ceiling_low: float | None
    of_ceiling_high: float | None
    optimism: float | None
    levelling_down: bool | None
    queries: float | None
    poison_rows: float | None
    cpu_seconds: float | None
    knowledge: str
    labels: str
    row_origin: str
    duplicate_share: float | None
    isolation_forest_auroc: float | None
    lof_auroc: float | None
    label_disagreement: float | None
    cell_shift: float | None
    change_demographic_parity_difference: float | None
    change_demographic_parity_ratio: float | None
    change_equalized_odds_difference: float | None
    change_equal_opportunity_difference: float | None
    change_average_odds_difference: float | None
    change_fpr_difference: float | None
    change_fnr_difference: float | None
    seeds: int
    tier: int | None
    rank_low: int | None
    rank_high: int | None
    status: Status

    def __post_init__(self) -> None:
        bad = [name for name, value in asdict(self).items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"row of {self.entrant}: {bad[0]} is not finite; use None")
        if (self.status == "ok") != (self.tier is not None):
            raise ValueError(f"row of {self.entrant}: status {self.status} with tier {self.tier}")

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def finite(value: float) -> float | None:
    """The number, or None if there is none."""
    return float(value) if math.isfinite(value) else None


_LEGEND = (
    "FG@1: share of the gap closed on held-out people if the accuracy cost stays within 1 point, else at most 0.",
    "Gap, cost: in points; vs dup: gain over random-duplicates; optim.: gain promised less gain held.",
    "ceil.: share of the gain of fairlearn's ThresholdOptimizer at the same accuracy allowance (1 point).",
    "* control, + zero-query baseline, v some group's harm rate rose. Tier: 1 + entrants significantly better;",
    "inc.: incomplete, lacks results that others have; n/r: no pair that can be ranked. The notes say more.",
)


@dataclass(frozen=True)
class Column:
    """A column's title, a row's text in it, and whether it is aligned to the left."""

    title: str
    text: Callable[[Row], str]
    left: bool = False


def number(value: float | None, digits: int, *, scale: float = 1.0, sign: bool = False) -> str:
    """A value times ``scale``, ``-`` for none, and never a minus zero."""
    if value is None:
        return "-"
    text = f"{value * scale:{'+' if sign else ''}.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"  # no "-0.0"


def _interval(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None else f" [{number(low, digits, sign=True)}, {number(high, digits, sign=True)}]"


def _mark(row: Row) -> str:
    return {"control": " *", "baseline": " +"}.get(row.role, "")


def _rank(row: Row) -> str:
    if row.rank_low is None:
        return "-"
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}-{row.rank_high}"


def _gap(row: Row) -> str:
    if row.gap_clean is None:
        return "-"
    return f"{number(row.gap_clean, 1, scale=100)} > {number(row.gap_poisoned, 1, scale=100)}"


_UNRANKED = {"incomplete": "inc.", "not rankable": "n/r", "reference": "-"}
_WHO = (
    Column("tier", lambda r: _UNRANKED.get(r.status, str(r.tier))),
    Column("rank", _rank),
    Column("entrant", lambda r: r.entrant + _mark(r), left=True),
)
_SCORES = (
    *_WHO,
    Column("FG@1", lambda r: number(r.fg, 3, sign=True) + _interval(r.fg_low, r.fg_high, 2)),
    Column("gap", lambda r: _gap(r) + (" v" if r.levelling_down else "  ")),
    Column("cost", lambda r: number(r.accuracy_cost, 2, scale=100, sign=True)),
    Column("vs dup", lambda r: number(r.gain_over_random_duplicates, 2, sign=True)),
    Column("ceil.", lambda r: number(r.of_ceiling, 2, sign=True)),
    Column("optim.", lambda r: number(r.optimism, 2, sign=True)),
    Column("queries", lambda r: number(r.queries, 0)),
    Column("CPU s", lambda r: number(r.cpu_seconds, 1)),
    Column("seeds", lambda r: str(r.seeds)),
)


def _lost(value: float | None) -> str:
    """How far something moved, in points, from how far it fell."""
    return number(None if value is None else -value, 1, scale=100, sign=True)


def _change(title: str, name: str) -> Column:
    return Column(title, lambda r: number(getattr(r, f"change_{name}"), 1, scale=100, sign=True))


_OFF_TARGET = (
    *_WHO,
    Column("U", lambda r: _lost(r.gap_closed)),
    _change("FPR", "fpr_difference"),
    _change("FNR", "fnr_difference"),
    _change("eq. odds", "equalized_odds_difference"),
    _change("eq. opp.", "equal_opportunity_difference"),
    _change("avg. odds", "average_odds_difference"),
    _change("dem. parity", "demographic_parity_difference"),
    _change("d.p. ratio", "demographic_parity_ratio"),
    Column("accuracy", lambda r: _lost(r.accuracy_cost)),
)
_THREAT = (
    *_WHO,
    Column("knowledge", lambda r: r.knowledge, left=True),
    Column("labels", lambda r: r.labels, left=True),
    Column("rows", lambda r: r.row_origin, left=True),
    Column("added", lambda r: number(r.poison_rows, 0)),
    Column("duplicates", lambda r: number(r.duplicate_share, 2)),
    Column("iforest", lambda r: number(r.isolation_forest_auroc, 2)),
    Column("LOF", lambda r: number(r.lof_auroc, 2)),
    Column("kNN disagree", lambda r: number(r.label_disagreement, 2)),
    Column("cell shift", lambda r: number(r.cell_shift, 3)),
)
COLUMNS: dict[str, Sequence[Column]] = {"scores": _SCORES, "off-target": _OFF_TARGET, "threat": _THREAT}
LEGENDS = {
    id(_SCORES): _LEGEND,
    id(_OFF_TARGET): (
        "Change of each metric on held-out people, in points: negative is less unfair (but for the demographic parity",
        "ratio and the accuracy, where positive is better). Whatever was optimised.",
    ),
    id(_THREAT): (
        "What an entrant may know, whose labels it uses, where its rows come from, how many it added; then how they",
        "give themselves away: share of exact copies, AUROC of an isolation forest and of LOF against clean rows (.5:",
        "not at all), share of the ten nearest clean rows with the other label, shift of the (group, label) shares.",
    ),
}
LINES = (
    Column("reference line", lambda r: r.entrant, left=True),
    Column("G", lambda r: number(r.gain, 2, sign=True)),
    *(column for column in _SCORES if column.title in ("gap", "cost", "CPU s", "seeds")),
)
