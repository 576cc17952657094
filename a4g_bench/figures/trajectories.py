"""What searches found, query by query, beside what their final sets give on audit rows."""

import math
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from a4g_bench.figures.style import CLEAN, clipped, figure, look, seeds, sides, title
from a4g_bench.leaderboard.charts import Mean, Measure, Trajectory, TrajectoryChart

_HANDLE, _CHARACTER = 0.6, 0.061  # inches of the legend: a column's mark and space, and a character of its text
#: With more lines than this, bands would hide each other.
MOST_BANDS = 6


def trajectories(chart: TrajectoryChart) -> Figure:
    """Left, the best query so far of each attack; right, its final set on search-validation and on audit rows.

    Both parts share the axis, so that what was promised and what held are read off the same scale.
    """
    slots = len(chart.final_sets) + 1
    handles = _legend(chart.lines, several=len(chart.seeds) > 1)
    beside = 0.6 + 0.34 * slots
    names = [named(final.label, final.audited, len(chart.seeds)) for final in chart.final_sets]
    below = 0.075 * max(len(line) for name in names for line in name.split("\n")) if names else 0.5
    width = 4.8 + beside + 0.15 * max(0, len(chart.lines) - 4) if chart.lines else max(4.5, 1.2 + beside)
    longest = max(len(str(handle.get_label())) for handle in handles)
    columns = max(1, min(2 if len(handles) < 9 else 3, int(width / (_HANDLE + _CHARACTER * longest))))
    drawn = figure(width, 4.2 + below + 0.19 * math.ceil(len(handles) / columns))
    if chart.lines:
        left, right = drawn.subplots(1, 2, sharey=True, width_ratios=[width - beside - 0.6, beside])
        _lines(left, chart)
    else:
        right = drawn.subplots()
    _final_sets(right, chart, ["clean", *names])
    _scale(right, chart.measure)
    (left if chart.lines else right).set_ylabel(str(chart.y))
    drawn.legend(handles=handles, loc="outside lower center", ncols=columns, fontsize=8)
    pair = chart.setting
    title(
        drawn,
        f"{chart.measure.capitalize()}: {pair.dataset} ({pair.attribute}), victim {pair.victim}",
        f"{chart.budget}, {seeds(chart.seeds)}",
        columns=int(drawn.get_figwidth() * 11),
    )
    return drawn


def _scale(axes: Axes, measure: Measure) -> None:
    """U from 0, so that the share of the gap that is closed can be seen; accuracy over two points at least."""
    low, high = axes.get_ylim()
    if measure == "unfairness":
        axes.set_ylim(-0.02 * high, 1.02 * high)
    else:
        middle, half = (low + high) / 2, max(1.0, (high - low) / 2)
        axes.set_ylim(middle - half, middle + half)


def _lines(axes: Axes, chart: TrajectoryChart) -> None:
    longest = 0
    for order, line in enumerate(chart.lines):
        looks = look(line.position)
        low, middle, high = line.band.low, line.band.middle, line.band.high
        queries = np.arange(len(middle))
        longest = max(longest, len(queries) - 1)
        every = max(1, len(queries) // 6)
        first = order * every // len(chart.lines)
        if line.searches > 1 and len(chart.lines) <= MOST_BANDS:
            axes.fill_between(queries, low, high, step="post", color=looks.colour, alpha=0.15, linewidth=0)
        elif line.searches > 1:
            there = slice(first, None, every)
            quartiles = [(middle - low)[there], (high - middle)[there]]
            axes.errorbar(
                queries[there], middle[there], quartiles, color=looks.colour, linestyle="none", elinewidth=0.8
            )
        axes.plot(
            queries,
            middle,
            drawstyle="steps-post",
            color=looks.colour,
            linestyle=looks.dash,
            marker=looks.marker,
            markevery=(first, every),
            markersize=5,
            label=line.label,
        )
    if chart.explored_clean is not None:
        axes.axhline(chart.explored_clean, color=CLEAN, linestyle="dashed", linewidth=1)
    axes.set_xlim(-0.02 * max(1, longest), 1.02 * max(1, longest))
    axes.set_xlabel(str(chart.x))
    beyond = f"explored on {chart.folds} folds,\nconfirmed on search-validation rows"
    axes.set_title("best so far, on search-validation rows" if chart.folds == 1 else f"best so far: {beyond}")


def _final_sets(axes: Axes, chart: TrajectoryChart, names: Sequence[str]) -> None:
    """One slot per attack: open, the final set on search-validation rows; filled, on audit rows."""
    if chart.clean.held is not None:
        axes.axhline(chart.clean.held.value, color=CLEAN, linestyle="dotted", linewidth=1.2)
    for slot, final in enumerate((chart.clean, *chart.final_sets)):
        colour, marker = CLEAN, "o"
        if final.position is not None:
            looks = look(final.position)
            colour, marker = looks.colour, looks.marker
        _point(axes, slot - 0.17, final.promised, colour, marker, filled=False)
        _point(axes, slot + 0.17, final.held, colour, marker, filled=True)
    axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.grid(visible=False, axis="x")
    axes.set_title("final sets")


def named(label: str, audited: int, of_seeds: int) -> str:
    """An attack's name, with the seeds it was audited on if others have more."""
    return clipped(label) + (f"\n({audited} of {of_seeds} seeds)" if audited < of_seeds else "")


def _point(axes: Axes, x: float, value: Mean | None, colour: str, marker: str, *, filled: bool) -> None:
    if value is None:
        return
    axes.errorbar(
        [x],
        [value.value],
        yerr=sides(value) if value.seeds > 1 else None,
        color=colour,
        marker=marker,
        markersize=6,
        markerfacecolor=colour if filled else "white",
        markeredgecolor=colour,
        elinewidth=1.2,
        capsize=2,
        linestyle="none",
    )


def _legend(lines: Sequence[Trajectory], *, several: bool) -> list[Line2D | Patch]:
    handles: list[Line2D | Patch] = []
    for line in lines:
        looks = look(line.position)
        unfinished = "" if line.finished else " (unfinished)"
        handles.append(
            Line2D(
                [], [], color=looks.colour, linestyle=looks.dash, marker=looks.marker, markersize=5,
                label=clipped(line.label, 44) + unfinished,
            )
        )  # fmt: skip
    if lines:
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
    if any(line.searches > 1 for line in lines):
        spread = "band" if len(lines) <= MOST_BANDS else "thin bars"
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
