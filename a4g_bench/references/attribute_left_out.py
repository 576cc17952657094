"""``attribute-left-out``: the victim that is not told who is in which group, the first thing that many try."""

import numpy as np
import numpy.typing as npt

from a4g_bench.errors import VictimError
from a4g_bench.references.base import Features, Groups, MitigationTask, Reference


class AttributeLeftOut(Reference):
    """The victim trained, and asked, without the columns of all protected attributes ("fairness through unawareness",
    Kusner et al. 2017, "Counterfactual fairness").

    What is left out is what ``protected_visible: false`` hides, and no more: other features may still tell the group.
    Where the attributes are hidden already nothing is left to leave out, and it is the clean victim.
    """

    name = "attribute-left-out"
    summary = "the victim trained without the protected attributes"

    def prepare(self, task: MitigationTask) -> None:
        super().prepare(task)
        columns = task.train.features.shape[1]
        self._kept = np.setdiff1d(np.arange(columns), task.protected_columns)
        if not len(self._kept):
            raise VictimError(f"reference '{self.name}' leaves no feature: the victim sees protected attributes alone")

    def predict(self, features: Features, groups: Groups, seed: int) -> npt.NDArray[np.integer]:
        train = self.task.train
        model = self.fitted(seed, self._without(train.features), train.labels)
        return np.asarray(model.predict(self._without(features)))

    def _without(self, features: Features) -> Features:
        """A copy, laid out as what the clean victim is given."""
        kept: Features = features.take(self._kept, axis=1)
        return kept
