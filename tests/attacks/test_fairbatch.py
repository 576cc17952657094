"""``fairbatch-outer``: which cells a move takes from and gives to, when it halves, stops and confirms, and replay."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Attack, Candidate, Pool, Result, get_attack
from tests.attacks.problems import cells, counts, make_pool, make_problem, measurement, recipe, replay, result, search

A, B, C = 0, 1, 2
#             2 x (A, 0)  2 x (A, 1)  1 x (B, 0)  1 x (B, 1)  3 x (C, 0)  1 x (C, 1)
POOL = cells([A, A, A, A, B, B, C, C, C, C], [0, 0, 1, 1, 0, 1, 0, 0, 0, 1])
NAMES = ["A/no", "A/yes", "B/no", "B/yes", "C/no", "C/yes"]

#: Harm rates of A, B and C for a candidate; None fails it.
Harm = Callable[[Candidate], Sequence[float] | None]


def b_worst_c_best(candidate: Candidate) -> Sequence[float]:
    return 0.2, 0.3, 0.1


def closing(candidate: Candidate) -> Sequence[float]:
    """B's harm falls with its share of favourable copies, is level with A's at .25 and with C's at .35."""
    return 0.12, 0.1 + 0.2 * (0.35 - candidate.parameters["B/yes"]), 0.1


def started(
    pool: Pool = POOL, *, queries: int = 24, favourable: int = 1, budget: int = 20, **parameters: Any
) -> Attack:
    attack = get_attack("fairbatch-outer", parameters)
    attack.start(make_problem(pool, query_budget=queries, favourable=favourable, budget=budget))
    return attack


def run(attack: Attack, harm: Harm, *, steps: int = 1000, room: int = 4, loss: float = 0.0) -> list[list[Result]]:
    """Run it as the harness does; the gap is that of the harm rates."""
    told: list[list[Result]] = []
    while len(told) < steps and len(told) < attack.problem.query_budget:
        candidates = attack.ask(room)
        if not candidates:
            break
        batch = []
        for candidate in candidates:
            rates = harm(candidate)
            one = result(len(told) + len(batch), candidate, lambda c: (0.0, loss))
            found = None if rates is None else measurement(max(rates) - min(rates), loss, harm=rates)
            batch.append(replace(one, measurement=found))
        attack.tell(batch)
        told.append(batch)
    return told


def shares(told: list[list[Result]]) -> list[list[float]]:
    """The explored shares, query by query."""
    explored = [one.candidate for batch in told for one in batch if not one.candidate.confirm]
    return [[round(candidate.parameters[name], 9) for name in NAMES] for candidate in explored]


def test_it_begins_with_the_shares_of_the_training_rows() -> None:
    [first] = started().ask(4)
    assert dict(first.parameters) == dict(zip(NAMES, [0.2, 0.2, 0.1, 0.1, 0.3, 0.1], strict=True))


def test_a_move_goes_to_the_two_cells_that_close_the_gap_from_all_others_in_proportion() -> None:
    # .3 moves: .15 each to (B, yes) and (C, no). The others hold .6 and are left with half of it.
    second = shares(run(started(alpha=0.3), b_worst_c_best, steps=2))[1]
    assert second == pytest.approx([0.1, 0.1, 0.05, 0.25, 0.45, 0.05])


def test_where_label_1_is_unfavourable_it_moves_the_other_way() -> None:
    # to (B, no) and (C, yes); the others hold .8, of which .5 is left: five eighths
    second = shares(run(started(alpha=0.3, favourable=0), b_worst_c_best, steps=2))[1]
    assert second == pytest.approx([0.125, 0.125, 0.25, 0.0625, 0.1875, 0.25])


def test_exploring_ends_where_nothing_is_left_to_move_and_the_best_are_confirmed() -> None:
    attack = started(alpha=0.3, queries=24)
    told = [one for batch in run(attack, b_worst_c_best) for one in batch]
    assert shares([told])[-1] == pytest.approx([0, 0, 0, 0.4, 0.6, 0])
    assert [one.candidate.confirm for one in told] == [False] * 3 + [True] * 6  # .6 is moved in two moves of .3


def test_alpha_halves_when_the_worst_off_or_best_off_group_changes() -> None:
    # B ends worst off after the second query: (A worst, C best), then (C worst, A best)
    answers = iter([(0.2, 0.3, 0.1), (0.1, 0.2, 0.3)])
    found = shares(run(started(alpha=0.4), lambda c: next(answers, (0.1, 0.2, 0.3)), steps=3))
    assert found[1] == pytest.approx([0.2 / 3, 0.2 / 3, 0.1 / 3, 0.3, 0.5, 0.1 / 3])
    # .2 moves to (C, yes) and (A, no), .1 each
    assert found[2][NAMES.index("C/yes")] == pytest.approx(0.1 / 3 + 0.1)
    assert found[2][NAMES.index("A/no")] == pytest.approx(0.2 / 3 + 0.1)


def test_it_settles_where_the_gap_closes() -> None:
    attack = started(alpha=0.2, queries=60, budget=1000, safety_sems=0)
    explored = shares(run(attack, closing))
    assert explored[-1][NAMES.index("B/yes")] == pytest.approx(0.25, abs=0.03)
    chosen = attack.choose()
    assert isinstance(chosen, Result)
    assert chosen.measurement is not None
    assert chosen.measurement.objective.mean < 0.03


