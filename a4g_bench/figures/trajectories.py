"""What searches found, query by query, beside what their final sets give on audit rows."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from a4g_bench.figures.cell_results import CellResults, Contender, Point, Searched
from a4g_bench.figures.style import CLEAN, Mean, band, clipped, figure, look, mean, seeds, title

What = Literal["unfairness", "accuracy"]
_HANDLE, _CHARACTER = 0.6, 0.061  # inches of the legend: a column's mark and space, and a character of its text
#: With more lines than this, bands would hide each other.
MOST_BANDS = 6


def trajectories(results: CellResults, what: What) -> Figure:
    """Left, the best query so far of each attack; right, its final set on search-validation and on audit rows.

    Both parts share the axis, so that what was promised and what held are read off the same scale.
    """
    traced = [c for c in results.contenders if c.traced]
    slots = len(results.contenders) + 1
    handles = _legend(traced, several=len(results.seeds) > 1)
    beside = 0.6 + 0.34 * slots
    below = (
        0.075 * max(len(line) for c in results.contenders for line in named(c, results).split("\n"))
        if slots > 1
        else 0.5
    )
    width = 4.8 + beside + 0.15 * max(0, len(traced) - 4) if traced else max(4.5, 1.2 + beside)
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, min(2 if len(handles) < 9 else 3, int(width / (_HANDLE + _CHARACTER * longest))))
    drawn = figure(width, 4.2 + below + 0.19 * math.ceil(len(handles) / columns))
    if traced:
        left, right = drawn.subplots(1, 2, sharey=True, width_ratios=[width - beside - 0.6, beside])
        _lines(left, results, traced, what)
    else:
        right = drawn.subplots()
    _points(right, results, what)
    _scale(right, what)
    (left if traced else right).set_ylabel(
        f"unfairness U: {results.harm} gap (points)" if what == "unfairness" else "accuracy (%)"
    )
    drawn.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=8)
    pair = results.cell.pair
    title(
        drawn,
        f"{what.capitalize()}: {pair.dataset} ({pair.attribute}), victim {pair.victim}",
        f"{results.budget}, {seeds(results.seeds)}",
        columns=int(drawn.get_figwidth() * 11),
    )
    return drawn


def _scale(axes: Axes, what: What) -> None:
    """U from 0, so that the share of the gap that is closed can be seen; accuracy over two points at least."""
    low, high = axes.get_ylim()
    if what == "unfairness":
        axes.set_ylim(-0.02 * high, 1.02 * high)
    else:
        middle, half = (low + high) / 2, max(1.0, (high - low) / 2)
        axes.set_ylim(middle - half, middle + half)


def _value(point: Point, what: What) -> float:
    return 100 * (point.unfairness if what == "unfairness" else point.accuracy)


def _mean(points: Sequence[Point | None], what: What) -> Mean | None:
    values = [_value(p, what) for p in points if p is not None]
    return mean(values) if values else None


def _lines(axes: Axes, results: CellResults, traced: Sequence[Contender], what: What) -> None:
    longest = 0
    for order, contender in enumerate(traced):
        looks = look(contender.position)
        curves = [s.incumbents()[0 if what == "unfairness" else 1] * 100 for s in contender.traced]
        found = band(curves, ended=bool(contender.finished))
        queries = np.arange(len(found.middle))
        longest = max(longest, len(queries) - 1)
        every = max(1, len(queries) // 6)
        first = order * every // len(traced)
        if len(curves) > 1 and len(traced) <= MOST_BANDS:
            axes.fill_between(queries, found.low, found.high, step="post", color=looks.colour, alpha=0.15, linewidth=0)
        elif len(curves) > 1:
            there = slice(first, None, every)
            sides = [(found.middle - found.low)[there], (found.high - found.middle)[there]]
            axes.errorbar(
                queries[there], found.middle[there], sides, color=looks.colour, linestyle="none", elinewidth=0.8
            )
        axes.plot(
            queries,
            found.middle,
            drawstyle="steps-post",
            color=looks.colour,
            linestyle=looks.dash,
            marker=looks.marker,
            markevery=(first, every),
            markersize=5,
            label=contender.label,
        )
    clean = [_value(point, what) for point in _one_per_seed(results, Searched.explored_clean)]
    if clean:
        axes.axhline(float(np.median(clean)), color=CLEAN, linestyle="dashed", linewidth=1)
    axes.set_xlim(-0.02 * max(1, longest), 1.02 * max(1, longest))
    axes.set_xlabel("queries")
    folds = max(s.folds for c in traced for s in c.traced)
    beyond = f"explored on {folds} folds,\nconfirmed on search-validation rows"
    axes.set_title("best so far, on search-validation rows" if folds == 1 else f"best so far: {beyond}")


def _one_per_seed(results: CellResults, of: Callable[[Searched], Point | None]) -> list[Point]:
    """The clean victim, which is the same in all searches of a seed on the same rows."""
    by_seed = {s.search.seed: point for s in results.searches if (point := of(s)) is not None}
    return [by_seed[seed] for seed in sorted(by_seed)]


def _points(axes: Axes, results: CellResults, what: What) -> None:
    """One slot per attack: open, the final set on search-validation rows; filled, on audit rows."""
    clean = _mean([s.audited("clean") for s in results.clean], what)
    if clean is not None:
        axes.axhline(clean.value, color=CLEAN, linestyle="dotted", linewidth=1.2)
    validated = _one_per_seed(results, lambda s: s.validated("clean"))
    _point(axes, -0.17, _mean(validated, what), CLEAN, "o", filled=False)
    _point(axes, 0.17, clean, CLEAN, "o", filled=True)
    names = ["clean"]
    for slot, contender in enumerate(results.contenders, 1):
        looks, finished = look(contender.position), contender.finished
        promised = _mean([s.validated("poisoned") for s in finished], what)
        _point(axes, slot - 0.17, promised, looks.colour, looks.marker, filled=False)
        held = _mean([s.audited("poisoned") for s in finished], what)
        _point(axes, slot + 0.17, held, looks.colour, looks.marker, filled=True)
        names.append(named(contender, results))
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.set_title("final sets")


def named(contender: Contender, results: CellResults) -> str:
    """An attack's name, with the seeds it was audited on if others have more."""
    audited = len(contender.finished)
    short = f"\n({audited} of {len(results.seeds)} seeds)" if audited < len(results.seeds) else ""
    return clipped(contender.label) + short


