"""All that a search looked at: accuracy and unfairness of its queries, of the clean victim and of its final set."""

from dataclasses import dataclass

from a4g_bench.leaderboard.charts.base import Axis, Chart, measure_axis
from a4g_bench.leaderboard.charts.cell_results import CellResults, Contender, Point, SearchResults, measured


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
        x=measure_axis("accuracy", searched.harm),
        y=measure_axis("unfairness", searched.harm),
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
