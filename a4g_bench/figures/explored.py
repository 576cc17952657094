"""All that one search looked at, and what became of its choice."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from a4g_bench.figures.style import CLEAN, figure, title
from a4g_bench.leaderboard.charts import ExploredChart, Spot

_AUDIT = "#D55E00"


def explored(chart: ExploredChart) -> Figure:
    """Accuracy and unfairness of every query, coloured by its number; stars at the chosen and the fairest one.

    The clean victim and the final set are shown twice: as the search measured them, and as the audit did.
    """
    drawn = figure(6.6, 6.2)
    axes: Axes = drawn.subplots()
    _cloud(drawn, axes, chart)
    _arrow(axes, chart.validated_clean, chart.validated_final, CLEAN)
    _arrow(axes, chart.audited_clean, chart.audited_final, _AUDIT)
    _mark(axes, chart.fairest, "*", 22, "none", CLEAN, "fairest query")
    _mark(axes, chart.validated_clean, "X", 10, CLEAN, "white", "clean, search-validation")
    _mark(axes, chart.validated_final, "*", 17, CLEAN, "white", "final set, search-validation")
    _mark(axes, chart.audited_clean, "X", 10, "white", _AUDIT, "clean, audit")
    _mark(axes, chart.audited_final, "*", 17, _AUDIT, "white", "final set, audit")
    if chart.allowance is not None:
        axes.axvline(
            chart.allowance,
            color=CLEAN,
            linestyle="dashed",
            linewidth=1,
            label="accuracy allowance" if chart.folds == 1 else "accuracy allowance when confirmed",
        )
    axes.margins(0.08)
    axes.set_xlabel(str(chart.x))
    axes.set_ylabel(str(chart.y))
    drawn.legend(loc="outside lower center", ncols=2, fontsize=8, markerscale=0.6)
    pair = chart.setting
    title(
        drawn,
        f"{chart.label}: {pair.dataset} ({pair.attribute}), victim {pair.victim}",
        f"{chart.budget}, seed {chart.seed}, objective {chart.objective}",
        ", ".join(chart.notes),
        columns=76,
    )
    return drawn


def _cloud(drawn: Figure, axes: Axes, chart: ExploredChart) -> None:
    rows = "search-validation" if chart.folds == 1 else f"{chart.folds} folds"
    dots = None
    for phase, marker, size, where in (("explore", "o", 28, rows), ("confirm", "D", 34, "search-validation")):
        of_phase = [p for p in chart.points if p.phase == phase]
        if not of_phase:
            continue
        dots = axes.scatter(
            [p.spot.x for p in of_phase],
            [p.spot.y for p in of_phase],
            c=[p.query + 1 for p in of_phase],
            cmap="cividis_r",
            vmin=1,
            vmax=max(2, chart.last_query + 1),
            marker=marker,
            s=size,
            edgecolors="#404040",
            linewidths=0.4,
            label=f"{'explored' if phase == 'explore' else 'confirmed'}, {where}",
        )
    if dots is not None:
        bar = drawn.colorbar(dots, ax=axes, label="query", shrink=0.9)
        bar.locator = MaxNLocator(integer=True)
        bar.update_ticks()


def _mark(axes: Axes, at: Spot | None, marker: str, size: float, face: str, edge: str, label: str) -> None:
    if at is None:
        return
    axes.plot(
        [at.x],
        [at.y],
        marker=marker,
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=edge,
        markeredgewidth=1.2,
        linestyle="none",
        zorder=4,
        label=label,
    )


def _arrow(axes: Axes, start: Spot | None, end: Spot | None, colour: str) -> None:
    """From the clean victim to the poisoned one."""
    if start is None or end is None or start == end:
        return
    axes.annotate(
        "",
        xy=(end.x, end.y),
        xytext=(start.x, start.y),
        arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.2, "shrinkA": 6, "shrinkB": 8},
        zorder=3,
    )
