"""Copies that a linear program chooses: exact small programs; clean copies within the budget that help a surrogate."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Poison, Problem, get_attack, join
from a4g_bench.attacks.gradient import Bench
from a4g_bench.attacks.influence import cheapest_copies
from a4g_bench.errors import AttackError
from tests.attacks.problems import make_pool, make_problem
from tests.attacks.test_logistic import PROBLEMS

#                        four rows: what one copy adds to the unfairness, and to the error
UNFAIRNESS = np.array([-0.04, -0.03, -0.02, 0.01])
ERROR = np.array([0.02, 0.0, 0.001, -0.01])


def chosen(rows: int, gap: float = 1.0, allowance: float = 1.0, most: int = 1) -> list[int]:
    found = cheapest_copies(
        UNFAIRNESS, ERROR, rows=rows, gap=gap, allowance=allowance, most=np.full(4, most, dtype=np.int64)
    )
    return [int(count) for count in found]


def test_small_programs_by_eye() -> None:
    assert chosen(1) == [1, 0, 0, 0]
    assert chosen(2) == [1, 1, 0, 0]
    assert chosen(2, most=2) == [2, 0, 0, 0]
    assert chosen(4) == [1, 1, 1, 0]  # the last row raises the unfairness, and its accuracy is not needed
    assert chosen(2, allowance=0.001) == [0, 1, 1, 0]  # the first is too dear
    assert chosen(4, allowance=0.011) == [1, 1, 1, 1]  # here it pays for the first
    assert chosen(4, gap=0.0)[:3] == [0, 0, 0]  # a gap that is closed does not turn round
    assert chosen(0) == [0, 0, 0, 0]


def crafted(problem: Problem, size: int, **parameters: object) -> Poison:
    attack = get_attack("influence-duplication", parameters)
    attack.start(problem)
    return attack.draw({}, problem.train, size, np.random.default_rng(0))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 60), st.integers(0, 5), st.integers(1, 3))
def test_rows_are_clean_copies_within_the_budget_and_the_limit(size: int, seed: int, most: int) -> None:
    problem = make_problem(make_pool(120, seed=seed))
    poison = crafted(problem, size, max_copies=most)
    assert len(poison) <= size
    there = [
        row.tobytes() + bytes([label]) for row, label in zip(problem.train.features, problem.train.labels, strict=True)
    ]
    added = [row.tobytes() + bytes([label]) for row, label in zip(poison.features, poison.labels, strict=True)]
    assert set(added) <= set(there)
    assert all(added.count(one) <= most * there.count(one) for one in set(added))
    assert crafted(problem, size, max_copies=most).digest == poison.digest


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_surrogates_unfairness_falls(problem: Problem) -> None:
    bench = Bench.of(problem, problem.train, "unfairness", 4.0)
    poison = crafted(problem, 40)
    assert len(poison) > 0
    assert bench.state(poison, None).loss < bench.state(join([], poison.features.shape[1]), None).loss


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rounds": 0}, "rounds must be"),
        ({"max_copies": 0}, "max_copies must be"),
        ({"sharpness": 0}, "sharpness must be"),
    ],
)
def test_bad_parameters(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(AttackError, match=message):
        get_attack("influence-duplication", parameters)
