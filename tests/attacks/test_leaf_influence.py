"""Rows ranked by surrogates: what trees and a logistic regression point at, and that it does what it promises."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier
from scipy.special import expit

from a4g_bench.attacks.allocation import InfluenceRankings
from a4g_bench.attacks.base import Pool, Problem, get_attack
from a4g_bench.attacks.surrogates.linear import rank_by_gradients
from a4g_bench.attacks.surrogates.trees import LeafKernel, Ranking, rank_by_leaves
from a4g_bench.errors import AttackError
from a4g_bench.victims.encoding import Encoder
from tests.attacks.problems import make_pool, make_problem, measurement
from tests.attacks.test_logistic import PROBLEMS

pytestmark = pytest.mark.filterwarnings("ignore")  # LightGBM's advice on feature names
A, B, C = 0, 1, 2
SIDES = ("lift", "lower")


def sloped(n: int = 900, seed: int = 0) -> Problem:
    """The label follows from income; B deserves as often as others, with less of it."""
    rng = np.random.default_rng(seed)
    pool = make_pool(n, seed=seed)
    labels = (rng.random(n) < 0.5).astype(np.int8)
    features = pool.features.copy()
    features[:, 3] = labels * 1.5 - 0.8 * (pool.groups == B) + rng.normal(0, 1, n)
    return make_problem(Pool(features, labels, pool.groups, pool.scores), budget=40)


def harm(problem: Problem, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Each group's share of denied people among 3000 others who deserve, by LightGBM trained with the added rows."""
    pool, judged = problem.train, sloped(3000, seed=9).train
    encoder = Encoder.of(problem.domain.schema, "one-hot", pool.features)
    trained = encoder(np.concatenate([pool.features, pool.features[rows]]))
    model = LGBMClassifier(verbose=-1, n_jobs=1).fit(trained, np.concatenate([pool.labels, labels]))
    denied = 1 - model.predict_proba(encoder(judged.features))[:, 1]
    deserving = judged.labels == 1
    return np.array([denied[deserving & (judged.groups == g)].mean() for g in (A, B, C)])


@pytest.mark.parametrize(("side", "group", "sign"), [("lift", B, -1), ("lower", C, 1)])
def test_the_rows_chosen_move_the_harm_rate_they_are_for(side: str, group: int, sign: int) -> None:
    problem = sloped()
    before = harm(problem, np.empty(0, dtype=int), np.empty(0, dtype=np.int8))
    chosen = rank_by_leaves(problem, problem.train, LeafKernel.of(problem, problem.train), side, 60)  # type: ignore[arg-type]
    moved = harm(problem, chosen.rows, chosen.labels) - before
    assert sign * moved[group] > 0.03
    assert np.abs(moved).argmax() == group or sign * moved[group] > 0.8 * np.abs(moved).max()


def test_scores_are_out_of_fold_and_leaves_are_shared_with_oneself() -> None:
    problem = sloped()
    kernel = LeafKernel.of(problem, problem.train)
    right = (kernel.scores > 0) == problem.train.labels
    assert 0.6 < right.mean() < 0.85, "in-sample trees would get nearly all right"
    for shared in kernel.leaves:
        assert (shared.sum(axis=1) == 50).all(), "one leaf per tree"
    assert sorted(np.concatenate(kernel.judged)) == list(range(len(problem.train)))


def test_the_first_order_effect_is_that_of_a_small_step() -> None:
    """``pull`` is the derivative of what ``pushed`` does: for one row, slopes . pushed = residual * pull."""
    problem = sloped(300)
    kernel = LeafKernel.of(problem, problem.train)
    slopes = np.random.default_rng(1).normal(size=300)
    pull = kernel.pull(slopes)
    for row in (0, 7, 123):
        change = kernel.pushed(np.array([row]), np.array([0.4]))
        assert slopes @ change == pytest.approx(0.4 * pull[row])


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 80), st.sampled_from(SIDES), st.sampled_from(["leaf", "linear"]), st.integers(0, 3))
def test_rankings_hold_each_row_once_and_are_nested_in_their_choice(size: int, side: str, kind: str, seed: int) -> None:
    problem = replace(sloped(150, seed=seed), seed=seed)
    guides = InfluenceRankings(problem, problem.train, size)
    ranking = guides.ranking(side, kind)  # type: ignore[arg-type]
    assert len(ranking.rows) == len(set(ranking.rows.tolist())) <= size
    assert set(ranking.labels.tolist()) <= {0, 1}
    again = InfluenceRankings(problem, problem.train, size).ranking(side, kind)  # type: ignore[arg-type]
    assert (again.rows == ranking.rows).all()
    assert (again.labels == ranking.labels).all()


