"""Printing: aligned tables for people, JSON for programs. Standard output carries results only; the rest is on standard error."""

import json
import math
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
ResultsFolder = Annotated[
    str | None, typer.Option("--results", metavar="DIR", help="Results folder. Default: results/<suite name>.")
]


def print_json(data: Any) -> None:
    """Print data as JSON; NaN becomes null, dates and paths text."""
    print(json.dumps(_plain(data), indent=1, default=str, allow_nan=False))


def _plain(data: Any) -> Any:
    if isinstance(data, float):
        return data if math.isfinite(data) else None
    if isinstance(data, Mapping):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, Sequence) and not isinstance(data, str | bytes):
        return [_plain(value) for value in data]
    return data


def print_table(rows: Sequence[Mapping[str, Any]], *, indent: str = "") -> None:
    """Print rows as an aligned table; the first row's keys are the heading. Numbers are right-aligned."""
    if not rows:
        return
    heading = list(rows[0])
    cells = [[_text(row.get(key)) for key in heading] for row in rows]
    widths = [max(len(key), *(len(line[i]) for line in cells)) for i, key in enumerate(heading)]
    right = [all(isinstance(row.get(key), int | float | None) for row in rows) for key in heading]

    def line(values: Sequence[str]) -> str:
        parts = [v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True)]
        return (indent + "  ".join(parts)).rstrip()

    print(line(heading))
    for values in cells:
        print(line(values))


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def remark(line: str) -> None:
    """A line for the person at the terminal, on standard error."""
    sys.stderr.write(line + "\n")


def duration(seconds: float) -> str:
    """Seconds as people say them: 4 s, 3 min, 2.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
