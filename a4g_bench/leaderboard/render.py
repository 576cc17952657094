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

_WIDTH = 110  # of notes in the plain table
_LEGEND = (
    "FG@1: share of the gap closed on held-out people if the accuracy cost stays within 1 point, else at most 0.",
    "Gap, cost: in points; vs dup: gain over random-duplicates; optim.: gain promised less gain held.",
    "* control, + zero-query baseline, v some group's harm rate rose. Tier: 1 + entrants significantly better;",
    "inc.: incomplete, lacks results that others have; n/r: no pair that can be ranked. The notes say more.",
)


def render(board: Board, format: Format = "table", by: View | None = None) -> str:
    """Return a board as text ending in a newline.

    ``by`` breaks the scores down per data set, victim or poison budget. ``csv`` has every column of ``Row`` and a
    ``scope`` (``overall`` or the breakdown, and ``cell``); ``json`` is ``Board.to_json``, with the breakdown under
    ``by``.
    """
    formats: dict[str, Callable[[Board, View | None], str]] = {"table": _table, "csv": _csv, "json": _json, "md": _md}
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
    scopes = ((by or "overall", board.by(by) if by else board.overall), ("cell", board.cells))
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


_UNRANKED = {"incomplete": "inc.", "not rankable": "n/r"}
_COLUMNS = (
    _Column("tier", lambda r: _UNRANKED.get(r.status, str(r.tier))),
    _Column("rank", _rank),
    _Column("entrant", lambda r: r.entrant + _mark(r), left=True),
    _Column("FG@1", lambda r: _number(r.fg, 3, sign=True) + _interval(r.fg_low, r.fg_high, 2)),
    _Column("gap", lambda r: _gap(r) + (" v" if r.levelling_down else "  ")),
    _Column("cost", lambda r: _number(r.accuracy_cost, 2, scale=100, sign=True)),
    _Column("vs dup", lambda r: _number(r.gain_over_random_duplicates, 2, sign=True)),
    _Column("optim.", lambda r: _number(r.optimism, 2, sign=True)),
    _Column("queries", lambda r: _number(r.queries, 0)),
    _Column("CPU s", lambda r: _number(r.cpu_seconds, 1)),
    _Column("seeds", lambda r: str(r.seeds)),
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


def _table(board: Board, by: View | None) -> str:
    from textwrap import fill

    parts = [_title(board)]
    for heading, rows in _sections(board, by):
        body = [[c.text(row) for c in _COLUMNS] for row in rows]
        parts.append(f"{heading}\n\n" + _aligned([c.title for c in _COLUMNS], body, [c.left for c in _COLUMNS]))
    parts.append("\n".join(_LEGEND))
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


def _md(board: Board, by: View | None) -> str:
    parts = [f"# {_title(board)}"]
    for heading, rows in _sections(board, by):
        body = [[c.text(row) for c in _COLUMNS] for row in rows]
        parts.append(f"## {heading}\n\n" + _grid([c.title for c in _COLUMNS], body, [c.left for c in _COLUMNS]))
    parts.append("\n".join(_LEGEND).replace("*", "\\*").replace("\n+", "\n\\+"))
    parts.append("## Pairs\n\n" + _grid(_PAIR_TITLES, [_pair(p) for p in board.pairs], _PAIR_LEFT))
    if board.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {note}" for note in board.notes))
    return "\n\n".join(parts) + "\n"
