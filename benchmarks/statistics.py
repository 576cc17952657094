"""Are the intervals and tests right? Boards drawn from the published board's own people, judged by the leaderboard.

``benchmarks.published_people`` says how a board is drawn, and why the published score is its noise-free truth. Boards
have the published one's data sets, attributes, victims and budgets, in the settings that count there: which do is
decided once per board version, so it is not decided again. All contenders are in them, the control
``random-duplicates`` and the reference ``threshold-optimizer``. Figures, at 5, 10 and 20 seeds:

- ``coverage``: the share of 95 % intervals that hold the truth, over boards and entrants; ``width`` their mean width.
- ``bias``: the mean score less the truth; ``coverage-of-mean``: the share of intervals that hold the mean score of all
  boards. Where it is better than ``coverage``, intervals are of the right width and beside the truth.
- ``size``: how often a 5 % test of the difference between two contenders rejects, if they are truly equal. They are
  made equal by taking the true difference off the measured one: the kinks of the score stay where they are.
- ``first-step``: the share of boards on which Holm's correction over all pairs tells apart any two contenders, all of
  them made equal: what it does so at is its first step, .05 over the number of pairs.
- ``settings-kept``: the share of settings that would be judged to count on the board drawn too.
- ``power``: how often the published difference of two named entrants is seen, by a single test, and by Holm.

The same, ``version-1``, by the score of protocol version 1 on fewer of the same boards. Its truth is its score if every
seed had the rates of all seeds, behind the same gates as on the board drawn: what its gates do is not held against it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench.leaderboard.board import counted_cells, study
from a4g_bench.leaderboard.estimates import Estimate
from a4g_bench.leaderboard.evidence import Evidence, pool_all, weigh
from a4g_bench.leaderboard.inference import holm, p_value
from a4g_bench.leaderboard.outcomes import Outcome, read_outcomes
from a4g_bench.leaderboard.selection import Selection, read_searches
from a4g_bench.leaderboard.summary import Place, Summary, score_weights
from a4g_bench.protocol import LEVEL, REFERENCE, UNINFORMED_CONTROL, YARDSTICKS
from a4g_bench.store.folders import tables_of
from a4g_bench.store.tables import ResultTables
from benchmarks import version_1
from benchmarks.figure import Figure
from benchmarks.published_people import Population

PUBLISHED = Path(__file__).parents[1] / "results" / "standard"
#: Entrants whose published difference should be seen.
NAMED = (("ax-allocation", UNINFORMED_CONTROL), ("leaf-influence", "cell-duplication"), ("leaf-influence", "gradient"))
#: Boards per number of seeds, at full size and quick.
BOARDS, QUICK = {5: 400, 10: 300, 20: 150}, {5: 20, 10: 6, 20: 4}
#: Of them, how many are judged by version 1 too, with how many draws.
OLD_BOARDS, OLD_DRAWS = 60, 200
#: What else of version 2 has an interval, beside the score.
OTHERS: Mapping[str, Callable[[Summary], Estimate | None]] = {
    "closed": lambda summary: summary.estimate(lambda result: result.closed),
    "cost": lambda summary: summary.estimate(lambda result: result.cost),
    "odds": lambda summary: summary.estimate(lambda result: result.odds_score),
    "over-control": lambda summary: summary.over_control,
    "of-reference": lambda summary: summary.of_reference,
}
_ROUNDING = 1e-12
_COVERAGE, _SIZE, _FIRST_STEP = (0.93, 0.97), (0.035, 0.055), 0.05
_Values = npt.NDArray[np.float64]


class _Number(Protocol):
    """A number with an interval: of either version."""

    @property
    def value(self) -> float: ...

    def interval(self) -> tuple[float, float] | None: ...

    def __sub__(self, other: Self) -> Self: ...


_N = TypeVar("_N", bound=_Number)


class Published:
    """The published board that others are drawn from: in the settings that count there, the contenders, the control and
    the reference.
    """

    def __init__(self, tables: Sequence[ResultTables]) -> None:
        evidence = study(tables, Selection()).evidence
        shown = [c for c in evidence.competitors if c.contender or c.attack_name == UNINFORMED_CONTROL]
        lines = [c for c in evidence.lines if c.attack_name == REFERENCE]
        self.contenders = [c.label for c in shown if c.contender]
        self.entrants = [c.entrant for c in shown]
        self._settings = {key: setting for key, setting in evidence.settings.items() if setting.counts}
        drawn = {c.entrant for c in (*shown, *lines)}
        outcomes, _ = read_outcomes(tables, read_searches(tables, Selection()))
        self.outcomes = [o for o in outcomes if o.search.entrant in drawn and o.search.cell.setting in self._settings]

    def of_entrants(self, outcomes: Sequence[Outcome]) -> list[Outcome]:
        """Outcomes without the reference's."""
        return [o for o in outcomes if o.search.entrant in self.entrants]

    def evidence(self, outcomes: Sequence[Outcome]) -> Evidence:
        """What the leaderboard makes of outcomes, settings included."""
        searches = [o.search for o in outcomes]
        judges = [s for s in searches if s.entrant.attack in YARDSTICKS]
        return weigh(searches, pool_all(outcomes, {}), self.entrants, judges)

    def summaries(self, evidence: Evidence) -> dict[str, Summary]:
        """What the leaderboard says of each entrant, by label; every setting counts, as on the published board."""
        evidence = replace(evidence, settings=self._settings)
        cells = counted_cells(evidence, evidence.settings)
        weights = score_weights(cells, evidence.shares)
        return {who.label: Summary.of(evidence, who, cells, weights, Place()) for who in evidence.competitors}


