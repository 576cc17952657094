"""What changed between two sets of results, beyond noise: every entrant before and after, on the same people."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.columns import finite
from a4g_bench.leaderboard.estimates import Estimate, weighted
from a4g_bench.leaderboard.evidence import Evidence, bootstrap, weigh
from a4g_bench.leaderboard.inference import holm, p_value
from a4g_bench.leaderboard.outcomes import read_outcomes
from a4g_bench.leaderboard.records import Cell, Entrant
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_searches
from a4g_bench.leaderboard.summary import protocol_weights
from a4g_bench.protocol import DRAWS, LEVEL
from a4g_bench.store.tables import ResultTables

#: Ends the names of the second set's entrants and searches while both lie on one board; no name of a suite holds it.
_AFTER = " (after)"

Verdict = Literal["better", "worse", "no difference"]


@dataclass(frozen=True)
class Change:
    """One entrant at one cell, or over all cells that both sets have (then the coordinates are null).

    ``before`` and ``after`` are FG@1, ``difference`` the latter less the former with its paired 95 % interval. ``p`` is
    its two-sided bootstrap p-value after Holm's correction over all changes of the same kind (cells, or overall).
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


@dataclass(frozen=True)
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
    draws: int = DRAWS,
) -> Comparison:
    """Compare two sets of results entrant by entrant, on the cells and seeds that both have.

    Differences are paired by seed and audit row.

    Args:
        before: Tables of the results held against.
        after: Tables of the results that may have changed.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.
        draws: Bootstrap draws.

    Returns:
        The changes, overall and per cell.

    Raises:
        StoreError: Where the sets have nothing in common, or cannot share a board: other rows of a data set, other
            definitions of a victim, another protocol version.
    """
    selection = Selection(tuple(datasets), tuple(victims))
    tables = [*before, *(_renamed(table) for table in after)]
    searches = [s for s in read_searches(tables, selection) if s.role != REFERENCE_LINE]
    outcomes, _ = read_outcomes(tables, searches)
    evidence = weigh(searches, bootstrap(outcomes, draws, {}), sorted({s.entrant for s in searches}))
    places = sorted({(cell, _bare(entrant)) for cell, entrant in evidence.results}, key=lambda p: (p[1], p[0]))
    both = [(cell, entrant) for cell, entrant in places if _pair(evidence, cell, entrant) is not None]
    if not both:
        raise StoreError("the results have no entrant, cell and seeds in common: there is nothing to compare")
    cells = _judged([_change(evidence, [cell], entrant) for cell, entrant in both])
    overall = [
        _change(evidence, [cell for cell, other in both if other == entrant], entrant, alone=False)
        for entrant in dict.fromkeys(entrant for _, entrant in both)
    ]
    lone = [place for place in places if place not in both]
    return Comparison(
        _judged(overall),
        cells,
        tuple(_named(cell, entrant) for cell, entrant in lone if (cell, entrant) in evidence.results),
        tuple(_named(cell, entrant) for cell, entrant in lone if (cell, _later(entrant)) in evidence.results),
    )


def _renamed(table: ResultTables) -> ResultTables:
    """The table with other names for its entrants and searches."""

    def marked(content: pa.Table, column: str) -> pa.Table:
        names = pc.binary_join_element_wise(content[column], "", _AFTER)
        return content.set_column(content.column_names.index(column), column, names)

    return ResultTables(
        f"{table.where}{_AFTER}",
        marked(marked(table.searches, "attack"), "search_id"),
        marked(table.predictions, "search_id"),
        table.baselines,
    )


def _later(entrant: Entrant) -> Entrant:
    return replace(entrant, attack=f"{entrant.attack}{_AFTER}")


def _bare(entrant: Entrant) -> Entrant:
    return replace(entrant, attack=entrant.attack.removesuffix(_AFTER))


def _pair(evidence: Evidence, cell: Cell, entrant: Entrant) -> tuple[Estimate, Estimate] | None:
    """FG before and after; None unless both have the same seeds."""
    old, new = (evidence.results.get((cell, one)) for one in (entrant, _later(entrant)))
    return None if old is None or new is None or old.seeds != new.seeds else (old.fg, new.fg)


def _change(
    evidence: Evidence, cells: Sequence[Cell], entrant: Entrant, *, alone: bool = True
) -> tuple[Change, Estimate]:
    """A change that is not judged yet, with its difference."""
    pairs = [pair for cell in cells if (pair := _pair(evidence, cell, entrant)) is not None]
    weights = protocol_weights(cells)
    old, new = (weighted(weights, side) for side in zip(*pairs, strict=True))
    difference = new - old
    low, high = difference.interval()
    at = cells[0].pair if alone else None
    return Change(
        entrant.attack, entrant.objective, entrant.query_budget,
        at.dataset if at else None, at.attribute if at else None, at.victim if at else None,
        cells[0].budget.label if alone else None,
        finite(old.value), finite(new.value), finite(difference.value), finite(low), finite(high), 1.0, "no difference",
    ), difference  # fmt: skip


def _judged(changes: Sequence[tuple[Change, Estimate]]) -> tuple[Change, ...]:
    adjusted = holm([p_value(difference) for _, difference in changes])
    found = []
    for (change, difference), p in zip(changes, adjusted, strict=True):
        verdict: Verdict = "no difference"
        if p <= LEVEL:
            verdict = "better" if difference.value > 0 else "worse"
        found.append(replace(change, p=float(p), verdict=verdict))
    return tuple(found)


def _named(cell: Cell, entrant: Entrant) -> str:
    return f"{entrant.attack} on {cell}"
