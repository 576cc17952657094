"""``ax-pool``: Ax over the weights of a linear score of candidate rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench import seeds
from a4g_bench.attacks.ax.search import AxSearch
from a4g_bench.attacks.base import Poison, Pool, Problem, Threat, copies
from a4g_bench.attacks.gradient import Bench
from a4g_bench.attacks.surrogates.linear import Influence
from a4g_bench.attacks.surrogates.smoothed import smoothed_loss
from a4g_bench.attacks.two_phase import Point
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels
from a4g_bench.parameters import Number, parameter

#: The features of a candidate row, in order; see :class:`RowScores`.
FEATURES = ("score", "nearness", "group", "label", "density", "influence")

#: Standard deviations at which a feature is cut off, so that a few extreme rows do not decide.
LIMIT = 3.0

_SHARPNESS = 4.0
_NEIGHBOUR = 10  # which nearest row measures the density
_SAMPLE = 2000  # rows among which it is looked for: against all of them time would grow with their square
_BLOCK = 2000  # rows whose distances are held at once


@dataclass(frozen=True, eq=False)
class RowScores:
    """``features`` (n, 2, 6): each row of a pool under the labels 0 and 1, every feature standardised over all of them.

    ``score``: the clean victim's out-of-fold score of the favourable label; ``nearness``: minus its distance to 0.5;
    ``group``: 1 for the worse-off, -1 for the best-off group, else 0; ``label``: 1 if favourable, else -1; ``density``:
    minus the logarithm of the distance to the tenth nearest of 2000 rows of the pool; ``influence``: how far one copy
    lowers a logistic regression's smoothed unfairness on the pool's own rows. Only ``label`` and
    ``influence`` differ between a row's two labels.
    """

    features: Array

    @classmethod
    def of(cls, problem: Problem, pool: Pool) -> "RowScores":
        """The features of a pool's rows; search-validation rows are not looked at, as they judge the queries."""
        own = replace(problem, train=pool, validation=_no_rows(problem))
        with threadpool_limits(limits=1, user_api="blas"):  # the number of threads would change the last digits
            bench = Bench.of(own, pool, "unfairness", _SHARPNESS)
            right = smoothed_loss("error", own, bench.judged, bench.labels, _SHARPNESS)
            influence = Influence.of(bench.rows, pool.labels, bench.loss, right)
            lowers = [-influence.on_unfairness(bench.rows, _all(pool, label)) for label in (0, 1)]
            near = -np.log(_distances(bench.rows, problem.seed) + 1e-6)
        group = (pool.groups == problem.worse_off).astype(np.float64) - (pool.groups == problem.better_off)
        label = np.broadcast_to(np.array([-1.0, 1.0]) if problem.favourable == 1 else [1.0, -1.0], (len(pool), 2))
        same = [np.column_stack([feature, feature]) for feature in (pool.scores, -np.abs(pool.scores - 0.5), group)]
        columns = [*same, label, np.column_stack([near, near]), np.column_stack(lowers)]
        return cls(np.stack([_standardised(column) for column in columns], axis=2))

    def best(self, weights: Array) -> tuple[Array, Labels]:
        """Each row's linear score (n,) under the label (n,) with which it is higher; 0 where they are equal."""
        both = self.features @ weights
        return both.max(axis=1), both.argmax(axis=1).astype(np.int8)


def _standardised(values: Array) -> Array:
    """Mean 0 and deviation 1 over all values, cut off at ``LIMIT``; all 0 where they are equal."""
    spread = float(values.std())
    centred = values - values.mean()
    return np.clip(centred / spread, -LIMIT, LIMIT) if spread > 1e-12 else np.zeros_like(centred)


def _distances(rows: Array, seed: int) -> Array:
    """Distance (n,) of each row to its ``_NEIGHBOUR``-th nearest among a sample of them, itself not counted."""
    sample = np.sort(seeds.generator(seed, seeds.Purpose.SEARCH, 1).permutation(len(rows))[:_SAMPLE])
    inside = np.isin(np.arange(len(rows)), sample)
    others = rows[sample]
    lengths = (others**2).sum(axis=1)
    k = min(_NEIGHBOUR, len(sample) - 1)
    neighbour_squares: npt.NDArray[np.float64] = np.empty(len(rows))
    for first in range(0, len(rows), _BLOCK):
        block = rows[first : first + _BLOCK]
        squares = (block**2).sum(axis=1)[:, None] + lengths - 2 * block @ others.T
        nearest = np.sort(np.partition(squares, k, axis=1)[:, : k + 1], axis=1)
        itself = inside[first : first + _BLOCK]
        neighbour_squares[first : first + _BLOCK] = np.where(itself, nearest[:, k], nearest[:, max(k - 1, 0)])
    return np.sqrt(np.maximum(neighbour_squares, 0))


def _all(pool: Pool, label: int) -> Labels:
    return np.full(len(pool), label, dtype=np.int8)


def _no_rows(problem: Problem) -> Pool:
    """The validation pool without its rows."""
    rows = problem.validation
    return Pool(rows.features[:0], rows.labels[:0], rows.groups[:0])


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
    (:class:`a4g_bench.attacks.row_pool.RowScores`) are standardised; a query is a weight between -1 and 1 for each,
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

    @dataclass(frozen=True, kw_only=True)
    class Parameters(AxSearch.Parameters):
        jitter: float = parameter(
            0.25, Number(at_least=0), "how far a draw moves the rows' scores, in their standard deviations"
        )

    parameters: Parameters

    @property
    def initial_points(self) -> Sequence[Point]:
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
        moved = scores + self.parameters.jitter * scores.std() * rng.standard_normal(len(pool))
        order = np.lexsort((rng.random(len(pool)), -moved))  # rows of equal scores in random order
        rows = order[: int(np.floor(parameters["spent"] * size + 0.5))]
        return copies(pool, rows, labels[rows])
