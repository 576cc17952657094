"""``ax-pool``: Ax over the weights of a linear score of candidate rows."""

from collections.abc import Mapping, Sequence
from typing import Unpack
from weakref import WeakKeyDictionary

import numpy as np

from a4g_bench.attacks.attack import Poison, Pool, Problem, Threat, copies, number
from a4g_bench.attacks.ax_search import AxSearch, Exploring
from a4g_bench.attacks.continuous import Point
from a4g_bench.attacks.row_scores import FEATURES, RowScores

_NOTHING = dict.fromkeys(FEATURES, 0.0)

#: Weights that a warm start tries first: what lowers a surrogate's unfairness, that near the threshold, and the same
#: with the labels of ``threshold-copies``' worse-off and better-off recipes.
RECIPES: tuple[Mapping[str, float], ...] = (
    {**_NOTHING, "influence": 1.0},
    {**_NOTHING, "influence": 0.5, "nearness": 1.0},
    {**_NOTHING, "nearness": 0.4, "group": 1.0, "label": 1.0},
    {**_NOTHING, "nearness": 0.4, "group": -1.0, "label": -1.0},
)


class AxPool(AxSearch):
    """Bayesian optimisation with Ax over the weights of a linear score of candidate rows.

    The candidates are the training rows, each with its own label and with the other one. Their six features
    (:class:`a4g_bench.attacks.row_scores.RowScores`) are standardised; a query is a weight between -1 and 1 for each,
    and ``spent``, the share of the budget to spend. Of each row the label with the higher score counts, and the rows
    of the highest scores are added, each once: fewer than the budget where there are not as many. Before the choice
    each row's score is moved by ``jitter`` standard deviations of the scores times a normal number, the same for
    either label, so that draws afresh of the same weights are not the same rows.

    ``warm_start`` begins with four recipes; the other parameters are those of ``ax-allocation``.
    """

    name = "ax-pool"
    summary = "Ax over the weights of a linear score that picks rows, accuracy as a constraint"
    threat = Threat("search", "oracle", "dirty", "duplicate")
    uses_scores = True
    dimensions = (*FEATURES, "spent")

    def __init__(self, *, jitter: float = 0.25, **exploring: Unpack[Exploring]) -> None:
        super().__init__(**exploring)
        self.jitter = number("jitter", jitter)
        if self.jitter < 0:
            raise ValueError(f"jitter must be at least 0, not {jitter!r}")

    @property
    def beginnings(self) -> Sequence[Point]:
        return [(*((recipe[name] + 1) / 2 for name in FEATURES), 1.0) for recipe in RECIPES]

    def start(self, problem: Problem) -> None:
        super().start(problem)
        # What a pool's rows are like depends on nothing but the problem and the pool: worked out once for each.
        self._scored: WeakKeyDictionary[Pool, RowScores] = WeakKeyDictionary()

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        if pool not in self._scored:
            self._scored[pool] = RowScores.of(self.problem, pool)
        weights = 2 * np.array([parameters[name] for name in FEATURES]) - 1
        scores, labels = self._scored[pool].best(weights)
        moved = scores + self.jitter * scores.std() * rng.standard_normal(len(pool))
        order = np.lexsort((rng.random(len(pool)), -moved))  # rows of equal scores in random order
        rows = order[: int(np.floor(parameters["spent"] * size + 0.5))]
        return copies(pool, rows, labels[rows])
