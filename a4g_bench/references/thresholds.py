"""``threshold-optimizer``, the reference of all scores: each group's own threshold at the accuracy allowed to lose."""

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator

from a4g_bench.data.split import stratified_parts
from a4g_bench.errors import VictimError
from a4g_bench.metrics.confusion import confusion, unfairness
from a4g_bench.protocol import AUDIT_SEEDS, REFERENCE
from a4g_bench.references.base import Features, Groups, Labels, MitigationTask, Reference
from a4g_bench.victims.base import favourable_scores, gives_scores

#: Slacks of the constraint that are tried; the last leaves the thresholds where they are best for accuracy.
TOLERANCES = (0.0, 0.01, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5)
_FOLDS = 5
_DRAWS = 4  # of the randomised predictions that a tolerance is judged by


class Thresholds(Reference):
    """fairlearn's ``ThresholdOptimizer`` (Hardt, Price & Srebro 2016, "Equality of opportunity in supervised
    learning") on the clean victim's scores, its ``tol`` swept.

    The constraint is the protocol's: equal false negative rates where label 1 is favourable, else equal false positive
    rates. Thresholds are found on out-of-fold scores of the training rows and the scores of the search-validation
    rows; of the tolerances that lose no more accuracy there than the suite allows, the one with the smallest gap is
    taken. Entrants are measured against its score: unlike them it needs the victim's scores and the group of every
    person it judges.
    """

    name = REFERENCE
    summary = "fairlearn's thresholds per group, at the accuracy allowed: what entrants are measured against"
    packages = ("fairlearn",)
    trainings = AUDIT_SEEDS + _FOLDS + 1

    def prepare(self, task: MitigationTask) -> None:
        super().prepare(task)
        if not gives_scores(task.victim.estimator(0)):
            raise VictimError(
                f"reference '{self.name}' needs scores, and victim '{task.victim.name}' has neither predict_proba"
                " nor decision_function"
            )
        train, validation = task.train, task.validation
        scores = np.concatenate([self._out_of_fold(), self._scores(0, validation.features)])
        labels = np.concatenate([train.labels, validation.labels])
        groups = np.concatenate([train.groups, validation.groups])
        self._thresholds = self._within_allowance(scores, labels, groups)

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        scores = self._scores(seed, features)
        if self._thresholds is None:
            return _labels(scores)
        return _predicted(self._thresholds, scores, groups, seed)

    def _out_of_fold(self) -> npt.NDArray[np.float64]:
        train = self.task.train
        fold = stratified_parts(train.groups * 2 + train.labels, _FOLDS, np.random.default_rng(0))
        scores = np.empty(len(fold))
        for k in range(_FOLDS):
            model = self.fitted(0, train.features[fold != k], train.labels[fold != k])
            scores[fold == k] = favourable_scores(model, train.features[fold == k], 1)
        return scores

    def _scores(self, seed: int, features: Features) -> npt.NDArray[np.float64]:
        """Scores of label 1 (m,) by a victim trained with this seed; trained once per seed."""
        train = self.task.train
        return favourable_scores(self.fitted(seed, train.features, train.labels), features, 1)

    def _within_allowance(self, scores: npt.NDArray[np.float64], labels: Labels, groups: Groups) -> Any | None:
        """The fitted optimizer with the smallest gap within the allowance, or None: no thresholds of its own."""
        favourable = self.task.favourable
        plain = _labels(scores)
        n_groups = int(groups.max()) + 1
        best, chosen = unfairness(confusion(labels, plain, groups, n_groups), favourable), None
        least = float((plain == labels).mean()) - self.task.max_accuracy_loss
        for tolerance in TOLERANCES:
            fitted = _optimizer(favourable, tolerance, scores, labels, groups)
            drawn = [_predicted(fitted, scores, groups, seed) for seed in range(_DRAWS)]
            gap = unfairness(np.mean([confusion(labels, p, groups, n_groups) for p in drawn], axis=0), favourable)
            if np.mean([(p == labels).mean() for p in drawn]) >= least and gap < best:
                best, chosen = gap, fitted
        return chosen


class _Given(BaseEstimator):  # type: ignore[misc]  # scikit-learn has no type information
    """A fitted "estimator" whose single feature is the score of label 1."""

    def __init__(self) -> None:
        self.classes_ = np.array([0, 1])

    def fit(self, features: Features, labels: Labels) -> "_Given":
        """Nothing to learn."""
        return self

    def predict_proba(self, features: Features) -> npt.NDArray[np.float64]:
        """The score, and what is left."""
        score = np.asarray(features, dtype=np.float64)[:, 0]
        return np.column_stack([1 - score, score])


def _optimizer(
    favourable: int, tolerance: float, scores: npt.NDArray[np.float64], labels: Labels, groups: Groups
) -> Any:
    from fairlearn.postprocessing import ThresholdOptimizer

    rate = "false_negative_rate_parity" if favourable == 1 else "false_positive_rate_parity"
    optimizer = ThresholdOptimizer(
        estimator=_Given(), constraints=rate, prefit=True, predict_method="predict_proba", tol=tolerance
    )
    return optimizer.fit(scores[:, None], labels.astype(np.int64), sensitive_features=groups)


def _predicted(optimizer: Any, scores: npt.NDArray[np.float64], groups: Groups, seed: int) -> npt.NDArray[np.int64]:
    predicted = optimizer.predict(scores[:, None], sensitive_features=groups, random_state=seed)
    return np.asarray(predicted).astype(np.int64)


def _labels(scores: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    return (scores > 0.5).astype(np.int64)
