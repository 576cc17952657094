"""The data of the charts that pictures and the report draw: what is on each axis, and every series of numbers on it.

Numbers are in the unit of their axis: rates in percent, U and differences of rates in points. Nothing here draws.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy.stats import t

from a4g_bench.leaderboard.analyses.cell_results import CellResults, Contender, Curve, Point, SearchResults, measured
from a4g_bench.leaderboard.records import Cell, PairKey
from a4g_bench.store.rows import AuditRow

Measure = Literal["unfairness", "accuracy"]


@dataclass(frozen=True)
class Axis:
    """What an axis shows, and its unit (empty for a count)."""

    title: str
    unit: Literal["%", "points", ""] = ""

    def __str__(self) -> str:
        return f"{self.title} ({self.unit})" if self.unit else self.title


@dataclass(frozen=True, kw_only=True)
class Mean:
    """A mean over seeds in percent or points, with its 95 % interval (its own value for a single seed)."""

    value: float
    low: float
    high: float
    seeds: int


def mean(values: Sequence[float]) -> Mean:
    """Mean of percents and Student's t interval over seeds, ``t(n-1, 0.975) s / sqrt(n)``, cut to 0..100.

    ``values`` must not be empty.
    """
    percents = np.asarray(values, dtype=np.float64)
    n = len(percents)
    half = float(_quantile(n - 1) * percents.std(ddof=1) / np.sqrt(n)) if n > 1 else 0.0
    value = float(percents.mean())
    low, high = min(value, max(0.0, value - half)), max(value, min(100.0, value + half))
    return Mean(value=value, low=low, high=high, seeds=n)


@cache
def _quantile(freedom: int) -> float:
    return float(t.ppf(0.975, freedom))


@dataclass(frozen=True, kw_only=True, eq=False)
class Band:
    """Median and quartiles over seeds by query, (queries + 1,) each; NaN where no search has a value yet."""

    low: Curve
    middle: Curve
    high: Curve


def band(curves: Sequence[Curve], *, ended: bool) -> Band:
    """Median and quartiles of curves by query.

    Searches that ``ended`` keep their last value where others asked more; of unfinished ones only the queries that all
    of them have are shown. Where a curve has no value yet (NaN) the others decide; where none has, the result is NaN.
    """
    if ended:
        length = max(map(len, curves))
        curves = [np.concatenate([c, np.full(length - len(c), c[-1])]) for c in curves]
    else:
        length = min(map(len, curves))
    stacked = np.stack([c[:length] for c in curves])
    quartiles = np.full((3, length), np.nan)
    known = np.isfinite(stacked).any(axis=0)
    quartiles[:, known] = np.nanquantile(stacked[:, known], (0.25, 0.5, 0.75), axis=0)
    low, middle, high = quartiles
    return Band(low=low, middle=middle, high=high)


@dataclass(frozen=True, kw_only=True)
class Chart:
    """What a chart is about: a cell, the seeds of its searches, and the rate (FNR or FPR) whose gap U is."""

    cell: Cell
    seeds: tuple[int, ...]
    harm: str
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> PairKey:
        """Data set, attribute and victim."""
        return self.cell.pair

    @property
    def budget(self) -> str:
        """The poison budget in words."""
        budget = self.cell.budget
        return f"poison budget {budget.label}{' rows' if budget.is_count else ''}"


def _measure_axis(measure: Measure, harm: str) -> Axis:
    return Axis(f"unfairness U: {harm} gap", "points") if measure == "unfairness" else Axis("accuracy", "%")


# best so far, and final sets ------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True, eq=False)
class Trajectory:
    """The best query so far of an entrant's searches, after 0, 1, ... queries.

    ``searches`` is how many they are, ``folds`` the most on which one of them judges an exploring query. ``clean`` is
    the median of the clean victim as these searches measured it beside their final sets; where that is on other rows
    than the queries, the band has no value at 0 queries.
    """

    label: str
    position: int
    finished: bool
    searches: int
    folds: int
    band: Band
    clean: float | None


@dataclass(frozen=True, kw_only=True)
class FinalSets:
    """What an entrant's final sets give: ``promised`` on search-validation rows, ``held`` on audit rows, over the
    ``audited`` searches. The clean victim is a series of its own, without a position.
    """

    label: str
    position: int | None
    audited: int
    promised: Mean | None
    held: Mean | None


@dataclass(frozen=True, kw_only=True)
class TrajectoryChart(Chart):
    """U or accuracy (``y``) by number of queries (``x``), and beside it, on the same ``y``, that of the final sets.

    ``explored_clean`` is the median over seeds of the clean victim on the rows that judge exploring queries, None if no
    search's row has it.
    """

    measure: Measure
    x: Axis
    y: Axis
    lines: tuple[Trajectory, ...]
    explored_clean: float | None
    clean: FinalSets
    final_sets: tuple[FinalSets, ...]

    @property
    def folds(self) -> int:
        """The most folds on which a search of the lines judges an exploring query."""
        return max((line.folds for line in self.lines), default=1)


def trajectory_chart(results: CellResults, measure: Measure) -> TrajectoryChart:
    """The best query so far of each contender that made queries, and what the final sets of each one give."""
    lines = (trajectory(contender, measure) for contender in results.contenders)
    explored = [_value(point, measure) for point in _one_per_seed(results, SearchResults.explored_clean)]
    validated = _one_per_seed(results, lambda s: s.validated("clean"))
    return TrajectoryChart(
        cell=results.cell,
        seeds=results.seeds,
        harm=results.harm,
        measure=measure,
        x=Axis("queries"),
        y=_measure_axis(measure, results.harm),
        lines=tuple(line for line in lines if line is not None),
        explored_clean=float(np.median(explored)) if explored else None,
        clean=FinalSets(
            label="clean",
            position=None,
            audited=len(results.clean),
            promised=_mean(validated, measure),
            held=_mean([s.audited("clean") for s in results.clean], measure),
        ),
        final_sets=tuple(
            FinalSets(
                label=contender.label,
                position=contender.position,
                audited=len(contender.finished),
                promised=_mean([s.validated("poisoned") for s in contender.finished], measure),
                held=_mean([s.audited("poisoned") for s in contender.finished], measure),
            )
            for contender in results.contenders
        ),
    )


def trajectory(contender: Contender, measure: Measure) -> Trajectory | None:
    """The best query so far of a contender's searches; None if it made no queries."""
    traced = contender.traced
    if not traced:
        return None
    clean = [_value(point, measure) for s in traced if (point := s.measured_clean()) is not None]
    curves = [100 * s.incumbents()[0 if measure == "unfairness" else 1] for s in traced]
    return Trajectory(
        label=contender.label,
        position=contender.position,
        finished=bool(contender.finished),
        searches=len(traced),
        folds=max(s.folds for s in traced),
        band=band(curves, ended=bool(contender.finished)),
        clean=float(np.median(clean)) if clean else None,
    )


