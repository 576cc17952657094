"""A board as text: an aligned table, GitHub Markdown, CSV or JSON."""

import csv
import io
import json
from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Literal

from a4g_bench.errors import A4GError, nearest
from a4g_bench.leaderboard.board import Board, View
from a4g_bench.leaderboard.column import Row, Shown, number
from a4g_bench.leaderboard.columns import columns_in, legend, shown
from a4g_bench.leaderboard.settings import Setting

Format = Literal["table", "csv", "json", "md", "latex"]

_REFERENCES = "Reference methods (mitigations that add no rows; not ranked)"
_WIDTH = 110  # of notes in the plain table


def render(board: Board, format: Format = "table", by: View | None = None, columns: str = "scores") -> str:
    """Return a board as text ending in a newline.

    ``by`` breaks the scores down per data set, victim or poison budget. ``csv`` has every column of the board and a
    ``scope`` (``overall`` or the breakdown, ``cell``, and ``reference``); ``json`` is ``Board.to_json``, with the
    breakdown under ``by``. ``columns`` chooses those of the tables: ``scores``, ``off-target`` (how far every other
    metric moved) or ``threat`` (knowledge, labels, and how the rows give themselves away), keys of columns, or metrics,
    joined by commas.
    """
    table = shown(board.columns, columns)
    formats: dict[str, Callable[[Board, View | None], str]] = {
        "table": lambda board, by: _table(board, by, table),
        "csv": _csv,
        "json": _json,
        "md": lambda board, by: _md(board, by, table),
        "latex": lambda board, by: _latex(board, by, table),
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
    names = [column.key for column in board.columns]
    writer.writerow(["scope", *names])
    scopes = (
        (by or "overall", board.by(by) if by else board.overall),
        ("cell", board.cells),
        ("reference", board.references),
    )
    for scope, rows in scopes:
        for row in rows:
            writer.writerow([scope, *(_no_formula(row.values[name]) for name in names)])
    return text.getvalue()


def _no_formula(value: object) -> object:
    """Text that a spreadsheet would compute gets an apostrophe in front, which it takes for text."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _title(board: Board) -> str:
    budgets = f", poison budgets {', '.join(board.budgets)}" if board.budgets else ""
    return f"GC@1 (gap closed within one point of accuracy), protocol version {board.protocol_version}{budgets}"


def _sections(board: Board, by: View | None) -> list[tuple[str, list[Row]]]:
    if by is None:
        return [("Overall", list(board.overall))]
    headings: dict[View, Callable[[Row], str]] = {
        "dataset": lambda r: f"{r.dataset} ({r.attribute})",
        "victim": lambda r: str(r.victim),
        "budget": lambda r: f"poison budget {r.budget_label}",
        "track": lambda r: f"attribute {r.track} to the victim" if r.track == "visible" else "attribute hidden",
    }
    return [(heading, list(rows)) for heading, rows in groupby(board.by(by), headings[by])]


_SETTING_TITLES = ("data set", "attribute", "victim", "clean gap (points)", "resolvable", "seeds", "counts")
_SETTING_LEFT = (True, True, True, False, False, False, True)


def _setting(s: Setting) -> list[str]:
    gap = number(s.gap_clean, 1, scale=100)
    if s.gap_clean_low is not None:
        gap += f" [{number(s.gap_clean_low, 1, scale=100)}, {number(s.gap_clean_high, 1, scale=100)}]"
    resolvable = number(s.resolvable, 1, scale=100)
    return [s.dataset, s.attribute, s.victim, gap, resolvable, str(s.seeds), "yes" if s.counts else "inconclusive"]


def _aligned(titles: Sequence[str], lines: Sequence[Sequence[str]], left: Sequence[bool]) -> str:
    widths = [max(map(len, column)) for column in zip(titles, *lines, strict=True)]

    def line(values: Sequence[str]) -> str:
        cells = [v.ljust(w) if at else v.rjust(w) for v, w, at in zip(values, widths, left, strict=True)]
        return "  ".join(cells).rstrip()

    return "\n".join([line(titles), "  ".join("-" * w for w in widths), *map(line, lines)])


def _titled(heading: str, rows: Sequence[Row], columns: Sequence[Shown]) -> tuple[str, list[Shown]]:
    """A section's heading and columns: the reference's only where it is known, the seeds in the heading where all rows
    have as many.
    """
    kept = [c for c in columns if c.title != "of ref." or any(r.of_reference is not None for r in rows)]
    seeds = {row.seeds for row in rows if row.seeds}
    if len(seeds) != 1 or not any(c.title == "seeds" for c in kept):
        return heading, kept
    return f"{heading} ({seeds.pop()} seeds)", [c for c in kept if c.title != "seeds"]


def _shown(board: Board, by: View | None, columns: Sequence[Shown]) -> list[Shown]:
    """The columns that any section shows, and so the legend explains."""
    kept = {shown for heading, rows in _sections(board, by) for shown in _titled(heading, rows, columns)[1]}
    return [column for column in columns if column in kept]


def _references(board: Board, grid: Callable[[Sequence[str], Sequence[Sequence[str]], Sequence[bool]], str]) -> str:
    """The reference methods over all settings that count."""
    columns = columns_in(board.columns, "references")
    overall = [row for row in board.references if row.dataset is None]
    return grid(
        [c.title for c in columns], [[c.text(row) for c in columns] for row in overall], [c.left for c in columns]
    )


def _table(board: Board, by: View | None, columns: Sequence[Shown]) -> str:
    from textwrap import fill

    parts = [_title(board)]
    for heading, rows in _sections(board, by):
        title, kept = _titled(heading, rows, columns)
        body = [[c.text(row) for c in kept] for row in rows]
        parts.append(f"{title}\n\n" + _aligned([c.title for c in kept], body, [c.left for c in kept]))
    parts.append(fill(legend(board.columns, _shown(board, by, columns)), _WIDTH))
    if board.references:
        parts.append(f"{_REFERENCES}\n\n{_references(board, _aligned)}")
    parts.append("Settings\n\n" + _aligned(_SETTING_TITLES, [_setting(s) for s in board.settings], _SETTING_LEFT))
    if board.notes:
        wrapped = [fill(n, _WIDTH, initial_indent="- ", subsequent_indent="  ") for n in board.notes]
        parts.append("Notes\n\n" + "\n".join(wrapped))
    return "\n\n".join(parts) + "\n"


def _plain(text: str) -> str:
    """Text in Markdown that is no markup, HTML or otherwise, and one line."""
    return " ".join(text.split("\n")).replace("<", "&lt;").replace("*", "\\*")


def _grid(titles: Sequence[str], lines: Sequence[Sequence[str]], left: Sequence[bool]) -> str:
    rules = ["---" if at else "--:" for at in left]
    escaped = [[_plain(v.strip()).replace("|", "\\|") for v in values] for values in (titles, *lines)]
    rows = [f"| {' | '.join(values)} |" for values in (escaped[0], rules, *escaped[1:])]
    return "\n".join(rows)


def _md(board: Board, by: View | None, columns: Sequence[Shown]) -> str:
    parts = [f"# {_title(board)}"]
    for heading, rows in _sections(board, by):
        title, kept = _titled(heading, rows, columns)
        body = [[c.text(row) for c in kept] for row in rows]
        parts.append(f"## {_plain(title)}\n\n" + _grid([c.title for c in kept], body, [c.left for c in kept]))
    parts.append(_plain(legend(board.columns, _shown(board, by, columns))))
    if board.references:
        parts.append(f"## {_REFERENCES}\n\n{_references(board, _grid)}")
    parts.append("## Settings\n\n" + _grid(_SETTING_TITLES, [_setting(s) for s in board.settings], _SETTING_LEFT))
    if board.notes:
        parts.append("## Notes\n\n" + "\n".join(f"- {_plain(note)}" for note in board.notes))
    return "\n\n".join(parts) + "\n"


_LATEX = str.maketrans(
    {
        "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
        "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", ">": r"$\to$",
    }
)  # fmt: skip


def _in_one_line(text: str) -> str:
    """A comment of LaTeX ends where its line does."""
    return " ".join(text.split())


def _latex(board: Board, by: View | None, columns: Sequence[Shown]) -> str:
    """One ``tabular`` per section, for the package booktabs."""
    parts = [f"% {_in_one_line(_title(board))}"]
    for heading, rows in _sections(board, by):
        title, kept = _titled(heading, rows, columns)
        lines = [[c.title for c in kept], *([c.text(row).strip() for c in kept] for row in rows)]
        head, *body = (" & ".join(value.translate(_LATEX) for value in line) + r" \\" for line in lines)
        layout = "".join("l" if c.left else "r" for c in kept)
        opened = [f"% {_in_one_line(title)}", rf"\begin{{tabular}}{{{layout}}}", r"\toprule", head, r"\midrule"]
        parts.append("\n".join([*opened, *body, r"\bottomrule", r"\end{tabular}"]))
    return "\n\n".join(parts) + "\n"
