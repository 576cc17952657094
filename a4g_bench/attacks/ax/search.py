"""A search of the unit cube by Bayesian optimisation with Ax: what the ``ax-`` entrants share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from a4g_bench import seeds
from a4g_bench.attacks.ax.proposer import Acquisition, Observation, Proposer
from a4g_bench.attacks.base import Problem, Result
from a4g_bench.attacks.two_phase import ContinuousSearch, Point
from a4g_bench.parameters import Flag, OneOf, Whole, parameter


class AxSearch(ContinuousSearch):
    """Explores by Ax's noisy expected improvement.

    The objective is modelled with its standard error, the accuracy loss is an outcome constraint at the allowance less
    ``margin``, and the finalists are those of the best posterior mean. ``warm_start`` begins with
    :attr:`initial_points`; ``initial`` points in all come before the model (the rest of them Sobol).

    ``acquisition``: ``lean``, ``default`` (Ax's own, several times as dear), or ``pareto``, which has two objectives,
    the suite's and the accuracy, and explores their front within the allowance (dearer still); the final set is picked
    as ever, by the largest confirmed gain within the allowance.
    """

    packages: ClassVar[tuple[str, ...]] = ("ax-platform", "botorch", "gpytorch", "torch", "scipy")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ContinuousSearch.Parameters):
        initial: int = parameter(8, Whole(at_least=1), "points before the model, known ones among them")
        warm_start: bool = parameter(True, Flag(), "whether to begin with known recipes")
        acquisition: str = parameter(
            "lean",
            OneOf("lean", "default", "pareto"),
            "the cheap one, Ax's own (dearer), or two objectives: the suite's and the accuracy (dearer still)",
        )

    parameters: Parameters

    @property
    def initial_points(self) -> Sequence[Point]:
        """Points known to be good from elsewhere."""
        return ()

    def start(self, problem: Problem) -> None:
        super().start(problem)
        chosen = self.parameters
        self._proposer = Proposer(
            self.dimensions,
            seed=seeds.integer(problem.seed, seeds.Purpose.SEARCH),
            initial=min(chosen.initial, max(self.exploring, 1)),
            max_loss=self.allowed_loss,
            start=self.initial_points if chosen.warm_start else (),
            acquisition=cast(Acquisition, chosen.acquisition),
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
        worth = result.reference.objective.mean - self.gain(result)
        return Observation(point, (worth, m.objective.sem), (result.accuracy_loss, m.accuracy.sem))
