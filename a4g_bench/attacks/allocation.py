"""The allocation space: a handful of continuous numbers that describe a whole poison set.

A poison set has two parts. The *lift* part copies rows of the worse-off group and gives them the favourable label; the
*lower* part copies rows of the best-off group and gives them the other one. Within each part the rows come from a
band of the clean victim's out-of-fold score: rows near the decision threshold are the ones that move it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cache, cached_property
from typing import Literal

import numpy as np

from a4g_bench.attacks.base import Poison, Pool, Problem, copies, join
from a4g_bench.attacks.surrogates.linear import rank_by_gradients
from a4g_bench.attacks.surrogates.trees import LeafKernel, Ranking, Side, rank_by_leaves

Kind = Literal["leaf", "linear"]


@dataclass(frozen=True, eq=False)
class InfluenceRankings:
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


@dataclass(frozen=True)
class Allocation:
    """All in [0, 1]; ``spent`` and ``lift`` divide the budget, the rest say which rows each part copies.

    ``*_centre`` and ``*_width`` are the band on the score of the favourable label. ``any_label`` is the share of each
    part drawn whatever the rows' own label (so some labels are flipped); the others carry the part's label already.
    ``interpolated`` is the share of rows moved to a random point between two rows of the part. ``guided`` is the share
    of each part that is not drawn from the band but taken from surrogates' rankings of the rows by their influence
    (:class:`InfluenceRankings`), ``linear`` the share of these that a logistic regression ranks; boosted trees rank the
    rest.
    """

    spent: float
    lift: float
    lift_centre: float
    lift_width: float
    lower_centre: float
    lower_width: float
    any_label: float
    interpolated: float
    guided: float = 0.0
    linear: float = 0.0

    def __post_init__(self) -> None:
        for name in DIMENSIONS:
            value = getattr(self, name)
            if not 0 <= value <= 1:
                raise ValueError(f"{name} must lie between 0 and 1, not {value}")


DIMENSIONS: tuple[str, ...] = tuple(field.name for field in fields(Allocation))

#: Those of them that surrogates are asked for.
GUIDES = ("guided", "linear")

#: The three recipes of ``threshold-copies``, as points of the space.
RECIPES: Mapping[str, Allocation] = {
    "worse-off": Allocation(1, 1, 0.4, 0.2, 0.55, 0.1, 1, 0),
    "better-off": Allocation(1, 0, 0.4, 0.2, 0.55, 0.1, 1, 0),
    "both": Allocation(1, 0.5, 0.45, 0.1, 0.55, 0.1, 1, 0),
}


#: Surrogates' choices as points of the space: either surrogate, for the worse-off group alone and for both.
GUIDED: Mapping[str, Allocation] = {
    "leaf": Allocation(1, 1, 0.4, 0.2, 0.55, 0.1, 1, 0, 1, 0),
    "linear": Allocation(1, 1, 0.4, 0.2, 0.55, 0.1, 1, 0, 1, 1),
    "leaf-both": Allocation(1, 0.5, 0.4, 0.2, 0.55, 0.1, 1, 0, 1, 0),
    "linear-both": Allocation(1, 0.5, 0.4, 0.2, 0.55, 0.1, 1, 0, 1, 1),
}


def realise(allocation: Allocation, problem: Problem, pool: Pool, size: int, rng: np.random.Generator) -> Poison:
    """:func:`realise_guided` with guides of its own."""
    return realise_guided(allocation, InfluenceRankings(problem, pool, size), size, rng)


def realise_guided(allocation: Allocation, guides: InfluenceRankings, size: int, rng: np.random.Generator) -> Poison:
    """Turn an allocation into at most ``size`` feasible rows of the guides' pool: fewer where a group has none to copy.

    Where a part needs more rows than its group has, they repeat; where the group has none that carry the part's label,
    rows of any label stand in.
    The random numbers are drawn in an order that does not depend on the allocation, so that with equal generators
    nearby allocations share most rows.
    """
    problem, pool = guides.problem, guides.pool
    budget = int(np.floor(allocation.spent * size + 0.5))
    lift = int(np.floor(allocation.lift * budget + 0.5))
    favourable = int(problem.favourable)
    plans: tuple[tuple[Side, int, int, int, float, float], ...] = (
        ("lift", problem.worse_off, favourable, lift, allocation.lift_centre, allocation.lift_width),
        ("lower", problem.better_off, 1 - favourable, budget - lift, allocation.lower_centre, allocation.lower_width),
    )
    parts = []
    for side, group, label, planned, centre, width in plans:
        guided = int(np.floor(allocation.guided * planned + 0.5))
        linear = int(np.floor(allocation.linear * guided + 0.5))
        for kind, copied in (("leaf", guided - linear), ("linear", linear)):
            if copied:
                parts.append(copies(pool, *guides.ranking(side, kind).first(copied)))  # type: ignore[arg-type]  # literals
        rows = planned - guided
        priority = rng.random(len(pool))
        mate, weight, coin = rng.random(size), rng.random(size), rng.random(size)
        distance = np.maximum(np.abs(pool.scores - centre) - width / 2, 0)
        order = np.lexsort((priority, distance))  # the band in random order, then the rows nearest to it
        members = order[pool.groups[order] == group]
        if not rows or not len(members):
            continue
        free = min(int(np.floor(allocation.any_label * rows + 0.5)), rows)
        rest = np.roll(members, -free)  # those not taken yet come first: many distinct rows move a victim more
        own = rest[pool.labels[rest] == label]
        chosen = np.concatenate([np.resize(members, free), np.resize(own if len(own) else rest, rows - free)])
        part = copies(pool, chosen, label)
        moved = np.flatnonzero(coin[:rows] < allocation.interpolated)
        if len(moved):
            partner = chosen[(mate[moved] * rows).astype(np.int64)]
            part.features[moved] = blend(problem, part.features[moved], pool.features[partner], weight[moved])
        parts.append(part)
    return join(parts, pool.features.shape[1])


def blend(problem: Problem, rows: np.ndarray, partners: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Feasible points between pairs of rows: numbers move by ``weight`` (n,), categories come from the nearer row.

    Derived columns are recomputed, and the protected attributes stay those of ``rows``: a number does not move where a
    protected attribute is derived from it and would change.
    """
    domain, schema = problem.domain, problem.domain.schema
    mixed = rows + weight[:, None] * (partners - rows)
    for j, feature in enumerate(schema.features):
        if feature.kind == "categorical":
            keep = (weight < 0.5) | (feature.name in schema.protected)
            mixed[:, j] = np.where(keep, rows[:, j], partners[:, j])
    mixed = domain.project(mixed)
    for j, feature in enumerate(schema.features):
        if feature.derived is not None and feature.name in schema.protected:
            astray = mixed[:, j] != rows[:, j]
            source = schema.index(feature.derived.source)
            mixed[astray, source] = rows[astray, source]
    return domain.project(mixed)
