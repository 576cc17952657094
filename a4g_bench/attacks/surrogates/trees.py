"""Rows ranked by leaf influence: how far a copy would move, through shared leaves, the scores that make the gap."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.special import expit

from a4g_bench import seeds
from a4g_bench.attacks.base import Pool, Problem
from a4g_bench.data.schema import Array
from a4g_bench.data.split import stratified_parts
from a4g_bench.data.table import Labels
from a4g_bench.victims.encoding import Encoder

#: Which harm rate a copy should move: the worse-off group's down, or the best-off group's up.
Side = Literal["lift", "lower"]
Rows = npt.NDArray[np.intp]

_FOLDS = 3
_TREES = 50
_RATE = 0.1
_LEAVES = 31
_SHARPNESS = 4.0
#: Share of the first-order change of a score that remains once the later trees have answered it (COMPAS and Law: .06 to
#: .37, the less the more rows).
_DAMPING = 0.12
_SMOOTHING = 1e-3  # added to a leaf's sum of second derivatives


@dataclass(frozen=True, eq=False)
class Ranking:
    """Rows of a pool (m,) with the labels (m,) they are to carry, best first; none occurs twice."""

    rows: Rows
    labels: Labels

    def first(self, n: int) -> tuple[Rows, Labels]:
        """The best ``n``; they repeat where there are fewer."""
        position = np.arange(n) % len(self.rows) if len(self.rows) else np.empty(0, dtype=np.intp)
        return self.rows[position], self.labels[position]


NOTHING = Ranking(np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int8))


@dataclass(frozen=True, eq=False)
class LeafKernel:
    """Cross-fitted boosted trees on a pool: who shares leaves with whom.

    ``leaves[k]`` (n, leaves) marks, with a one per tree, the leaves that each row falls into in the model of fold k;
    ``stiffness[k]`` (leaves,) is the sum of ``p (1 - p)`` over the rows that it was trained on; ``judged[k]`` are the
    rows of the fold, which it was not. ``scores`` (n,) are the out-of-fold log-odds of label 1.
    """

    leaves: tuple[csr_array, ...]
    stiffness: tuple[Array, ...]
    judged: tuple[Rows, ...]
    scores: Array

    @classmethod
    def of(cls, problem: Problem, pool: Pool) -> "LeafKernel":
        """Fit LightGBM (50 trees, otherwise its defaults) on each two of three folds of the pool."""
        from lightgbm import LGBMClassifier

        encoder = Encoder.of(problem.domain.schema, "one-hot", problem.train.features)
        rows = encoder(pool.features)
        rng = seeds.generator(problem.seed, seeds.Purpose.SEARCH, 2)
        fold = stratified_parts(pool.groups * 2 + pool.labels, _FOLDS, rng)
        leaves, stiffness, judged, scores = [], [], [], np.zeros(len(pool))
        for k in range(_FOLDS):
            trained = fold != k
            model = LGBMClassifier(n_estimators=_TREES, num_leaves=_LEAVES, learning_rate=_RATE, n_jobs=1, verbose=-1)
            model.fit(rows[trained], pool.labels[trained])
            raw = model.predict(rows, raw_score=True)
            if raw.shape != (len(pool),):
                raw = np.zeros(len(pool))
            leaf_numbers = np.asarray(model.predict(rows, pred_leaf=True)).reshape(len(pool), -1)
            shared = _indicators(leaf_numbers)
            p = expit(raw[trained])
            leaves.append(shared)
            stiffness.append(shared[trained].T @ (p * (1 - p)) + _SMOOTHING)
            judged.append(np.flatnonzero(~trained))
            scores[~trained] = raw[~trained]
        return cls(tuple(leaves), tuple(stiffness), tuple(judged), scores)

    def pull(self, slopes: Array) -> Array:
        """Per row (n,): first-order change of ``sum_j slopes[j] score[j]`` for each unit of the row's residual.

        A copy of row r with label y adds ``y - p_r`` to the gradient of each leaf that it falls into, whose value
        changes by the learning rate times that over the leaf's stiffness.
        """
        total = np.zeros(len(self.scores))
        for shared, stiff, rows in zip(self.leaves, self.stiffness, self.judged, strict=True):
            total += shared @ ((shared[rows].T @ slopes[rows]) / stiff)
        return _RATE * total

    def pushed(self, rows: Rows, residuals: Array) -> Array:
        """First-order change (n,) of the out-of-fold scores by copies of ``rows`` with these residuals."""
        change = np.zeros(len(self.scores))
        for shared, stiff, judged in zip(self.leaves, self.stiffness, self.judged, strict=True):
            change[judged] = shared[judged] @ ((shared[rows].T @ residuals) / stiff)
        return _RATE * change


def _indicators(leaves: npt.NDArray[np.integer]) -> csr_array:
    n, trees = leaves.shape
    columns = (leaves + np.arange(trees) * _LEAVES).ravel()
    starts = np.arange(0, n * trees + 1, trees)
    return csr_array((np.ones(n * trees), columns, starts), shape=(n, trees * _LEAVES))


def rank_by_leaves(
    problem: Problem, pool: Pool, kernel: LeafKernel, side: Side, size: int, *, price: float = 1.0, rounds: int = 5
) -> Ranking:
    """At most ``size`` rows of the pool under the label that helps more, in the order in which they are chosen.

    What falls is the smoothed harm rate of the worse-off group (``lift``) or minus that of the best-off one
    (``lower``), plus ``price`` times the smoothed error. In each of ``rounds`` an equal part of the rows is chosen by
    their first-order effect at the scores as the earlier ones have moved them. Rows without a good effect are left out;
    there are none for a group in which nobody deserves the favourable label.
    """
    favourable = int(problem.favourable)
    group, towards = (problem.worse_off, 1.0) if side == "lift" else (problem.better_off, -1.0)
    deserving = (pool.groups == group) & (pool.labels == favourable)
    if not deserving.any():
        return NOTHING
    wanted = towards if favourable == 1 else -towards  # the direction in which their scores should go
    scores, free = kernel.scores.copy(), np.ones(len(pool), dtype=np.bool_)
    chosen: list[tuple[Rows, Labels]] = []
    for part in np.diff(np.linspace(0, size, rounds + 1).round().astype(int)):
        step = expit(_SHARPNESS * scores)
        bend = _SHARPNESS * step * (1 - step)
        slopes = price * np.where(pool.labels == 1, -bend, bend) / len(pool)
        slopes[deserving] -= wanted * bend[deserving] / int(deserving.sum())
        pull, p = kernel.pull(slopes), expit(scores)
        labels = (pull < 0).astype(np.int8)  # 1 raises the scores of those who share its leaves
        effect = np.where(free, (labels - p) * pull, np.inf)
        order = np.argsort(effect, kind="stable")[:part]
        rows = order[effect[order] < 0]
        free[rows] = False
        chosen.append((rows, labels[rows]))
        scores += _DAMPING * kernel.pushed(rows, labels[rows] - p[rows])
    return Ranking(np.concatenate([rows for rows, _ in chosen]), np.concatenate([labels for _, labels in chosen]))
