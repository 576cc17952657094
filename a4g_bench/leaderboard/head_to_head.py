"""One entrant against each of the others: by how much it is ahead, and on how many pairs beyond noise."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from a4g_bench.errors import StoreError, nearest
from a4g_bench.leaderboard.board import counted_cells
from a4g_bench.leaderboard.estimates import Estimate, weighted
from a4g_bench.leaderboard.evidence import Competitor, Evidence
from a4g_bench.leaderboard.records import Cell
from a4g_bench.leaderboard.rows import finite
from a4g_bench.leaderboard.study import Study
from a4g_bench.leaderboard.summary import protocol_weights

Verdict = Literal["ahead", "behind", "undecided"]


@dataclass(frozen=True)
class Duel:
    """An entrant against a rival at one poison budget, or over all that enter the score (then it is null).

    ``difference`` is FG@1 of the entrant less the rival's over the rankable pairs, with its paired 95 % interval.
    ``ahead``, ``behind`` and ``undecided`` count pairs of data set and victim by whether their own interval lies above
    0, below 0, or covers it. No correction for the number of pairs: they are counts, not claims.
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


def head_to_head(study: Study, entrant: str) -> tuple[Duel, ...]:
    """One entrant against every other that has all its cells, per poison budget and over all of them.

    Raises ``StoreError`` if there is no such entrant, or no pair can be ranked.
    """
    evidence = study.evidence
    known = {who.label: who for who in evidence.competitors}
    if entrant not in known:
        raise StoreError(f"entrant '{entrant}' is not in the results{nearest(entrant, known)}")
    counted = counted_cells(evidence, evidence.pairs)
    if not counted:
        raise StoreError("no pair can be ranked: there is nothing to compare entrants on")
    budgets = sorted({cell.budget for cell in counted})
    places = [(None, counted), *((b.label, [c for c in counted if c.budget == b]) for b in budgets)]
    mine = known.pop(entrant)
    return tuple(
        duel
        for label, cells in places
        for rival in known.values()
        if (duel := _duel(evidence, mine, rival, label, cells)) is not None
    )


def _duel(
    evidence: Evidence, mine: Competitor, rival: Competitor, label: str | None, cells: Sequence[Cell]
) -> Duel | None:
    differences = {cell: d for cell in cells if (d := _difference(evidence, mine, rival, cell)) is not None}
    if len(differences) < len(cells):
        return None
    total = weighted(protocol_weights(cells), [differences[cell] for cell in cells])
    verdicts: Counter[Verdict] = Counter()
    for pair in dict.fromkeys(cell.pair for cell in cells):
        own = [cell for cell in cells if cell.pair == pair]
        verdicts[_verdict(weighted(protocol_weights(own), [differences[cell] for cell in own]))] += 1
    low, high = total.interval()
    return Duel(
        mine.label, rival.label, label, finite(total.value), finite(low), finite(high),
        verdicts["ahead"], verdicts["behind"], verdicts["undecided"],
    )  # fmt: skip


def _difference(evidence: Evidence, mine: Competitor, rival: Competitor, cell: Cell) -> Estimate | None:
    one, other = (evidence.results.get((cell, who.entrant)) for who in (mine, rival))
    return None if one is None or other is None or one.seeds != other.seeds else one.fg - other.fg


def _verdict(difference: Estimate) -> Verdict:
    low, high = difference.interval()
    return "ahead" if low > 0 else "behind" if high < 0 else "undecided"
