"""The allocation space: budgets, feasible rows, the cells and scores that rows come from, common random numbers."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.attacks.allocation import (
    DIMENSIONS,
    RECIPES,
    Allocation,
    InfluenceRankings,
    blend,
    realise,
    realise_guided,
)
from a4g_bench.attacks.base import Poison, Pool, Problem
from tests.attacks.problems import cells, counts, make_pool, make_problem

A, B, C = 0, 1, 2
#: Copies from everywhere: half lifts, half lowers, labels as they are.
PLAIN = Allocation(1, 0.5, 0.5, 1, 0.5, 1, 0, 0)
shares = st.floats(0, 1)


def drawn(allocation: Allocation, size: int, pool: Pool | None = None, seed: int = 3, **changes: Any) -> Poison:
    problem = make_problem(pool, **changes)
    return realise(allocation, problem, problem.train, size, np.random.default_rng(seed))


def origins(poison: Poison, pool: Pool) -> list[int]:
    """The pool's row that each poison row copies (income tells rows apart)."""
    return [int(np.flatnonzero(pool.features[:, 3] == income)[0]) for income in poison.features[:, 3]]


@given(st.tuples(*[shares] * len(DIMENSIONS)), st.integers(1, 400), st.integers(0, 5), st.sampled_from([0, 1]))
def test_any_point_gives_feasible_rows_within_the_budget(
    point: tuple[float, ...], size: int, seed: int, favourable: int
) -> None:
    problem = make_problem(make_pool(60, seed=seed), favourable=favourable)
    allocation = Allocation(*point)
    poison = realise(allocation, problem, problem.train, size, np.random.default_rng(seed))
    assert len(poison) == len(poison.features) == int(allocation.spent * size + 0.5) <= size
    assert problem.domain.violations(poison.features) == []
    if not allocation.guided:
        assert set(counts(poison.features[:, 0], poison.labels)) <= {(B, favourable), (C, 1 - favourable)}


@pytest.mark.parametrize("interpolated", [0.0, 1.0])
def test_equal_generators_draw_equal_rows_and_leave_the_pool_alone(interpolated: float) -> None:
    pool = make_pool()
    before = pool.features.copy()
    allocation = replace(PLAIN, interpolated=interpolated)
    assert drawn(allocation, 40, pool).digest == drawn(allocation, 40, pool).digest
    assert drawn(allocation, 40, pool, seed=4).digest != drawn(allocation, 40, pool).digest
    assert (pool.features == before).all()


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"spent": 0.0}, {}),
        ({"spent": 0.5}, {(B, 1): 5, (C, 0): 5}),
        ({"lift": 0.0}, {(C, 0): 20}),
        ({"lift": 1.0}, {(B, 1): 20}),
        ({"lift": 0.3}, {(B, 1): 6, (C, 0): 14}),
    ],
)
def test_spent_and_lift_divide_the_budget(changes: dict[str, float], expected: dict[tuple[int, int], int]) -> None:
    poison = drawn(replace(PLAIN, **changes), 20)
    assert poison.features.shape == (sum(expected.values()), 7)
    assert counts(poison.features[:, 0], poison.labels) == expected


def test_where_label_1_is_unfavourable_the_worse_off_are_given_0() -> None:
    poison = drawn(replace(PLAIN, any_label=1), 20, favourable=0)
    assert counts(poison.features[:, 0], poison.labels) == {(B, 0): 10, (C, 1): 10}


def test_labels_are_true_unless_any_label_says_otherwise() -> None:
    pool = make_pool()
    poison = drawn(PLAIN, 40, pool)
    assert (pool.labels[origins(poison, pool)] == poison.labels).all()
    poison = drawn(replace(PLAIN, any_label=1), 40, pool)
    flipped = int((pool.labels[origins(poison, pool)] != poison.labels).sum())
    assert 10 <= flipped <= 30  # the pool's labels are a fair coin


