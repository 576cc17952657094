"""Rows of the board: entrants over some cells, ranked among each other, and the reference lines beside them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.columns import columns_of
from a4g_bench.leaderboard.evidence import Evidence
from a4g_bench.leaderboard.inference import ranks_of
from a4g_bench.leaderboard.records import Cell
from a4g_bench.leaderboard.score import Rule, under
from a4g_bench.leaderboard.summary import Place, Status, Summary, score_weights


def rank(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per entrant over some cells, by score; contenders are ranked among each other."""
    conclusive = bool(cells) and all(evidence.settings[cell.setting].counts for cell in cells)
    weights = score_weights(cells, evidence.shares)
    summaries = [Summary.of(evidence, who, cells, weights, place) for who in evidence.competitors]

    def status(summary: Summary) -> Status:
        if not conclusive:
            return "inconclusive"
        if not summary.complete:
            return "incomplete"
        return "ok" if summary.score is not None and summary.score.decided else "provisional"

    judged = [replace(s, status=status(s)) for s in summaries]
    scores = {s.who.label: s.score for s in judged if s.status == "ok" and s.who.contender and s.score is not None}
    ranks = dict(zip(scores, ranks_of(list(scores.values())), strict=True))
    return _rows(evidence, [replace(s, rank=ranks.get(s.who.label)) for s in judged])


def lines(evidence: Evidence, cells: Sequence[Cell], place: Place) -> tuple[Row, ...]:
    """One row per reference line over some cells of no rows, by score; none is ranked."""
    weights = score_weights(cells, evidence.shares)
    summaries = [Summary.of(evidence, who, cells, weights, place) for who in evidence.lines]
    wanted = [
        frozenset().union(*(seeds for one, seeds in evidence.required.items() if one.setting == cell.setting))
        for cell in cells
    ]

    def whole(summary: Summary) -> bool:
        return bool(summary.results) and all(
            result.seeds >= seeds for result, seeds in zip(summary.results, wanted, strict=True)
        )

    return _rows(evidence, [replace(s, status="reference" if whole(s) else "incomplete") for s in summaries])


def place_of(cell: Cell, evidence: Evidence) -> Place:
    """The coordinates of a single cell."""
    setting = cell.setting
    return Place(
        dataset=setting.dataset,
        attribute=setting.attribute,
        victim=setting.victim,
        budget=evidence.shares[cell],
        budget_label=cell.budget.label,
        track=evidence.settings[setting].track,
    )


def order_under(evidence: Evidence, cells: Sequence[Cell], rule: Rule) -> dict[str, float]:
    """Scores of the complete contenders over some cells, under a rule, by label; the highest first."""
    weights = score_weights(cells, evidence.shares)
    scores = {
        who.label: sum(
            w * under(rule, result.closed, result.cost).value
            for w, result in zip(weights, (evidence.results[cell, who.entrant] for cell in cells), strict=True)
        )
        for who in evidence.competitors
        if who.contender and cells and evidence.complete(who.entrant, cells)
    }
    return dict(sorted(scores.items(), key=lambda item: (-item[1], item[0])))


def positions_without(evidence: Evidence, cells: Sequence[Cell]) -> Mapping[str, Mapping[str, int]]:
    """The position of each contender by its score when one data set, or one victim, is left out.

    Args:
        evidence: What is known of all cells.
        cells: Those that count.

    Returns:
        Per data set and victim that can be left out, what it leaves: the contenders' positions from 1.
    """
    datasets = sorted({cell.setting.dataset for cell in cells})
    victims = sorted({cell.setting.victim for cell in cells})
    kept = {name: [c for c in cells if c.setting.dataset != name] for name in datasets if len(datasets) > 1}
    kept |= {name: [c for c in cells if c.setting.victim != name] for name in victims if len(victims) > 1}
    return {
        name: {who: 1 + i for i, who in enumerate(order_under(evidence, rest, "scaled"))} for name, rest in kept.items()
    }


def _rows(evidence: Evidence, summaries: Sequence[Summary]) -> tuple[Row, ...]:
    columns = columns_of(evidence.metrics)
    rows = [Row({column.key: column.of(summary) for column in columns}) for summary in summaries]
    return tuple(sorted(rows, key=_order))


def _order(row: Row) -> tuple[bool, bool, float, str]:
    return (row.status == "incomplete", row.gc is None, -(row.gc or 0.0), row.entrant)
