"""``fairbatch-outer``: duplicates per (group, label) cell, moved after each fit by the groups' harm rates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.base import Poison, Pool, Problem, Threat, copies, join
from a4g_bench.attacks.controls import apportion, spread
from a4g_bench.attacks.two_phase import ContinuousSearch, Point
from a4g_bench.parameters import Number, parameter

Shares = npt.NDArray[np.float64]


class FairBatchOuter(ContinuousSearch):
    """FairBatch (Roh, Lee, Whang & Suh 2021, arXiv 2012.01696) from outside: that method moves the shares of (group,
    label) cells in a model's batches by ``alpha`` after each epoch; this one moves shares of the added duplicates after
    each fit of a victim that it cannot look into.

    It begins with the cells' shares of the training rows, which change nothing on average. After each query it looks at
    the groups' harm rates (false positive or false negative rates, as the data set says): ``alpha`` of the budget moves
    to the favourable label in the worst-off group and to the other label in the best-off one, half each, from all other
    cells in proportion to what they hold. Whenever the worst-off or the best-off group changes, ``alpha`` halves, so
    that the shares settle where the gap closes (the original keeps ``alpha`` fixed and relies on the noise of batches).
    Exploring ends early where nothing is left to move, so that not all queries may be used. A failed query is followed
    by half the move. Each move needs the measurement before it: queries are proposed one at a time.
    """

    name = "fairbatch-outer"
    summary = "duplicates per (group, label) cell, moved after each fit by the groups' harm rates"
    threat = Threat("search", "oracle", "clean", "duplicate")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ContinuousSearch.Parameters):
        alpha: float = parameter(
            0.2, Number(above=0, at_most=1), "share of the budget that a move shifts between cells"
        )

    parameters: Parameters

    @property
    def dimensions(self) -> Sequence[str]:
        """``<group>/<label>``, in this order: the share of the added rows that duplicate rows of that cell."""
        values = self.problem.domain.schema.label_values
        return [f"{group}/{value}" for group in self.problem.group_names for value in values]

    def start(self, problem: Problem) -> None:
        super().start(problem)
        sizes = np.bincount(_cells(problem.train), minlength=len(self.dimensions))
        self._occupied = sizes > 0
        self._start = sizes / sizes.sum()

    def propose(self, n: int) -> list[Point]:
        alpha, extremes, shares = self.parameters.alpha, None, None
        for result in self._results:
            if result.candidate.confirm:
                continue
            if result.measurement is None:
                alpha /= 2
                continue
            worst_and_best = int(np.argmax(result.measurement.harm)), int(np.argmin(result.measurement.harm))
            if extremes not in (None, worst_and_best):
                alpha /= 2
            extremes, shares = worst_and_best, np.array(self.point(result.candidate))
        if shares is None or extremes is None:
            return [tuple(float(share) for share in self._start)]
        return self._moved(shares, alpha, *extremes)

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        parts = []
        for cell, rows in enumerate(apportion([parameters[name] for name in self.dimensions], size)):
            members = np.flatnonzero(_cells(pool) == cell)
            if len(members):
                parts.append(copies(pool, spread(members, rows, rng)))
        return join(parts, pool.features.shape[1])

    def _moved(self, shares: Shares, alpha: float, worst: int, best: int) -> list[Point]:
        """The shares after one move; none where it would move less than half a row."""
        favourable = int(self.problem.favourable)
        taking = np.zeros(len(shares), dtype=np.bool_)
        if worst != best:
            taking[[2 * worst + favourable, 2 * best + 1 - favourable]] = True
        taking &= self._occupied
        held = float(shares[~taking].sum())
        amount = min(alpha, held)
        if not taking.any() or amount * self.problem.budget < 0.5:
            return []
        moved = np.where(taking, shares + amount / taking.sum(), shares * (1 - amount / held))
        return [tuple(float(share) for share in np.clip(moved, 0, 1))]


def _cells(pool: Pool) -> npt.NDArray[np.int64]:
    """The cell (n,) of each row: twice its group's code, plus its label."""
    return pool.groups * 2 + pool.labels
