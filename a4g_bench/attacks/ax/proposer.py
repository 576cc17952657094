"""Bayesian optimisation in the unit cube, by Ax: noisy objective, one outcome constraint, failed queries, exact replay.

The state of a :class:`Proposer` is what it was told, in order; whoever tells a fresh one the recorded queries goes on
where the first one stopped. Ax and torch are imported with the first model, never with this module.
"""

import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib import import_module
from types import ModuleType
from typing import Any, Literal

import numpy as np
from scipy.stats import qmc

Point = tuple[float, ...]
Acquisition = Literal["lean", "default", "ucb", "pareto"]

MODEL_NEEDS = 2
"""Successful observations below which there is no model: the Sobol sequence goes on, and observed values rank."""

REMEMBERED_FAILURES = 16
"""How many of the latest failed points the model keeps away from (each makes a proposal dearer)."""

SMALLEST_SEM = 1e-6
"""Standard error passed on for an observation without noise: exactly 0 would make covariance matrices singular."""


@dataclass(frozen=True)
class Observation:
    """The outcome of one query.

    ``point``: where, in the unit cube. ``objective``: mean and standard error of the mean (SEM) of what is minimised,
    None if the query failed. ``loss``: mean and SEM of the constrained loss, None if the query failed or nothing is
    constrained.
    Raises ``ValueError`` for a point outside the cube, a value that is not finite and a negative SEM.
    """

    point: Point
    objective: tuple[float, float] | None
    loss: tuple[float, float] | None

    def __post_init__(self) -> None:
        if not all(0.0 <= value <= 1.0 for value in self.point):
            raise ValueError(f"point outside the unit cube: {self.point}")
        for name, outcome in (("objective", self.objective), ("loss", self.loss)):
            if outcome is None:
                continue
            mean, sem = outcome
            if not (math.isfinite(mean) and math.isfinite(sem) and sem >= 0.0):
                raise ValueError(
                    f"{name} must be a finite mean and a finite SEM >= 0, got {outcome}; None marks a failure"
                )


