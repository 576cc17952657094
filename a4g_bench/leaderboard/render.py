"""A board as text: an aligned table, GitHub Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Literal

from a4g_bench.errors import A4GError, nearest
from a4g_bench.leaderboard.board import Board, View
from a4g_bench.leaderboard.pairs import Pair
from a4g_bench.leaderboard.rows import Row

Format = Literal["table", "csv", "json", "md"]

_REFERENCES = "Reference lines (mitigations that add no rows; not ranked)"
_WIDTH = 110  # of notes in the plain table
_LEGEND = (
    "FG@1: share of the gap closed on held-out people if the accuracy cost stays within 1 point, else at most 0.",
    "Gap, cost: in points; vs dup: gain over random-duplicates; optim.: gain promised less gain held.",
    "ceil.: share of the gain of fairlearn's ThresholdOptimizer at the same accuracy allowance (1 point).",
    "* control, + zero-query baseline, v some group's harm rate rose. Tier: 1 + entrants significantly better;",
    "inc.: incomplete, lacks results that others have; n/r: no pair that can be ranked. The notes say more.",
)


def render(board: Board, format: Format = "table", by: View | None = None, columns: str = "scores") -> str:
    """Return a board as text ending in a newline.

    ``by`` breaks the scores down per data set, victim or poison budget. ``csv`` has every column of ``Row`` and a
    ``scope`` (``overall`` or the breakdown, ``cell``, and ``reference``); ``columns`` chooses those of the tables:
    ``scores``, ``off-target`` (how far every other metric moved) or ``threat`` (knowledge, labels, and how the rows
    give themselves away); ``json`` is ``Board.to_json``, with the breakdown under
    ``by``.
    """
    if columns not in _COLUMNS:
        raise A4GError(f"unknown columns '{columns}'{nearest(columns, _COLUMNS)}")
    shown = _COLUMNS[columns]
    formats: dict[str, Callable[[Board, View | None], str]] = {
        "table": lambda board, by: _table(board, by, shown),
        "csv": _csv,
        "json": _json,
        "md": lambda board, by: _md(board, by, shown),
    }
    if format not in formats:
        raise A4GError(f"unknown format '{format}'{nearest(format, formats)}")
    if by is not None and by not in board.views:
        raise A4GError(f"cannot break down by '{by}'{nearest(by, board.views)}")
    return formats[format](board, by)


def _json(board: Board, by: View | None) -> str:
    content = board.to_json()
    if by:
        content["by"] = {"what": by, "rows": [row.to_json() for row in board.by(by)]}
    return json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _csv(board: Board, by: View | None) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = [f.name for f in fields(Row)]
    writer.writerow(["scope", *names])
    scopes = (
        (by or "overall", board.by(by) if by else board.overall),
        ("cell", board.cells),
        ("reference", board.references),
    )
    for scope, rows in scopes:
        for row in rows:
            content = row.to_json()
            writer.writerow([scope, *(content[name] for name in names)])
    return text.getvalue()


@dataclass(frozen=True)
class _Column:
    title: str
    text: Callable[[Row], str]
    left: bool = False


def _number(value: float | None, digits: int, *, scale: float = 1.0, sign: bool = False) -> str:
    if value is None:
        return "-"
    text = f"{value * scale:{'+' if sign else ''}.{digits}f}"
    return text if float(text) else f"{0:.{digits}f}"  # no "-0.0"


def _interval(low: float | None, high: float | None, digits: int) -> str:
    return "" if low is None else f" [{_number(low, digits, sign=True)}, {_number(high, digits, sign=True)}]"


def _mark(row: Row) -> str:
    return {"control": " *", "baseline": " +"}.get(row.role, "")


def _rank(row: Row) -> str:
    if row.rank_low is None:
        return "-"
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}-{row.rank_high}"


def _gap(row: Row) -> str:
    if row.gap_clean is None:
        return "-"
    return f"{_number(row.gap_clean, 1, scale=100)} > {_number(row.gap_poisoned, 1, scale=100)}"


_UNRANKED = {"incomplete": "inc.", "not rankable": "n/r", "reference": "-"}
_WHO = (
    _Column("tier", lambda r: _UNRANKED.get(r.status, str(r.tier))),
    _Column("rank", _rank),
    _Column("entrant", lambda r: r.entrant + _mark(r), left=True),
)
_SCORES = (
    *_WHO,
    _Column("FG@1", lambda r: _number(r.fg, 3, sign=True) + _interval(r.fg_low, r.fg_high, 2)),
    _Column("gap", lambda r: _gap(r) + (" v" if r.levelling_down else "  ")),
    _Column("cost", lambda r: _number(r.accuracy_cost, 2, scale=100, sign=True)),
    _Column("vs dup", lambda r: _number(r.gain_over_random_duplicates, 2, sign=True)),
    _Column("ceil.", lambda r: _number(r.of_ceiling, 2, sign=True)),
    _Column("optim.", lambda r: _number(r.optimism, 2, sign=True)),
    _Column("queries", lambda r: _number(r.queries, 0)),
    _Column("CPU s", lambda r: _number(r.cpu_seconds, 1)),
    _Column("seeds", lambda r: str(r.seeds)),
)


def _lost(value: float | None) -> str:
    """How far something moved, in points, from how far it fell."""
    return _number(None if value is None else -value, 1, scale=100, sign=True)


def _change(title: str, name: str) -> _Column:
    return _Column(title, lambda r: _number(getattr(r, f"change_{name}"), 1, scale=100, sign=True))


_OFF_TARGET = (
    *_WHO,
    _Column("U", lambda r: _lost(r.gap_closed)),
    _change("FPR", "fpr_difference"),
    _change("FNR", "fnr_difference"),
    _change("eq. odds", "equalized_odds_difference"),
    _change("eq. opp.", "equal_opportunity_difference"),
    _change("avg. odds", "average_odds_difference"),
    _change("dem. parity", "demographic_parity_difference"),
    _change("d.p. ratio", "demographic_parity_ratio"),
    _Column("accuracy", lambda r: _lost(r.accuracy_cost)),
)
_THREAT = (
    *_WHO,
    _Column("knowledge", lambda r: r.knowledge, left=True),
    _Column("labels", lambda r: r.labels, left=True),
    _Column("rows", lambda r: r.row_origin, left=True),
    _Column("added", lambda r: _number(r.poison_rows, 0)),
    _Column("duplicates", lambda r: _number(r.duplicate_share, 2)),
    _Column("iforest", lambda r: _number(r.isolation_forest_auroc, 2)),
    _Column("LOF", lambda r: _number(r.lof_auroc, 2)),
    _Column("kNN disagree", lambda r: _number(r.label_disagreement, 2)),
    _Column("cell shift", lambda r: _number(r.cell_shift, 3)),
)
_COLUMNS: dict[str, Sequence[_Column]] = {"scores": _SCORES, "off-target": _OFF_TARGET, "threat": _THREAT}
_LEGENDS = {
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
_LINES = (
    _Column("reference line", lambda r: r.entrant, left=True),
    _Column("G", lambda r: _number(r.gain, 2, sign=True)),
    *(column for column in _SCORES if column.title in ("gap", "cost", "CPU s", "seeds")),
)


def _title(board: Board) -> str:
    budgets = f", poison budgets {', '.join(board.budgets)}" if board.budgets else ""
    return f"FG@1, protocol version {board.protocol_version}{budgets}"


def _sections(board: Board, by: View | None) -> list[tuple[str, list[Row]]]:
    if by is None:
        return [("Overall", list(board.overall))]
    headings: dict[View, Callable[[Row], str]] = {
        "dataset": lambda r: f"{r.dataset} ({r.attribute})",
        "victim": lambda r: str(r.victim),
        "budget": lambda r: f"poison budget {r.budget_label}",
    }
    return [(heading, list(rows)) for heading, rows in groupby(board.by(by), headings[by])]


_PAIR_TITLES = ("data set", "attribute", "victim", "clean gap (points)", "resolvable", "seeds", "rankable")
_PAIR_LEFT = (True, True, True, False, False, False, True)


def _pair(p: Pair) -> list[str]:
    gap = _number(p.gap_clean, 1, scale=100)
    if p.gap_clean_low is not None:
        gap += f" [{_number(p.gap_clean_low, 1, scale=100)}, {_number(p.gap_clean_high, 1, scale=100)}]"
    resolvable = _number(p.resolvable, 1, scale=100)
    return [p.dataset, p.attribute, p.victim, gap, resolvable, str(p.seeds), "yes" if p.rankable else "no"]


def _aligned(titles: Sequence[str], lines: Sequence[Sequence[str]], left: Sequence[bool]) -> str:
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]

    def line(values: Sequence[str]) -> str:
        cells = [v.ljust(w) if at else v.rjust(w) for v, w, at in zip(values, widths, left, strict=True)]
        return "  ".join(cells).rstrip()

    return "\n".join([line(titles), "  ".join("-" * w for w in widths), *map(line, lines)])


def _titled(heading: str, rows: Sequence[Row], columns: Sequence[_Column]) -> tuple[str, list[_Column]]:
    """A section's heading and columns: the ceiling's only where it is known, the seeds in the heading where all rows
    have as many.
    """
    kept = [c for c in columns if c.title != "ceil." or any(r.of_ceiling is not None for r in rows)]
    seeds = {row.seeds for row in rows if row.seeds}
    if len(kept) < len(columns) or len(seeds) != 1 or not any(c.title == "seeds" for c in kept):
        return heading, kept
    return f"{heading} ({seeds.pop()} seeds)", [c for c in kept if c.title != "seeds"]


def _reference_rows(board: Board) -> list[list[str]]:
    """The reference lines over all rankable pairs."""
    overall = [row for row in board.references if row.dataset is None]
    return [[c.text(row) for c in _LINES] for row in overall]


def _table(board: Board, by: View | None, columns: Sequence[_Column]) -> str:
    from textwrap import fill

    parts = [_title(board)]
    for heading, rows in _sections(board, by):
        title, kept = _titled(heading, rows, columns)
        body = [[c.text(row) for c in kept] for row in rows]
        parts.append(f"{title}\n\n" + _aligned([c.title for c in kept], body, [c.left for c in kept]))
    parts.append("\n".join(_LEGENDS[id(columns)]))
    if board.references:
        lines = _aligned([c.title for c in _LINES], _reference_rows(board), [c.left for c in _LINES])
        parts.append(f"{_REFERENCES}\n\n{lines}")
    parts.append("Pairs\n\n" + _aligned(_PAIR_TITLES, [_pair(p) for p in board.pairs], _PAIR_LEFT))
    if board.notes:
        wrapped = [fill(n, _WIDTH, initial_indent="- ", subsequent_indent="  ") for n in board.notes]
        parts.append("Notes\n\n" + "\n".join(wrapped))
    return "\n\n".join(parts) + "\n"


def _grid(titles: Sequence[str], lines: Sequence[Sequence[str]], left: Sequence[bool]) -> str:
    rules = ["---" if at else "--:" for at in left]
    escaped = [[v.strip().replace("|", "\\|").replace("*", "\\*") for v in values] for values in (titles, *lines)]
    rows = [f"| {' | '.join(values)} |" for values in (escaped[0], rules, *escaped[1:])]
    return "\n".join(rows)


def _md(board: Board, by: View | None, columns: Sequence[_Column]) -> str:
    parts = [f"# {_title(board)}"]
    for heading, rows in _sections(board, by):
        title, kept = _titled(heading, rows, columns)
        body = [[c.text(row) for c in kept] for row in rows]
        parts.append(f"## {title}\n\n" + _grid([c.title for c in kept], body, [c.left for c in kept]))
    parts.append("\n".join(_LEGENDS[id(columns)]).replace("*", "\\*").replace("\n+", "\n\\+"))
    if board.references:
        lines = _grid([c.title for c in _LINES], _reference_rows(board), [c.left for c in _LINES])
        parts.append(f"## {_REFERENCES}\n\n{lines}")
    parts.append("## Pairs\n\n" + _grid(_PAIR_TITLES, [_pair(p) for p in board.pairs], _PAIR_LEFT))
    if board.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {note}" for note in board.notes))
    return "\n\n".join(parts) + "\n"
