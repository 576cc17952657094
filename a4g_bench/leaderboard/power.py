"""How an error would fall with more seeds, and how many seeds two entrants would need to be told apart."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import ndtri

from a4g_bench.errors import StoreError, nearest
from a4g_bench.leaderboard.board import counted_cells, study
from a4g_bench.leaderboard.competitors import Competitor
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.estimates import Estimate, weighted
from a4g_bench.leaderboard.evidence import Evidence, Result, pool_all
from a4g_bench.leaderboard.records import Cell, Entrant
from a4g_bench.leaderboard.returning import apart
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.leaderboard.summary import score_weights
from a4g_bench.protocol import DETECTABLE_ERRORS, FIFTHS, LEVEL
from a4g_bench.store.tables import ResultTables

#: Errors that a true difference must measure beyond the critical value to be seen with 80 % power.
_BEYOND = float(ndtri(0.8))


@dataclass(frozen=True)
class ErrorBySeeds:
    """A squared error as ``people + rest / n`` for n seeds.

    ``people`` is what the people of the tables contribute: everybody is audited once per block of seeds, so more seeds
    audit the same people again. ``rest`` varies from seed to seed: splits, poison sets and trainings.

    With several blocks ``people`` is estimated from products of one person's effects in different audits, which
    trainings that have nothing in common leave unbiased. In a single block nobody is audited twice, so it is the sum of
    squared effects: a person's own share and what trainings happened to do to them cannot be told apart, and all of it
    is put down to the person. It is then an upper limit (``limit``), and so are the seeds that follow from it.
    """

    people: float
    rest: float
    limit: bool

    @classmethod
    def of(cls, measured: Estimate, singly: Estimate) -> "ErrorBySeeds":
        """The split of an estimate's error; at its own seeds the two parts add up to it.

        Args:
            measured: As the board has it.
            singly: The same, pooled with :func:`~a4g_bench.leaderboard.returning.apart`.
        """
        people, rest, limit = 0.0, 0.0, False
        for table, part in measured.parts.items():
            blocks = part.seeds / FIFTHS
            between, again = part.variances
            whole = between + again
            own = again * blocks / (blocks - 1) if blocks > 1 else singly.parts[table].variances[1]
            own = min(own, whole)
            limit |= blocks <= 1
            people += own
            rest += part.seeds * (whole - own)
        return cls(people, rest, limit)

    def error(self, seeds: int) -> float:
        """The standard error with so many seeds."""
        return math.sqrt(self.people + self.rest / seeds)

    def seeds_for(self, difference: float, errors: float) -> int | None:
        """The least whole blocks of seeds at which a difference is so many errors; None if no number suffices."""
        room = difference**2 - errors**2 * self.people
        if difference == 0 or room <= 0:
            return None
        return FIFTHS * max(1, math.ceil(errors**2 * self.rest / room / FIFTHS - 1e-9))


@dataclass(frozen=True, kw_only=True)
class Power:
    """What it takes to tell two entrants apart, if their true difference is the one observed.

    ``difference`` is the score of ``one`` less that of ``other`` with its 95 % interval, ``error`` its standard error
    at the ``seeds`` it was measured with, ``errors`` those foreseen at other numbers of seeds. ``error_people`` would
    be left with any number of them; it is an upper limit if ``people_limit``. ``needed`` are the seeds for 80 % power
    in a test of this pair alone, ``needed_ranked`` at the first step of Holm's correction over the ``pairs`` of
    contenders; null if no number of seeds suffices on these tables.
    """

    one: str
    other: str
    seeds: int
    settings: int
    difference: float
    low: float
    high: float
    error: float
    error_people: float
    people_limit: bool
    errors: Mapping[int, float]
    needed: int | None
    pairs: int
    needed_ranked: int | None

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


#: Numbers of seeds that the error is told for.
_SEEDS = (5, 10, 20, 40)


def power(tables: Sequence[ResultTables], one: str, other: str) -> Power:
    """How many seeds two entrants would need, from stored results.

    Args:
        tables: Those of one or more results folders.
        one: An entrant, by its name on the leaderboard.
        other: Another one.

    Returns:
        The difference that was observed, and what it would take to see it.

    Raises:
        StoreError: If one of them is not among the results, or lacks some of them, or the seeds are no whole block.
    """
    held = study(tables, Selection())
    evidence = held.evidence
    pair = [_competitor(evidence, name) for name in (one, other)]
    if pair[0] == pair[1]:
        raise StoreError(f"'{one}' is held against itself: name two entrants")
    cells = counted_cells(evidence, evidence.settings)
    if not cells:
        raise StoreError("no setting of these results counts: there is no score to compare")
    for who in pair:
        if not evidence.complete(who.entrant, cells):
            raise StoreError(f"'{who.label}' has no complete results: run its suite to the end first")
    measured = _difference(evidence.results, evidence, cells, pair)
    interval = measured.interval()
    if interval is None:
        raise StoreError(
            f"the results hold no whole block of {FIFTHS} seeds for every data set: nothing is known of the error"
        )
    outcomes, _ = read_consistent(tables, [s for s in held.searches if s.entrant in {who.entrant for who in pair}])
    singly = _difference(pool_all(outcomes, {}, apart).results, evidence, cells, pair)
    split = ErrorBySeeds.of(measured, singly)
    ranked = sum(c.contender and evidence.complete(c.entrant, cells) for c in evidence.competitors)
    pairs = max(1, ranked * (ranked - 1) // 2)
    return Power(
        one=pair[0].label,
        other=pair[1].label,
        seeds=min(part.seeds for part in measured.parts.values()),
        settings=len({cell.setting for cell in cells}),
        difference=measured.value,
        low=interval[0],
        high=interval[1],
        error=measured.error,
        error_people=math.sqrt(split.people),
        people_limit=split.limit,
        errors={seeds: split.error(seeds) for seeds in _SEEDS},
        needed=split.seeds_for(measured.value, DETECTABLE_ERRORS),
        pairs=pairs,
        needed_ranked=split.seeds_for(measured.value, -float(ndtri(LEVEL / pairs / 2)) + _BEYOND),
    )


def _competitor(evidence: Evidence, name: str) -> Competitor:
    known = {who.label: who for who in evidence.competitors}
    if name not in known:
        raise StoreError(f"entrant '{name}' is not in the results{nearest(name, known)}")
    return known[name]


def _difference(
    results: Mapping[tuple[Cell, Entrant], Result],
    evidence: Evidence,
    cells: Sequence[Cell],
    pair: Sequence[Competitor],
) -> Estimate:
    weights = score_weights(cells, evidence.shares)
    first, second = (weighted(weights, [results[cell, who.entrant].score for cell in cells]) for who in pair)
    return first - second
