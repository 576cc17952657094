"""The entrants that search the allocation space: with a model (``ax-allocation``) and without one (``sobol``)."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np
from scipy.stats import qmc

from a4g_bench import seeds
from a4g_bench.attacks.allocation import DIMENSIONS, RECIPES, Allocation, realise
from a4g_bench.attacks.attack import Poison, Pool, Problem, Threat
from a4g_bench.attacks.ax_search import AxSearch
from a4g_bench.attacks.continuous import ContinuousSearch, Point


class AllocationSearch(ContinuousSearch):
    """A search in the allocation space."""

    threat = Threat("search", "oracle", "dirty", "interpolated")
    uses_scores = True
    dimensions = DIMENSIONS

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return realise(Allocation(**parameters), self.problem, pool, size, rng)


class SobolAllocation(AllocationSearch):
    """The allocation space without a model: a scrambled Sobol sequence. What ``ax-allocation`` adds is measured
    against it.
    """

    name = "sobol"
    summary = "the allocation space explored by a Sobol sequence, no model"
    packages = ("scipy",)

    def start(self, problem: Problem) -> None:
        super().start(problem)
        bits = max(self.exploring - 1, 0).bit_length()  # the smallest power of two that holds all exploring queries
        sampler = qmc.Sobol(len(DIMENSIONS), rng=seeds.generator(problem.seed, seeds.Purpose.SEARCH))
        self._points = [tuple(float(x) for x in row) for row in sampler.random_base2(bits)]

    def propose(self, n: int) -> list[Point]:
        return self._points[self.explored : self.explored + n]


class AxAllocation(AxSearch, AllocationSearch):
    """Bayesian optimisation with Ax over the allocation space; it begins with the recipes of ``threshold-copies``."""

    name = "ax-allocation"
    summary = "Ax Bayesian optimisation over the allocation space, accuracy as a constraint"

    @property
    def beginnings(self) -> Sequence[Point]:
        return [astuple(recipe) for recipe in RECIPES.values()]
