"""``random-search``: the space of ``sobol``, drawn uniformly, from the search's seed alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.attacks.allocation import DIMENSIONS
from a4g_bench.attacks.base import Attack, get_attack
from tests.attacks.problems import make_problem, recipe, replay, search


def started(queries: int = 24, seed: int = 7, name: str = "random-search") -> Attack:
    attack = get_attack(name, {})
    attack.start(make_problem(query_budget=queries, seed=seed))
    return attack


def points(attack: Attack, batch: int = 8) -> np.ndarray:
    told = search(attack, lambda c: (0.1, 0.0), batch)
    return np.array(
        [[r.candidate.parameters[d] for d in DIMENSIONS] for b in told for r in b if not r.candidate.confirm]
    )


def test_points_are_uniform_on_every_axis_and_independent() -> None:
    found = points(started(queries=2668))
    assert found.shape == (2001, len(DIMENSIONS))
    expected = (np.arange(2001) + 0.5) / 2001
    assert np.abs(np.sort(found, axis=0) - expected[:, None]).max() < 0.05  # Kolmogorov-Smirnov at p < 1e-4
    correlation = np.corrcoef(found.T) - np.eye(len(DIMENSIONS))
    assert np.abs(correlation).max() < 0.1


def test_points_are_no_sobol_sequence() -> None:
    halves = (points(started(queries=43))[:32] < 0.5).sum(axis=0)
    assert (halves != 16).any()
    assert ((points(started(queries=43, name="sobol"))[:32] < 0.5).sum(axis=0) == 16).all()


def test_the_seed_alone_decides_not_the_batch() -> None:
    one = points(started())
    assert (points(started(), batch=5) == one).all()
    assert (points(started(seed=8)) != one).all()


@given(st.integers(0, 30), st.integers(0, 50), st.integers(0, 3))
def test_it_draws_what_sobol_draws_for_the_same_parameters(size: int, seed: int, which: int) -> None:
    attack, other = started(), started(name="sobol")
    parameters = attack.ask(4)[which].parameters
    one = attack.draw(parameters, attack.problem.train, size, np.random.default_rng(seed))
    two = other.draw(parameters, other.problem.train, size, np.random.default_rng(seed))
    assert one.digest == two.digest
    assert len(one) <= size
    assert attack.problem.domain.violations(one.features) == []


@pytest.mark.parametrize("steps", range(9))
def test_it_goes_on_where_its_record_ends(steps: int) -> None:
    original, fresh = started(), started()
    told = search(original, lambda c: (c.parameters["lift"] / 5, 0.0), 3, steps=steps)
    replay(fresh, told)
    assert [recipe(c) for c in fresh.ask(5)] == [recipe(c) for c in original.ask(5)]
