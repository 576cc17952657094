"""The rows of the highest score: one each, the label that scores higher, the share spent, and replay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Attack, Candidate, Poison, get_attack
from a4g_bench.attacks.row_pool import FEATURES, LIMIT, RowScores
from a4g_bench.errors import AttackError
from tests.attacks.problems import CLEAN_GAP, make_pool, make_problem, recipe, replay, search

UNIT = st.floats(0, 1)


def started(seed: int = 0, **parameters: object) -> Attack:
    attack = get_attack("ax-pool", {"initial": 100, **parameters})  # a Sobol design throughout: no model here
    attack.start(make_problem(make_pool(120, seed=seed)))
    return attack


def weighing(spent: float = 1.0, **weights: float) -> dict[str, float]:
    return {**{name: (weights.get(name, 0.0) + 1) / 2 for name in FEATURES}, "spent": spent}


def rows(attack: Attack, parameters: dict[str, float], seed: int = 0) -> Poison:
    return attack.draw(parameters, attack.problem.train, attack.problem.budget, np.random.default_rng(seed))


@settings(max_examples=30, deadline=None)
@given(st.lists(UNIT, min_size=7, max_size=7), st.integers(0, 3))
def test_rows_are_distinct_feasible_and_as_many_as_spent(point: list[float], seed: int) -> None:
    attack = started(seed)
    parameters = dict(zip((*FEATURES, "spent"), point, strict=True))
    poison = rows(attack, parameters)
    assert len(poison) == int(np.floor(point[-1] * attack.problem.budget + 0.5))
    assert attack.problem.domain.violations(poison.features) == []
    assert rows(attack, parameters).digest == poison.digest


def test_a_weight_picks_what_it_names() -> None:
    attack = started(jitter=0)
    train, favourable = attack.problem.train, attack.problem.favourable
    assert set(rows(attack, weighing(label=1.0)).labels) == {favourable}
    assert set(rows(attack, weighing(label=-1.0)).labels) == {1 - favourable}
    near = rows(attack, weighing(nearness=1.0, label=0.01))
    distance = {row.tobytes(): abs(score - 0.5) for row, score in zip(train.features, train.scores, strict=True)}
    budget = attack.problem.budget
    assert sorted(distance[row.tobytes()] for row in near.features) == pytest.approx(
        sorted(np.abs(train.scores - 0.5))[:budget], abs=0.05
    )


def test_features_are_standardised_and_cut_off() -> None:
    problem = make_problem()
    found = RowScores.of(problem, problem.train).features
    assert found.shape == (len(problem.train), 2, len(FEATURES))
    assert np.abs(found).max() <= LIMIT
    assert np.abs(found.mean(axis=(0, 1))).max() < 0.2
    same = [FEATURES.index(name) for name in ("score", "nearness", "group", "density")]
    assert np.array_equal(found[:, 0, same], found[:, 1, same])


def test_a_search_that_is_replayed_goes_on_as_it_would_have() -> None:
    def answer(candidate: Candidate) -> tuple[float, float]:
        return CLEAN_GAP * (1 - candidate.parameters["spent"] / 2), 0.0

    attack, again = started(), started()
    told = search(attack, answer, batch=4, steps=3)
    replay(again, told)
    assert list(map(recipe, again.ask(4))) == list(map(recipe, attack.ask(4)))


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"jitter": -1}, "jitter must be at least 0"), ({"acquisition": "x"}, "acquisition must")],
)
def test_bad_parameters(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(AttackError, match=message):
        get_attack("ax-pool", parameters)
