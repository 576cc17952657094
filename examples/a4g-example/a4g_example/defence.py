"""A defence: leave out the rows that lie farthest from the middle of the table."""

from dataclasses import dataclass

import numpy as np

from a4g_bench.defences import Defence, Features, Labels, Screened, without_worst
from a4g_bench.parameters import Number, ParameterSet, parameter


class TrimFar(Defence):
    """Distances are Euclidean in the standardised encoding."""

    name = "trim-far"
    summary = "leaves out the rows farthest from the mean"

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        removed: float = parameter(0.02, Number(at_least=0, below=1), "share of the rows that is left out")

    parameters: Parameters

    def screen(self, features: Features, labels: Labels) -> Screened:
        far = np.linalg.norm(features - features.mean(axis=0), axis=1)
        return Screened(without_worst(far, self.parameters.removed), labels)
