"""Mean ranks and the groups of entrants that cannot be told apart: what a critical-difference diagram shows."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from a4g_bench.leaderboard.board import counted_cells
from a4g_bench.leaderboard.estimates import Estimate, weighted
from a4g_bench.leaderboard.study import Study
from a4g_bench.leaderboard.summary import protocol_weights
from a4g_bench.leaderboard.tiers import told_apart


@dataclass(frozen=True)
class Ranked:
    """An entrant's FG@1 over the rankable pairs and its mean rank over their cells (1 is best; ties share ranks)."""

    entrant: str
    role: str
    fg: float
    mean_rank: float


@dataclass(frozen=True)
class Critical:
    """``ranked`` are the complete entrants, the highest FG@1 first; ``bars`` the longest runs (first, last position)
    of them that hold nobody who differs from another in the run, by the board's own Holm-corrected test.

    Demšar (2006, Statistical comparisons of classifiers over multiple data sets, JMLR 7) draws such bars by the
    Nemenyi test on ranks; here the bars follow the tiers of the board.
    """

    ranked: tuple[Ranked, ...]
    bars: tuple[tuple[int, int], ...]


def critical(study: Study) -> Critical:
    """The critical-difference diagram of a study; empty if no pair can be ranked."""
    evidence = study.evidence
    cells = counted_cells(evidence, evidence.pairs)
    complete = [who for who in evidence.competitors if cells and evidence.complete(who.entrant, cells)]
    if not complete:
        return Critical((), ())
    weights = protocol_weights(cells)
    scores = [weighted(weights, [evidence.results[cell, who.entrant].fg for cell in cells]) for who in complete]
    table = np.array([[evidence.results[cell, who.entrant].fg.value for who in complete] for cell in cells])
    ranks = np.asarray(weights) @ rankdata(-table, axis=1)
    order = sorted(range(len(complete)), key=lambda i: (-scores[i].value, complete[i].label))
    ranked = tuple(Ranked(complete[i].label, complete[i].role, scores[i].value, float(ranks[i])) for i in order)
    return Critical(ranked, bars([scores[i] for i in order]))


def bars(scores: Sequence[Estimate]) -> tuple[tuple[int, int], ...]:
    """The maximal runs of at least two neighbours within which no two are told apart."""
    apart = told_apart(scores)
    found: list[tuple[int, int]] = []
    for first in range(len(scores)):
        last = first
        while last + 1 < len(scores) and not any((i, last + 1) in apart for i in range(first, last + 1)):
            last += 1
        if last > first and (not found or last > found[-1][1]):
            found.append((first, last))
    return tuple(found)
