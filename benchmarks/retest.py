"""Do new seeds give the same numbers? Cells of ``results/retest``, seeds 5 to 9, beside the published, seeds 0 to 4.

A cell is a data set, victim, budget and entrant; entrants without queries alone, since they cost no more than their
audits. ``clean`` is left out: it closes nothing by definition. Correlations are Pearson's, over the cells that both
have, in the settings that count on the published board: of version 2's score, and of version 1's FG@1 on the same
judgements. ``both`` has the settings alone that count on the new seeds' board too, ``all-settings`` every one.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.evidence import pool_all
from a4g_bench.leaderboard.outcomes import Outcome, read_outcomes
from a4g_bench.leaderboard.records import Cell, Entrant, SettingKey
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_sides
from a4g_bench.leaderboard.settings import Setting
from a4g_bench.store.folders import tables_of
from a4g_bench.store.results import Results
from a4g_bench.store.tables import ResultTables
from benchmarks import version_1
from benchmarks.figure import Figure

_RESULTS = Path(__file__).parents[1] / "results"
_GOAL = 0.9
_DRAWS = 500

Values = Mapping[tuple[Cell, Entrant], float]


def retest(quick: bool) -> Iterator[Figure]:
    """The correlations; ``quick`` changes nothing."""
    published, again = _RESULTS / "standard", _RESULTS / "retest"
    if Results(str(again)).manifest() is None:
        yield Figure("retest", None, "", _GOAL, at_most=False, note="run first: a4g-bench run suites/retest.yaml")
        return
    sides = [tables_of([str(folder)]) for folder in (published, again)]
    searches = read_sides(sides, Selection())
    before, after = (read_outcomes(tables, own)[0] for tables, own in zip(sides, searches, strict=True))
    counting, new = ({key for key, setting in _settings(side).items() if setting.counts} for side in sides)
    yield from figures(before, after, counting, counting & new)


def _settings(tables: Sequence[ResultTables]) -> Mapping[SettingKey, Setting]:
    return study(tables, Selection()).evidence.settings


def figures(
    one: Sequence[Outcome], other: Sequence[Outcome], counting: Collection[SettingKey], both: Collection[SettingKey]
) -> Iterator[Figure]:
    """How far cells agree between two sets of seeds; ``counting`` are the settings that count on the published board,
    ``both`` those that count on the other too.
    """
    sides = [[o for o in side if _asks_nothing(o)] for side in (one, other)]
    with threadpool_limits(limits=1):
        new = [scores(side) for side in sides]
        old = [version_1.cells(side, np.random.default_rng(0), _DRAWS) for side in sides]
    for name, (before, after), goal in (("retest", new, _GOAL), ("retest-version-1", old, None)):
        cells = sorted(before.keys() & after.keys())
        chosen = [cell for cell in cells if cell[0].setting in counting]
        yield _figure(name, before, after, chosen, goal)
        yield _figure(f"{name}-both", before, after, [cell for cell in cells if cell[0].setting in both], None)
        yield _figure(f"{name}-all-settings", before, after, cells, None)


def scores(outcomes: Sequence[Outcome]) -> Values:
    """Version 2's score of each entrant at each cell."""
    return {place: result.score.value for place, result in pool_all(outcomes, {}).results.items()}


def correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    """Pearson's; None where either does not vary."""
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _asks_nothing(outcome: Outcome) -> bool:
    search = outcome.search
    return search.queries == 0 and search.role != REFERENCE_LINE and search.attack_name != "clean"


def _figure(
    name: str, before: Values, after: Values, cells: Sequence[tuple[Cell, Entrant]], goal: float | None
) -> Figure:
    one, other = [before[cell] for cell in cells], [after[cell] for cell in cells]
    found = correlation(one, other)
    apart = f", {np.mean(np.abs(np.subtract(one, other))):.3f} apart on average" if cells else ""
    return Figure(name, found, "", goal, at_most=False, note=f"{len(cells)} cells{apart}")
