"""A defence: leave out the rows that lie farthest from the middle of the table."""

import numpy as np

from a4g_bench.defences import Defence, Features, Labels, Screened, without_worst
from a4g_bench.parameters import share


class TrimFar(Defence):
    """Distances are Euclidean in the standardised encoding."""

    name = "trim-far"
    summary = "leaves out the rows farthest from the mean"

    def __init__(self, *, removed: float = 0.02) -> None:
        self.removed = share("removed", removed)

    def screen(self, features: Features, labels: Labels) -> Screened:
        far = np.linalg.norm(features - features.mean(axis=0), axis=1)
        return Screened(without_worst(far, self.removed), labels)
