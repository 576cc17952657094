"""The gradient attack: feasible rows within the budget, a loss that falls after projection, and what it refuses."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Candidate, Poison, Problem, get_attack, join
from a4g_bench.attacks.gradient import Bench
from a4g_bench.attacks.surrogates.smoothed import OBJECTIVES
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Feature, Schema
from a4g_bench.errors import AttackError
from a4g_bench.store.results import Results
from tests.attacks.problems import SCHEMA, make_pool, make_problem
from tests.attacks.test_logistic import PROBLEMS
from tests.support import plan_of, run_inline


def crafted(problem: Problem, size: int, seed: int = 0, **parameters: Any) -> Poison:
    attack = get_attack("gradient", parameters)
    attack.start(problem)
    return attack.draw({}, problem.train, size, np.random.default_rng(seed))


def judged(problem: Problem, objective: str, poison: Poison) -> tuple[float, float]:
    """The surrogate's loss and accuracy, trained from nothing on the training rows and the poison."""
    state = Bench.of(problem, problem.train, objective, 4.0).state(poison, None)
    return state.loss, float(state.right.mean())


def restricted(problem: Problem, *features: Feature) -> Problem:
    """The problem with other descriptions of the first features, and without the rest."""
    schema = Schema(features, ("group",), SCHEMA.label, SCHEMA.label_values, SCHEMA.favourable)
    pools = [
        replace(pool, features=pool.features[:, [SCHEMA.index(f.name) for f in features]])
        for pool in (problem.train, problem.validation)
    ]
    return replace(problem, train=pools[0], validation=pools[1], domain=Domain.of(schema, pools[0].features))


@settings(max_examples=25)
@given(
    st.integers(0, 60),
    st.integers(0, 5),
    st.sampled_from(list(OBJECTIVES)),
    st.sampled_from([0, 1, "chosen"]),
    st.booleans(),
    st.sampled_from([0, 1]),
)
def test_any_rows_are_feasible_and_within_the_budget(
    size: int, seed: int, objective: str, label: int | str, hold: bool, favourable: int
) -> None:
    problem = make_problem(make_pool(120, seed=seed), favourable=favourable)
    options: dict[str, Any] = {"rounds": 3, "steps": 2, "rate": 1.5}
    poison = crafted(problem, size, seed, objective=objective, label=label, hold_accuracy=hold, **options)
    assert len(poison) == len(poison.features) <= size
    assert problem.domain.violations(poison.features) == []
    assert set(poison.labels.tolist()) <= ({0, 1} if label == "chosen" else {label})


@pytest.mark.parametrize("steps", [0, 5])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_loss_measured_after_projection_falls(problem: Problem, objective: str, steps: int) -> None:
    poison = crafted(problem, 12, objective=objective, steps=steps, hold_accuracy=False)
    assert len(poison) > 0
    assert judged(problem, objective, poison)[0] < judged(problem, objective, join([], poison.features.shape[1]))[0]


def test_more_rows_lower_the_loss_further() -> None:
    problem = PROBLEMS["gaussian-groups"]
    poisons = [crafted(problem, size, hold_accuracy=False) for size in (0, 4, 16)]
    losses = [judged(problem, "unfairness", poison)[0] for poison in poisons]
    assert losses == sorted(losses, reverse=True)


@pytest.mark.parametrize("allowance", [0.0, 0.01, 0.05])
@pytest.mark.parametrize("objective", ["unfairness", "disparate_impact", "fpr_difference"])
def test_the_accuracy_is_held(objective: str, allowance: float) -> None:
    problem = replace(PROBLEMS["gaussian-groups"], max_accuracy_loss=allowance)
    clean = judged(problem, objective, join([], 3))[1]
    poison = crafted(problem, 60, objective=objective)
    assert judged(problem, objective, poison)[1] >= clean - allowance
    assert len(poison) > 0 or allowance < 0.05


def test_error_is_raised_whatever_the_allowance() -> None:
    problem = replace(PROBLEMS["gaussian-groups"], max_accuracy_loss=0.0)
    clean = judged(problem, "error", join([], 3))[1]
    assert judged(problem, "error", crafted(problem, 60, objective="error"))[1] < clean - 0.05


