"""Metrics of clean and poisoned victims on audit rows, also of victims that a set was not crafted on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from a4g_bench.leaderboard.charts.base import Axis, Chart, Mean, mean
from a4g_bench.leaderboard.charts.cell_results import CellResults, Contender
from a4g_bench.store.rows import AuditRow


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One metric of the audit, ``metric`` being its column: a number per victim, or one per group."""

    metric: str
    axis: Axis
    per_group: bool


@dataclass(frozen=True, kw_only=True)
class AuditedVictim:
    """A victim on audit rows, clean or poisoned by an entrant (of that ``position``; None for the clean one).

    ``values`` has a mean over the ``audited`` seeds per metric, and one per group for metrics per group.
    """

    label: str
    victim: str
    side: Literal["clean", "poisoned"]
    position: int | None
    audited: int
    values: Mapping[str, tuple[Mean, ...]]


_HARM_PANEL = {"FNR": "group_fnr", "FPR": "group_fpr"}


@dataclass(frozen=True, kw_only=True)
class AuditChart(Chart):
    """Metrics of victims on audit rows. ``victims`` begin with the clean one; there are none if none was audited."""

    groups: tuple[str, ...]
    panels: tuple[Panel, ...]
    victims: tuple[AuditedVictim, ...]

    @property
    def harm_metric(self) -> str:
        """The metric per group whose gap U is."""
        return _HARM_PANEL[self.harm]


@dataclass(frozen=True, kw_only=True)
class TransferChart(AuditChart):
    """The victims that an entrant's poison sets were audited on, each clean and then poisoned: first the one that they
    were ``crafted_on``, then the others, which never met the search.
    """

    label: str
    crafted_on: str


_PANELS = (
    Panel(metric="accuracy", axis=Axis("accuracy", "%"), per_group=False),
    Panel(
        metric="demographic_parity_difference", axis=Axis("demographic parity difference", "points"), per_group=False
    ),
    Panel(metric="average_odds_difference", axis=Axis("average odds difference", "points"), per_group=False),
    Panel(metric="group_fnr", axis=Axis("FNR per group", "%"), per_group=True),
    Panel(metric="group_fpr", axis=Axis("FPR per group", "%"), per_group=True),
)


def audit_chart(results: CellResults, entrants: Sequence[Contender] | None = None) -> AuditChart:
    """The clean victim, and the victim under each entrant (default: all contenders) that was audited."""
    victim = results.cell.setting.victim
    clean = [s.clean for s in results.clean if s.clean is not None]
    victims = [_audited("clean", victim, "clean", None, clean)] if clean else []
    for entrant in results.contenders if entrants is None else entrants:
        audits = [s.poisoned for s in entrant.finished if s.poisoned is not None]
        if audits:
            victims.append(_audited(entrant.label, victim, "poisoned", entrant.position, audits))
    return AuditChart(
        cell=results.cell,
        seeds=results.seeds,
        harm=results.harm,
        groups=tuple(clean[0]["group_names"]) if clean else (),
        panels=_PANELS,
        victims=tuple(victims),
    )


def transfer_chart(results: CellResults, contender: Contender) -> TransferChart:
    """Every victim that a contender's poison sets were audited on; it must have such searches."""
    finished, crafted_on = contender.finished, results.cell.setting.victim
    own = [(s.clean, s.poisoned) for s in finished if s.clean is not None and s.poisoned is not None]
    pairs: dict[str, list[tuple[AuditRow, AuditRow]]] = {crafted_on: own}
    for name in sorted({name for s in finished for name in s.elsewhere}):
        pairs[name] = [s.elsewhere[name] for s in finished if name in s.elsewhere]
    victims = []
    for name, both in pairs.items():
        victims.append(_audited("clean", name, "clean", None, [clean for clean, _ in both]))
        victims.append(
            _audited(contender.label, name, "poisoned", contender.position, [poisoned for _, poisoned in both])
        )
    return TransferChart(
        cell=results.cell,
        seeds=results.seeds,
        harm=results.harm,
        groups=tuple(own[0][0]["group_names"]),
        panels=_PANELS,
        victims=tuple(victims),
        label=contender.label,
        crafted_on=crafted_on,
    )


def _audited(
    label: str, victim: str, side: Literal["clean", "poisoned"], position: int | None, audits: Sequence[AuditRow]
) -> AuditedVictim:
    values = {
        "accuracy": (mean([100 * row["accuracy"] for row in audits]),),
        "demographic_parity_difference": (mean([100 * row["demographic_parity_difference"] for row in audits]),),
        "average_odds_difference": (mean([100 * row["average_odds_difference"] for row in audits]),),
        "group_fnr": _per_group([row["group_fnr"] for row in audits]),
        "group_fpr": _per_group([row["group_fpr"] for row in audits]),
    }
    return AuditedVictim(label=label, victim=victim, side=side, position=position, audited=len(audits), values=values)


def _per_group(rates: Sequence[Sequence[float]]) -> tuple[Mean, ...]:
    return tuple(mean([100 * rate for rate in of_group]) for of_group in zip(*rates, strict=True))
