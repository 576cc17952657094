"""``reweighing``: training with sample weights that make group and label independent."""

import numpy as np
import numpy.typing as npt

from a4g_bench.references.reference import Features, Groups, Labels, Reference


class Reweighing(Reference):
    """Sample weights ``w = P(g) P(y) / P(g, y)`` (Kamiran & Calders 2012, "Data preprocessing techniques for
    classification without discrimination"). The victim must take ``sample_weight``.
    """

    name = "reweighing"
    summary = "sample weights that make group and label independent"

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        train = self.situation.train
        weights = independence_weights(train.groups, train.labels)
        model = self.fitted(seed, train.features, train.labels, sample_weight=weights)
        return np.asarray(model.predict(features))


def independence_weights(groups: Groups, labels: Labels) -> npt.NDArray[np.float64]:
    """``P(g) P(y) / P(g, y)`` (n,) of each row's group and label."""
    cells = np.bincount(groups * 2 + labels, minlength=2 * (int(groups.max()) + 1)).reshape(-1, 2).astype(np.float64)
    expected = cells.sum(axis=1, keepdims=True) * cells.sum(axis=0, keepdims=True) / cells.sum()
    weights: npt.NDArray[np.float64] = np.divide(expected, cells, out=np.zeros_like(cells), where=cells > 0)
    return weights[groups, labels]
