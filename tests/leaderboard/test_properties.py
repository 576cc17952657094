"""What holds for any results."""

import json
from dataclasses import asdict
from itertools import combinations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_limits

from a4g_bench.leaderboard import Board, ResultTables, build

from .boards import Folder

NAMES = ("clean", "random-duplicates", "zoo", "bo")


def random_folder(key: int, groups: int, seeds: int, attacks: int) -> Folder:
    """Noise with a gap, on tables of 100 to 1,300 people, so that some groups are too small. From the sixth seed on
    people return, into other audits than before.
    """
    rng = np.random.default_rng(key)
    drawn = Folder(favourable=int(rng.integers(2)))
    n = int(rng.integers(10 * groups, 65 * groups))
    group = rng.integers(0, groups, 5 * n)
    label = rng.integers(0, 2, 5 * n).astype(np.uint8)
    stubborn = 0.1 + 0.3 * (group == 0) + 0.2 * rng.random(5 * n)
    order = np.arange(5 * n)
    for seed in range(seeds):
        if seed % 5 == 0:
            rng.shuffle(order)
        rows = order[seed % 5 :: 5]
        rows = np.concatenate([np.flatnonzero(group == g)[:2] for g in range(groups)] + [rows])  # every group is known
        rows = np.unique(rows)
        at = {"groups": group[rows], "labels": label[rows], "row_ids": rows.tolist(), "seed": seed}
        clean = [(rng.random(len(rows)) < stubborn[rows]).astype(np.uint8) for _ in range(2)]
        for a, name in enumerate(NAMES[:attacks]):
            for budget in ("1%", "5%"):
                noise = [(rng.random(len(rows)) < 0.05 * a).astype(np.uint8) for _ in range(2)]
                wrong = [one ^ other for one, other in zip(clean, noise, strict=True)]
                drawn.add(name, wrong, budget=budget, clean=clean, **at)  # type: ignore[arg-type]
    return drawn


boards = st.builds(
    random_folder, st.integers(0, 10**6), st.integers(2, 4), st.sampled_from([1, 3, 5, 6, 10]), st.integers(2, 4)
)
whole_blocks = st.builds(
    random_folder, st.integers(0, 10**6), st.integers(2, 3), st.sampled_from([5, 10]), st.integers(3, 4)
)


def text(board: Board) -> str:
    return json.dumps(board.to_json(), allow_nan=False)


@settings(deadline=None, max_examples=25)
@given(boards)
def test_intervals_lie_about_their_values(drawn: Folder) -> None:
    board = build([drawn.tables()])
    for row in (*board.overall, *board.cells, *board.by("dataset"), *board.by("victim"), *board.by("budget")):
        if row.gc is None:
            continue
        assert -1 <= row.gc <= 1
        for key in ("gc", "accuracy_cost", "equalized_odds", "gap_closed", "gain_over_random_duplicates"):
            value, low, high = (row.values[name] for name in (key, f"{key}_low", f"{key}_high"))
            if low is not None:
                assert low <= value <= high
                assert value - low == pytest.approx(high - value, abs=1e-12)
        assert (row.gc_low is None) == any(setting.provisional for setting in board.settings)


@settings(deadline=None, max_examples=15)
@given(boards)
def test_who_equals_the_clean_victim_scores_0(drawn: Folder) -> None:
    for row in build([drawn.tables()]).cells:
        if row.attack == "clean":
            known = (row.gc, row.closed, row.equalized_odds, row.gap_closed)  # none: fewer than two groups to compare
            assert set(known) <= {0, None}
            assert row.accuracy_cost == 0
            assert (row.gc_low or 0, row.gc_high or 0, row.accuracy_cost_low or 0) == (0, 0, 0)
            assert row.gap_clean == row.gap_poisoned
            assert (row.cells_worse, row.cells_over, row.who_pays) == (0, 0, None)


