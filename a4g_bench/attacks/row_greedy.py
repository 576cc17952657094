"""One poison row at a time: the main experiment of Attack4Good (2021), without its defects."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import cast

import numpy as np

from a4g_bench import seeds
from a4g_bench.attacks.ax.proposer import Acquisition, Observation, Proposer
from a4g_bench.attacks.base import Attack, Candidate, Poison, Pool, Problem, Result, Threat, join
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array, Feature
from a4g_bench.errors import AttackError
from a4g_bench.parameters import Flag, Number, OneOf, ParameterSet, Whole, parameter

Point = tuple[float, ...]
LABEL = "label"
_SEARCH = "search"


@dataclass(frozen=True, eq=False)
class RowSpace:
    """Axes of the cube: one for each feature that the victim sees and that follows from no other, and the label's.

    A coordinate is the quantile of a number among the training rows, so that rare large values do not fill the axis.
    Categories share an axis in equal parts, in the order of their rate of label 1, so that neighbours are alike; a
    model of the objective can then be smooth.
    """

    domain: Domain
    names: tuple[str, ...]
    positions: tuple[int, ...]
    values: tuple[Array, ...]
    usual: Array
    with_label: bool

    @classmethod
    def of(cls, problem: Problem, *, with_label: bool) -> "RowSpace":
        """The space of a problem's data set. Raises ``AttackError`` if there is nothing to search."""
        schema, pool = problem.domain.schema, problem.train
        searched = [j for j, f in enumerate(schema.features) if f.visible and f.derived is None]
        if not searched:
            raise AttackError("the data set has no feature that could be searched")
        usual = np.array([_most_frequent(pool.features[:, j]) for j in range(len(schema.features))])
        return cls(
            problem.domain,
            (*(schema.features[j].name for j in searched), *([LABEL] if with_label else [])),
            tuple(searched),
            tuple(_axis(schema.features[j], pool, j) for j in searched),
            usual,
            with_label,
        )

    def row(self, point: Sequence[float], label: int | str) -> Poison:
        """The row (1, d) at a point, with its label: that of the point, where labels are searched."""
        row = self.usual.copy()
        for position, values, at in zip(self.positions, self.values, point, strict=False):
            row[position] = values[min(int(at * len(values)), len(values) - 1)]
        row_label = int(point[-1] >= 0.5) if self.with_label else label
        return Poison(self.domain.project(row[None, :]), np.array([row_label], dtype=np.int8))


def _axis(feature: Feature, pool: Pool, position: int) -> Array:
    """The values along an axis: sorted training values, or categories by their rate of label 1."""
    values = pool.features[:, position]
    if feature.kind != "categorical":
        return np.sort(values)
    codes = np.unique(values)
    rates = [pool.labels[values == code].mean() for code in codes]
    return codes[np.argsort(rates, kind="stable")]


def _most_frequent(values: Array) -> float:
    distinct, counts = np.unique(values, return_counts=True)
    return float(distinct[counts.argmax()])