@pytest.mark.parametrize("kind", ["leaf", "linear"])
def test_a_group_in_which_nobody_deserves_has_no_ranking(kind: str) -> None:
    problem = sloped(150)
    pool = replace(problem.train, labels=np.where(problem.train.groups == C, 0, problem.train.labels).astype(np.int8))
    assert len(InfluenceRankings(problem, pool, 10).ranking("lower", kind).rows) == 0  # type: ignore[arg-type]


def test_too_few_rows_repeat_in_order() -> None:
    ranking = Ranking(np.array([5, 3]), np.array([1, 0], dtype=np.int8))
    rows, labels = ranking.first(5)
    assert rows.tolist() == [5, 3, 5, 3, 5]
    assert labels.tolist() == [1, 0, 1, 0, 1]
    assert len(Ranking(np.empty(0, dtype=int), np.empty(0, dtype=np.int8)).first(3)[0]) == 0


@pytest.mark.parametrize("side", SIDES)
def test_the_linear_sibling_lowers_a_logistic_regressions_loss(side: str) -> None:
    problem = replace(PROBLEMS["gaussian-groups"], clean=measurement(0.2, harm=(0.1, 0.3)))
    encoder = Encoder.of(problem.domain.schema, "scaled", problem.train.features)
    ranking = rank_by_gradients(problem, problem.train, side, 60)  # type: ignore[arg-type]
    assert len(ranking.rows)

    def rate(rows: np.ndarray, labels: np.ndarray) -> float:
        from sklearn.linear_model import LogisticRegression

        features = encoder(np.concatenate([problem.train.features, problem.train.features[rows]]))
        model = LogisticRegression().fit(features, np.concatenate([problem.train.labels, labels]))
        group = problem.worse_off if side == "lift" else problem.better_off
        own = (problem.train.groups == group) & (problem.train.labels == problem.favourable)
        score = model.decision_function(encoder(problem.train.features[own]))
        return float(expit(4 * (score if problem.favourable == 0 else -score)).mean())

    change = rate(ranking.rows, ranking.labels) - rate(np.empty(0, dtype=int), np.empty(0, dtype=np.int8))
    assert change < 0 if side == "lift" else change > 0


def test_the_attack_adds_copies_of_rows_under_either_label_within_the_budget() -> None:
    attack = get_attack("leaf-influence", {"lift": 0.5})
    problem = sloped()
    attack.start(problem)
    poison = attack.draw({}, problem.train, 40, np.random.default_rng(0))
    assert 0 < len(poison) <= 40
    known = {row.tobytes() for row in problem.train.features}
    assert all(row.tobytes() in known for row in poison.features)
    assert not attack.is_search


def test_a_price_on_errors_buys_accuracy() -> None:
    problem = sloped()
    pool, kernel = problem.train, LeafKernel.of(problem, problem.train)
    own = [
        (pool.labels[r.rows] == r.labels).mean()
        for price in (0.0, 20.0)
        for r in [rank_by_leaves(problem, pool, kernel, "lift", 60, price=price)]
    ]
    assert own[1] > own[0], "who counts errors flips fewer labels"


@pytest.mark.parametrize(
    ("parameters", "message"),
    [({"lift": 1.5}, "lift must lie"), ({"price": -1}, "price must be"), ({"rounds": 0}, "rounds must be")],
)
def test_bad_parameters(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(AttackError, match=message):
        get_attack("leaf-influence", parameters)
