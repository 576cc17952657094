"""The entrants that search the allocation space: with a model (``ax-allocation``) and without one (``sobol``)."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple

import numpy as np
from scipy.stats import qmc

from a4g_bench import seeds
from a4g_bench.attacks.allocation import DIMENSIONS, RECIPES, Allocation, realise
from a4g_bench.attacks.attack import Poison, Pool, Problem, Result, Threat, whole
from a4g_bench.attacks.bayes import Observation, Proposer
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


class AxAllocation(AllocationSearch):
    """Bayesian optimisation with Ax over the allocation space.

    The objective is modelled with its standard error, the accuracy loss is an outcome constraint at the allowance less
    ``margin``, and the finalists are those of the best posterior mean. ``warm_start`` begins with the recipes of
    ``threshold-copies``; ``initial`` points in all come before the model (the rest of them Sobol). ``acquisition``:
    ``lean``, ``default`` (Ax's own, several times as dear), or ``pareto``, which has two objectives, the suite's and
    the accuracy, and explores their front within the allowance (dearer still); the final set is picked as ever, by the
    largest confirmed gain within the allowance.
    """

    name = "ax-allocation"
    summary = "Ax Bayesian optimisation over the allocation space, accuracy as a constraint"
    packages = ("ax-platform", "botorch", "gpytorch", "torch", "scipy")

    def __init__(
        self,
        *,
        confirm: float = 0.25,
        finalists: int = 4,
        margin: float = 0.002,
        initial: int = 8,
        warm_start: bool = True,
        acquisition: str = "lean",
    ) -> None:
        super().__init__(confirm=confirm, finalists=finalists, margin=margin)
        if not isinstance(warm_start, bool):
            raise ValueError(f"warm_start must be true or false, not {warm_start!r}")
        if acquisition not in ("lean", "default", "pareto"):
            raise ValueError(f"acquisition must be 'lean', 'default' or 'pareto', not {acquisition!r}")
        self.initial, self.warm_start, self.acquisition = whole("initial", initial, 1), warm_start, acquisition

    def start(self, problem: Problem) -> None:
        super().start(problem)
        recipes = RECIPES.values() if self.warm_start else ()
        self._proposer = Proposer(
            DIMENSIONS,
            seed=seeds.integer(problem.seed, seeds.Purpose.SEARCH),
            initial=min(self.initial, max(self.exploring, 1)),
            max_loss=self.allowed_loss,
            start=[astuple(recipe) for recipe in recipes],
            acquisition=self.acquisition,  # type: ignore[arg-type]  # checked in __init__
        )

    def propose(self, n: int) -> list[Point]:
        return self._proposer.ask(n)

    def learn(self, results: Sequence[Result]) -> None:
        if results:
            self._proposer.tell([self._observation(result) for result in results])

    def shortlist(self, k: int) -> list[Point]:
        return self._proposer.best(k)

    def _observation(self, result: Result) -> Observation:
        point = self.point(result.candidate)
        if result.measurement is None:
            return Observation(point, None, None)
        m = result.measurement
        return Observation(point, (m.objective.mean, m.objective.sem), (result.accuracy_loss, m.accuracy.sem))
