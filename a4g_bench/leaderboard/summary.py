"""One row per entrant over some cells: the protocol's means, and the ranks among the entrants."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from a4g_bench.leaderboard.columns import Row, Status, finite
from a4g_bench.leaderboard.estimates import Estimate, allowed_gain, ratio, weighted
from a4g_bench.leaderboard.evidence import Competitor, Evidence, Result
from a4g_bench.leaderboard.inference import Rank, ranks_of
from a4g_bench.leaderboard.records import Cell
from a4g_bench.protocol import LEAST_CEILING, LEVEL
from a4g_bench.store.tables import DETECTABILITY, OFF_TARGET


@dataclass(frozen=True)
class Place:
    """The coordinates that all cells of a row share."""

    dataset: str | None = None
    attribute: str | None = None
    victim: str | None = None
    budget: float | None = None
    budget_label: str | None = None


def protocol_weights(cells: Sequence[Cell]) -> list[float]:
    """Weights that sum to 1 and turn a sum into the mean over data sets of that over victims of that over budgets."""
    datasets = {(c.pair.dataset, c.pair.attribute) for c in cells}
    weights = []
    for c in cells:
        own = (c.pair.dataset, c.pair.attribute)
        victims = {o.pair.victim for o in cells if (o.pair.dataset, o.pair.attribute) == own}
        budgets = sum(o.pair == c.pair for o in cells)
        weights.append(1 / (len(datasets) * len(victims) * budgets))
    return weights


def rank(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per entrant over some cells, ranked among each other; best first."""
    rankable = bool(cells) and all(evidence.pairs[cell.pair].rankable for cell in cells)
    weights = protocol_weights(cells)
    summaries = [_Summary.of(evidence, one, cells, weights) for one in evidence.competitors]
    complete = [s for s in summaries if s.complete] if rankable else []
    ranks = dict(zip((s.who.label for s in complete), ranks_of([s.fg for s in complete if s.fg]), strict=True))
    rows = []
    for s in summaries:
        status: Status = "not rankable" if not rankable else "ok" if s.complete else "incomplete"
        rows.append(s.row(place, status, ranks.get(s.who.label)))
    return tuple(sorted(rows, key=_order))