class AxRowGreedy(Attack):
    """Searches one row at a time over the data set's features by Bayesian optimisation, and keeps those that help.

    A query evaluates the rows kept so far and one more. Of a batch the row with the smallest objective is kept if it
    lowers the objective by more than ``noise`` standard errors (3: the luckiest of some hundred rows without effect
    comes that far; ``accept: strict``: by anything, the original's rule) and the accuracy loss stays within the
    allowance. The model is told how far each row lowered the objective below that of the rows it was added to, so that
    it learns over kept rows; ``restart: true`` forgets at each, as the original did, but from a new seed.

    ``label`` is what every row gets, or ``search``. ``acquisition``: ``lean`` or ``default`` (see ``ax-allocation``),
    or ``ucb``, the upper confidence bound with ``kappa`` that the original used.

    The search ends with its queries, or when the poison budget is full. The rows kept last are its answer.
    """

    name = "ax-row-greedy"
    summary = "Ax Bayesian optimisation of one row at a time, kept when it helps"
    threat = Threat("search", "oracle", "dirty", "free")
    supports_folds = False
    packages = ("ax-platform", "botorch", "gpytorch", "torch", "scipy")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        label: int | str = parameter(_SEARCH, OneOf(0, 1, _SEARCH), "the label of every row, or searched as well")
        accept: str = parameter(
            "noise",
            OneOf("noise", "strict"),
            "which row is kept: one that lowers the objective beyond `noise`, or by anything",
        )
        noise: float = parameter(
            3.0, Number(at_least=0), "by how many standard errors a row must lower the objective, unless `strict`"
        )
        restart: bool = parameter(False, Flag(), "whether the model forgets at each row that is kept")
        acquisition: str = parameter(
            "lean",
            OneOf("lean", "default", "ucb"),
            "the cheap one, Ax's own (dearer), or the upper confidence bound",
        )
        kappa: float = parameter(2.5, Number(above=0), "deviations above the mean in the upper confidence bound")
        initial: int = parameter(8, Whole(at_least=1), "points before the model")

    parameters: Parameters

    def start(self, problem: Problem) -> None:
        super().start(problem)
        self._space = RowSpace.of(problem, with_label=self.parameters.label == _SEARCH)
        self._kept: Result | None = None
        self._rows: list[Point] = []
        self._proposer = self._new_proposer()

    def ask(self, n: int) -> Sequence[Candidate]:
        if len(self._rows) >= self.problem.budget:
            return []
        return [Candidate(self._parameters([*self._rows, point])) for point in self._proposer.ask(n)]

    def tell(self, results: Sequence[Result]) -> None:
        self._proposer.tell([self._observation(result) for result in results])
        able = [r for r in results if r.measurement is not None and r.accuracy_loss <= self.problem.max_accuracy_loss]
        best = max(able, key=lambda result: (result.gain, -result.query), default=None)
        if best is not None and self._helps(best):
            self._kept = best
            self._rows = self._points(best.candidate.parameters)
            if self.parameters.restart:
                self._proposer = self._new_proposer()

    def choose(self) -> Result | None:
        return self._kept

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        rows = [self._space.row(point, self.parameters.label) for point in self._points(parameters)]
        return join(rows, len(self.problem.domain.schema.features))

    def _new_proposer(self) -> Proposer:
        purpose = seeds.generator(self.problem.seed, seeds.Purpose.SEARCH, len(self._rows))
        return Proposer(
            self._space.names,
            seed=int(purpose.integers(2**31)),
            initial=self.parameters.initial,
            acquisition=cast(Acquisition, self.parameters.acquisition),
            kappa=self.parameters.kappa,
        )

    def _helps(self, result: Result) -> bool:
        assert result.measurement is not None
        before = self.problem.clean if self._kept is None else self._kept.measurement
        assert before is not None
        gained = before.objective.mean - result.measurement.objective.mean
        noise = 0.0 if self.parameters.accept == "strict" else self.parameters.noise
        return gained > noise * max(before.objective.sem, result.measurement.objective.sem)

    def _observation(self, result: Result) -> Observation:
        point = self._points(result.candidate.parameters)[-1]
        if result.measurement is None:
            return Observation(point, None, None)
        before = self.problem.clean if self._kept is None else self._kept.measurement
        assert before is not None
        objective = result.measurement.objective
        # A row that changes no prediction has no standard error; the model is told that of a single changed one.
        least = 1 / len(self.problem.validation.labels)
        return Observation(point, (objective.mean - before.objective.mean, max(objective.sem, least)), None)

    def _parameters(self, points: Sequence[Point]) -> dict[str, float]:
        """All rows of a candidate: ``<row>.<feature>``, a coordinate of the unit cube each."""
        return {
            f"{position}.{name}": value
            for position, point in enumerate(points)
            for name, value in zip(self._space.names, point, strict=True)
        }

    def _points(self, parameters: Mapping[str, float]) -> list[Point]:
        names = self._space.names
        points: list[Point] = []
        for position in count():
            if f"{position}.{names[0]}" not in parameters:
                return points
            points.append(tuple(parameters[f"{position}.{name}"] for name in names))
        raise AssertionError
