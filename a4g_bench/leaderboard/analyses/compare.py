"""What changed between two sets of results, beyond noise: every entrant before and after, on the same people."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, cast

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.estimates import Estimate, finite, weighted
from a4g_bench.leaderboard.evidence import Result, results_by, shares_of
from a4g_bench.leaderboard.inference import holm, p_value
from a4g_bench.leaderboard.outcomes import Outcome, check_rows
from a4g_bench.leaderboard.records import Cell, Entrant
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_sides
from a4g_bench.leaderboard.summary import score_weights
from a4g_bench.protocol import LEVEL
from a4g_bench.store.tables import ResultTables

#: Whether it is of the later results, the cell, the entrant.
_Place = tuple[bool, Cell, Entrant]
Verdict = Literal["better", "worse", "no difference"]


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entrant at one cell, or over all cells that both sets have (then the coordinates are null).

    ``before`` and ``after`` are GC@1, ``difference`` the latter less the former with its paired 95 % interval. ``p`` is
    its two-sided p-value after Holm's correction over all changes of the same kind (cells, or overall).
    """

    entrant: str
    objective: str
    query_budget: int
    dataset: str | None
    attribute: str | None
    victim: str | None
    budget_label: str | None
    before: float | None
    after: float | None
    difference: float | None
    low: float | None
    high: float | None
    p: float
    verdict: Verdict

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """What changed, and what cannot be compared.

    ``overall`` has a row per entrant in both sets, ``cells`` one per entrant and cell in both; ``only_before`` and
    ``only_after`` name the entrants and cells that have no counterpart with the same seeds.
    """

    overall: tuple[Change, ...]
    cells: tuple[Change, ...]
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def worse(self) -> tuple[Change, ...]:
        """The changes for the worse that noise does not explain."""
        return tuple(change for change in (*self.overall, *self.cells) if change.verdict == "worse")

    def to_json(self) -> dict[str, Any]:
        """Plain data without NaN."""
        return {
            "overall": [change.to_json() for change in self.overall],
            "cells": [change.to_json() for change in self.cells],
            "only_before": list(self.only_before),
            "only_after": list(self.only_after),
        }


def compare(
    before: Sequence[ResultTables],
    after: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
) -> Comparison:
    """Compare two sets of results entrant by entrant, on the cells and seeds that both have.

    Differences are paired by seed and audit row.

    Args:
        before: Tables of the results held against.
        after: Tables of the results that may have changed.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.

    Returns:
        The changes, overall and per cell.

    Raises:
        StoreError: Where the sets have nothing in common, or cannot share a board: other rows of a data set, other
            definitions of a victim, another protocol version.
    """
    selection = Selection(datasets=tuple(datasets), victims=tuple(victims))
    old, new = ([s for s in side if s.role != REFERENCE_LINE] for side in read_sides([before, after], selection))
    results = _both(read_consistent(before, old)[0], read_consistent(after, new)[0])
    places = sorted({(cell, entrant) for _, cell, entrant in results}, key=lambda p: (p[1], p[0]))
    pairs = {place: pair for place in places if (pair := _pair(results, place)) is not None}
    if not pairs:
        raise StoreError("the results have no entrant, cell and seeds in common: there is nothing to compare")
    shares = shares_of([*old, *new])
    cells = [_change(entrant, {cell: pair}, shares) for (cell, entrant), pair in pairs.items()]
    overall = [
        _change(entrant, {cell: pair for (cell, other), pair in pairs.items() if other == entrant}, shares, alone=False)
        for entrant in dict.fromkeys(entrant for _, entrant in pairs)
    ]
    lone = [place for place in places if place not in pairs]
    return Comparison(
        overall=_judged(overall),
        cells=_judged(cells),
        only_before=tuple(f"{entrant.attack} on {cell}" for cell, entrant in lone if (False, cell, entrant) in results),
        only_after=tuple(f"{entrant.attack} on {cell}" for cell, entrant in lone if (True, cell, entrant) in results),
    )


def _both(old: Sequence[Outcome], new: Sequence[Outcome]) -> Mapping[_Place, Result]:
    """Results by whether they are the later ones, cell and entrant; pooled together, so differences are paired."""
    check_rows([*old, *new])
    later = {id(outcome) for outcome in new}
    results = results_by(
        [*old, *new], lambda outcome: (id(outcome) in later, outcome.search.cell, outcome.search.entrant)
    )
    return cast(Mapping[_Place, Result], results)


def _pair(results: Mapping[_Place, Result], place: tuple[Cell, Entrant]) -> tuple[Estimate, Estimate] | None:
    """The scores before and after; None unless both have the same seeds."""
    old, new = (results.get((is_later, *place)) for is_later in (False, True))
    return None if old is None or new is None or old.seeds != new.seeds else (old.score, new.score)


def _change(
    entrant: Entrant,
    pairs: Mapping[Cell, tuple[Estimate, Estimate]],
    shares: Mapping[Cell, float | None],
    *,
    alone: bool = True,
) -> tuple[Change, Estimate]:
    """A change that is not judged yet, with its difference."""
    cells = list(pairs)
    weights = score_weights(cells, shares)
    old, new = (weighted(weights, side) for side in zip(*pairs.values(), strict=True))
    difference = new - old
    low, high = difference.interval() or (None, None)
    at = cells[0].setting if alone else None
    return Change(
        entrant=entrant.attack,
        objective=entrant.objective,
        query_budget=entrant.query_budget,
        dataset=at.dataset if at else None,
        attribute=at.attribute if at else None,
        victim=at.victim if at else None,
        budget_label=cells[0].budget.label if alone else None,
        before=finite(old.value),
        after=finite(new.value),
        difference=finite(difference.value),
        low=finite(low),
        high=finite(high),
        p=1.0,
        verdict="no difference",
    ), difference


def _judged(changes: Sequence[tuple[Change, Estimate]]) -> tuple[Change, ...]:
    adjusted = holm([p_value(difference) for _, difference in changes])
    judged = []
    for (change, difference), p in zip(changes, adjusted, strict=True):
        verdict: Verdict = "no difference"
        if p <= LEVEL:
            verdict = "better" if difference.value > 0 else "worse"
        judged.append(replace(change, p=float(p), verdict=verdict))
    return tuple(judged)