def test_a_failed_query_is_followed_by_half_the_move() -> None:
    attack = started(alpha=0.4)
    told = run(attack, lambda c: None if c.parameters["B/yes"] == pytest.approx(0.3) else b_worst_c_best(c), steps=3)
    assert [row[NAMES.index("B/yes")] for row in shares(told)] == pytest.approx([0.1, 0.3, 0.2])


def test_a_first_query_that_fails_is_made_again() -> None:
    told = run(started(queries=8), lambda c: None)
    assert shares(told) == [[0.2, 0.2, 0.1, 0.1, 0.3, 0.1]] * 6


def test_equal_harm_rates_leave_nothing_to_move() -> None:
    told = [one for batch in run(started(), lambda c: (0.1, 0.1, 0.1)) for one in batch]
    assert [one.candidate.confirm for one in told] == [False] + [True] * 6


@pytest.mark.parametrize(("loss", "chosen"), [(0.007, True), (0.009, False)])
def test_the_choice_keeps_the_accuracy_allowance_with_its_margin(loss: float, chosen: bool) -> None:
    attack = started(safety_sems=0)
    run(attack, closing, loss=loss)
    assert (attack.choose() is not None) == chosen


def test_rows_are_copies_with_their_own_labels_in_the_shares_asked() -> None:
    attack = started()
    parameters = dict(zip(NAMES, [0, 0.1, 0.2, 0.3, 0.4, 0], strict=True))
    poison = attack.draw(parameters, POOL, 10, np.random.default_rng(0))
    assert counts(poison.features[:, 0], poison.labels) == {(A, 1): 1, (B, 0): 2, (B, 1): 3, (C, 0): 4}
    rows = poison.features[:, 3].astype(int)  # income is the row's number
    assert (poison.features == POOL.features[rows]).all()
    assert (poison.labels == POOL.labels[rows]).all()
    assert sorted(rows[-4:]) in ([6, 6, 7, 8], [6, 7, 7, 8], [6, 7, 8, 8])  # spread evenly over rows 6, 7 and 8


def test_a_cell_without_rows_is_given_none() -> None:
    attack = started()
    without = cells([A, A, B, C], [0, 1, 1, 0])
    parameters = dict(zip(NAMES, [0, 0, 0.5, 0.5, 0, 0], strict=True))
    poison = attack.draw(parameters, without, 4, np.random.default_rng(0))
    assert counts(poison.features[:, 0], poison.labels) == {(B, 1): 2}
    # nor is any moved to one: (C, no), which would close the gap, is empty here
    empty = started(cells([A, A, B, B, C], [0, 1, 0, 1, 1]), alpha=0.3)
    assert shares(run(empty, b_worst_c_best, steps=2))[1] == pytest.approx([0.125, 0.125, 0.125, 0.5, 0, 0.125])


def some_harm(seed: int) -> Harm:
    """Harm rates that jump about, and a query in five that fails; the same for the same shares."""

    def answer(candidate: Candidate) -> Sequence[float] | None:
        drawn = np.random.default_rng([seed, *(int(1e9 * v) for v in candidate.parameters.values())]).random(4)
        return None if drawn[3] < 0.2 else tuple(drawn[:3])

    return answer


@settings(max_examples=40)
@given(st.integers(0, 10**6), st.integers(0, 60), st.integers(0, 12), st.sampled_from([0, 1]))
def test_any_search_gives_feasible_rows_and_goes_on_where_its_record_ends(
    seed: int, size: int, steps: int, favourable: int
) -> None:
    pool = make_pool(60, seed=seed)
    original = started(pool, queries=12, favourable=favourable)
    fresh = started(pool, queries=12, favourable=favourable)
    told = run(original, some_harm(seed), steps=steps)
    replay(fresh, told)
    assert [recipe(c) for c in fresh.ask(3)] == [recipe(c) for c in original.ask(3)]
    for one in (one for batch in told for one in batch):
        assert sum(one.candidate.parameters.values()) == pytest.approx(1)
        poison = original.draw(one.candidate.parameters, pool, size, np.random.default_rng(seed))
        other = fresh.draw(one.candidate.parameters, pool, size, np.random.default_rng(seed))
        assert poison.digest == other.digest
        assert len(poison) == size
        assert original.problem.domain.violations(poison.features) == []


def test_draws_afresh_are_other_rows_of_the_same_cells() -> None:
    pool = make_pool()
    attack = started(pool)
    parameters = attack.ask(1)[0].parameters
    one, other = (attack.draw(parameters, pool, 30, np.random.default_rng(seed)) for seed in (0, 1))
    assert one.digest != other.digest
    assert counts(one.features[:, 0], one.labels) == counts(other.features[:, 0], other.labels)


def test_queries_are_proposed_one_at_a_time_and_never_more_than_allowed() -> None:
    attack = started(queries=5)
    told = search(attack, lambda c: None, 4)
    assert [len(batch) for batch in told[:4]] == [1, 1, 1, 1]
