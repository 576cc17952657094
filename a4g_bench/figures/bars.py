"""Clean and poisoned victims side by side on audit rows, metric by metric; also those that a set was not crafted on."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from a4g_bench.figures.style import CLEAN, HATCHES, SHADES, clipped, figure, look, seeds, sides, title
from a4g_bench.figures.trajectories import named
from a4g_bench.leaderboard.charts import AuditChart, AuditedVictim, Mean, Panel, TransferChart

_GREY = "#404040"  # bars of the clean victim
_LABEL = 20  # characters in a line below a panel


@dataclass(frozen=True, kw_only=True)
class _Bar:
    """One line of the picture: a victim, clean or under an attack."""

    name: str
    colour: str
    hatch: str
    victim: AuditedVictim


def bars(chart: AuditChart) -> Figure:
    """Accuracy, demographic parity, average odds difference, and FNR and FPR per group, with intervals over seeds."""
    pair = chart.setting
    lines = [_bar_of(victim, named(victim.label, victim.audited, len(chart.seeds))) for victim in chart.victims]
    what = f"Audit: {pair.dataset} ({pair.attribute}), victim {pair.victim}"
    return _figure(chart, lines, what, "dotted: the clean victim", beside_clean=True)


def transfer_bars(chart: TransferChart) -> Figure:
    """The same metrics of every victim that one attack's poison sets were audited on, clean and poisoned."""
    lines = []
    for victim in chart.victims:
        how = "crafted on it" if victim.victim == chart.crafted_on else "crafted elsewhere"
        lines.append(_bar_of(victim, f"{clipped(victim.victim)}: clean" if victim.side == "clean" else how))
    pair = chart.setting
    what = f"Transfer: {chart.label}, {pair.dataset} ({pair.attribute}), crafted on {chart.crafted_on}"
    return _figure(chart, lines, what, "each victim clean and poisoned", beside_clean=False)


def _bar_of(victim: AuditedVictim, name: str) -> _Bar:
    if victim.position is None:
        return _Bar(name=name, colour=_GREY, hatch="", victim=victim)
    looks = look(victim.position)
    return _Bar(name=name, colour=looks.colour, hatch=looks.hatch, victim=victim)


def _figure(chart: AuditChart, lines: Sequence[_Bar], what: str, how: str, *, beside_clean: bool) -> Figure:
    groups = chart.groups
    thick = max(0.3, 0.11 * len(groups) + 0.08)
    columns = max(1, min(len(groups), 150 // (5 + max((len(clipped(group)) for group in groups), default=0))))
    drawn = figure(12.5, 2.1 + thick * len(lines) + 0.2 * math.ceil(len(groups) / columns))
    every: Sequence[Axes] = drawn.subplots(1, len(chart.panels), sharey=True)
    for axes, panel in zip(every, chart.panels, strict=True):
        (_per_group if panel.per_group else _single)(axes, lines, panel)
        if beside_clean and not panel.per_group:
            clean_value = lines[0].victim.values[panel.metric][0].value
            axes.axvline(clean_value, color=CLEAN, linestyle="dotted", linewidth=1)
        gap = ":\nU is its gap" if panel.metric == chart.harm_metric else "\n"
        axes.set_xlabel(textwrap.fill(str(panel.axis), _LABEL) + (gap if panel.per_group else ""))
    every[0].set_yticks(range(len(lines)), [bar.name for bar in lines])
    every[0].set_ylim(len(lines) - 0.4, -0.6)
    shades = [
        Patch(facecolor=shade, hatch=hatch, edgecolor="black", linewidth=0.5, label=clipped(group))
        for group, (shade, hatch) in zip(groups, map(_of_group, range(len(groups))), strict=True)
    ]
    drawn.legend(handles=shades, loc="outside lower center", ncols=columns, fontsize=8)
    interval = "mean of the seeds with 95 % interval, " if len(chart.seeds) > 1 else ""
    title(drawn, what, f"{chart.budget}, {seeds(chart.seeds)}; {interval}{how}", columns=130)
    return drawn


def _single(axes: Axes, lines: Sequence[_Bar], panel: Panel) -> None:
    """A metric's bars, with their values beside them."""
    means = [bar.victim.values[panel.metric][0] for bar in lines]
    reach = max(m.high for m in means)
    for y, (bar, m) in enumerate(zip(lines, means, strict=True)):
        _bar(axes, y, 0.66, m, bar.colour, bar.hatch)
        beside = m.high + 0.02 * reach
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text(beside, y, f"{m.value:.1f}", va="center", fontsize=7, bbox=paper)
    axes.set_xlim(0, max(1e-9, 1.2 * reach))
    axes.grid(visible=False, axis="y")


def _per_group(axes: Axes, lines: Sequence[_Bar], panel: Panel) -> None:
    """A metric's bars, one per group."""
    for y, bar in enumerate(lines):
        means = bar.victim.values[panel.metric]
        thick = 0.8 / max(1, len(means))
        for g, m in enumerate(means):
            shade, hatch = _of_group(g)
            _bar(axes, y - 0.4 + thick * (g + 0.5), thick, m, shade, hatch)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")


def _of_group(position: int) -> tuple[str, str]:
    return SHADES[position % len(SHADES)], HATCHES[position % len(HATCHES)]


def _bar(axes: Axes, y: float, thick: float, m: Mean, colour: str, hatch: str) -> None:
    axes.barh(y, m.value, thick, color=colour, hatch=hatch, edgecolor="black", linewidth=0.5)
    if m.seeds > 1:
        axes.errorbar([m.value], [y], xerr=sides(m), color="black", elinewidth=1, capsize=1.5, linestyle="none")


_GROUP_PANELS = (
    ("FPR", "FPR (%)"),
    ("FNR", "FNR (%)"),
    ("AUC", "AUC"),
    ("selection rate", "selection rate (%)"),
    ("accuracy", "accuracy (%)"),
)


def clean(inspected: Mapping[str, Any]) -> Figure:
    """The rates and the AUC per group with their 95 % intervals, from what ``a4g-bench inspect`` says."""
    groups: Sequence[Mapping[str, Any]] = inspected["groups"]
    panels = [(key, name) for key, name in _GROUP_PANELS if any(group[key] is not None for group in groups)]
    drawn = figure(2.2 * len(panels) + 1.5, 1.9 + 0.36 * len(groups))
    every: Sequence[Axes] = drawn.subplots(1, len(panels), sharey=True, squeeze=False)[0]
    for axes, (key, name) in zip(every, panels, strict=True):
        scale = 1 if key == "AUC" else 100
        for y, group in enumerate(groups):
            if group[key] is not None:
                _point(axes, y, group[key], scale)
        axes.set_xlabel(f"{name}: the harm" if key == inspected["harm"] else name)
        axes.margins(x=0.12)
    names = [f"{clipped(str(group['group']))}\n{group['rows']:,} rows" for group in groups]
    every[0].set_yticks(range(len(groups)), names, fontsize=8)
    every[0].set_ylim(len(groups) - 0.5, -0.5)
    low, high = inspected["gap"]["low"], inspected["gap"]["high"]
    interval = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    splits = "1 split" if inspected["seeds"] == 1 else f"{inspected['seeds']} splits"
    title(
        drawn,
        f"Clean {inspected['victim']} on {inspected['dataset']} ({inspected['attribute']}), {splits}, 95 % intervals",
        f"gap of the groups' {inspected['harm']}: {100 * inspected['gap']['value']:.1f}{interval} points",
        *([f"no AUC: {inspected['no_auc']}"] if inspected["no_auc"] else []),
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
