"""All that one search looked at, and what became of its choice."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from a4g_bench.figures.cell_results import CellResults, Contender, Point, Row, Searched
from a4g_bench.figures.style import CLEAN, figure, title

_AUDIT = "#D55E00"


def explored(results: CellResults, contender: Contender, searched: Searched) -> Figure:
    """Accuracy and unfairness of every query, coloured by its number; stars at the chosen and the fairest one.

    The clean victim and the final set are shown twice: as the search measured them, and as the audit did.
    """
    drawn = figure(6.6, 6.2)
    axes: Axes = drawn.subplots()
    measured = [q for q in searched.queries if q["failed"] is None and q["unfairness"] is not None]
    _cloud(drawn, axes, searched, measured)
    clean = searched.validated("clean")
    chosen = searched.validated("poisoned")
    _arrow(axes, clean, chosen, CLEAN)
    _arrow(axes, searched.audited("clean"), searched.audited("poisoned"), _AUDIT)
    if measured:
        fairest = min(measured, key=lambda q: (q["unfairness"], q["query"]))
        _mark(axes, _point(fairest), "*", 22, "none", CLEAN, "fairest query")
    _mark(axes, clean, "X", 10, CLEAN, "white", "clean, search-validation")
    _mark(axes, chosen, "*", 17, CLEAN, "white", "final set, search-validation")
    _mark(axes, searched.audited("clean"), "X", 10, "white", _AUDIT, "clean, audit")
    _mark(axes, searched.audited("poisoned"), "*", 17, _AUDIT, "white", "final set, audit")
    if clean is not None and searched.allowance is not None:
        axes.axvline(
            100 * (clean.accuracy - searched.allowance),
            color=CLEAN,
            linestyle="dashed",
            linewidth=1,
            label="accuracy allowance" if searched.folds == 1 else "accuracy allowance when confirmed",
        )
    axes.margins(0.08)
    axes.set_xlabel("accuracy (%)")
    axes.set_ylabel(f"unfairness U: {searched.harm} gap (points)")
    drawn.legend(loc="outside lower center", ncols=2, fontsize=8, markerscale=0.6)
    pair, entrant = results.cell.pair, searched.search.entrant
    title(
        drawn,
        f"{contender.label}: {pair.dataset} ({pair.attribute}), victim {pair.victim}",
        f"{results.budget}, seed {searched.search.seed}, objective {entrant.objective}",
        _queries(searched, measured),
        columns=76,
    )
    return drawn


def _queries(searched: Searched, measured: Sequence[Row]) -> str:
    made, allowed = len(searched.queries), searched.search.entrant.query_budget
    parts = [f"{made} of {allowed} queries"]
    failed = made - len(measured)
    if failed:
        parts.append(f"{failed} failed")
    if searched.poisoned is None:
        parts.append(f"not finished: {searched.search.lacks or 'no audit'}")
    return ", ".join(parts)


def _point(query: Row) -> Point:
    return Point(query["unfairness"], query["accuracy"])


def _cloud(drawn: Figure, axes: Axes, searched: Searched, measured: Sequence[Row]) -> None:
    last = max((q["query"] for q in searched.queries), default=0)
    rows = "search-validation" if searched.folds == 1 else f"{searched.folds} folds"
    dots = None
    for phase, marker, size, where in (("explore", "o", 28, rows), ("confirm", "D", 34, "search-validation")):
        mine = [q for q in measured if q["phase"] == phase]
        if not mine:
            continue
        dots = axes.scatter(
            [100 * q["accuracy"] for q in mine],
            [100 * q["unfairness"] for q in mine],
            c=[q["query"] + 1 for q in mine],
            cmap="cividis_r",
            vmin=1,
            vmax=max(2, last + 1),
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


def _mark(axes: Axes, at: Point | None, marker: str, size: float, face: str, edge: str, label: str) -> None:
    if at is None:
        return
    axes.plot(
        [100 * at.accuracy],
        [100 * at.unfairness],
        marker=marker,
        markersize=size,
        markerfacecolor=face,
        markeredgecolor=edge,
        markeredgewidth=1.2,
        linestyle="none",
        zorder=4,
        label=label,
    )


def _arrow(axes: Axes, start: Point | None, end: Point | None, colour: str) -> None:
    """From the clean victim to the poisoned one."""
    if start is None or end is None or start == end:
        return
    axes.annotate(
        "",
        xy=(100 * end.accuracy, 100 * end.unfairness),
        xytext=(100 * start.accuracy, 100 * start.unfairness),
        arrowprops={"arrowstyle": "->", "color": colour, "linewidth": 1.2, "shrinkA": 6, "shrinkB": 8},
        zorder=3,
    )
