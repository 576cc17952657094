"""An attack without a query: copies of the worse-off group's deserving people whom the clean victim nearly accepts."""

from collections.abc import Mapping

import numpy as np

from a4g_bench.attacks import Attack, Poison, Pool, Threat, copies


class NearestThreshold(Attack):
    """The rows are the nearest ones below the threshold, the same ones again where the budget is larger."""

    name = "nearest-threshold"
    summary = "copies of the worse-off group's deserving rows just below the clean victim's threshold"
    threat = Threat("baseline", "oracle", "clean", "duplicate")
    uses_scores = True

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        deserving = (pool.groups == self.problem.worse_off) & (pool.labels == self.problem.favourable)
        denied = np.flatnonzero(deserving & (pool.scores < 0.5))
        if not len(denied):
            return copies(pool, np.empty(0, dtype=np.int64))
        order = denied[np.argsort(0.5 - pool.scores[denied], kind="stable")]
        return copies(pool, np.resize(order, size))
