"""Which victims depend on the random state: those that do not are fitted once for all victim seeds."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.victims.base import get_victim
from tests.victims.benches import LABELS, SCORES, bench, poison, values

UNSEEDED: list[tuple[str, dict[str, Any]]] = [
    ("logistic_regression", {}),
    ("logistic_regression", {"C": 0.1}),
    ("svm", {}),
    ("svm", {"kernel": "linear"}),
    ("lightgbm", {}),
    ("lightgbm", {"num_leaves": 7, "n_estimators": 20, "max_bin": 15, "class_weight": "balanced"}),
]
SAMPLING: list[dict[str, Any]] = [
    {"colsample_bytree": 0.5},
    {"colsample_bynode": 0.5},
    {"subsample": 0.5, "subsample_freq": 1},
    {"sub_row": 0.5, "subsample_freq": 1},
    {"data_sample_strategy": "goss", "learning_rate": 0.5, "top_rate": 0.1, "other_rate": 0.2},
    {"boosting_type": "dart"},
    {"boost": "dart"},
    {"extra_tree": True},
    {"use_quantized_grad": True},
]


@pytest.mark.parametrize(("victim", "parameters"), UNSEEDED)
def test_an_unseeded_victim_gives_the_same_for_every_seed(victim: str, parameters: dict[str, Any]) -> None:
    assert not get_victim(victim, parameters).seeded()
    on = bench(victim, **parameters)
    for job in (LABELS, SCORES, replace(SCORES, poison=poison())):
        one, other = (values(on.run(replace(job, seed=seed))) for seed in (0, 2**31 - 1))
        assert np.array_equal(one, other)


def test_all_other_built_in_victims_are_seeded() -> None:
    unseeded = {name for name in plugins.names("victims") if not get_victim(name, {}).seeded()}
    assert unseeded == {victim for victim, _ in UNSEEDED}


@pytest.mark.parametrize("parameters", SAMPLING, ids=lambda parameters: next(iter(parameters)))
def test_lightgbm_is_seeded_where_it_samples(parameters: dict[str, Any]) -> None:
    assert get_victim("lightgbm", parameters).seeded()
    on = bench("lightgbm", n_estimators=20, **parameters)
    one, other = (values(on.run(replace(SCORES, seed=seed))) for seed in (1, 2))
    assert not np.array_equal(one, other)


def test_a_random_solver_makes_logistic_regression_seeded() -> None:
    assert get_victim("logistic_regression", {"solver": "saga"}).seeded()


@pytest.mark.parametrize(
    ("victim", "parameters"),
    [("random_forest", {"n_estimators": 5}), ("sklearn.ensemble:ExtraTreesClassifier", {"n_estimators": 5})],
)
def test_a_seeded_victim_follows_its_seed(victim: str, parameters: dict[str, Any]) -> None:
    assert get_victim(victim, parameters).seeded()
    on = bench(victim, **parameters)
    first, again, other = (values(on.run(replace(SCORES, seed=seed))) for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