def _value(point: Point, measure: Measure) -> float:
    return 100 * (point.unfairness if measure == "unfairness" else point.accuracy)


def _mean(points: Sequence[Point | None], measure: Measure) -> Mean | None:
    values = [_value(p, measure) for p in points if p is not None]
    return mean(values) if values else None


def _one_per_seed(results: CellResults, of: Callable[[SearchResults], Point | None]) -> list[Point]:
    """The clean victim, which is the same in all searches of a seed on the same rows."""
    by_seed = {s.search.seed: point for s in results.searches if (point := of(s)) is not None}
    return [by_seed[seed] for seed in sorted(by_seed)]


# all that a search looked at ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spot:
    """Where a victim lies: its accuracy (``x``, %) and its U (``y``, points)."""

    x: float
    y: float


@dataclass(frozen=True, kw_only=True)
class ExploredPoint:
    """A query that did not fail: its number from 0, its phase (``explore`` or ``confirm``) and what was measured."""

    query: int
    phase: str
    spot: Spot


@dataclass(frozen=True, kw_only=True)
class ExploredChart(Chart):
    """U (``y``) against accuracy (``x``) of all queries of one search.

    The clean victim and the final set are there as the search measured them on search-validation rows (``validated``)
    and as the audit did (``audited``). ``allowance`` is the accuracy below which a set was not acceptable to the
    search; ``last_query`` is the number of the last one made, failed ones included.
    """

    label: str
    seed: int
    objective: str
    x: Axis
    y: Axis
    folds: int
    last_query: int
    points: tuple[ExploredPoint, ...]
    fairest: Spot | None
    validated_clean: Spot | None
    validated_final: Spot | None
    audited_clean: Spot | None
    audited_final: Spot | None
    allowance: float | None


def explored_chart(results: CellResults, contender: Contender, searched: SearchResults) -> ExploredChart:
    """Everything that one search of a contender looked at."""
    points = explored_points(searched)
    clean, allowed = searched.validated("clean"), searched.allowance
    return ExploredChart(
        cell=results.cell,
        seeds=(searched.search.seed,),
        harm=searched.harm,
        notes=_query_notes(searched, len(points)),
        label=contender.label,
        seed=searched.search.seed,
        objective=searched.search.entrant.objective,
        x=_measure_axis("accuracy", searched.harm),
        y=_measure_axis("unfairness", searched.harm),
        folds=searched.folds,
        last_query=max((query["query"] for query in searched.queries), default=0),
        points=points,
        fairest=min(points, key=lambda p: (p.spot.y, p.query)).spot if points else None,
        validated_clean=_spot(clean),
        validated_final=_spot(searched.validated("poisoned")),
        audited_clean=_spot(searched.audited("clean")),
        audited_final=_spot(searched.audited("poisoned")),
        allowance=None if clean is None or allowed is None else 100 * (clean.accuracy - allowed),
    )


def explored_points(searched: SearchResults) -> tuple[ExploredPoint, ...]:
    """The queries of a search that did not fail, in order."""
    return tuple(
        ExploredPoint(query=query["query"], phase=query["phase"], spot=spot)
        for query in searched.queries
        if (spot := _spot(measured(query))) is not None
    )


def _spot(point: Point | None) -> Spot | None:
    return None if point is None else Spot(100 * point.accuracy, 100 * point.unfairness)


def _query_notes(searched: SearchResults, shown: int) -> tuple[str, ...]:
    made, allowed = len(searched.queries), searched.search.entrant.query_budget
    notes = [f"{made} of {allowed} queries"]
    if made > shown:
        notes.append(f"{made - shown} failed")
    if searched.poisoned is None:
        notes.append(f"not finished: {searched.search.lacks or 'no audit'}")
    return tuple(notes)


# audits ---------------------------------------------------------------------------------------------------------------


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
    victim = results.cell.pair.victim
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
    finished, crafted_on = contender.finished, results.cell.pair.victim
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
