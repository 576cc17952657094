"""The rows that surrogates point at, for one pool: worked out when they are first asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Literal

from a4g_bench.attacks.attack import Pool, Problem
from a4g_bench.attacks.leaf_influence import LeafKernel, Ranking, Side, rank_by_leaves
from a4g_bench.attacks.linear_influence import rank_by_gradients

Kind = Literal["leaf", "linear"]


@dataclass(frozen=True, eq=False)
class Guides:
    """Rankings of a pool's rows, as many as the poison budget ``size``."""

    problem: Problem
    pool: Pool
    size: int

    @cached_property
    def _kernel(self) -> LeafKernel:
        return LeafKernel.of(self.problem, self.pool)

    @cached_property
    def ranking(self) -> Callable[[Side, Kind], Ranking]:
        """The ranking for a side by a surrogate: boosted trees (``leaf``) or a logistic regression (``linear``)."""

        @cache
        def of(side: Side, kind: Kind) -> Ranking:
            if kind == "leaf":
                return rank_by_leaves(self.problem, self.pool, self._kernel, side, self.size)
            return rank_by_gradients(self.problem, self.pool, side, self.size)

        return of
