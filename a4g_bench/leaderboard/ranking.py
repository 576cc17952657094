"""Rows of the board: entrants over some cells, ranked among each other, and the reference lines beside them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.columns import columns_of
from a4g_bench.leaderboard.evidence import Evidence
from a4g_bench.leaderboard.inference import ranks_of
from a4g_bench.leaderboard.records import Cell
from a4g_bench.leaderboard.summary import Place, Status, Summary, protocol_weights


def rank(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per entrant over some cells, ranked among each other; best first."""
    rankable = bool(cells) and all(evidence.pairs[cell.pair].rankable for cell in cells)
    weights = protocol_weights(cells)
    summaries = [Summary.of(evidence, who, cells, weights, place) for who in evidence.competitors]
    complete = [s for s in summaries if s.complete] if rankable else []
    ranks = dict(zip((s.who.label for s in complete), ranks_of([s.fg for s in complete if s.fg]), strict=True))

    def status(summary: Summary) -> Status:
        return "not rankable" if not rankable else "ok" if summary.complete else "incomplete"

    return _rows(evidence, [replace(s, status=status(s), rank=ranks.get(s.who.label)) for s in summaries])


def lines(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per reference line over some cells of no rows, the largest gain first; none is ranked."""
    weights = protocol_weights(cells)
    summaries = [Summary.of(evidence, who, cells, weights, place) for who in evidence.lines]
    return _rows(evidence, [replace(s, status="reference" if s.results else "incomplete") for s in summaries])


def place_of(cell: Cell, evidence: Evidence) -> Place:
    """The coordinates of a single cell."""
    pair = cell.pair
    return Place(
        dataset=pair.dataset,
        attribute=pair.attribute,
        victim=pair.victim,
        budget=evidence.shares[cell],
        budget_label=cell.budget.label,
    )


def _rows(evidence: Evidence, summaries: Sequence[Summary]) -> tuple[Row, ...]:
    columns = columns_of(evidence.metrics)
    rows = [Row({column.key: column.of(summary) for column in columns}) for summary in summaries]
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[Any, ...]:
    return (row.status == "incomplete", row.fg is None, row.tier or 0, -(row.fg or 0.0), row.entrant)