def lines(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per reference line over some cells of no rows, the largest gain first; none is ranked."""
    weights = protocol_weights(cells)
    summaries = [_Summary.of(evidence, one, cells, weights) for one in evidence.lines]
    rows = [s.row(place, "reference" if s.results else "incomplete", None) for s in summaries]
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[Any, ...]:
    return (row.status == "incomplete", row.fg is None, row.tier or 0, -(row.fg or 0.0), row.entrant)


@dataclass(frozen=True, eq=False)
class _Summary:
    """One entrant over some cells; ``results`` is empty if it lacks one of them altogether."""

    who: Competitor
    complete: bool
    results: tuple[Result, ...]
    weights: Sequence[float]
    over_reference: Estimate | None
    fg: Estimate | None
    of_ceiling: Estimate | None = None

    @classmethod
    def of(cls, evidence: Evidence, who: Competitor, cells: Sequence[Cell], weights: Sequence[float]) -> "_Summary":
        found = [evidence.results.get((cell, who.entrant)) for cell in cells]
        results = tuple(r for r in found if r is not None)
        if not cells or len(results) < len(cells):
            return cls(who, False, (), weights, None, None)
        ceilings = [c for cell in cells if (c := evidence.ceiling(who.entrant, cell)) is not None]
        over = [o for cell in cells if (o := evidence.over_reference(who.entrant, cell)) is not None]
        return cls(
            who,
            evidence.complete(who.entrant, cells),
            results,
            weights,
            weighted(weights, over) if len(over) == len(cells) else None,
            weighted(weights, [r.fg for r in results]),
            _share(weighted(weights, [allowed_gain(r.gain, r.cost) for r in results]), weighted(weights, ceilings))
            if len(ceilings) == len(cells)
            else None,
        )

    def _mean(self, values: Sequence[float | None]) -> float | None:
        known = [v for v in values if v is not None]
        if not known or len(known) < len(values):
            return None
        return finite(sum(w * v for w, v in zip(self.weights, known, strict=True)))

    def _known_mean(self, values: Sequence[float | None]) -> float | None:
        """The weighted mean over the cells where the value exists."""
        known = [(w, v) for w, v in zip(self.weights, values, strict=False) if v is not None]  # none if it lacks a cell
        return finite(sum(w * v for w, v in known) / sum(w for w, _ in known)) if known else None

    def _rose(self) -> bool:
        looks = sum(r.groups for r in self.results)
        return min(r.rise_p for r in self.results) * looks <= LEVEL

    def row(self, place: Place, status: Status, rank: Rank | None) -> Row:
        some = self.results
        cost = weighted(self.weights, [r.cost for r in some]) if some else None
        closed = weighted(self.weights, [r.change for r in some]) if some else None
        signed = weighted(self.weights, [r.gap_signed for r in some]) if some else None
        fg_low, fg_high = (None if end is None else min(1.0, max(-1.0, end)) for end in _interval(self.fg))
        gap_low, gap_high = _interval(signed)
        closed_low, closed_high = _interval(closed)
        over_low, over_high = _interval(self.over_reference)
        share_low, share_high = _interval(self.of_ceiling)
        knowledge, labels, row_origin = some[0].threat if some else ("", "", "")
        return Row(
            entrant=self.who.label,
            attack=self.who.entrant.attack,
            objective=self.who.entrant.objective,
            query_budget=self.who.entrant.query_budget,
            role=self.who.role,
            dataset=place.dataset,
            attribute=place.attribute,
            victim=place.victim,
            budget=place.budget,
            budget_label=place.budget_label,
            fg=finite(self.fg.value) if self.fg else None,
            fg_low=fg_low,
            fg_high=fg_high,
            gain=self._mean([r.gain.value for r in some]),
            gap_clean=self._mean([r.gap_clean for r in some]),
            gap_clean_low=gap_low,
            gap_clean_high=gap_high,
            gap_poisoned=self._mean([r.gap_poisoned for r in some]),
            gap_closed=finite(closed.value) if closed else None,
            gap_closed_low=closed_low,
            gap_closed_high=closed_high,
            validation_gap_clean=self._mean([r.validation_gap_clean for r in some]),
            validation_gap_poisoned=self._mean([r.validation_gap_poisoned for r in some]),
            accuracy_cost=finite(cost.value) if cost else None,
            accuracy_cost_upper=finite(cost.upper()) if cost else None,
            gain_over_random_duplicates=finite(self.over_reference.value) if self.over_reference else None,
            gain_over_random_duplicates_low=over_low,
            gain_over_random_duplicates_high=over_high,
            of_ceiling=finite(self.of_ceiling.value) if self.of_ceiling else None,
            of_ceiling_low=share_low,
            of_ceiling_high=share_high,
            optimism=self._mean([r.optimism for r in some]),
            levelling_down=self._rose() if some else None,
            queries=self._mean([r.queries for r in some]),
            poison_rows=self._mean([r.poison_rows for r in some]),
            cpu_seconds=self._mean([r.cpu_seconds for r in some]),
            knowledge=knowledge,
            labels=labels,
            row_origin=row_origin,
            **{name: self._known_mean([r.detectability[name] for r in some]) for name in DETECTABILITY},
            **{f"change_{name}": self._mean([r.off_target[name] for r in some]) for name in OFF_TARGET},
            seeds=min((len(r.seeds) for r in some), default=0),
            tier=rank.tier if rank else None,
            rank_low=rank.rank_low if rank else None,
            rank_high=rank.rank_high if rank else None,
            status=status,
        )


def _share(part: Estimate, whole: Estimate) -> Estimate | None:
    """A ratio; None where there is nothing to share."""
    return ratio(part, whole) if whole.value >= LEAST_CEILING else None


def _interval(estimate: Estimate | None) -> tuple[float | None, float | None]:
    low, high = estimate.interval() if estimate else (float("nan"), float("nan"))
    return finite(low), finite(high)