class Proposer:
    """Proposes points of the unit cube whose objective should be small while the loss stays below a bound.

    ``dimensions``: one name per dimension. First come the ``start`` points in order, then a scrambled Sobol sequence
    until ``initial`` points are proposed in all, then candidates of Ax's Gaussian process by noisy expected
    improvement, subject to ``loss <= max_loss`` if a bound is given. ``acquisition``: ``default`` is Ax's own
    generation; ``lean`` optimises with far less effort; ``ucb`` is the upper confidence bound, posterior mean plus
    ``kappa`` deviations, without a bound on the loss; ``pareto`` lowers both the objective and the loss, by the
    expected gain of hypervolume over the points within the bound, which it needs. Asked points must be told with
    exactly the floats asked; other points may be told too. The same seed and the same observations told in the same
    order give the same next proposals, bit for bit on one machine; what was asked for and never told is forgotten by a
    replay. Every proposal is a new point. Raises ``ValueError`` for wrong dimensions, points or counts.
    """

    def __init__(
        self,
        dimensions: Sequence[str],
        *,
        seed: int,
        initial: int = 8,
        max_loss: float | None = None,
        start: Sequence[Sequence[float]] = (),
        acquisition: Acquisition = "lean",
        kappa: float = 2.5,
    ) -> None:
        if not dimensions or len(set(dimensions)) != len(dimensions):
            raise ValueError(f"dimensions must be distinct names, at least one, got {list(dimensions)}")
        if initial < 0 or seed < 0:
            raise ValueError(f"initial and seed must not be negative, got {initial} and {seed}")
        if max_loss is not None and not math.isfinite(max_loss):
            raise ValueError(f"max_loss must be finite or None, got {max_loss}")
        if acquisition not in ("lean", "default", "ucb", "pareto"):
            raise ValueError(f"acquisition must be 'lean', 'default', 'ucb' or 'pareto', got '{acquisition}'")
        if acquisition == "pareto" and max_loss is None:
            raise ValueError("two objectives need a bound on the loss")
        if acquisition == "ucb" and max_loss is not None:
            raise ValueError("the upper confidence bound knows no bound on the loss")
        self._names = [f"x{position}" for position in range(len(dimensions))]
        self._seed = seed
        self._max_loss = None if max_loss is None else float(max_loss)
        self._acquisition: Acquisition = acquisition
        self._kappa = kappa
        self._start = list(dict.fromkeys(self._checked(point) for point in start))
        self._initial = max(initial, len(self._start))
        self._observations: list[Observation] = []
        self._pending: dict[Point, None] = {}
        self._client: Any = None
        self._attached = 0
        self._fitted: tuple[int, Any] | None = None

    def ask(self, n: int) -> list[Point]:
        """Return the next ``n`` points; those asked for earlier and not yet told count as being evaluated."""
        if n < 1:
            raise ValueError(f"at least one point must be asked for, got {n}")
        points = self._unseen(n, limit=None if self._successes() < MODEL_NEEDS else self._initial)
        self._pending.update(dict.fromkeys(points))
        if len(points) < n:
            points += self._candidates(n - len(points))
            self._pending.update(dict.fromkeys(points))
        return points

    def tell(self, observations: Sequence[Observation]) -> None:
        """Take in the outcomes of points, asked for or not. Raises ``ValueError`` and then takes in none of them."""
        checked = [replace(observation, point=self._checked(observation.point)) for observation in observations]
        for observation in checked:
            if self._max_loss is not None and observation.objective is not None and observation.loss is None:
                raise ValueError(f"loss missing at {observation.point}: it is constrained, and the query did not fail")
        self._observations.extend(checked)
        for observation in checked:
            self._pending.pop(observation.point, None)

    def best(self, k: int) -> list[Point]:
        """Return the ``k`` best points told, distinct and the best first; fewer if fewer succeeded.

        The model's posterior means rank: points whose loss is within the bound come first, by objective, the others
        follow by their excess. With fewer than two successful observations the observed values rank.
        """
        succeeded = (observation.point for observation in self._observations if observation.objective is not None)
        points = list(dict.fromkeys(succeeded))
        if not points:
            return []
        outcomes = self._observed(points) if self._successes() < MODEL_NEEDS else self._predicted(points)
        bound = math.inf if self._max_loss is None else self._max_loss
        ranked = sorted(zip(points, outcomes, strict=True), key=lambda row: (max(row[1][1] - bound, 0.0), row[1][0]))
        return [point for point, _ in ranked[:k]]

    def _checked(self, point: Sequence[float]) -> Point:
        checked = tuple(float(value) for value in point)
        if len(checked) != len(self._names) or not all(0.0 <= value <= 1.0 for value in checked):
            raise ValueError(f"expected {len(self._names)} values within [0, 1], got {checked}")
        return checked

    def _successes(self) -> int:
        return sum(observation.objective is not None for observation in self._observations)

    def _unseen(self, n: int, *, limit: int | None) -> list[Point]:
        """Up to ``n`` points of the initial design, neither asked nor told; ``limit``: its length, None if endless."""
        seen = self._pending.keys() | {observation.point for observation in self._observations}
        size = n + len(self._start) + len(seen) if limit is None else limit
        sobol = _sobol(len(self._names), max(size - len(self._start), 0), self._seed)
        return [point for point in (*self._start, *sobol) if point not in seen][:n]

    def _candidates(self, n: int) -> list[Point]:
        """``n`` candidates of the model; points of the Sobol sequence stand in for any that are not new."""
        strategy = self._strategy()
        failed = [observation.point for observation in self._observations if observation.objective is None]
        with _controlled(self._stream("generate")):
            rows = _models().generate(strategy, n, [*failed[-REMEMBERED_FAILURES:], *self._pending], self._acquisition)
        points = [tuple(min(max(float(row[name]), 0.0), 1.0) for name in self._names) for row in rows]
        seen = self._pending.keys() | {observation.point for observation in self._observations}
        new = [point for point in dict.fromkeys(points) if point not in seen]
        self._pending.update(dict.fromkeys(new))
        return new + self._unseen(n - len(new), limit=None)

    def _predicted(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        """Posterior mean objective and loss (minus infinity if unconstrained) at each point."""
        self._strategy()
        with _controlled(self._stream("predict")):
            rows = self._client.predict([dict(zip(self._names, point, strict=True)) for point in points])
        return [(float(row["objective"][0]), float(row["loss"][0]) if "loss" in row else -math.inf) for row in rows]

    def _observed(self, points: Sequence[Point]) -> list[tuple[float, float]]:
        """Observed mean objective and loss (minus infinity if unconstrained) at each point, over its observations."""
        rows = []
        for point in points:
            successes = [row for row in self._observations if row.point == point and row.objective is not None]
            objective = float(np.mean([row.objective[0] for row in successes if row.objective is not None]))
            losses = [row.loss[0] for row in successes if row.loss is not None]
            rows.append((objective, float(np.mean(losses)) if losses and self._max_loss is not None else -math.inf))
        return rows

    def _strategy(self) -> Any:
        """Ax's generation strategy, fitted to everything told so far."""
        if self._fitted is None or self._fitted[0] != len(self._observations):
            with _controlled(self._stream("fit")):
                self._attach()
                strategy = _models().new_strategy(self._acquisition, self._kappa)
                self._client.set_generation_strategy(strategy)
                strategy.fit(experiment=strategy.experiment)
            self._fitted = (len(self._observations), strategy)
        return self._fitted[1]

    def _attach(self) -> None:
        """Hand Ax what it has not been told yet, in the order told; no trial is ever left running."""
        if self._client is None:
            self._client = _new_client(self._names, self._max_loss, two_objectives=self._acquisition == "pareto")
        for observation in self._observations[self._attached :]:
            trial = self._client.attach_trial(dict(zip(self._names, observation.point, strict=True)))
            if observation.objective is None:
                self._client.mark_trial_failed(trial)
                continue
            outcome = {"objective": _with_noise(observation.objective)}
            if self._max_loss is not None and observation.loss is not None:
                outcome["loss"] = _with_noise(observation.loss)
            self._client.complete_trial(trial, raw_data=outcome)
        self._attached = len(self._observations)

    def _stream(self, purpose: Literal["fit", "generate", "predict"]) -> int:
        """A seed that changes with everything told, so that a batch that failed as a whole does not come back."""
        key = (len(self._observations), ("fit", "generate", "predict").index(purpose))
        return int(np.random.SeedSequence(self._seed, spawn_key=key).generate_state(1)[0])


def _sobol(dimensions: int, n: int, seed: int) -> list[Point]:
    """The first ``n`` points of a scrambled Sobol sequence; the sequence does not depend on ``n``."""
    if n == 0:
        return []
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    return [tuple(float(value) for value in row) for row in sampler.random_base2((n - 1).bit_length())[:n]]


def _with_noise(outcome: tuple[float, float]) -> tuple[float, float]:
    return outcome[0], max(outcome[1], SMALLEST_SEM)


def _models() -> ModuleType:
    """The module that needs Ax and torch, imported here and not earlier."""
    with _quiet():
        return import_module("a4g_bench.attacks.ax.acquisition")


def _new_client(names: Sequence[str], max_loss: float | None, *, two_objectives: bool) -> Any:
    from ax.api.client import Client
    from ax.api.configs import RangeParameterConfig

    client = Client()
    client.configure_experiment(
        [RangeParameterConfig(name=name, parameter_type="float", bounds=(0, 1)) for name in names]
    )
    goal = "-objective, -loss" if two_objectives else "-objective"  # a bound on an objective is its reference point
    client.configure_optimization(goal, None if max_loss is None else [f"loss <= {max_loss!r}"])
    return client


@contextmanager
def _controlled(seed: int) -> Iterator[None]:
    """Run Ax and torch quietly, on one thread and from a seed, and leave their global state as it was."""
    with _quiet():
        import torch
        from ax.utils.common.random import with_rng_seed
        from botorch.exceptions.warnings import BotorchWarning
        from gpytorch.utils.warnings import NumericalWarning

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _quiet(), with_rng_seed(seed):
            # A noise of almost 0 is raised to 1e-6 of the outcome's variance, a singular matrix gets a jitter.
            warnings.simplefilter("ignore", NumericalWarning)
            # A restart of the optimiser that ends early costs a little quality and nothing else.
            warnings.simplefilter("ignore", BotorchWarning)
            warnings.filterwarnings("ignore", "Optimization failed", RuntimeWarning)
            # With two objectives Ax asks for a reference point of the first one, which nothing here could tell it.
            warnings.filterwarnings("ignore", "Encountered a `MultiObjective` without objective thresholds")
            warnings.filterwarnings("ignore", "To copy construct from a tensor", UserWarning)  # its own code's
            yield
    finally:
        torch.set_num_threads(threads)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence Ax's loggers for good, and within the block the deprecations that Ax and its libraries owe each other."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
    for name in list(logging.root.manager.loggerDict):
        if name == "ax" or name.startswith("ax."):
            logging.getLogger(name).setLevel(logging.CRITICAL)
