"""What holds for any results."""

import json
from itertools import pairwise

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.leaderboard import Board, ResultTables, build

from .boards import Folder


def random_folder(key: int, groups: int, seeds: int, attacks: int) -> Folder:
    """Noise with a gap, of random size."""
    rng = np.random.default_rng(key)
    drawn = Folder(favourable=int(rng.integers(2)))
    for seed in range(seeds):
        n = int(rng.integers(4 * groups, 60))
        people = np.arange(n) % groups
        labels = ((np.arange(n) // groups) % 2).astype(np.uint8)
        clean = [(rng.random(n) < 0.1 + 0.3 * (people == 0)).astype(np.uint8) for _ in range(2)]
        for a in range(attacks):
            name = ("clean", "random-duplicates", "zoo", "bo")[a]
            wrong = clean if a == 0 else [one ^ (rng.random(n) < 0.05 * a).astype(np.uint8) for one in clean]
            for budget in ("1%", "5%"):
                drawn.add(name, wrong, seed=seed, budget=budget, clean=clean, labels=labels, groups=people)
    return drawn


boards = st.builds(random_folder, st.integers(0, 10**6), st.integers(2, 4), st.integers(1, 4), st.integers(2, 4))


@settings(deadline=None, max_examples=25)
@given(boards)
def test_scores_are_shares_within_their_intervals(drawn: Folder) -> None:
    board = build([drawn.tables()], draws=60)
    for row in (*board.overall, *board.cells, *board.by("dataset"), *board.by("victim"), *board.by("budget")):
        if row.fg is None:
            continue
        assert row.fg_low is not None
        assert row.fg_high is not None
        assert -1 <= row.fg_low <= row.fg_high <= 1
        assert row.fg_low - 0.5 <= row.fg <= row.fg_high + 0.5  # a percentile interval need not hold the value
    for row in board.cells:
        if row.attack == "clean":
            assert (row.fg, row.fg_low, row.fg_high, row.accuracy_cost) == (0, 0, 0, 0)
            assert row.gap_clean == row.gap_poisoned
            assert not row.levelling_down


@settings(deadline=None, max_examples=15)
@given(boards, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(drawn: Folder, rng: "st.RandomLike") -> None:  # type: ignore[name-defined]
    tables = drawn.tables()

    def shuffled(table: pa.Table) -> pa.Table:
        order = list(range(table.num_rows))
        rng.shuffle(order)
        return table.take(order)

    mixed = ResultTables(tables.where, *map(shuffled, (tables.searches, tables.predictions, tables.baselines)))
    assert text(build([mixed], draws=40)) == text(build([tables], draws=40))


@settings(deadline=None, max_examples=10)
@given(boards)
def test_one_entrant_more_leaves_the_intervals_of_the_others_alone(drawn: Folder) -> None:
    fewer = Folder(favourable=drawn.favourable, baselines=drawn.baselines)
    fewer.searches = [s for s in drawn.searches if s["attack"] in ("clean", "random-duplicates")]
    fewer.predictions = drawn.predictions
    before = {(r.entrant, r.budget): (r.fg, r.fg_low, r.fg_high) for r in build([fewer.tables()], draws=40).cells}
    after = {(r.entrant, r.budget): (r.fg, r.fg_low, r.fg_high) for r in build([drawn.tables()], draws=40).cells}
    assert all(after[key] == value for key, value in before.items())


@settings(deadline=None, max_examples=15)
@given(boards)
def test_json_is_plain_and_stable(drawn: Folder) -> None:
    assert text(build([drawn.tables()], draws=40)) == text(build([drawn.tables()], draws=40))


@settings(deadline=None, max_examples=15)
@given(boards)
def test_tiers_are_consistent(drawn: Folder) -> None:
    board = build([drawn.tables()], draws=60)
    ranked = [r for r in board.overall if r.status == "ok"]
    for row in ranked:
        assert row.tier == row.rank_low
        assert 1 <= (row.rank_low or 0) <= (row.rank_high or 0) <= len(ranked)
    assert all((a.tier or 0) <= (b.tier or 0) for a, b in pairwise(ranked))


def text(board: Board) -> str:
    return json.dumps(board.to_json(), allow_nan=False)
