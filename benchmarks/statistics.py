"""Are the intervals and tiers right? Boards drawn from a known truth, judged by the leaderboard's own code.

A board has five data sets, a victim, and five entrants that all close the same share of the gap on average. How much
an entrant closes at a seed varies about that: by ``effect``, a standard deviation in rates, and by whom the seed
audits. Each data set is a table of people, audited a fifth at a time: from the sixth seed on, everybody is audited
again. In the published board rows make up nearly all of a change's variance on most pairs, and seeds up to four fifths
of it on Law.

``coverage`` is the share of 95 % intervals of FG@1 that hold the truth, one per board and cell: ``cell`` of a single
data set, ``board`` of the mean over all. ``tier-error`` is the share of boards on which any entrant is told apart from
any other, although there is nothing to tell.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from a4g_bench.leaderboard.board import Study, board_of
from a4g_bench.leaderboard.evidence import bootstrap
from a4g_bench.leaderboard.outcomes import AuditErrors, AuditRows, Baseline, Outcome
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, SettingKey, Search
from a4g_bench.leaderboard.selection import Selection
from benchmarks.figure import Figure

Luck = npt.NDArray[np.float64]
FOLDS = 5
DRAWS = 400
_CLOSED = 0.15  # of a gap of 0.3


@dataclass(frozen=True)
class Design:
    """How boards are drawn: ``people`` audited per seed, and the spread of an entrant's effect over seeds."""

    name: str
    people: int
    seeds: int
    effect: float
    datasets: int = 5
    entrants: int = 5


DESIGNS = (
    Design("rows", 600, 5, 0.0),  # nothing but rows, as on most published pairs
    Design("both", 600, 5, 0.03),  # half of the variance each
    Design("seeds", 2000, 5, 0.05),  # nine tenths seeds
    Design("20-seeds", 600, 20, 0.03),  # everybody is audited four times
)


def outcomes(rng: np.random.Generator, design: Design, number: int) -> list[Outcome]:
    """One board's audits. Harm is .1 in group 0 and .4 in group 1 before; entrants save people of group 1, and
    everybody's accuracy rises, so that the price never decides.
    """
    found = []
    for dataset in range(design.datasets):
        table = design.people * FOLDS
        group, label = (rng.permutation(table) % 2).astype(np.uint8), (rng.random(table) < 0.7).astype(np.uint8)
        luck = rng.random(table)
        for seed in range(design.seeds):
            if seed % FOLDS == 0:
                order = rng.permutation(table)
            start = seed % FOLDS * design.people
            ids = order[start : start + design.people]
            people = AuditRows(("a", "b"), 1, label[ids], group[ids], ids.astype(np.int32))

            def wrong(harm: float, other: float, people: AuditRows = people, luck: Luck = luck[ids]) -> AuditErrors:
                limit = np.where(people.labels == 0, other, np.where(people.groups == 1, harm, 0.1))
                return AuditErrors((0,), (luck < limit).astype(np.uint8))

            clean = Baseline(f"{number}-{dataset}", people, wrong(0.4, 0.9))
            for entrant in range(design.entrants):
                closed = _CLOSED + design.effect * rng.standard_normal()
                search = _search(dataset, entrant, seed, number)
                found.append(Outcome(clean, wrong(0.4 - closed, 0.1), search))
    return found


def _search(dataset: int, entrant: int, seed: int, number: int) -> Search:
    cell = Cell(SettingKey(f"data-{dataset}", "group", "victim"), Budget(False, 0.01))
    return Search(
        search_id=f"{number}-{dataset}-{entrant}-{seed}", where="simulation", cell=cell,
        entrant=Entrant(f"entrant-{entrant}", "unfairness", 1), seed=seed, attack_name=f"entrant-{entrant}",
        role="search", lacks="", baseline_id="", fingerprint=f"{number}-{dataset}", budget_share=0.01, rows=None,
        queries=1, poison_rows=1, cpu_seconds=0, validation_gaps=None, cautions=(), protocol_version=1, definitions=(),
    )  # fmt: skip


def truth(rng: np.random.Generator, design: Design, draws: int = 4000) -> float:
    """The mean of G over seeds and people, from as many seeds of their own."""
    alone = Design("", design.people, 1, design.effect, datasets=draws, entrants=1)
    gains = [_gain(outcome) for outcome in outcomes(rng, alone, 0)]
    return float(np.mean(gains))


def _gain(outcome: Outcome) -> float:
    people = outcome.clean.rows
    harmed = [people.groups[people.labels == 1] == group for group in (0, 1)]
    before, after = (
        abs(float(np.diff([audit.wrong[people.labels == 1][group].mean() for group in harmed])[0]))
        for audit in (outcome.clean.audit, outcome.poisoned)
    )
    return min(1.0, max(-1.0, (before - after) / max(before, 0.02)))


@dataclass(frozen=True)
class Simulated:
    """Shares of intervals that hold the truth, and of boards that tell apart what does not differ."""

    cells: float
    board: float
    told_apart: float


def simulate(design: Design, boards: int, seed: int = 0) -> Simulated:
    """Draw boards and hold them against the truth."""
    known = truth(np.random.default_rng(seed), design)
    rng = np.random.default_rng(seed + 1)
    cells: list[bool] = []
    overall: list[bool] = []
    told_apart: list[bool] = []
    for number in range(boards):
        found = outcomes(rng, design, number)
        searches = tuple(outcome.search for outcome in found)
        board = board_of(Study(searches, (), bootstrap(found, DRAWS, {}), Selection(), DRAWS))
        told_apart.append(any(one.tier != other.tier for one, other in pairwise(board.overall)))
        for rows, held in ((board.cells, cells), (board.overall, overall)):
            row = next(row for row in rows if row.entrant == "entrant-0")
            held.append((row.fg_low or 0.0) <= known <= (row.fg_high or 0.0))
    return Simulated(float(np.mean(cells)), float(np.mean(overall)), float(np.mean(told_apart)))


def statistics(quick: bool) -> Iterator[Figure]:
    """500 boards per design (quick: 50)."""
    boards = 50 if quick else 500
    for design in DESIGNS:
        found = simulate(design, boards)
        note = f"{boards} boards, {design.seeds} seeds, {design.people} people each, effects vary by {design.effect:g}"
        for name, share in (("cell", found.cells), ("board", found.board)):
            yield Figure(f"coverage-{design.name}-{name}", share, "", None if quick else 0.92, at_most=False, note=note)
            yield Figure(f"excess-{design.name}-{name}", share, "", None if quick else 0.98, note=note)
        yield Figure(f"tier-error-{design.name}", found.told_apart, "", None if quick else 0.05, note=note)
