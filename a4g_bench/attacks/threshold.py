"""``threshold-copies``: the zero-query baseline that a search must beat."""

from collections.abc import Mapping

import numpy as np

from a4g_bench.attacks.allocation import RECIPES, realise
from a4g_bench.attacks.attack import Attack, Poison, Pool, Threat


class ThresholdCopies(Attack):
    """Copies of rows near the decision threshold of the clean victim, by its out-of-fold scores; no query.

    ``worse-off``: worse-off group, score .3 to .5, given the favourable label; ``better-off``: best-off group, score .5
    to .6, given the other; ``both``: half (.4 to .5) and half (.5 to .6).
    """

    name = "threshold-copies"
    summary = "zero queries: copies of rows near the clean victim's threshold, relabelled"
    threat = Threat("baseline", "oracle", "dirty", "duplicate")
    uses_scores = True

    def __init__(self, variant: str = "both") -> None:
        if variant not in tuple(RECIPES):
            raise ValueError(f"variant must be one of {', '.join(RECIPES)}, not {variant!r}")
        self.recipe = RECIPES[variant]

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return realise(self.recipe, self.problem, pool, size, rng)
