"""How many crafted rows to add: nested sets, within the budget, as many as the victim bears."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Candidate, Poison, get_attack
from a4g_bench.attacks.gradient import GradientSearch
from a4g_bench.errors import AttackError
from a4g_bench.store.results import Results
from tests.attacks.problems import CLEAN_GAP, make_pool, make_problem, recipe, replay, search
from tests.attacks.test_logistic import PROBLEMS
from tests.support import plan_of, run_inline

GAUSSIANS = PROBLEMS["gaussian-groups"]


def started(**changes: Any) -> GradientSearch:
    attack = GradientSearch(safety_sems=0)
    attack.start(replace(GAUSSIANS, query_budget=16, batch_size=4, **changes))
    return attack


def rows(attack: GradientSearch, spent: float, seed: int = 0) -> Poison:
    problem = attack.problem
    return attack.draw({"spent": spent}, problem.train, problem.budget, np.random.default_rng(seed))


@settings(max_examples=20, deadline=None)
@given(st.floats(0, 1), st.floats(0, 1), st.integers(0, 3))
def test_sets_are_feasible_within_the_budget_and_nested(one: float, other: float, seed: int) -> None:
    attack = GradientSearch()
    attack.start(make_problem(make_pool(120, seed=seed), budget=20))
    few, many = sorted((rows(attack, one, seed=1), rows(attack, other, seed=2)), key=len)
    assert len(many) <= 20
    assert attack.problem.domain.violations(many.features) == []
    assert np.array_equal(few.features, many.features[: len(few)])
    assert np.array_equal(few.labels, many.labels[: len(few)])


def test_steps_are_equal_and_end_at_the_budget() -> None:
    attack = started()
    told = search(attack, lambda candidate: (CLEAN_GAP, 0.0), batch=3)
    explored = [r.candidate.parameters["spent"] for batch in told for r in batch if not r.candidate.confirm]
    assert explored == [step / 8 for step in range(1, 9)]
    assert sum(map(len, told)) == 16


def test_as_many_rows_as_the_victim_bears_are_chosen() -> None:
    """Each step closes as much of the gap and costs a third of a point: two steps fit the allowance less its margin."""
    attack = started(max_accuracy_loss=0.01)
    search(attack, lambda c: (CLEAN_GAP * (1 - c.parameters["spent"]), 8 / 300 * c.parameters["spent"]), batch=4)
    chosen = attack.choose()
    assert chosen is not None
    assert chosen.candidate.parameters["spent"] == 2 / 8


def test_a_gap_that_turns_round_is_noticed() -> None:
    attack = started()
    search(attack, lambda c: (abs(CLEAN_GAP - 2 * CLEAN_GAP * c.parameters["spent"]), 0.0), batch=4)
    chosen = attack.choose()
    assert chosen is not None
    assert chosen.candidate.parameters["spent"] == 4 / 8


def test_where_rows_only_harm_none_are_chosen() -> None:
    attack = started()
    search(attack, lambda c: (CLEAN_GAP * (1 + c.parameters["spent"]), 0.0), batch=4)
    assert attack.choose() is None


def test_a_search_that_is_replayed_goes_on_as_it_would_have() -> None:
    def answer(candidate: Candidate) -> tuple[float, float]:
        return CLEAN_GAP * (1 - candidate.parameters["spent"]), 0.001

    attack = started()
    told = search(attack, answer, batch=4, steps=3)
    again = started()
    replay(again, told)
    assert list(map(recipe, again.ask(4))) == list(map(recipe, attack.ask(4)))
    assert rows(again, 0.5).digest == rows(attack, 0.5, seed=9).digest


def test_a_search_completes_and_audits_what_it_evaluated(tmp_path: Path) -> None:
    suite = {"datasets": [{"name": "gaussian-groups", "params": {"rows": 600}}], "attacks": ["gradient-search"]}
    run_inline(plan_of(tmp_path, **suite, query_budgets=[8], seeds=1, fits={"folds": 2}), tmp_path / "r")
    [row] = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert (row["status"], row["error_message"], row["queries"]) == ("ok", None, 8)
    assert (row["knowledge"], row["labels"], row["row_origin"]) == ("oracle", "dirty", "free")


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"objective": "unfair"}, "attack 'gradient-search': unknown objective 'unfair' (did you mean 'unfairness'?)"),
        ({"label": 2}, "attack 'gradient-search': label must be 0, 1 or 'chosen', not 2"),
        ({"margin": -1}, "attack 'gradient-search': margin must be at least 0, not -1"),
        ({"steps": 1}, "attack 'gradient-search' has no parameter 'steps'"),
    ],
)
def test_bad_parameters_are_answered_in_one_line(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(AttackError) as caught:
        get_attack("gradient-search", parameters)
    assert str(caught.value).startswith(message)
