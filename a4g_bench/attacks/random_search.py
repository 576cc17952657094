"""``random-search``: the allocation space drawn at random."""

from a4g_bench import seeds
from a4g_bench.attacks.allocation import DIMENSIONS
from a4g_bench.attacks.attack import Problem
from a4g_bench.attacks.continuous import Point
from a4g_bench.attacks.search import AllocationSearch


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
