"""Controls and zero-query baselines: which rows they add, by examples small enough to count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.attacks.allocation import DIMENSIONS, RECIPES
from a4g_bench.attacks.base import Attack, Candidate, Poison, Pool, get_attack
from a4g_bench.attacks.controls import apportion, reweighing_shares, spread
from a4g_bench.errors import AttackError
from tests.attacks.problems import cells, counts, make_pool, make_problem

A, B, C = 0, 1, 2


def added(name: str, pool: Pool, size: int, seed: int = 0, **parameters: str) -> Poison:
    attack = get_attack(name, parameters)
    attack.start(make_problem(pool))
    return attack.draw({}, pool, size, np.random.default_rng(seed))


def rows_of(poison: Poison, pool: Pool) -> list[int]:
    """The pool's row that each poison row is, features and label alike."""
    found = []
    for features, label in zip(poison.features, poison.labels, strict=True):
        found.append(int(np.flatnonzero((pool.features == features).all(axis=1) & (pool.labels == label))[0]))
    return found


def test_clean_adds_nothing_but_keeps_the_width() -> None:
    poison = added("clean", make_pool(), 9)
    assert poison.features.shape == (0, 7)
    assert len(poison) == 0


@pytest.mark.parametrize("seed", range(5))
def test_random_rows_are_feasible_in_range_and_of_both_labels(seed: int) -> None:
    pool = make_pool()
    # every number of visits occurs, so that every derived category does
    pool.features[:4, 5], pool.features[:4, 6] = (2, 3, 2, 3), 1
    problem = make_problem(pool)
    poison = added("random-rows", pool, 200, seed)
    assert len(poison) == 200
    assert problem.domain.violations(poison.features) == []
    assert 60 < poison.labels.sum() < 140
    assert set(poison.features[:, 0]) == {A, B, C}


def test_random_duplicates_are_training_rows_with_their_labels() -> None:
    pool = make_pool(50)
    rows = rows_of(added("random-duplicates", pool, 50), pool)
    assert sorted(rows) == list(range(50))
    assert rows != list(range(50))
    assert len(rows_of(added("random-duplicates", pool, 120), pool)) == 120


#        A: 3 x 0, 1 x 1      B: 3 x 0, 1 x 1      C: 0 x 0, 4 x 1      6 of 12 are labelled 1
POOL = cells([A, A, A, A, B, B, B, B, C, C, C, C], [0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1, 1])


def test_halves_come_from_the_two_cells_that_pull_the_gap_together() -> None:
    #            0  1  2  3  4
    pool = cells([B, B, B, C, C], [1, 1, 0, 0, 1])  # B is worse off: (B, 1) are rows 0 and 1; C best off: (C, 0) is 3
    rows = rows_of(added("cell-duplication", pool, 8), pool)
    assert sorted(rows) == [0, 0, 1, 1, 3, 3, 3, 3]


def test_an_odd_budget_is_spent_in_full() -> None:
    poison = added("cell-duplication", make_pool(), 7)
    assert counts(poison.features[:, 0], poison.labels) == {(B, 1): 4, (C, 0): 3}


def test_half_of_the_budget_is_left_where_a_cell_is_empty() -> None:
    poison = added("cell-duplication", POOL, 8)
    assert counts(poison.features[:, 0], poison.labels) == {(B, 1): 4}


def test_halves_turn_round_where_label_1_is_unfavourable() -> None:
    attack = get_attack("cell-duplication", {})
    attack.start(make_problem(favourable=0))
    poison = attack.draw({}, make_pool(), 6, np.random.default_rng(0))
    assert counts(poison.features[:, 0], poison.labels) == {(B, 0): 3, (C, 1): 3}


def test_reweighing_shares_derived_by_eye() -> None:
    # Half of the rows are labelled 1, each group has 4: two rows are expected in each cell. Missing: one in (A, 1), one
    # in (B, 1) and two in (C, 0).
    assert reweighing_shares(POOL, 3) == {
        (A, 0): 0.0,
        (A, 1): 0.25,
        (B, 0): 0.0,
        (B, 1): 0.25,
        (C, 0): 0.5,
        (C, 1): 0.0,
    }


def test_reweighing_duplicates_in_proportion_and_not_from_an_empty_cell() -> None:
    rows = rows_of(added("cell-duplication", POOL, 8, variant="reweighing"), POOL)
    assert sorted(rows) == [3, 3, 7, 7]


def test_reweighing_adds_nothing_where_label_and_group_are_independent() -> None:
    assert len(added("cell-duplication", cells([A, A, B, B], [0, 1, 0, 1]), 8, variant="reweighing")) == 0


@st.composite
def divisions(draw: st.DrawFn) -> list[float]:
    weights = draw(st.lists(st.floats(0, 1e6), min_size=1, max_size=12).filter(lambda w: sum(w) > 0))
    return [weight / sum(weights) for weight in weights]


@given(divisions(), st.integers(0, 10**6))
def test_shares_of_one_are_apportioned_to_the_last_row(shares: list[float], total: int) -> None:
    given_out = apportion(shares, total)
    assert sum(given_out) == total
    assert all(abs(count - share * total) < 1.001 for count, share in zip(given_out, shares, strict=True))


@given(divisions(), st.floats(0, 1), st.integers(0, 10**6))
def test_smaller_shares_never_exceed_the_total(shares: list[float], part: float, total: int) -> None:
    given_out = apportion([share * part for share in shares], total)
    assert min(given_out) >= 0
    assert sum(given_out) <= total
    assert abs(sum(given_out) - part * total) < 0.51


def test_the_largest_remainders_get_the_rest() -> None:
    assert apportion([0.5, 0.3, 0.2], 9) == [4, 3, 2]  # 4.5, 2.7, 1.8
    assert apportion([], 9) == []


def test_spread_repeats_evenly_and_in_random_order() -> None:
    rows = spread(np.array([4, 5, 6]), 8, np.random.default_rng(0))
    assert sorted(np.bincount(rows)[4:].tolist()) == [2, 3, 3]
    orders = {tuple(spread(np.arange(6), 3, np.random.default_rng(seed))) for seed in range(8)}
    assert len(orders) > 4


@pytest.mark.parametrize("variant", list(RECIPES))
def test_threshold_copies_are_points_of_the_allocation_space(variant: str) -> None:
    pool = make_pool()
    problem = make_problem(pool)
    search = get_attack("sobol", {})
    search.start(problem)
    point = {name: float(getattr(RECIPES[variant], name)) for name in DIMENSIONS}
    found = search.draw(point, pool, 30, np.random.default_rng(5))
    assert found.digest == added("threshold-copies", pool, 30, 5, variant=variant).digest
    assert len(found) == 30


def test_a_score_cannot_be_read_unasked() -> None:
    pool = make_pool()
    with pytest.raises(AttackError, match="uses_scores"):
        _ = Pool(pool.features, pool.labels, pool.groups).scores


@pytest.mark.parametrize("name", ["clean", "random-rows", "random-duplicates", "cell-duplication", "threshold-copies"])
def test_what_does_not_search_asks_for_nothing_and_answers_with_one_candidate(name: str) -> None:
    attack: Attack = get_attack(name, {})
    attack.start(make_problem())
    assert not attack.is_search
    assert attack.ask(5) == []
    chosen = attack.choose()
    assert isinstance(chosen, Candidate)
    assert chosen.parameters == {}
    assert chosen.poison is None