@settings(deadline=None, max_examples=10)
@given(boards)
def test_swapped_labels_are_the_same_board(drawn: Folder) -> None:
    """What is unfavourable is only a name: with labels, predictions and the favourable one swapped nothing changes."""
    swapped = Folder(favourable=1 - drawn.favourable)
    swapped.searches = [s | {"favourable": swapped.favourable} for s in drawn.searches]
    swapped.predictions = [p | {"predicted": inverted(p["predicted"])} for p in drawn.predictions]
    swapped.baselines = {
        name: [
            r | {key: inverted(r[key]) for key in ("labels", "predicted")} | {"favourable": swapped.favourable}
            for r in rows
        ]
        for name, rows in drawn.baselines.items()
    }
    one, other = (build([folder.tables()]).to_json() for folder in (drawn, swapped))
    assert close(one, other)


def inverted(blob: bytes) -> bytes:
    return bytes(255 - byte for byte in blob)


def close(one: object, other: object) -> bool:
    """Whether two contents of JSON are the same but for rounding."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(close(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(close, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return one == pytest.approx(other, abs=1e-9)
    return bool(one == other)


@settings(deadline=None, max_examples=15)
@given(boards, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(drawn: Folder, rng: "st.RandomLike") -> None:  # type: ignore[name-defined]
    tables = drawn.tables()

    def shuffled(table: pa.Table) -> pa.Table:
        order = list(range(table.num_rows))
        rng.shuffle(order)
        return table.take(order)

    mixed = ResultTables(tables.where, *map(shuffled, (tables.searches, tables.predictions, tables.baselines)))
    assert text(build([mixed])) == text(build([tables]))


@settings(deadline=None, max_examples=10)
@given(boards)
def test_the_order_of_folders_changes_nothing(drawn: Folder) -> None:
    """Half of the attacks in another folder, with its own copy of the clean audits."""
    one, other = (Folder(f"results/{name}", favourable=drawn.favourable) for name in ("a", "b"))
    for half, attacks in ((one, NAMES[::2]), (other, NAMES[1::2])):
        half.searches = [s for s in drawn.searches if s["attack"] in attacks]
        half.predictions, half.baselines = drawn.predictions, drawn.baselines
    together = build([one.tables(), other.tables()])
    assert text(together) == text(build([other.tables(), one.tables()]))
    assert close(together.to_json(), build([drawn.tables()]).to_json())


@settings(deadline=None, max_examples=5)
@given(whole_blocks)
def test_the_number_of_threads_changes_nothing(drawn: Folder) -> None:
    found = []
    for threads in (1, 2):
        with threadpool_limits(limits=threads):
            found.append(text(build([drawn.tables()])))
    assert found[0] == found[1]


@settings(deadline=None, max_examples=15)
@given(boards)
def test_one_entrant_more_leaves_settings_and_the_others_alone(drawn: Folder) -> None:
    fewer = Folder(favourable=drawn.favourable, baselines=drawn.baselines)
    fewer.searches = [s for s in drawn.searches if s["attack"] in ("clean", "random-duplicates")]
    fewer.predictions = drawn.predictions
    alone, board = build([fewer.tables()]), build([drawn.tables()])
    assert close([asdict(s) for s in alone.settings], [asdict(s) for s in board.settings])
    before, after = (
        {(r.entrant, r.budget): [r.gc, r.gc_low, r.gc_high, r.accuracy_cost_high] for r in b.cells}
        for b in (alone, board)
    )
    assert all(close(after[key], value) for key, value in before.items())


@settings(deadline=None, max_examples=15)
@given(boards)
def test_json_is_plain_and_stable(drawn: Folder) -> None:
    assert text(build([drawn.tables()])) == text(build([drawn.tables()]))


@settings(deadline=None, max_examples=20)
@given(whole_blocks)
def test_ranks_are_consistent(drawn: Folder) -> None:
    """Who is certainly better scores more; nobody is ranked below a place that the others leave."""
    for board in (build([drawn.tables()]), build([drawn.tables()], budgets=["5%"])):
        scores = [row.gc for row in board.overall if row.status != "incomplete" and row.gc is not None]
        assert scores == sorted(scores, reverse=True)
        ranked = [row for row in board.overall if row.rank_low is not None]
        assert {row.entrant for row in ranked} <= {"zoo", "bo"}
        for row in ranked:
            assert 1 <= row.rank_low <= row.rank_high <= len(ranked)
        for better, worse in combinations(ranked, 2):
            assert better.rank_low <= worse.rank_high
