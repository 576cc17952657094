"""The columns of a board as text: what each set shows of a row, and the lines that explain it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from a4g_bench.leaderboard.rows import Row

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
