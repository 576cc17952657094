"""The columns that a board has, and those that a table shows.

A third party adds one by the entry point ``a4g_bench.columns``; a registered metric brings its own.
"""

from collections.abc import Sequence

from a4g_bench import plugins
from a4g_bench.errors import A4GError, nearest
from a4g_bench.leaderboard.builtin_columns import COLUMNS, SETS, metric_column
from a4g_bench.leaderboard.column import Column, Shown

_ABOUT = {
    "off-target": "Change of each metric on held-out people, in points: negative is less unfair (but for the"
    " demographic parity ratio and the accuracy, where positive is better). Whatever was optimised.",
}


def columns_of(metrics: Sequence[str] = ()) -> tuple[Column, ...]:
    """All columns: the package's, those of the ``metrics`` that results hold beyond the package's, and third parties'.

    Raises ``A4GError`` for a third party's column that is none, or that takes the key of another.
    """
    columns = [*COLUMNS, *(metric_column(name) for name in metrics)]
    for name in plugins.names("columns"):
        column = plugins.get("columns", name)
        if not isinstance(column, Column):
            raise A4GError(f"column '{name}' is registered as {column!r}, which is no Column")
        if column.key in {known.key for known in columns}:
            raise A4GError(f"column '{name}' has the key of another, '{column.key}': give it one of its own")
        columns.append(column)
    return tuple(columns)


def shown(columns: Sequence[Column], text: str) -> tuple[Shown, ...]:
    """The columns of a table: ``text`` has names of sets, keys, or metrics, joined by commas.

    A table without a set of columns begins with rank and entrant all the same. Raises ``A4GError`` with the
    nearest name for what is none.
    """
    by_key = {column.key: column for column in columns}
    parts = [part.strip() for part in text.split(",") if part.strip()] or [""]
    table: list[Shown] = []
    if not any(part in SETS for part in parts):
        table += _who(columns)
    for part in parts:
        if part in SETS:
            table += columns_in(columns, part)
            continue
        column = by_key.get(part) or by_key.get(f"change_{part}")
        if column is None:
            names = [*SETS, *by_key, *(key.removeprefix("change_") for key in by_key if key.startswith("change_"))]
            raise A4GError(f"unknown columns '{part}'{nearest(part, names)}")
        table.append(next(iter(column.sets.values()), column.alone))
    return tuple(dict.fromkeys(table))


def columns_in(columns: Sequence[Column], name: str) -> list[Shown]:
    """The columns of a set, in its order."""
    return sorted((column.sets[name] for column in columns if name in column.sets), key=lambda one: one.order)


def legend(columns: Sequence[Column], table: Sequence[Shown]) -> str:
    """What a table shows: what holds for a whole set, then what its columns mean, in its order."""
    meanings = {entry: column.meaning for column in columns for entry in (*column.sets.values(), column.alone)}
    explanations = {entry: meanings.get(entry, "") if entry.legend is None else entry.legend for entry in table}
    about = [
        _ABOUT[name] for name in SETS if name in _ABOUT and set(columns_in(columns, name)) <= {*table, *_who(columns)}
    ]
    return " ".join([*about, *(f"{entry.title}: {meaning}." for entry, meaning in explanations.items() if meaning)])


def _who(columns: Sequence[Column]) -> list[Shown]:
    """Rank and entrant, which every table begins with."""
    return columns_in(columns, SETS[0])[:2]