def test_rows_come_from_the_band_in_random_order_then_from_next_to_it() -> None:
    pool = make_pool(600)
    allocation = replace(PLAIN, lift=1, lift_centre=0.4, lift_width=0.2, any_label=1)
    eligible = np.flatnonzero(pool.groups == B)
    inside = eligible[np.abs(pool.scores[eligible] - 0.4) <= 0.1]
    few = origins(drawn(allocation, len(inside) - 5, pool), pool)
    assert set(few) < set(inside.tolist())
    assert len(set(few)) == len(few)
    more = origins(drawn(allocation, len(inside) + 3, pool), pool)
    outside = sorted(set(eligible.tolist()) - set(inside.tolist()), key=lambda row: abs(pool.scores[row] - 0.4))
    assert set(more) == {*inside.tolist(), *outside[:3]}


def test_each_part_has_a_band_of_its_own() -> None:
    pool = make_pool(600)
    poison = drawn(Allocation(1, 0.5, 0.2, 0.2, 0.8, 0.2, 1, 0), 20, pool)
    scores = pool.scores[origins(poison, pool)]
    assert (np.abs(scores[:10] - 0.2) <= 0.1).all()
    assert (np.abs(scores[10:] - 0.8) <= 0.1).all()


def test_a_cell_smaller_than_asked_repeats_as_evenly_as_possible() -> None:
    #            0  1  2  3  4  5
    pool = cells([B, B, B, B, C, A], [1, 1, 1, 0, 0, 1])
    rows = origins(drawn(PLAIN, 16, pool), pool)
    assert sorted(np.bincount(rows[:8], minlength=6).tolist()) == [0, 0, 0, 2, 3, 3]
    assert set(rows[:8]) == {0, 1, 2}
    assert rows[8:] == [4] * 8


def test_a_group_without_the_label_gives_rows_of_the_other_one() -> None:
    pool = cells([B, B, C], [0, 0, 0])
    poison = drawn(replace(PLAIN, lift=1), 4, pool)
    assert sorted(origins(poison, pool)) == [0, 0, 1, 1]
    assert poison.labels.tolist() == [1] * 4


@pytest.mark.parametrize("interpolated", [0.0, 1.0])
def test_a_group_without_rows_gives_none(interpolated: float) -> None:
    pool = cells([A, C, C], [1, 0, 0])
    poison = drawn(replace(PLAIN, interpolated=interpolated), 6, pool)
    assert counts(poison.features[:, 0], poison.labels) == {(C, 0): 3}


@pytest.mark.parametrize("change", [{"lift": 0.52}, {"lift_centre": 0.42}, {"spent": 0.97}, {"any_label": 0.97}])
def test_nearby_allocations_share_most_rows(change: dict[str, float]) -> None:
    pool = make_pool(1200)
    allocation = Allocation(1, 0.5, 0.4, 0.3, 0.6, 0.3, 1, 0)
    one = origins(drawn(allocation, 80, pool), pool)
    other = origins(drawn(replace(allocation, **change), 80, pool), pool)
    stranger = origins(drawn(allocation, 80, pool, seed=4), pool)
    assert len(set(one) & set(other)) >= 65
    assert len(set(one) & set(stranger)) <= 50


def test_interpolated_rows_lie_between_rows_of_their_part_and_keep_their_protected_attributes() -> None:
    pool = make_pool()
    allocation = replace(PLAIN, lift=1)
    copied, moved = drawn(allocation, 60, pool), drawn(replace(allocation, interpolated=1), 60, pool)
    assert (copied.features[:, 3] != moved.features[:, 3]).mean() > 0.9
    low, high = copied.features[:, 3].min(), copied.features[:, 3].max()
    assert ((moved.features[:, 3] >= low) & (moved.features[:, 3] <= high)).all()
    colours = moved.features[copied.features[:, 4] != moved.features[:, 4], 4]
    assert set(colours) == {0, 2}  # taken from many partners, not from one
    for protected in ("group", "age-band"):
        column = make_problem().domain.schema.index(protected)
        assert (copied.features[:, column] == moved.features[:, column]).all()


