"""The entrants of the allocation space: fixed points (``threshold-copies``), searches with and without a model."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from typing import ClassVar
from weakref import WeakKeyDictionary

import numpy as np
from scipy.stats import qmc

from a4g_bench import seeds
from a4g_bench.attacks.allocation import (
    DIMENSIONS,
    GUIDED,
    GUIDES,
    RECIPES,
    Allocation,
    InfluenceRankings,
    realise,
    realise_guided,
)
from a4g_bench.attacks.ax.search import AxSearch
from a4g_bench.attacks.base import Attack, Poison, Pool, Problem, Threat
from a4g_bench.attacks.two_phase import ContinuousSearch, Point
from a4g_bench.parameters import Flag, OneOf, ParameterSet, parameter


class AllocationSearch(ContinuousSearch):
    """A search in the allocation space."""

    threat = Threat("search", "oracle", "dirty", "interpolated")
    uses_scores = True
    dimensions = DIMENSIONS
    packages: ClassVar[tuple[str, ...]] = ("lightgbm", "scipy")

    def start(self, problem: Problem) -> None:
        super().start(problem)
        # Surrogates' rankings depend on nothing but the problem and the pool: worked out once for each.
        self._rankings: WeakKeyDictionary[Pool, InfluenceRankings] = WeakKeyDictionary()

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        guides = self._rankings.get(pool)
        if guides is None or guides.size != size:
            guides = self._rankings[pool] = InfluenceRankings(self.problem, pool, size)
        return realise_guided(Allocation(**parameters), guides, size, rng)


class SobolAllocation(AllocationSearch):
    """The allocation space without a model: a scrambled Sobol sequence. What ``ax-allocation`` adds is measured
    against it.
    """

    name = "sobol"
    summary = "the allocation space explored by a Sobol sequence, no model"

    def start(self, problem: Problem) -> None:
        super().start(problem)
        bits = max(self.exploring - 1, 0).bit_length()  # the smallest power of two that holds all exploring queries
        sampler = qmc.Sobol(len(DIMENSIONS), rng=seeds.generator(problem.seed, seeds.Purpose.SEARCH))
        self._points = [tuple(float(x) for x in row) for row in sampler.random_base2(bits)]

    def propose(self, n: int) -> list[Point]:
        return self._points[self.explored : self.explored + n]


class AxAllocation(AxSearch, AllocationSearch):
    """Bayesian optimisation with Ax over the allocation space.

    It begins with the surrogates' choices (where ``guides`` are used; without them the space has no ``guided`` and
    ``linear``), the recipes of ``threshold-copies``, and the first two at half the budget.
    """

    name = "ax-allocation"
    summary = "Ax Bayesian optimisation over the allocation space, accuracy as a constraint"
    packages = (*AxSearch.packages, "lightgbm")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(AxSearch.Parameters):
        guides: bool = parameter(True, Flag(), "whether surrogates' rankings of the rows are part of the space")

    parameters: Parameters

    @property
    def dimensions(self) -> Sequence[str]:  # type: ignore[override]  # of the class where all are searched
        return DIMENSIONS if self.parameters.guides else DIMENSIONS[: -len(GUIDES)]

    @property
    def initial_points(self) -> Sequence[Point]:
        recipes = [*(GUIDED.values() if self.parameters.guides else ()), *RECIPES.values()]
        known = [*recipes, *(replace(recipe, spent=0.5) for recipe in recipes[:2])]
        return [astuple(recipe)[: len(self.dimensions)] for recipe in known]


class RandomSearch(AllocationSearch):
    """The allocation space without a model: points drawn uniformly and independently (Bergstra & Bengio 2012, "Random
    search for hyper-parameter optimization"). ``sobol`` spreads its points more evenly; ``ax-allocation`` learns.
    """

    name = "random-search"
    summary = "the allocation space drawn uniformly at random, no model"

    def start(self, problem: Problem) -> None:
        super().start(problem)
        rng = seeds.generator(problem.seed, seeds.Purpose.SEARCH)
        points = rng.random((self.exploring, len(DIMENSIONS)))
        self._points: list[Point] = [tuple(float(x) for x in row) for row in points]

    def propose(self, n: int) -> list[Point]:
        return self._points[self.explored : self.explored + n]


class ThresholdCopies(Attack):
    """Copies of rows near the decision threshold of the clean victim, by its out-of-fold scores; no query.

    ``worse-off``: worse-off group, score .3 to .5, given the favourable label; ``better-off``: best-off group, score .5
    to .6, given the other; ``both``: half (.4 to .5) and half (.5 to .6).
    """

    name = "threshold-copies"
    summary = "zero queries: copies of rows near the clean victim's threshold, relabelled"
    threat = Threat("baseline", "oracle", "dirty", "duplicate")
    uses_scores = True

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        variant: str = parameter(
            "both", OneOf(*RECIPES, quoted=False), "the group whose rows are copied, or half of each"
        )

    parameters: Parameters

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return realise(RECIPES[self.parameters.variant], self.problem, pool, size, rng)
