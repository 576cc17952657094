"""Searches over a continuous space: explore, then confirm the best few with fresh draws, then choose."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import qmc

from a4g_bench import seeds
from a4g_bench.attacks.allocation import DIMENSIONS, RECIPES, Allocation, realise
from a4g_bench.attacks.attack import Attack, Candidate, Poison, Pool, Problem, Result, Threat
from a4g_bench.attacks.bayes import Observation, Proposer

Point = tuple[float, ...]


class ContinuousSearch(Attack):
    """Spends its queries in two phases: :meth:`propose` explores the unit cube, the last ``confirm`` share evaluates
    again.

    In the confirming phase the best ``finalists`` recipes are drawn afresh and evaluated as the audit will train,
    with new victim seeds. The final set is the confirmed draw of the recipe with the largest gain, pooled over both
    phases to temper the winner's curse, among those whose pooled accuracy loss keeps ``margin`` to the allowance; no
    rows, if none gains.
    """

    def __init__(self, *, confirm: float = 0.25, finalists: int = 4, margin: float = 0.002) -> None:
        if not 0 < confirm < 1:
            raise ValueError(f"confirm must lie between 0 and 1, not {confirm}")
        if finalists < 1:
            raise ValueError(f"finalists must be at least 1, not {finalists}")
        if margin < 0:
            raise ValueError(f"margin must not be negative, not {margin}")
        self.confirm, self.finalists, self.margin = confirm, finalists, margin

    @property
    @abstractmethod
    def dimensions(self) -> Sequence[str]:
        """Names of the unit cube's axes."""

    @abstractmethod
    def propose(self, n: int) -> list[Point]:
        """The next ``n`` points of the unit cube."""

    def learn(self, results: Sequence[Result]) -> None:
        """Learn from explored results."""
        return

    def shortlist(self, k: int) -> list[Point]:
        """The ``k`` most promising explored points, best first; by observed values unless a model knows better."""
        return [self.point(r.candidate) for r in sorted(self._explored(), key=self._rank)[:k]]

    def point(self, candidate: Candidate) -> Point:
        """A candidate's position in the unit cube."""
        return tuple(candidate.parameters[name] for name in self.dimensions)

    def start(self, problem: Problem) -> None:
        super().start(problem)
        self._told: list[Result] = []
        self._queue: list[Point] | None = None
        confirming = min(max(1, round(self.confirm * problem.query_budget)), problem.query_budget - 1)
        self._explore = max(problem.query_budget - confirming, 0)

    def ask(self, n: int) -> Sequence[Candidate]:
        explored = sum(not r.candidate.confirm for r in self._told)
        if explored < self._explore:
            points = self.propose(min(n, self._explore - explored))
            return [Candidate(dict(zip(self.dimensions, point, strict=True))) for point in points]
        return self._confirmations(n)

    def tell(self, results: Sequence[Result]) -> None:
        self._told.extend(results)
        self.learn([r for r in results if not r.candidate.confirm])

    def choose(self) -> Result | None:
        confirmed = [r for r in self._told if r.candidate.confirm and r.measurement is not None]
        able = []
        for result in confirmed:
            gain, loss = self._pooled(result)
            if gain > 0 and loss <= self._allowed:
                able.append((gain, -result.query, result))
        return max(able, key=lambda entry: entry[:2])[2] if able else None

    @property
    def _allowed(self) -> float:
        return self.problem.max_accuracy_loss - self.margin

    def _confirmations(self, n: int) -> Sequence[Candidate]:
        done = [r for r in self._told if r.candidate.confirm]
        if self._queue is None:
            self._queue = self.shortlist(self.finalists)
        if not self._queue:
            return []
        candidates = []
        for position in range(len(done), len(done) + n):
            turn, place = divmod(position, len(self._queue))
            parameters = dict(zip(self.dimensions, self._queue[place], strict=True))
            candidates.append(Candidate(parameters, replicate=turn + 1, confirm=True))
        return candidates

    def _pooled(self, confirmed: Result) -> tuple[float, float]:
        """Gain and accuracy loss of a recipe: inverse-variance means over its exploring evaluation and this draw's."""
        same = [
            (r, r.measurement)
            for r in self._told
            if r.measurement is not None
            and r.candidate.parameters == confirmed.candidate.parameters
            and (r is confirmed or not r.candidate.confirm)
        ]
        gain = _weighted([r.gain for r, _ in same], [m.objective.sem for _, m in same])
        return gain, _weighted([r.accuracy_loss for r, _ in same], [m.accuracy.sem for _, m in same])

    def _explored(self) -> list[Result]:
        return [r for r in self._told if not r.candidate.confirm and r.measurement is not None]

    def _rank(self, result: Result) -> tuple[bool, float, int]:
        over = result.accuracy_loss > self._allowed
        return over, result.accuracy_loss if over else -result.gain, result.query


def _weighted(values: Sequence[float], sems: Sequence[float]) -> float:
    """Inverse-variance mean; a standard error below 1e-4 counts as 1e-4 (nothing changed on the judged rows)."""
    return float(np.average(values, weights=1 / np.maximum(sems, 1e-4) ** 2))


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
        bits = max(1, int(np.ceil(np.log2(max(self._explore, 2)))))
        sampler = qmc.Sobol(len(DIMENSIONS), rng=seeds.generator(problem.seed, seeds.Purpose.SEARCH))
        self._points = [tuple(float(x) for x in row) for row in sampler.random_base2(bits)]

    def propose(self, n: int) -> list[Point]:
        return self._points[len(self._told) : len(self._told) + n]


class AxAllocation(AllocationSearch):
    """Bayesian optimisation with Ax over the allocation space.

    The objective is modelled with its standard error, the accuracy loss is an outcome constraint at the allowance less
    ``margin``, and the finalists are those of the best posterior mean. ``warm_start`` begins with the recipes of
    ``threshold-copies``; ``initial`` points in all come before the model (the rest of them Sobol).
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
        if initial < 1:
            raise ValueError(f"initial must be at least 1, not {initial}")
        if acquisition not in ("lean", "default"):
            raise ValueError(f"acquisition must be 'lean' or 'default', not '{acquisition}'")
        self.initial, self.warm_start, self.acquisition = initial, warm_start, acquisition

    def start(self, problem: Problem) -> None:
        super().start(problem)
        start = [tuple(float(getattr(r, d)) for d in DIMENSIONS) for r in RECIPES.values()] if self.warm_start else []
        self._proposer = Proposer(
            DIMENSIONS,
            seed=seeds.integer(problem.seed, seeds.Purpose.SEARCH),
            initial=min(self.initial, max(self._explore, 1)),
            max_loss=problem.max_accuracy_loss - self.margin,
            start=start,
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