def test_rows_that_victims_do_not_see_stay_with_the_training_row_begun_with() -> None:
    problem = PROBLEMS["gaussian-groups"]  # the group is for measuring only
    poison = crafted(problem, 40, hold_accuracy=False)
    assert set(poison.features[:, 2]) <= {0, 1}
    moved = ~np.isin(poison.features[:, 0], problem.train.features[:, 0])
    assert moved.any()


def test_equal_generators_craft_equal_rows_and_leave_the_pool_alone() -> None:
    problem = make_problem()
    before = problem.train.features.copy()
    one = crafted(problem, 20)
    assert crafted(problem, 20).digest == one.digest
    assert crafted(problem, 20, seed=1).digest != one.digest
    assert (problem.train.features == before).all()


def test_it_makes_no_query_and_answers_with_one_candidate() -> None:
    attack = get_attack("gradient", {})
    attack.start(make_problem())
    assert not attack.is_search
    assert attack.ask(5) == []
    chosen = attack.choose()
    assert isinstance(chosen, Candidate)
    assert chosen.parameters == {}


def test_categories_alone_are_enough() -> None:
    problem = restricted(make_problem(), SCHEMA["group"], SCHEMA["colour"])
    poison = crafted(problem, 10, hold_accuracy=False)
    assert len(poison) > 0
    assert problem.domain.violations(poison.features) == []


def test_a_table_of_which_victims_see_nothing_is_refused() -> None:
    hidden = restricted(make_problem(), replace(SCHEMA["group"], visible=False))
    with pytest.raises(AttackError, match=r"^victims see no feature of this data set, so there is nothing to move$"):
        crafted(hidden, 10)


def test_a_single_label_is_refused() -> None:
    problem = make_problem()
    train = replace(problem.train, labels=np.zeros_like(problem.train.labels))
    with pytest.raises(AttackError, match=r"^the training rows carry one label only"):
        crafted(replace(problem, train=train), 10)


def test_a_group_that_cannot_be_judged_is_named() -> None:
    problem = make_problem(make_pool(groups=2), validation=make_pool(60, groups=2))
    with pytest.raises(AttackError, match=r"^objective 'unfairness' .* 'C' has none$"):
        crafted(problem, 10)
    assert len(crafted(problem, 10, objective="error")) > 0


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"label": 2}, "label must be 0, 1 or 'chosen', not 2"),
        ({"label": "yes"}, "label must be 0, 1 or 'chosen', not 'yes'"),
        ({"label": True}, "label must be 0, 1 or 'chosen', not True"),
        ({"label": [0]}, "label must be 0, 1 or 'chosen', not [0]"),
        ({"objective": "disparate-impact"}, "unknown objective 'disparate-impact' (did you mean 'disparate_impact'?)"),
        ({"objective": ["error"]}, "unknown objective ['error'] (did you mean 'error'?)"),
        ({"objective": None}, "unknown objective None"),
        ({"rounds": 0}, "rounds must be a whole number of at least 1, not 0"),
        ({"steps": -1}, "steps must be a whole number of at least 0, not -1"),
        ({"rate": 0}, "rate must be more than 0, not 0"),
        ({"rate": float("nan")}, "rate must be a finite number, not nan"),
        ({"sharpness": -1}, "sharpness must be more than 0, not -1"),
        ({"hold_accuracy": "no"}, "hold_accuracy must be true or false, not 'no'"),
        ({"threshold": 1}, "attack 'gradient' has no parameter 'threshold'"),
    ],
)
def test_bad_input_is_answered_in_one_line(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(AttackError) as raised:
        get_attack("gradient", parameters)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_searches_in_a_suite_complete_and_record_their_threat_model(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        datasets=[{"name": "gaussian-groups", "params": {"rows": 600}}],
        attacks=[{"name": "gradient", "as": name, "params": {"objective": name}} for name in OBJECTIVES],
        seeds=1,
    )
    run_inline(plan, tmp_path / "r")
    rows = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert {row["attack"] for row in rows} == set(OBJECTIVES)
    for row in rows:
        assert (row["status"], row["queries"], row["role"], row["knowledge"]) == (
            "ok",
            0,
            "baseline",
            "surrogate",
        )
        assert (row["labels"], row["row_origin"]) == ("dirty", "free")
        assert row["poison_rows"] <= row["budget_rows"]
