"""Entrants held against each other: head to head, and the groups that cannot be told apart."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from scipy.stats import rankdata

from a4g_bench.errors import StoreError, nearest
from a4g_bench.leaderboard.board import Study, counted_cells
from a4g_bench.leaderboard.competitors import Competitor
from a4g_bench.leaderboard.estimates import Estimate, finite, weighted
from a4g_bench.leaderboard.evidence import Evidence
from a4g_bench.leaderboard.inference import told_apart
from a4g_bench.leaderboard.records import Cell
from a4g_bench.leaderboard.summary import score_weights


@dataclass(frozen=True)
class Ranked:
    """A contender's GC@1 over the settings that count, and its mean rank over their cells (1 is best; ties share)."""

    entrant: str
    role: str
    gc: float
    mean_rank: float


@dataclass(frozen=True)
class CriticalDifference:
    """The complete contenders in order, and which of them cannot be told apart.

    ``ranked`` has the highest GC@1 first; ``bars`` are the longest runs (first, last position) that hold nobody who
    differs from another in the run, by the board's own Holm-corrected test.

    Demšar (2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7) draws such bars by the
    Nemenyi test on ranks; here the bars follow the ranks of the board.
    """

    ranked: tuple[Ranked, ...]
    bars: tuple[tuple[int, int], ...]


def critical_difference(study: Study) -> CriticalDifference:
    """The critical-difference diagram of a study, of its contenders; empty if no setting counts."""
    evidence = study.evidence
    cells = counted_cells(evidence, evidence.settings)
    complete = [
        who for who in evidence.competitors if who.contender and cells and evidence.complete(who.entrant, cells)
    ]
    weights = score_weights(cells, evidence.shares)
    scores = [weighted(weights, [evidence.results[cell, who.entrant].score for cell in cells]) for who in complete]
    if not all(score.decided for score in scores) or not scores:
        return CriticalDifference((), ())
    table = np.array([[evidence.results[cell, who.entrant].score.value for who in complete] for cell in cells])
    ranks = np.asarray(weights) @ rankdata(-table, axis=1)
    order = sorted(range(len(complete)), key=lambda i: (-scores[i].value, complete[i].label))
    ranked = tuple(Ranked(complete[i].label, complete[i].role, scores[i].value, float(ranks[i])) for i in order)
    return CriticalDifference(ranked, bars([scores[i] for i in order]))


def bars(scores: Sequence[Estimate]) -> tuple[tuple[int, int], ...]:
    """The maximal runs of at least two neighbours within which no two are told apart."""
    apart = told_apart(scores)
    runs: list[tuple[int, int]] = []
    for first in range(len(scores)):
        last = first
        while last + 1 < len(scores) and not any((i, last + 1) in apart for i in range(first, last + 1)):
            last += 1
        if last > first and (not runs or last > runs[-1][1]):
            runs.append((first, last))
    return tuple(runs)


Verdict = Literal["ahead", "behind", "undecided"]


@dataclass(frozen=True, kw_only=True)
class HeadToHead:
    """An entrant against a rival at one poison budget, or over all that enter the score (then it is null).

    ``difference`` is GC@1 of the entrant less the rival's over the settings that count, with its paired 95 % interval.
    ``ahead``, ``behind`` and ``undecided`` count settings by whether their own interval lies above
    0, below 0, or covers it. No correction for the number of settings: they are counts, not claims.
    """

    entrant: str
    rival: str
    budget_label: str | None
    difference: float | None
    low: float | None
    high: float | None
    ahead: int
    behind: int
    undecided: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def head_to_head(study: Study, entrant: str) -> tuple[HeadToHead, ...]:
    """One entrant against every other that has all its cells, per poison budget and over all of them.

    Args:
        study: The results.
        entrant: As the leaderboard calls it.

    Returns:
        A comparison per rival and budget; those over all budgets come first.

    Raises:
        StoreError: If there is no such entrant, or no setting counts.
    """
    evidence = study.evidence
    known = {who.label: who for who in evidence.competitors}
    if entrant not in known:
        raise StoreError(f"entrant '{entrant}' is not in the results{nearest(entrant, known)}")
    counted = counted_cells(evidence, evidence.settings)
    if not counted:
        raise StoreError("no setting counts: there is nothing to compare entrants on")
    budgets = sorted({cell.budget for cell in counted})
    places = [(None, counted), *((b.label, [c for c in counted if c.budget == b]) for b in budgets)]
    competitor = known.pop(entrant)
    return tuple(
        comparison
        for label, cells in places
        for rival in known.values()
        if (comparison := _duel(evidence, competitor, rival, label, cells)) is not None
    )


def _duel(
    evidence: Evidence, competitor: Competitor, rival: Competitor, label: str | None, cells: Sequence[Cell]
) -> HeadToHead | None:
    differences = {cell: d for cell in cells if (d := _difference(evidence, competitor, rival, cell)) is not None}
    if len(differences) < len(cells):
        return None
    total = weighted(score_weights(cells, evidence.shares), [differences[cell] for cell in cells])
    verdicts: Counter[Verdict] = Counter()
    for setting in dict.fromkeys(cell.setting for cell in cells):
        own = [cell for cell in cells if cell.setting == setting]
        weights = score_weights(own, evidence.shares)
        verdicts[_verdict(weighted(weights, [differences[cell] for cell in own]))] += 1
    low, high = total.interval() or (None, None)
    return HeadToHead(
        entrant=competitor.label,
        rival=rival.label,
        budget_label=label,
        difference=finite(total.value),
        low=low,
        high=high,
        ahead=verdicts["ahead"],
        behind=verdicts["behind"],
        undecided=verdicts["undecided"],
    )


def _difference(evidence: Evidence, competitor: Competitor, rival: Competitor, cell: Cell) -> Estimate | None:
    result, opposing = (evidence.results.get((cell, who.entrant)) for who in (competitor, rival))
    return (
        None if result is None or opposing is None or result.seeds != opposing.seeds else result.score - opposing.score
    )


def _verdict(difference: Estimate) -> Verdict:
    low, high = difference.interval() or (0.0, 0.0)
    return "ahead" if low > 0 else "behind" if high < 0 else "undecided"
