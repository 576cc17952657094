"""Clean and poisoned victims side by side on audit rows, metric by metric; also those that a set was not crafted on."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from a4g_bench.figures.cell_results import CellResults, Contender, Row
from a4g_bench.figures.style import CLEAN, HATCHES, SHADES, Mean, clipped, figure, look, mean, seeds, title
from a4g_bench.figures.trajectories import named

_SINGLE = (
    ("accuracy", "accuracy (%)"),
    ("demographic_parity_difference", "demographic parity\ndifference (points)"),
    ("average_odds_difference", "average odds\ndifference (points)"),
)
_PER_GROUP = (("group_fnr", "FNR"), ("group_fpr", "FPR"))


@dataclass(frozen=True)
class _Bar:
    """One line of the picture: the audits' mean rows of a victim, clean or under an attack."""

    name: str
    colour: str
    hatch: str
    audits: tuple[Row, ...]


def bars(results: CellResults) -> Figure:
    """Accuracy, demographic parity, average odds difference, and FNR and FPR per group, with intervals over seeds."""
    pair = results.cell.pair
    what = f"Audit: {pair.dataset} ({pair.attribute}), victim {pair.victim}"
    return _figure(results, _lines(results), what, "dotted: the clean victim", beside_clean=True)


def transfer_bars(results: CellResults, contender: Contender) -> Figure:
    """The same metrics of every victim that one attack's poison sets were audited on, clean and poisoned.

    First that which they were crafted on; the others never met the search.
    """
    finished, looks = contender.finished, look(contender.position)
    crafted_on, lines = results.cell.pair.victim, []
    for victim in (crafted_on, *sorted({name for s in finished for name in s.elsewhere})):
        both = [
            (s.clean, s.poisoned) if victim == crafted_on else s.elsewhere.get(victim, (None, None)) for s in finished
        ]
        clean, poisoned = (tuple(row for row in side if row is not None) for side in zip(*both, strict=True))
        how = "crafted on it" if victim == crafted_on else "crafted elsewhere"
        lines += [
            _Bar(f"{clipped(victim)}: clean", "#404040", "", clean),
            _Bar(how, looks.colour, looks.hatch, poisoned),
        ]
    pair = results.cell.pair
    what = f"Transfer: {contender.label}, {pair.dataset} ({pair.attribute}), crafted on {crafted_on}"
    return _figure(results, lines, what, "each victim clean and poisoned", beside_clean=False)


def _figure(results: CellResults, lines: Sequence[_Bar], what: str, how: str, *, beside_clean: bool) -> Figure:
    groups: list[str] = next((list(bar.audits[0]["group_names"]) for bar in lines), [])
    thick = max(0.3, 0.11 * len(groups) + 0.08)
    columns = max(1, min(len(groups), 150 // (5 + max((len(clipped(group)) for group in groups), default=0))))
    drawn = figure(12.5, 2.1 + thick * len(lines) + 0.2 * math.ceil(len(groups) / columns))
    panels: Sequence[Axes] = drawn.subplots(1, 5, sharey=True)
    for axes, (key, name) in zip(panels, _SINGLE, strict=False):
        clean = _single(axes, lines, key)
        if beside_clean:
            axes.axvline(clean, color=CLEAN, linestyle="dotted", linewidth=1)
        axes.set_xlabel(name)
    for axes, (key, name) in zip(panels[3:], _PER_GROUP, strict=True):
        _per_group(axes, lines, key, len(groups))
        axes.set_xlabel(f"{name} per group (%)" + (":\nU is its gap" if name == results.harm else "\n"))
    panels[0].set_yticks(range(len(lines)), [bar.name for bar in lines])
    panels[0].set_ylim(len(lines) - 0.4, -0.6)
    shades = [
        Patch(facecolor=shade, hatch=hatch, edgecolor="black", linewidth=0.5, label=clipped(group))
        for group, (shade, hatch) in zip(groups, map(_of_group, range(len(groups))), strict=True)
    ]
    drawn.legend(handles=shades, loc="outside lower center", ncols=columns, fontsize=8)
    interval = "mean of the seeds with 95 % interval, " if len(results.seeds) > 1 else ""
    title(drawn, what, f"{results.budget}, {seeds(results.seeds)}; {interval}{how}", columns=130)
    return drawn


def _lines(results: CellResults) -> list[_Bar]:
    lines = [_Bar("clean", "#404040", "", tuple(s.clean for s in results.clean if s.clean is not None))]
    for contender in results.contenders:
        audits = tuple(s.poisoned for s in contender.finished if s.poisoned is not None)
        looks = look(contender.position)
        lines.append(_Bar(named(contender, results), looks.colour, looks.hatch, audits))
    return [bar for bar in lines if bar.audits]


def _single(axes: Axes, lines: Sequence[_Bar], key: str) -> float:
    """Draw a metric's bars; the first one's value."""
    found = [mean([100 * row[key] for row in bar.audits]) for bar in lines]
    reach = max(m.high for m in found)
    for y, (bar, m) in enumerate(zip(lines, found, strict=True)):
        _bar(axes, y, 0.66, m, bar.colour, bar.hatch)
        beside = m.high + 0.02 * reach
        paper = {"facecolor": "white", "edgecolor": "none", "pad": 0.8}
        axes.text(beside, y, f"{m.value:.1f}", va="center", fontsize=7, bbox=paper)
    axes.set_xlim(0, max(1e-9, 1.2 * reach))
    axes.grid(visible=False, axis="y")
    return found[0].value


def _per_group(axes: Axes, lines: Sequence[_Bar], key: str, groups: int) -> None:
    thick = 0.8 / max(1, groups)
    for y, bar in enumerate(lines):
        for g in range(groups):
            m = mean([100 * row[key][g] for row in bar.audits])
            shade, hatch = _of_group(g)
            _bar(axes, y - 0.4 + thick * (g + 0.5), thick, m, shade, hatch)
    axes.set_xlim(left=0)
    axes.grid(visible=False, axis="y")


def _of_group(position: int) -> tuple[str, str]:
    return SHADES[position % len(SHADES)], HATCHES[position % len(HATCHES)]


def _bar(axes: Axes, y: float, thick: float, m: Mean, colour: str, hatch: str) -> None:
    axes.barh(y, m.value, thick, color=colour, hatch=hatch, edgecolor="black", linewidth=0.5)
    if m.seeds > 1:
        axes.errorbar([m.value], [y], xerr=m.sides, color="black", elinewidth=1, capsize=1.5, linestyle="none")


_PANELS = (
    ("FPR", "FPR (%)"),
    ("FNR", "FNR (%)"),
    ("AUC", "AUC"),
    ("selection rate", "selection rate (%)"),
    ("accuracy", "accuracy (%)"),
)


def clean(told: Mapping[str, Any]) -> Figure:
    """The rates and the AUC per group with their 95 % intervals, from what ``a4g-bench inspect`` tells."""
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