@dataclass(frozen=True, eq=False)
class Judged:
    """One board beside the truth: per entrant its value, the ends of its interval and its ``truth``; per pair of
    contenders the p-value ``if_equal``, and of the difference as it is, ``p``; and the p-values of the ``named`` pairs.
    """

    values: _Values
    low: _Values
    high: _Values
    truth: _Values
    if_equal: _Values
    p: _Values
    named: Mapping[tuple[str, str], float]

    def holds(self, known: _Values) -> float:
        """The share of intervals that hold what is known."""
        return float(np.mean((self.low - _ROUNDING <= known) & (known <= self.high + _ROUNDING)))


def judged(
    scores: Mapping[str, _N], truth: Mapping[str, float], contenders: Sequence[str], p: Callable[[_N, float], float]
) -> Judged:
    """Hold scores against the truth; ``p`` gives the p-value of a difference being a number."""
    ends = np.array([score.interval() or (np.nan, np.nan) for score in scores.values()])
    pairs = [(scores[a] - scores[b], truth[a] - truth[b]) for a, b in combinations(contenders, 2)]
    return Judged(
        values=np.array([score.value for score in scores.values()]),
        low=ends[:, 0],
        high=ends[:, 1],
        truth=np.array([truth[label] for label in scores]),
        if_equal=np.array([p(difference, known) for difference, known in pairs]),
        p=np.array([p(difference, 0.0) for difference, _ in pairs]),
        named={(a, b): p(scores[a] - scores[b], 0.0) for a, b in NAMED if {a, b} <= scores.keys()},
    )


def p_of(difference: Estimate, null: float) -> float:
    """The leaderboard's p-value of a difference being ``null``."""
    return p_value(replace(difference, value=difference.value - null))


def shares(boards: Sequence[Judged], contenders: Sequence[str]) -> dict[str, float]:
    """The figures of the module over some boards, by name."""
    mean = np.mean([board.values for board in boards], axis=0)
    corrected = [dict(zip(combinations(contenders, 2), holm(list(board.p)), strict=True)) for board in boards]
    found = {
        "coverage": np.mean([board.holds(board.truth) for board in boards]),
        "coverage-of-mean": np.mean([board.holds(mean) for board in boards]),
        "bias": np.mean([board.values - board.truth for board in boards]),
        "width": np.mean([board.high - board.low for board in boards]),
        "size": np.mean([board.if_equal <= LEVEL for board in boards]),
        "first-step": np.mean([holm(list(board.if_equal)).min() <= LEVEL for board in boards]),
    }
    for a, b in boards[0].named:
        found[f"power-{a}-{b}"] = np.mean([board.named[a, b] <= LEVEL for board in boards])
        if {a, b} <= set(contenders):
            pair = (a, b) if (a, b) in corrected[0] else (b, a)
            found[f"power-holm-{a}-{b}"] = np.mean([p[pair] <= LEVEL for p in corrected])
    return {name: float(share) for name, share in found.items()}


