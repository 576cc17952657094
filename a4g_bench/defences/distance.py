"""``class-distance``: the sphere defence."""

import numpy as np

from a4g_bench.defences.defence import Defence, Features, Labels, Screened, share, without_worst


class ClassDistance(Defence):
    """Removes, of each label, the share ``removed`` of the rows farthest from the mean of that label's rows (the
    "sphere" of Steinhardt, Koh & Liang 2017, "Certified defenses for data poisoning attacks", section 3.1, with the
    poisoned mean).
    """

    name = "class-distance"
    summary = "per label, without the rows farthest from the label's mean (5 % unless told)"

    def __init__(self, *, removed: float = 0.05) -> None:
        self.removed = share("removed", removed)

    def screen(self, features: Features, labels: Labels) -> Screened:
        kept = np.ones(len(labels), dtype=np.bool_)
        for label in np.unique(labels):
            own = labels == label
            distance = np.linalg.norm(features[own] - features[own].mean(axis=0), axis=1)
            kept[own] = without_worst(distance, self.removed)
        return Screened(kept, labels)
