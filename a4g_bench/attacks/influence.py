"""Copies chosen by influence: a linear program (``influence-duplication``) and shared leaves (``leaf-influence``)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from threadpoolctl import threadpool_limits

from a4g_bench.attacks.base import Attack, Poison, Pool, Threat, copies, join
from a4g_bench.attacks.gradient import Bench
from a4g_bench.attacks.surrogates.linear import Influence
from a4g_bench.attacks.surrogates.smoothed import smoothed_loss
from a4g_bench.attacks.surrogates.trees import LeafKernel, Side, rank_by_leaves
from a4g_bench.data.schema import Array
from a4g_bench.errors import AttackError
from a4g_bench.parameters import Number, ParameterSet, Whole, parameter

Counts = npt.NDArray[np.int64]


class InfluenceDuplication(Attack):
    """Duplicates of training rows that a linear program chooses: the least unfairness for a bounded loss of accuracy.

    After Li & Liu (2022, "Achieving fairness at no utility cost via data reweighing with influence", ICML), who solve
    for weights of all rows; here only whole copies can be added. No query: influences are those on a logistic
    regression of the attack's own, judged on training and search-validation rows.

    The budget is spent in ``rounds``. In each the surrogate is trained with the copies so far, and the program spends
    at most an equal part of what is left: the predicted unfairness falls as far as it can, not below 0, while the
    predicted error stays within the search's accuracy allowance of the clean surrogate's, and no row is copied more
    than ``max_copies`` times in all. Both predictions count ``sigma(sharpness * score)`` as a label, and hold to within
    the rounding of a copy or two. Rows that cannot help are not added, so that fewer rows than the budget may come
    back. Time is linear in the rows.
    """

    name = "influence-duplication"
    summary = "zero queries: copies that a linear program chooses by their influence"
    threat = Threat("baseline", "surrogate", "clean", "duplicate")
    packages = ("scipy",)
    requires_victim = "logistic_regression"

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        rounds: int = parameter(5, Whole(at_least=1), "parts that the budget is spent in")
        max_copies: int = parameter(1, Whole(at_least=1), "how many copies of a row may be added in all")
        sharpness: float = parameter(4.0, Number(above=0), "slope of the smoothed prediction at the threshold")

    parameters: Parameters

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        if len(np.unique(pool.labels)) < 2:
            raise AttackError("the training rows carry one label only, so no logistic regression can be trained")
        with threadpool_limits(limits=1, user_api="blas"):  # the number of threads would change the last digits
            counts = self._counts(pool, size)
        return copies(pool, np.repeat(np.arange(len(pool)), counts))

    def _counts(self, pool: Pool, size: int) -> Counts:
        sharpness = self.parameters.sharpness
        bench = Bench.of(self.problem, pool, "unfairness", sharpness)
        right = smoothed_loss("error", self.problem, bench.judged, bench.labels, sharpness)
        now = Influence.of(bench.rows, pool.labels, bench.loss, right)
        counts, clean_error = np.zeros(len(pool), dtype=np.int64), now.error
        for left in range(self.parameters.rounds, 0, -1):
            chosen = cheapest_copies(
                now.on_unfairness(bench.rows, pool.labels),
                now.on_error(bench.rows, pool.labels),
                rows=-(-(size - int(counts.sum())) // left),  # what is left, in equal parts, rounded up
                gap=now.unfairness,
                allowance=clean_error + self.problem.max_accuracy_loss - now.error,
                most=self.parameters.max_copies - counts,
            )
            if not chosen.any():
                break
            counts += chosen
            trained = np.concatenate([np.arange(len(pool)), np.repeat(np.arange(len(pool)), counts)])
            now = Influence.of(bench.rows[trained], pool.labels[trained], bench.loss, right, now.model.weights)
        return counts


def cheapest_copies(
    unfairness: Array, error: Array, *, rows: int, gap: float, allowance: float, most: Counts
) -> Counts:
    """Copies (n,) of each row that minimise ``unfairness . copies``: a linear program (HiGHS), rounded to whole copies.

    ``unfairness`` and ``error`` (n,) are what one copy changes. At most ``rows`` copies in all and ``most`` (n,) of
    each row; ``error . copies <= max(allowance, 0)`` and ``unfairness . copies >= -gap`` hold to within the rounding.
    """
    useful = np.flatnonzero((most > 0) & ((unfairness < 0) | (error < 0)))
    counts = np.zeros(len(most), dtype=np.int64)
    if not len(useful) or rows < 1:
        return counts
    falls, costs = unfairness[useful], error[useful]
    unit = np.array([1.0, np.abs(costs).max() or 1.0, np.abs(falls).max() or 1.0])  # rows of the program of like size
    solution = linprog(
        falls / unit[2],
        A_ub=np.vstack([np.ones(len(useful)), costs / unit[1], -falls / unit[2]]),
        b_ub=np.array([rows, max(allowance, 0.0), max(gap, 0.0)]) / unit,
        bounds=np.column_stack([np.zeros(len(useful)), most[useful]]),
        method="highs",
    )
    if solution.x is None:  # no copies at all are always allowed, so the solver itself has failed
        raise AttackError(f"the linear program was not solved: {solution.message}")
    counts[useful] = _whole(solution.x)
    return counts


def _whole(amounts: Array) -> Counts:
    """Whole numbers of the same sum, rounded down: the parts cut off are given to the largest of them."""
    counts = np.floor(amounts + 1e-9).astype(np.int64)
    cut = amounts - counts
    missing = int(np.floor(amounts.sum() + 1e-6)) - int(counts.sum())
    counts[np.argsort(-cut, kind="stable")[: max(missing, 0)]] += 1
    return counts


class LeafInfluence(Attack):
    """Copies of the training rows whose leaf influence on the gap is largest, under the label that helps; no query.

    A surrogate of the attack's own (LightGBM, cross-fitted on the training rows) says which rows share leaves with the
    people near its threshold whose predictions make the gap; a copy moves the value of its leaves (the first step of
    "LeafInfluence", Sharchilevich et al. 2018, "Finding influential training samples for gradient boosted decision
    trees"). ``lift`` is the share of the budget that lowers the worse-off group's harm rate, the rest raises the
    best-off group's. ``price`` is what a share of error costs in shares of unfairness. Rows are chosen in ``rounds``;
    those that cannot help are left out.
    """

    name = "leaf-influence"
    summary = "zero queries: copies that share leaves with the people who make the gap"
    threat = Threat("baseline", "surrogate", "dirty", "duplicate")
    packages = ("lightgbm", "scipy")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        lift: float = parameter(
            1.0,
            Number(at_least=0, at_most=1),
            "share of the rows that lower the worse-off group's harm rate; the others raise the best-off group's",
        )
        price: float = parameter(1.0, Number(at_least=0), "what a share of error costs, in shares of unfairness")
        rounds: int = parameter(5, Whole(at_least=1), "parts that the budget is spent in")

    parameters: Parameters

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        kernel = LeafKernel.of(self.problem, pool)
        lifted = round(self.parameters.lift * size)
        sizes: dict[Side, int] = {"lift": lifted, "lower": size - lifted}
        parts = []
        for side, rows in sizes.items():
            price, rounds = self.parameters.price, self.parameters.rounds
            ranking = rank_by_leaves(self.problem, pool, kernel, side, rows, price=price, rounds=rounds)
            parts.append(copies(pool, ranking.rows, ranking.labels))
        return join(parts, pool.features.shape[1])