class Simulation:
    """Boards from the people of a published one. The boards of a number of seeds depend on it and on nothing else."""

    def __init__(self, published: Published) -> None:
        self._published = published
        self._population = Population(published.outcomes)
        self._truth = published.summaries(published.evidence(published.outcomes))
        self._old_truth = version_1.noise_free(published.of_entrants(published.outcomes))

    def run(self, seeds: int, boards: int, old_boards: int) -> "Found":
        """Draw boards and judge them, the first of them by version 1 too."""
        new: list[Judged] = []
        old: list[Judged] = []
        kept: list[bool] = []
        others: dict[str, list[bool]] = {name: [] for name in OTHERS}
        contenders = self._published.contenders
        truth = {label: _score(summary).value for label, summary in self._truth.items()}
        for number in range(boards):
            rng = np.random.default_rng([seeds, number])
            outcomes = self._population.draw(rng, seeds)
            evidence = self._published.evidence(outcomes)
            kept += [setting.counts for setting in evidence.settings.values()]
            summaries = self._published.summaries(evidence)
            new.append(judged({label: _score(s) for label, s in summaries.items()}, truth, contenders, p_of))
            for name, column in OTHERS.items():
                others[name] += [_holds(column(s), column(self._truth[label])) for label, s in summaries.items()]
            if number < old_boards:
                old.append(self._judged_by_version_1(outcomes, rng))
        return Found(
            shares(new, contenders) | {"settings-kept": float(np.mean(kept))},
            shares(old, contenders) if old else {},
            {name: float(np.mean(held)) for name, held in others.items()},
        )

    def _judged_by_version_1(self, outcomes: Sequence[Outcome], rng: np.random.Generator) -> Judged:
        found = version_1.scores(self._published.of_entrants(outcomes), self._old_truth, rng, OLD_DRAWS)
        both = {label: found[summary.who.entrant] for label, summary in self._truth.items()}
        return judged(
            {label: score for label, (score, _) in both.items()},
            {label: true for label, (_, true) in both.items()},
            self._published.contenders,
            version_1.Draws.p_value,
        )


@dataclass(frozen=True)
class Found:
    """The figures by name: of version 2, of version 1, and the coverage of what version 2 shows beside the score."""

    new: Mapping[str, float]
    old: Mapping[str, float]
    others: Mapping[str, float]


def _score(summary: Summary) -> Estimate:
    if summary.score is None:
        raise ValueError(f"{summary.who.label} lacks a cell of the published board")
    return summary.score


def _holds(drawn: Estimate | None, known: Estimate | None) -> bool:
    interval = None if drawn is None else drawn.interval()
    return (
        interval is not None and known is not None and interval[0] - _ROUNDING <= known.value <= interval[1] + _ROUNDING
    )


def statistics(quick: bool) -> Iterator[Figure]:
    """Coverage, sizes and power at each number of seeds."""
    with threadpool_limits(limits=1):  # the products are small: more threads only wait for each other
        simulation = Simulation(Published(tables_of([str(PUBLISHED)])))
        for seeds, boards in (QUICK if quick else BOARDS).items():
            old_boards = min(boards, OLD_BOARDS)
            yield from _figures(simulation.run(seeds, boards, old_boards), seeds, boards, old_boards, quick)


def _figures(found: Found, seeds: int, boards: int, old_boards: int, quick: bool) -> Iterator[Figure]:
    note = f"{boards} boards, {seeds} seeds"
    limits = {} if quick else {"coverage": _COVERAGE, "size": _SIZE, "first-step": (None, _FIRST_STEP)}
    for name, value in found.new.items():
        least, most = limits.get(name, (None, None))
        yield Figure(f"{name}-{seeds}", value, "", most, note=note)
        if least is not None:
            yield Figure(f"{name}-{seeds}-at-least", value, "", least, at_most=False, note=note)
    for name, value in found.others.items():
        yield Figure(f"coverage-{name}-{seeds}", value, "", note=note)
    for name, value in found.old.items():
        yield Figure(f"version-1-{name}-{seeds}", value, "", note=f"{old_boards} boards, {seeds} seeds")
