"""Influence of rows through a logistic regression, and rows ranked by it: the linear sibling of ``trees``."""

from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from a4g_bench.attacks.base import Pool, Problem
from a4g_bench.attacks.surrogates.logistic import Logistic, with_ones
from a4g_bench.attacks.surrogates.smoothed import Sloped, SmoothedLoss, negative
from a4g_bench.attacks.surrogates.trees import NOTHING, Ranking, Side
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels
from a4g_bench.victims.encoding import Encoder

_SHARPNESS = 4.0


def rank_by_gradients(
    problem: Problem, pool: Pool, side: Side, size: int, *, price: float = 1.0, rounds: int = 3
) -> Ranking:
    """At most ``size`` rows of the pool under the label that helps more, in the order in which they are chosen.

    As :func:`a4g_bench.attacks.surrogates.trees.rank_by_leaves`, with scikit-learn's logistic regression, which is
    trained anew with the rows so far in each of ``rounds``.
    """
    encoder = Encoder.of(problem.domain.schema, "scaled", problem.train.features)
    rows = with_ones(encoder(pool.features))
    losses = _losses(problem, pool, side, rows)
    if not len(losses[0].rows):
        return NOTHING
    free = np.ones(len(pool), dtype=np.bool_)
    chosen, labels = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int8)
    weights: Array | None = None
    with threadpool_limits(limits=1, user_api="blas"):  # the number of threads would change the last digits
        for part in np.diff(np.linspace(0, size, rounds + 1).round().astype(int)):
            trained = np.concatenate([np.arange(len(pool)), chosen])
            trained_labels = np.concatenate([pool.labels, labels])
            if len(np.unique(trained_labels)) < 2:
                break
            model = Logistic.train(rows[trained], trained_labels, weights)
            weights = model.weights
            slope = sum(scale * loss.gradient(weights) for loss, scale in zip(losses, (1.0, price), strict=True))
            adjoint = model.solve(np.asarray(slope))
            effects = np.column_stack(
                [model.row_influence(adjoint, rows, np.full(len(pool), label)) for label in (0, 1)]
            )
            better = effects.argmin(axis=1).astype(np.int8)
            effect = np.where(free, effects.min(axis=1), np.inf)
            order = np.argsort(effect, kind="stable")[:part]
            best = order[effect[order] < 0]
            free[best] = False
            chosen, labels = np.concatenate([chosen, best]), np.concatenate([labels, better[best]])
    return Ranking(chosen, labels)


def _losses(problem: Problem, pool: Pool, side: Side, rows: Array) -> tuple[SmoothedLoss, SmoothedLoss]:
    """The harm rate that should move, and the error, both to be lowered."""
    favourable = int(problem.favourable)
    group = problem.worse_off if side == "lift" else problem.better_off
    deserving = np.flatnonzero((pool.groups == group) & (pool.labels == favourable))
    harmed = -1.0 if favourable == 1 else 1.0  # the sign of a score that denies them their label
    one_group = np.zeros(len(deserving), dtype=np.int64)
    harm = SmoothedLoss(
        rows[deserving], one_group, np.full(len(one_group), harmed), _SHARPNESS, _rate if side == "lift" else negative
    )
    wrong = np.where(pool.labels == 1, -1.0, 1.0)
    return harm, SmoothedLoss(rows, np.zeros(len(pool), dtype=np.int64), wrong, _SHARPNESS, _rate)


def _rate(rates: Array) -> Sloped:
    """The rate of a single group."""
    return float(rates[0]), np.array([1.0])


@dataclass(frozen=True, eq=False)
class Influence:
    """A trained surrogate, its smoothed ``unfairness`` and ``error`` (shares, 0 to 1) on judged rows, and how either
    changes with one more training row: ``-(dg/dw) . H^-1 dl`` (Koh & Liang 2017, "Understanding black-box predictions
    via influence functions", for the sum of losses).
    """

    model: Logistic
    unfairness: float
    error: float
    unfairness_adjoint: Array
    error_adjoint: Array

    @classmethod
    def of(
        cls,
        rows: Array,
        labels: Labels,
        unfairness: SmoothedLoss,
        right: SmoothedLoss,
        start: Array | None = None,
    ) -> "Influence":
        """Train on encoded ``rows`` (n, k + 1) and ``labels`` (n,), from the weights ``start``.

        ``unfairness`` and ``right`` are the losses ``unfairness`` and ``error`` of
        :func:`a4g_bench.attacks.surrogates.smoothed.smoothed_loss`; the latter is minus the error.
        """
        model = Logistic.train(rows, labels, start)
        weights = model.weights
        return cls(
            model,
            unfairness.value(weights),
            -right.value(weights),
            model.solve(unfairness.gradient(weights)),
            -model.solve(right.gradient(weights)),
        )

    def on_unfairness(self, rows: Array, labels: Labels) -> Array:
        """Change (m,) of the smoothed unfairness by one copy of each encoded row (m, k + 1) with its label."""
        return self.model.row_influence(self.unfairness_adjoint, rows, labels)

    def on_error(self, rows: Array, labels: Labels) -> Array:
        """Change (m,) of the smoothed error by one copy of each encoded row (m, k + 1) with its label."""
        return self.model.row_influence(self.error_adjoint, rows, labels)
