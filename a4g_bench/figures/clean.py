"""A data set before any attack: what a clean victim does to each group."""

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from a4g_bench.figures.style import clipped, figure, look, title

_PANELS = (
    ("FPR", "FPR (%)"),
    ("FNR", "FNR (%)"),
    ("AUC", "AUC"),
    ("selection rate", "selection rate (%)"),
    ("accuracy", "accuracy (%)"),
)


def clean(told: Mapping[str, Any]) -> Figure:
    """The rates and the AUC per group with their 95 % intervals, from what ``engine.clean_audit`` tells."""
    groups: Sequence[Mapping[str, Any]] = told["groups"]
    panels = [(key, name) for key, name in _PANELS if any(group[key] is not None for group in groups)]
    drawn = figure(2.2 * len(panels) + 1.5, 1.9 + 0.36 * len(groups))
    every: Sequence[Axes] = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (key, name) in zip(every, panels, strict=True):
        scale = 1 if key == "AUC" else 100
        for y, group in enumerate(groups):
            if group[key] is not None:
                _point(axes, y, group[key], scale)
        axes.set_xlabel(f"{name}: the harm" if key == told["harm"] else name)
        axes.margins(x=0.12)
    names = [f"{clipped(str(group['group']))}\n{group['rows']:,} rows" for group in groups]
    every[0].set_yticks(range(len(groups)), names, fontsize=8)
    every[0].set_ylim(len(groups) - 0.5, -0.5)
    low, high = told["gap"]["low"], told["gap"]["high"]
    interval = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    splits = "1 split" if told["seeds"] == 1 else f"{told['seeds']} splits"
    title(
        drawn,
        f"Clean {told['victim']} on {told['dataset']} ({told['attribute']}), {splits}, 95 % intervals",
        f"gap of the groups' {told['harm']}: {100 * told['gap']['value']:.1f}{interval} points",
        *([f"no AUC: {told['no_auc']}"] if told["no_auc"] else []),
        columns=int(drawn.get_figwidth() * 11),
    )
    return drawn


def _point(axes: Axes, y: float, rate: Mapping[str, float], scale: float) -> None:
    value, low, high = (scale * rate[key] for key in ("value", "low", "high"))
    looks = look(int(y))
    axes.errorbar(
        [value],
        [y],
        xerr=[[max(0.0, value - low)], [max(0.0, high - value)]],
        color=looks.colour,
        marker=looks.marker,
        markersize=7,
        markeredgecolor="black",
        markeredgewidth=0.6,
        elinewidth=1.4,
        capsize=3,
        linestyle="none",
    )
