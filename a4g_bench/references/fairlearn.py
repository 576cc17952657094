"""Reference lines from the fairness literature: fairlearn's reduction and preprocessing, and reweighing."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.parameters import Number, ParameterSet, Whole, parameter
from a4g_bench.references.base import Features, Groups, Labels, MitigationTask, Reference


class ExponentiatedGradientReduction(Reference):
    """fairlearn's ``ExponentiatedGradient`` (Agarwal et al. 2018, "A reductions approach to fair classification").

    The constraint is the protocol's: equal false negative rates where label 1 is favourable, else equal false positive
    rates, to within ``eps`` on the training rows. It trains the victim up to ``max_iter`` times, so it is trained once,
    and the randomness of its predictions is drawn with each audit victim seed. The victim must take
    ``sample_weight``.
    """

    name = "exponentiated-gradient"
    summary = "fairlearn's reduction: the victim retrained until its error rates are equal"
    packages = ("fairlearn",)
    trainings = 20

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        eps: float = parameter(0.01, Number(above=0), "by how much groups' error rates may differ on the training rows")
        max_iter: int = parameter(50, Whole(at_least=1), "how often the victim is trained, at most")

    parameters: Parameters

    def prepare(self, task: MitigationTask) -> None:
        from fairlearn.reductions import ExponentiatedGradient, FalsePositiveRateParity, TruePositiveRateParity

        super().prepare(task)
        parity = TruePositiveRateParity if task.favourable == 1 else FalsePositiveRateParity
        train = task.train
        eps, max_iter = self.parameters.eps, self.parameters.max_iter
        self._model = ExponentiatedGradient(
            task.victim.estimator(0), parity(difference_bound=eps), eps=eps, max_iter=max_iter
        )
        self._model.fit(train.features, train.labels.astype(np.int64), sensitive_features=train.groups)

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        return np.asarray(self._model.predict(features, random_state=seed)).astype(np.int64)


class CorrelationRemoval(Reference):
    """fairlearn's ``CorrelationRemover``: the victim is trained on features from which all linear correlation with the
    group is taken; ``alpha`` is how much of it.
    """

    name = "correlation-remover"
    summary = "fairlearn's preprocessing: features without linear correlation with the group"
    packages = ("fairlearn",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        alpha: float = parameter(
            1.0, Number(at_least=0, at_most=1), "how much of the linear correlation with the group is taken"
        )

    parameters: Parameters

    def prepare(self, task: MitigationTask) -> None:
        from fairlearn.preprocessing import CorrelationRemover

        super().prepare(task)
        self._n_groups = int(max(task.train.groups.max(), task.validation.groups.max())) + 1
        marks = list(range(self._n_groups - 1))
        self._remover = CorrelationRemover(sensitive_feature_ids=marks, alpha=self.parameters.alpha)
        train = task.train
        self._train = self._remover.fit_transform(self._with_groups(train.features, train.groups))

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        model = self.fitted(seed, self._train, self.task.train.labels)
        return np.asarray(model.predict(self._remover.transform(self._with_groups(features, groups))))

    def _with_groups(self, features: Features, groups: Groups) -> npt.NDArray[np.float64]:
        """A first column per group but the last, then the features."""
        marks = groups[:, None] == np.arange(self._n_groups - 1)
        return np.column_stack([marks.astype(np.float64), features])


class Reweighing(Reference):
    """Sample weights ``w = P(g) P(y) / P(g, y)`` (Kamiran & Calders 2012, "Data preprocessing techniques for
    classification without discrimination"). The victim must take ``sample_weight``.
    """

    name = "reweighing"
    summary = "sample weights that make group and label independent"

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        train = self.task.train
        weights = independence_weights(train.groups, train.labels)
        model = self.fitted(seed, train.features, train.labels, sample_weight=weights)
        return np.asarray(model.predict(features))


def independence_weights(groups: Groups, labels: Labels) -> npt.NDArray[np.float64]:
    """``P(g) P(y) / P(g, y)`` (n,) of each row's group and label."""
    cells = np.bincount(groups * 2 + labels, minlength=2 * (int(groups.max()) + 1)).reshape(-1, 2).astype(np.float64)
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0, keepdims=True) / cells.sum()
    weights: npt.NDArray[np.float64] = np.divide(expected, cells, out=np.zeros_like(cells), where=cells > 0)
    return weights[groups, labels]