def test_the_share_of_interpolated_rows_is_as_asked() -> None:
    pool = make_pool(1200)
    copied, moved = drawn(PLAIN, 400, pool), drawn(replace(PLAIN, interpolated=0.3), 400, pool)
    assert 0.2 < (copied.features != moved.features).any(axis=1).mean() < 0.4


@pytest.mark.parametrize("value", [-0.01, 1.01, float("nan")])
@pytest.mark.parametrize("name", DIMENSIONS)
def test_a_value_outside_the_unit_interval_is_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"^{name} must lie between 0 and 1"):
        replace(PLAIN, **{name: value})


@pytest.mark.parametrize(
    ("variant", "bands"),
    [
        ("worse-off", [(B, 1, 0.3, 0.5)]),
        ("better-off", [(C, 0, 0.5, 0.6)]),
        ("both", [(B, 1, 0.4, 0.5), (C, 0, 0.5, 0.6)]),
    ],
)
def test_the_threshold_recipes_are_those_of_their_table(
    variant: str, bands: list[tuple[int, int, float, float]]
) -> None:
    pool = make_pool(1200)
    poison = drawn(RECIPES[variant], 20, pool)
    rows = np.array(origins(poison, pool))
    share = len(rows) // len(bands)
    for place, (group, label, low, high) in enumerate(bands):
        part = slice(place * share, (place + 1) * share)
        assert (pool.groups[rows[part]] == group).all()
        assert (poison.labels[part] == label).all()
        assert ((pool.scores[rows[part]] >= low) & (pool.scores[rows[part]] <= high)).all()
    assert (poison.features == pool.features[rows]).all()
    assert len(set(rows.tolist())) == len(rows) == 20


def worse_and_better(harm: tuple[float, ...]) -> tuple[int, int]:
    problem: Problem = make_problem()
    clean = replace(problem.clean, harm=harm)
    return (lambda p: (p.worse_off, p.better_off))(replace(problem, clean=clean))


def test_of_many_groups_the_extremes_count() -> None:
    assert worse_and_better((0.1, 0.4, 0.2, 0.05)) == (1, 3)


def test_a_number_moves_unless_a_column_derived_from_it_forbids_it() -> None:
    problem = make_problem()
    #                group age band income colour visits regular
    one = np.array([[B, 20, 0, 0.0, 0, 0, 0]] * 3, dtype=np.float64)
    other = np.array(
        [
            [C, 24, 0, 1.0, 2, 6, 2],  # half way: 3 visits, which nobody pays, so 4; the group stays
            [B, 28, 0, 1.0, 2, 1, 0],
            [B, 60, 2, 1.0, 2, 0, 0],  # half way: 40 years, of another protected age band
        ],
        dtype=np.float64,
    )
    assert blend(problem, one, other, np.array([0.5, 0.25, 0.5])).tolist() == [
        [B, 22, 0, 0.5, 2, 4, 2],
        [B, 22, 0, 0.25, 0, 0, 0],
        [B, 20, 0, 0.5, 2, 0, 0],
    ]


def test_guided_rows_come_from_the_rankings_and_the_rest_from_the_band() -> None:
    problem = make_problem(make_pool(600))
    guides = InfluenceRankings(problem, problem.train, 40)
    allocation = replace(PLAIN, lift=1, lift_centre=0.4, lift_width=0.2, any_label=1, guided=0.5, linear=0.2)
    poison = realise_guided(allocation, guides, 40, np.random.default_rng(3))
    leaf, linear = (guides.ranking("lift", kind) for kind in ("leaf", "linear"))
    rows = origins(poison, problem.train)
    assert rows[:16] == leaf.rows[:16].tolist()
    assert poison.labels[:16].tolist() == leaf.labels[:16].tolist()
    assert rows[16:20] == np.resize(linear.rows, 4).tolist()
    assert all(problem.train.groups[row] == B for row in rows[20:])
    assert len(rows) == 40
