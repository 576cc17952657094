"""The best query so far of each entrant, beside what final sets promised and what held."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from a4g_bench.leaderboard.charts.base import Axis, Chart, Mean, Measure, mean, measure_axis
from a4g_bench.leaderboard.charts.cell_results import CellResults, Contender, Curve, Point, SearchResults


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
        y=measure_axis(measure, results.harm),
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
