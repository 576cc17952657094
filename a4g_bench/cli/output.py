"""Printing: tables for people, JSON for programs. Standard output carries results only, standard error the rest."""

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any, TextIO


def examples(*lines: str) -> str:
    """A help text's closing paragraph: one example a line (the marker keeps help from joining them)."""
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)


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
    right = [all(_is_number(row.get(key)) for row in rows) for key in heading]

    def line(values: Sequence[str]) -> str:
        parts = [v.rjust(w) if r else v.ljust(w) for v, w, r in zip(values, widths, right, strict=True)]
        return (indent + "  ".join(parts)).rstrip()

    print(line(heading))
    for values in cells:
        print(line(values))


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float) or bool(re.fullmatch(r"[-+]?\d+(\.\d+)?", str(value)))


def print_pairs(title: str, pairs: Mapping[str, Any]) -> None:
    """Print a titled block of names and values; None is left out."""
    print(f"\n{title}")
    width = max(map(len, pairs))
    for key, value in pairs.items():
        if value is not None:
            print(f"  {key.ljust(width)}  {value}")


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def remark(line: str) -> None:
    """A line for the person at the terminal, on standard error."""
    sys.stderr.write(line.translate(_CONTROLS) + "\n")


_CONTROLS = {code: "?" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"}


class Printable:
    """A text stream without control characters: what results, suites and errors say must not steer a terminal."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write text, with ``?`` for each control character but line ends and tabs."""
        return self._stream.write(text.translate(_CONTROLS))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def duration(seconds: float) -> str:
    """Seconds as people say them: 4 s, 3 min, 2.5 h."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