def _point(axes: Axes, x: float, value: Mean | None, colour: str, marker: str, *, filled: bool) -> None:
    if value is None:
        return
    axes.errorbar(
        [x],
        [value.value],
        yerr=value.sides if value.seeds > 1 else None,
        color=colour,
        marker=marker,
        markersize=6,
        markerfacecolor=colour if filled else "white",
        markeredgecolor=colour,
        elinewidth=1.2,
        capsize=2,
        linestyle="none",
    )


def _legend(traced: Sequence[Contender], *, several: bool) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    for contender in traced:
        looks = look(contender.position)
        unfinished = "" if contender.finished else " (unfinished)"
        handles.append(
            Line2D(
                [], [], color=looks.colour, linestyle=looks.dash, marker=looks.marker, markersize=5,
                label=clipped(contender.label, 44) + unfinished,
            )
        )  # fmt: skip
    if traced:
        handles.append(
            Line2D(
                [],
                [],
                color=CLEAN,
                linestyle="dashed",
                linewidth=1,
                label=f"clean, on the rows explored{': median' if several else ''}",
            )
        )
    handles.append(
        Line2D(
            [], [], color=CLEAN, linestyle="dotted", linewidth=1.2, label=f"clean, audit{': mean' if several else ''}"
        )
    )
    if any(len(c.traced) > 1 for c in traced):
        spread = "band" if len(traced) <= MOST_BANDS else "thin bars"
        handles.append(Patch(color="#808080", alpha=0.3, label=f"line: median of the seeds; {spread}: quartiles"))
    interval = ": mean of the seeds, 95 % interval" if several else ""
    for filled, rows in ((False, "search-validation (promised)"), (True, "audit (held)")):
        handles.append(
            Line2D(
                [], [], color="#606060", marker="o", linestyle="none",
                markerfacecolor="#606060" if filled else "white", label=f"{rows}{interval}",
            )
        )  # fmt: skip
    return handles
