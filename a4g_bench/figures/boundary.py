"""Where a victim's decision boundary runs before and after poisoning, over the points of a data set of two numbers."""

from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from a4g_bench.attacks.base import Poison
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Table
from a4g_bench.engine.fits import Job, Trainer, TrainingData
from a4g_bench.engine.row_sets import TRAIN, RowSet
from a4g_bench.errors import DataError, VictimError

_GRID_POINTS = RowSet(kind="grid")
_GRID = 200  # points per axis at which the victim is asked
_MARGIN = 0.05  # of each axis, for points at the edge
_MOST = 600  # points drawn, or clean and poisoned ones hide each other
_INK, _SKY, _RED = "#000000", "#56b4e9", "#d55e00"  # Okabe & Ito 2008: told apart by the colour-blind, and in grey
_MARKERS = "osD^v<>ph*"
_DASHED: Literal["--"] = "--"
_SOLID: Literal["-"] = "-"


def boundary(
    table: Table, poison: Poison, *, attribute: str | None = None, victim: str = "logistic_regression", seed: int = 0
) -> Figure:
    """Draw the boundaries of a victim trained on the table, and on the table and poison rows.

    The table's two numeric features are the axes and must be all that victims see. A group is a shape; the favourable
    label is filled, the other hollow; poison rows are larger crosses, upright for the favourable label; the clean
    boundary is dashed, the poisoned one solid. Raises ``DataError`` for a table that has other features, and
    ``VictimError`` for a victim that cannot be trained.
    """
    schema = table.schema
    attribute = attribute or schema.protected[0]
    seen = [j for j, feature in enumerate(schema.features) if feature.visible]
    if len(seen) != 2 or any(schema.features[j].kind == "categorical" for j in seen):
        raise DataError(f"data set '{table.name}': a boundary needs victims that see two numbers and nothing else")
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.add_subplot()
    handles = _points(axes, table, attribute, seen, seed)
    handles += _poison(axes, poison, schema.favourable, seen)
    grid = _grid(np.concatenate([table.features, poison.features]), seen)
    for name, style, rows in (
        ("clean boundary", _DASHED, None),
        ("poisoned boundary", _SOLID, (poison.features, poison.labels)),
    ):
        scores = _scores(table, grid, Job(TRAIN, _GRID_POINTS, seed, rows, output="scores"), victim)
        axes.contour(grid[..., seen[0]], grid[..., seen[1]], scores, levels=[0.5], colors=_INK, linestyles=style)
        handles.append(Line2D([], [], color=_INK, linestyle=style, label=name))
    axes.set(xlabel=schema.names[seen[0]], ylabel=schema.names[seen[1]], title=f"{victim} on {table.name}")
    figure.legend(handles=handles, loc="outside lower center", ncols=2, frameon=False, fontsize="small")
    return figure


def _points(axes: Axes, table: Table, attribute: str, seen: list[int], seed: int) -> list[Line2D]:
    """The table's points, or a random part of them; the legend's entries."""
    rng = np.random.default_rng(seed)
    drawn = np.sort(rng.permutation(len(table))[:_MOST])
    points, labels = table.features[drawn], table.labels[drawn]
    groups = table.schema.groups(points, attribute)
    handles = []
    for code, group in enumerate(table.schema.group_names(attribute)):
        for label in (table.schema.favourable, 1 - table.schema.favourable):
            chosen = points[(groups == code) & (labels == label)]
            filled = label == table.schema.favourable
            line = Line2D(
                chosen[:, seen[0]],
                chosen[:, seen[1]],
                linestyle="",
                marker=_MARKERS[code % len(_MARKERS)],
                markersize=4,
                color=_SKY,
                markeredgecolor="#606060",
                markeredgewidth=0.6,
                fillstyle="full" if filled else "none",
                label=f"{group}, {table.schema.label}: {table.schema.label_values[label]}",
            )
            handles.append(axes.add_line(line))
    axes.autoscale_view()
    return handles


def _poison(axes: Axes, poison: Poison, favourable: int, seen: list[int]) -> list[Line2D]:
    handles = []
    for label, marker, name in ((favourable, "+", "favourable"), (1 - favourable, "x", "unfavourable")):
        rows = poison.features[poison.labels == label]
        if len(rows):
            handles += axes.plot(
                rows[:, seen[0]], rows[:, seen[1]], marker, color=_RED, markersize=8, mew=1.5, label=f"poison, {name}"
            )
    return handles


def _grid(features: Array, seen: list[int]) -> Array:
    """Raw rows (y, x, d) over the range of the points and a margin; features that victims do not see are 0."""
    low, high = features[:, seen].min(axis=0), features[:, seen].max(axis=0)
    margin = _MARGIN * (high - low)
    x, y = (np.linspace(low[i] - margin[i], high[i] + margin[i], _GRID) for i in range(2))
    grid = np.zeros((_GRID, _GRID, features.shape[1]))
    grid[..., seen[0]], grid[..., seen[1]] = np.meshgrid(x, y)
    return grid


def _scores(table: Table, grid: Array, job: Job, victim: str) -> Array:
    """The victim's score (y, x) of the favourable label at each point of the grid."""
    points = grid.reshape(-1, grid.shape[-1])
    features, n = np.concatenate([table.features, points]), len(table)
    labels = np.concatenate([table.labels, np.zeros(len(points), dtype=np.int8)])
    sets = {TRAIN: np.arange(n), _GRID_POINTS: np.arange(n, len(features))}
    training_data = TrainingData(
        key="boundary",
        schema=table.schema,
        features=features,
        labels=labels,
        sets=sets,
        scale_on=TRAIN,
        victim=victim,
        parameters={},
    )
    fit = Trainer(training_data).run(job)
    if fit.values is None:
        raise VictimError(f"victim '{victim}' could not be trained for its boundary: {fit.failed}")
    scores: Array = fit.values.reshape(grid.shape[:2])
    return scores
