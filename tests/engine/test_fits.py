"""Fits: a victim may do what it likes, the harness gets an outcome, and the same one each time."""

from dataclasses import replace

import numpy as np
import pytest

from a4g_bench.engine.fits import Job
from tests.victims.benches import JUDGED, LABELS, N_JUDGED, ONES, SCORES, bench, poison, rows, training_data, values

POISONED = replace(LABELS, poison=poison())


def test_a_fit_gives_one_label_per_judged_row_and_its_cost() -> None:
    fit = bench("logistic_regression").run(LABELS)
    found = values(fit)
    assert (found.shape, found.dtype) == ((N_JUDGED,), np.dtype(np.int8))
    assert set(found.tolist()) == {0, 1}
    assert fit.seconds > 0
    assert fit.cpu_seconds > 0
    assert fit.failed is None


def test_labels_are_learnt() -> None:
    truth = training_data("logistic_regression").labels[-N_JUDGED:]
    assert np.mean(values(bench("logistic_regression").run(LABELS)) == truth) > 0.7


def test_poison_is_trained_on() -> None:
    features, ones = rows(200, seed=3)[0], np.ones(200, dtype=np.int8)
    on = bench("logistic_regression")
    assert values(on.run(replace(LABELS, poison=(features, ones)))).sum() > values(on.run(LABELS)).sum() + 5


def test_no_poison_rows_are_no_poison() -> None:
    features, labels = poison(0)
    on = bench("random_forest", n_estimators=5)
    assert np.array_equal(values(on.run(replace(SCORES, poison=(features, labels)))), values(on.run(SCORES)))


FAILURES = {
    ("Raises", ""): ("RuntimeError", "the disk is full"),
    ("RaisesWithoutAWord", ""): ("NotImplementedError", ""),
    ("RaisesAtLength", ""): ("ValueError", "xxxx"),
    ("RaisesWhenAsked", ""): ("ValueError", "no answer"),
    ("RefusesToBeBuilt", ""): ("VictimError", "'tests.victims.odd_victims:RefusesToBeBuilt' cannot be built: OSError"),
    ("NoClassifier", ""): ("VictimError", "it has no 'fit'"),
    ("Returns", "NaN"): ("VictimError", f"not one label 0 or 1 per row (shape ({N_JUDGED},))"),
    ("Returns", "a column"): ("VictimError", f"not one label 0 or 1 per row (shape ({N_JUDGED}, 1))"),
    ("Returns", "too few"): ("VictimError", f"not one label 0 or 1 per row (shape ({N_JUDGED - 1},))"),
    ("Returns", "another label"): ("VictimError", "not one label 0 or 1 per row"),
    ("Returns", "scores"): ("VictimError", "not one label 0 or 1 per row"),
    ("Returns", "texts"): ("VictimError", "not one label 0 or 1 per row"),
    ("Returns", "nothing"): ("VictimError", "not one label 0 or 1 per row (shape ())"),
}


@pytest.mark.parametrize(("victim", "what"), FAILURES)
def test_a_failure_is_an_outcome_that_names_it(victim: str, what: str) -> None:
    error_type, reason = FAILURES[victim, what]
    fit = bench(victim, **({"what": what} if what else {})).run(LABELS)
    assert fit.values is None
    assert fit.failed is not None
    assert fit.failed.startswith(f"{error_type}: ")
    assert reason in fit.failed
    assert "\n" not in fit.failed
    assert len(fit.failed) <= 500
    assert (fit.cause, fit.error_type) == ("error", error_type)
    assert fit.seconds > 0


@pytest.mark.parametrize(
    ("what", "reason"),
    [
        ("NaN", f"the victim's scores are not one finite number per row (shape ({N_JUDGED},))"),
        ("infinity", f"the victim's scores are not one finite number per row (shape ({N_JUDGED},))"),
        ("too few", f"the victim's scores are not one finite number per row (shape ({N_JUDGED - 1},))"),
        ("a cube", f"the victim's scores are not one finite number per row (shape ({N_JUDGED}, 2))"),
        ("a row", "IndexError: "),
        ("nothing", "TypeError: "),
    ],
)
def test_scores_that_are_not_one_number_per_row_are_a_failure(what: str, reason: str) -> None:
    fit = bench("Returns", what=what).run(SCORES)
    assert fit.values is None
    assert fit.failed is not None
    assert reason in fit.failed


def test_poison_of_another_width_is_a_failure() -> None:
    features, labels = poison()
    fit = bench("logistic_regression").run(replace(LABELS, poison=(features[:, :2], labels)))
    assert (fit.values, fit.error_type) == (None, "IndexError")


def test_training_rows_of_one_label_are_a_failure_where_the_victim_refuses_them() -> None:
    fit = bench("logistic_regression").run(Job(ONES, JUDGED, 0))
    assert fit.values is None
    assert fit.failed is not None
    assert "class" in fit.failed


def test_a_label_never_seen_has_score_0() -> None:
    assert values(bench("random_forest", favourable=0).run(replace(SCORES, train=ONES))).tolist() == [0] * N_JUDGED
    assert values(bench("random_forest", favourable=1).run(replace(SCORES, train=ONES))).tolist() == [1] * N_JUDGED


def test_a_failure_leaves_the_workbench_in_order() -> None:
    on = bench("logistic_regression")
    before = values(on.run(LABELS))
    assert on.run(Job(ONES, JUDGED, 0)).failed is not None
    assert np.array_equal(values(on.run(LABELS)), before)


def test_a_victims_own_warnings_are_no_failure() -> None:
    assert values(bench("Warns").run(LABELS)).shape == (N_JUDGED,)


@pytest.mark.parametrize("job", [LABELS, SCORES, POISONED])
def test_a_victim_that_overwrites_its_rows_does_not_change_the_next_fit(job: Job) -> None:
    on = bench("Vandal")
    first = values(on.run(job))
    assert len(set(first.tolist())) > 1
    for _ in range(2):
        assert np.array_equal(values(on.run(job)), first)


def test_the_order_of_jobs_does_not_matter() -> None:
    jobs = [LABELS, POISONED, SCORES, replace(POISONED, output="scores", seed=9)]
    one, other = bench("random_forest", n_estimators=5), bench("random_forest", n_estimators=5)
    forwards = [values(one.run(job)) for job in jobs]
    backwards = [values(other.run(job)) for job in reversed(jobs)]
    for left, right in zip(forwards, reversed(backwards), strict=True):
        assert np.array_equal(left, right)


@pytest.mark.parametrize("victim", ["logistic_regression", "svm", "random_forest", "lightgbm", "Labels", "Decides"])
def test_scores_are_of_the_favourable_label(victim: str) -> None:
    # from probabilities, from a decision function, and from labels alone
    up, down = (values(bench(victim, favourable=favourable).run(SCORES)) for favourable in (1, 0))
    assert up + down == pytest.approx(np.ones(N_JUDGED), abs=1e-6)
    assert up.min() >= 0
    assert up.max() <= 1
    predicted = values(bench(victim).run(LABELS))
    assert up[predicted == 1].mean() > up[predicted == 0].mean() + 0.2
