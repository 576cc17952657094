"""Reference lines: weights by eye, thresholds that keep their allowance, and no line that trains on audit labels."""

from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.errors import VictimError
from a4g_bench.metrics.confusion import confusion, unfairness
from a4g_bench.references.base import MitigationTask, Rows, get_reference
from a4g_bench.references.fairlearn import independence_weights
from a4g_bench.victims.base import get_victim

# the victims' own advice, which the harness silences too
pytestmark = pytest.mark.filterwarnings("ignore")

CLASSIFIERS = ["lightgbm", "logistic_regression"]


def people(n: int, seed: int) -> Rows:
    """Group 1 deserves less often than group 0, and the second feature, which is protected, tells who is in it."""
    rng = np.random.default_rng(seed)
    groups = rng.integers(0, 2, n)
    labels = (rng.random(n) < 0.7 - 0.4 * groups).astype(np.int8)
    features = np.column_stack([labels * 1.5 + rng.normal(0, 1, n), groups + rng.normal(0, 0.5, n)]).astype(np.float32)
    return Rows(features, labels, groups)


def task(victim: str, allowance: float = 0.01, favourable: int = 1, **parameters: Any) -> MitigationTask:
    built = get_victim(victim, parameters)
    return MitigationTask(people(1500, 0), people(500, 1), built, favourable, allowance, (1,))  # type: ignore[arg-type]


def judged(name: str, given: MitigationTask) -> tuple[float, float]:
    """Gap and accuracy on people it never saw, averaged over five seeds."""
    reference = get_reference(name, {})
    reference.prepare(given)
    audit = people(4000, 2)
    predicted = [reference.predict(audit.features, audit.groups, seed) for seed in range(5)]
    counts = np.mean([confusion(audit.labels, p, audit.groups, 2) for p in predicted], axis=0)
    return unfairness(counts, given.favourable), float(np.mean([(p == audit.labels).mean() for p in predicted]))


def clean(given: MitigationTask) -> tuple[float, float]:
    model = given.victim.estimator(0).fit(given.train.features, given.train.labels)
    audit = people(4000, 2)
    predicted = np.asarray(model.predict(audit.features))
    counts = confusion(audit.labels, predicted, audit.groups, 2)
    return unfairness(counts, given.favourable), float((predicted == audit.labels).mean())


def test_weights_make_group_and_label_independent() -> None:
    #             group 0: two of label 0, one of label 1; group 1: one of label 1
    weights = independence_weights(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1], dtype=np.int8))
    assert weights.tolist() == pytest.approx([3 * 2 / 4 / 2, 3 * 2 / 4 / 2, 3 * 2 / 4 / 1, 1 * 2 / 4 / 1])


@pytest.mark.parametrize("favourable", [0, 1])
@pytest.mark.parametrize("victim", CLASSIFIERS)
def test_without_limit_thresholds_close_the_gap(victim: str, favourable: int) -> None:
    given = task(victim, allowance=0.2, favourable=favourable)
    gap, _ = judged("threshold-optimizer", given)
    assert gap < 0.06
    assert gap < clean(given)[0] / 2


def test_a_small_allowance_closes_a_part_of_it() -> None:
    tight, loose = (judged("threshold-optimizer", task("logistic_regression", a)) for a in (0.01, 0.2))
    before = clean(task("logistic_regression"))
    assert loose[0] < tight[0] < before[0]
    assert before[1] - tight[1] < 0.02 < before[1] - loose[1], "the allowance, and the noise of 4000 people"


@pytest.mark.parametrize("name", [n for n in plugins.names("references") if n != "correlation-remover"])
def test_every_line_narrows_a_gap_that_the_group_makes(name: str) -> None:
    given = task("logistic_regression", allowance=0.2)
    assert judged(name, given)[0] < clean(given)[0] - 0.05


def test_features_without_correlation_do_not_tell_the_group() -> None:
    reference = get_reference("correlation-remover", {})
    given = task("logistic_regression")
    reference.prepare(given)
    trained = reference._train  # type: ignore[attr-defined]  # what the victim is given
    for column in trained.T:
        assert abs(np.cov(column, given.train.groups)[0, 1]) < 1e-6


def test_equal_seeds_predict_equally_and_others_draw_anew() -> None:
    reference = get_reference("threshold-optimizer", {})
    reference.prepare(task("logistic_regression", allowance=0.2))
    audit = people(400, 3)
    one, again, other = (reference.predict(audit.features, audit.groups, seed) for seed in (1, 1, 2))
    assert (one == again).all()
    assert set(one.tolist()) == set(other.tolist()) == {0, 1}


def test_a_victim_without_scores_has_no_thresholds() -> None:
    reference = get_reference("threshold-optimizer", {})
    given = task("tests.victims.odd_victims:Labels")
    with pytest.raises(VictimError, match=r"needs scores, and victim '.*Labels' has neither predict_proba nor"):
        reference.prepare(given)


@pytest.mark.parametrize(
    ("parameters", "complaint"),
    [({"eps": 0}, "eps must be more than 0"), ({"max_iter": 0}, "max_iter must be a whole number of at least 1")],
)
def test_bad_parameters_are_answered_in_one_line(parameters: dict[str, Any], complaint: str) -> None:
    with pytest.raises(VictimError, match=complaint):
        get_reference("exponentiated-gradient", parameters)
