"""One look for all pictures: Okabe and Ito's colours, with a marker, a dash and a hatch so that grey suffices."""

import hashlib
import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure

from a4g_bench.leaderboard.charts import Mean

Format = Literal["png", "svg"]

#: Colour-blind safe (Okabe & Ito 2008, "Color Universal Design"), without black, which is the clean victim's, and
#: yellow, which white paper swallows.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p", "h", "*")
DASHES: tuple[Any, ...] = ("solid", (0, (6, 2)), (0, (1.5, 1.5)), (0, (7, 2, 1.5, 2)))
HATCHES = ("", "///", "...", "\\\\\\", "xxx", "|||", "---", "ooo", "+++")
CLEAN = "#000000"
#: Light to dark, for groups.
SHADES = ("#D9D9D9", "#8C8C8C", "#F0F0F0", "#595959", "#BFBFBF", "#737373", "#FFFFFF", "#404040")

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
    "font.size": 9,
    "axes.titlesize": 9,
    "figure.titlesize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "legend.frameon": False,
    "text.parse_math": False,  # a name may hold a dollar sign
    "figure.constrained_layout.use": True,
    "svg.hashsalt": "a4g-bench",
    "savefig.dpi": 150,
}
_METADATA: dict[str, dict[str, str | None]] = {
    "svg": {"Date": None, "Creator": "a4g-bench"},
    "png": {"Software": "a4g-bench"},
}


@dataclass(frozen=True)
class Look:
    """How an entrant is drawn; the first 12 differ in their markers, the first 24 in colour and dash together."""

    colour: str
    marker: str
    dash: Any
    hatch: str


def look(position: int) -> Look:
    """The look of the entrant at a position."""
    turn = position // len(COLOURS)
    return Look(
        COLOURS[position % len(COLOURS)],
        MARKERS[position % len(MARKERS)],
        DASHES[(position + turn) % len(DASHES)],
        HATCHES[position % len(HATCHES)],
    )


@contextmanager
def styled() -> Iterator[None]:
    """Draw in the one look, whatever the user's own settings of matplotlib."""
    with matplotlib.style.context(["default", _STYLE]), warnings.catch_warnings():
        # a group's name in a script that the font lacks is drawn as boxes; no reason to stop
        warnings.filterwarnings("ignore", r"Glyph \d+ .* missing from")
        yield


def figure(width: float, height: float) -> Figure:
    """An empty figure, in inches; not known to pyplot, so that it goes when it is no longer used."""
    return Figure(figsize=(width, height))


def render(drawn: Figure, form: Format) -> bytes:
    """The figure as a file's content: the same figure gives the same bytes."""
    sink = BytesIO()
    drawn.savefig(sink, format=form, metadata=_METADATA[form])
    return sink.getvalue()


def title(drawn: Figure, *lines: str, columns: int) -> None:
    """Head a figure with one or more lines of at most about ``columns`` characters."""
    drawn.suptitle("\n".join(part for line in lines for part in textwrap.wrap(line, columns) or [""]))


def clipped(text: str, length: int = 36) -> str:
    """A name short enough for a label, in one line."""
    text = re.sub(r"\s+", " ", text)
    return text if len(text) <= length else f"{text[: length - 1]}…"


def span(numbers: tuple[int, ...]) -> str:
    """Whole numbers as people write them: ``0-4, 7``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in runs)


def seeds(numbers: tuple[int, ...]) -> str:
    """``seed 3`` or ``seeds 0-4``."""
    return f"{'seed' if len(numbers) == 1 else 'seeds'} {span(numbers)}"


def sides(interval: Mean) -> list[list[float]]:
    """A mean's interval as matplotlib wants it: below and above the value."""
    return [[interval.value - interval.low], [interval.high - interval.value]]


LONGEST = 60


def safe(text: str) -> str:
    """Text as part of a file name on any system; what had to be changed ends in a hash, so that no two names meet."""
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.")
    if plain == text and len(text) <= LONGEST:
        return text
    return f"{plain[: LONGEST - 7].rstrip('-.')}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lstrip("-")


def file_name(*parts: str) -> str:
    """Parts joined to a name without a suffix."""
    return "--".join(map(safe, parts))
