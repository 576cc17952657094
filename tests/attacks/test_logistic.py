"""The surrogate is scikit-learn's logistic regression, and has the derivatives that differences measure."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression

from a4g_bench.attacks.base import Problem
from a4g_bench.attacks.surrogates import logistic
from a4g_bench.attacks.surrogates.logistic import Logistic, with_ones
from a4g_bench.attacks.surrogates.smoothed import OBJECTIVES, SmoothedLoss, smoothed_loss
from a4g_bench.data.generated import GaussianGroups
from a4g_bench.engine.view import View
from a4g_bench.victims.encoding import Encoder
from tests.attacks.problems import make_pool, make_problem


def toy() -> Problem:
    """The toy Gaussians as an attack sees them: 300 training and 100 search-validation rows."""
    view = View.of(GaussianGroups().load(rows=500), "group", 0)
    train, validation = view.pool(np.arange(view.n_train)), view.pool(np.arange(view.n_train, len(view.labels)))
    names = view.schema.group_names("group")
    return replace(make_problem(), train=train, validation=validation, domain=view.domain, group_names=names)


PROBLEMS = {"gaussian-groups": toy(), "three groups and categories": make_problem()}


def encoded(problem: Problem) -> tuple[np.ndarray, np.ndarray]:
    """Training, then search-validation rows, and their labels."""
    encoder = Encoder.of(problem.domain.schema, "scaled", problem.train.features)
    rows = np.concatenate([problem.train.features, problem.validation.features])
    return with_ones(encoder(rows)), np.concatenate([problem.train.labels, problem.validation.labels])


def loss_of(name: str, problem: Problem) -> SmoothedLoss:
    return smoothed_loss(name, problem, *encoded(problem), 4.0)


@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_training_ends_where_scikit_learns_does(problem: Problem) -> None:
    rows, labels = encoded(problem)
    theirs = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000).fit(rows[:, :-1], labels)
    ours = Logistic.train(rows, labels)
    assert ours.weights == pytest.approx([*theirs.coef_[0], *theirs.intercept_], rel=1e-6, abs=1e-8)
    again = Logistic.train(rows, labels, start=np.linspace(-3, 3, rows.shape[1]))
    assert again.weights == pytest.approx(ours.weights, rel=1e-7, abs=1e-9)
    assert (Logistic.train(rows, labels).weights == ours.weights).all()


@pytest.mark.parametrize("start", [None, np.array([5.0, 100.0])])
def test_separable_rows_converge_from_anywhere(start: np.ndarray | None) -> None:
    rows = with_ones(np.array([[-1.0], [-2.0], [1.0], [2.0]]) * 1e3)
    labels = np.array([0, 0, 1, 1], dtype=np.int8)
    found = Logistic.train(rows, labels, start)
    theirs = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000).fit(rows[:, :-1], labels)
    assert found.weights == pytest.approx([*theirs.coef_[0], *theirs.intercept_], abs=1e-6)


def test_wide_rows_are_solved_as_narrow_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, labels = encoded(PROBLEMS["gaussian-groups"])
    narrow = Logistic.train(rows, labels)
    monkeypatch.setattr(logistic, "_SUMMED", 0)
    wide = Logistic.train(rows, labels)
    assert wide.weights == pytest.approx(narrow.weights, rel=1e-8)
    assert wide.solve(np.ones(3)) == pytest.approx(narrow.solve(np.ones(3)), rel=1e-6)


@settings(max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from(list(OBJECTIVES)), st.sampled_from(list(PROBLEMS)))
def test_the_loss_has_the_derivative_it_says(seed: int, objective: str, which: str) -> None:
    loss = loss_of(objective, PROBLEMS[which])
    rng = np.random.default_rng(seed)
    weights, direction = rng.normal(size=(2, loss.rows.shape[1]))
    h = 1e-6
    measured = (loss.value(weights + h * direction) - loss.value(weights - h * direction)) / (2 * h)
    assert loss.gradient(weights) @ direction == pytest.approx(measured, rel=1e-4, abs=1e-8)


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_moving_a_poison_row_changes_the_loss_as_the_derivative_says(
    problem: Problem, objective: str, label: int
) -> None:
    loss, (rows, labels) = loss_of(objective, problem), encoded(problem)
    n = len(problem.train)
    poison = np.random.default_rng(1).normal(size=(3, rows.shape[1] - 1))
    given_labels = np.concatenate([labels[:n], np.array([label, 1, 0], dtype=np.int8)])

    def trained(poison: np.ndarray) -> Logistic:
        return Logistic.train(np.concatenate([rows[:n], with_ones(poison)]), given_labels)

    model = trained(poison)
    adjoint = model.solve(loss.gradient(model.weights))
    derived = model.row_gradient(adjoint, with_ones(poison), given_labels[n:])
    h = 1e-3
    measured = np.zeros_like(poison)
    for at in np.ndindex(*poison.shape):
        step = np.zeros_like(poison)
        step[at] = h
        ahead, back = (loss.value(trained(poison + sign * step).weights) for sign in (1, -1))
        measured[at] = (ahead - back) / (2 * h)
    assert np.abs(derived - measured).max() <= 1e-4 * np.abs(measured).max()


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_the_weight_of_a_row_changes_the_loss_as_its_influence_says(problem: Problem, objective: str) -> None:
    loss, (rows, labels) = loss_of(objective, problem), encoded(problem)
    n = len(problem.train)
    model = Logistic.train(rows[:n], labels[:n])
    influence = model.row_influence(model.solve(loss.gradient(model.weights)), rows[n:], labels[n:])
    strongest = int(np.abs(influence).argmax())
    values = []
    for weight in (1e-3, 0.0):
        theirs = LogisticRegression(solver="newton-cg", tol=1e-12, max_iter=1000)
        added = np.append(rows[:n, :-1], rows[n + strongest, None, :-1], axis=0)
        theirs.fit(added, np.append(labels[:n], labels[n + strongest]), np.append(np.ones(n), weight))
        values.append(loss.value(np.append(theirs.coef_[0], theirs.intercept_)))
    assert influence[strongest] == pytest.approx((values[0] - values[1]) / 1e-3, rel=1e-2)


@pytest.mark.parametrize(
    ("objective", "expected"),
    [
        #  scores are -inf or inf here, so that steps are whole: predicted 1 are 2 of 4 of A, 1 of 4 of B
        ("disparate_impact", 1 - 0.25 / 0.5),
        ("unfairness", 1 / 2 - 1 / 2),  # of those labelled 1, missed: 1 of 2 of A, 1 of 2 of B
        ("fpr_difference", 1 / 2 - 0),  # of those labelled 0, predicted 1: 1 of 2 of A, none of B
        ("error", -(2 + 1) / 8),
    ],
)
def test_losses_by_eye(objective: str, expected: float) -> None:
    #                    A           B
    predicted = np.array([1, 1, 0, 0, 1, 0, 0, 0])
    labels = np.array([1, 0, 1, 0, 1, 1, 0, 0], dtype=np.int8)
    pool = make_pool(8, groups=2)
    train = replace(pool, labels=labels, groups=np.repeat([0, 1], 4))
    none = replace(pool, features=pool.features[:0], labels=labels[:0], groups=train.groups[:0])
    problem = make_problem(train, validation=none, group_names=("A", "B"))
    rows = with_ones(np.where(predicted == 1, 1e3, -1e3)[:, None])
    loss = smoothed_loss(objective, problem, rows, labels, 4.0)
    assert loss.value(np.array([1.0, 0.0])) == pytest.approx(expected)
