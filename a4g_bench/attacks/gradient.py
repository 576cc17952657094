"""Rows crafted by the gradient of a smoothed group-fairness loss: ``gradient``, and how many (``gradient-search``)."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench import seeds
from a4g_bench.attacks.base import Attack, Poison, Pool, Problem, Threat, copies, join
from a4g_bench.attacks.surrogates.logistic import Logistic, with_ones
from a4g_bench.attacks.surrogates.smoothed import OBJECTIVES, SmoothedLoss, smoothed_loss
from a4g_bench.attacks.two_phase import ContinuousSearch, Point
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels
from a4g_bench.errors import AttackError
from a4g_bench.parameters import Flag, NameOf, Number, OneOf, ParameterSet, Whole, declarations, parameter
from a4g_bench.victims.encoding import Encoder

_CHOSEN = "chosen"
_TRIES = 4  # training rows looked at per row to start from
_ONE_SIDED = 1.645  # standard errors to the upper end of a one-sided 95 % interval
_DIGITS = 6  # of an encoded number: the last bits of a sum make no other row
_CONFIRM = declarations(ContinuousSearch.Parameters)["confirm"]


@dataclass(frozen=True, kw_only=True)
class Crafting(ParameterSet):
    """How rows are crafted: what ``gradient`` and ``gradient-search`` share."""

    objective: str = parameter(
        "unfairness",
        NameOf(OBJECTIVES),
        "what is lowered, over all groups: the protocol's gap, 1 less the ratio of the selection rates, the gap of the"
        " false positive rates; or `error`, which is raised: the contrast",
    )
    label: int | str = parameter(
        _CHOSEN, OneOf(0, 1, _CHOSEN), "the label of every row, or per row the one that promises more"
    )
    sharpness: float = parameter(4.0, Number(above=0), "slope of the smoothed prediction at the threshold")


class Gradient(Attack):
    """Poisoning by gradients through training (Solans, Biggio & Castillo 2020, arXiv 2004.07401), with the sign turned:
    the rows lower a loss of unfairness. No query: they are crafted on a logistic regression of the attack's own,
    scikit-learn's with its defaults, so on a victim of that kind the attack is white-box, on all others black-box.

    ``objective``: what is lowered, on training and search-validation rows: ``unfairness`` (the protocol's gap),
    ``disparate_impact`` (1 less the smallest over the largest selection rate) or ``fpr_difference``, each over all
    groups; or ``error`` (the ordinary error, raised: the contrast). A prediction there is no step of the score but
    ``sigma(sharpness * score)``. ``label``: 0 or 1 for all rows, or ``chosen``: per row the one that promises more.

    The budget is spent in ``rounds``. Each begins with training rows that promise most, moves them ``steps`` times by
    ``rate`` (standard deviations) against the loss's gradient within the encoded ranges, training anew each time, and
    projects them onto feasible rows. Of those that still promise a gain as many are kept (all, half, a quarter, ...)
    as lower the loss of the model trained with them; the rows begun with stand in where they lower it more. With
    ``hold_accuracy`` (not for ``error``) the accuracy lost there stays within the search's allowance, by its one-sided
    95 % bound as in the audit. The first round that keeps no row is the last, so that fewer rows than the budget may
    come back. Time is linear in the rows and in the poison rows.
    """

    name = "gradient"
    summary = "zero queries: gradient through a logistic regression, projected to feasible rows"
    threat = Threat("baseline", "surrogate", "dirty", "free")
    packages = ("scipy",)
    requires_victim = "logistic_regression"

    @dataclass(frozen=True, kw_only=True)
    class Parameters(Crafting):
        rounds: int = parameter(10, Whole(at_least=1), "parts that the budget is spent in")
        steps: int = parameter(5, Whole(at_least=0), "gradient steps in each of the `rounds`")
        rate: float = parameter(0.5, Number(above=0), "length of a step, in standard deviations")
        hold_accuracy: bool = parameter(
            True,
            Flag(),
            "stop where `max_accuracy_loss` would be exceeded on training and search-validation rows, by a 95 % bound",
        )

    parameters: Parameters

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        if len(np.unique(pool.labels)) < 2:
            raise AttackError("the training rows carry one label only, so no logistic regression can be trained")
        with threadpool_limits(limits=1, user_api="blas"):  # the number of threads would change the last digits
            bench = Bench.of(self.problem, pool, self.parameters.objective, self.parameters.sharpness)
            return self._craft(bench, size, rng)

    def _craft(self, bench: "Bench", size: int, rng: np.random.Generator) -> Poison:
        now = bench.state(join([], bench.pool.features.shape[1]), None)
        held = self.parameters.hold_accuracy and self.parameters.objective != "error"
        clean, allowance = now, self.problem.max_accuracy_loss if held else math.inf
        for left in range(self.parameters.rounds, 0, -1):
            rows = -(-(size - len(now.poison)) // left)  # what is left, in equal parts, rounded up
            begun = self._begin(bench, now, rows, rng)
            moved = _promising(bench, now, self._move(bench, now, begun))
            longer = bench.longer(now, (moved, begun), clean, allowance)
            if longer is None:
                break
            now = longer
        return now.poison

    def _begin(self, bench: "Bench", now: "State", rows: int, rng: np.random.Generator) -> Poison:
        """At most ``rows`` training rows that promise most among a random sample, labelled as asked."""
        sample = rng.permutation(len(bench.pool))[: rows * _TRIES]
        labels = (0, 1) if self.parameters.label == _CHOSEN else (int(self.parameters.label),)
        relabelled = [copies(bench.pool, sample, label) for label in labels]
        promise = np.array([now.influence(bench, poison) for poison in relabelled])
        best = np.array(labels, dtype=np.int8)[promise.argmin(axis=0)]
        return _first(_promising(bench, now, copies(bench.pool, sample, best)), rows)

    def _move(self, bench: "Bench", now: "State", begun: Poison) -> Poison:
        """The rows begun with after ``steps`` along the gradient, feasible again."""
        if not len(begun):
            return begun
        fixed = bench.encoded(now.poison)
        rows, model = bench.encoded(begun), now.model
        labels = np.concatenate([bench.pool.labels, now.poison.labels, begun.labels])
        for _ in range(self.parameters.steps):
            model = Logistic.train(np.concatenate([bench.rows, fixed, rows]), labels, model.weights)
            gradient = model.row_gradient(bench.adjoint(model), rows, begun.labels)
            length = np.linalg.norm(gradient, axis=1, keepdims=True)
            step = np.divide(gradient, length, out=np.zeros_like(gradient), where=length > 0)
            rows[:, :-1] = np.clip(rows[:, :-1] - self.parameters.rate * step, bench.low, bench.high)
        encoded = np.round(rows[:, :-1], _DIGITS)
        return Poison(bench.domain.project(bench.encoder.decode(encoded, begun.features)), begun.labels)


@dataclass(frozen=True, eq=False)
class State:
    """A poison set so far, the model trained with it, that model's loss, and which judged rows it has ``right`` (m,).

    ``adjoint`` is ``H^-1 dg/d(w, b)`` (k + 1,) of the loss g.
    """

    poison: Poison
    model: Logistic
    adjoint: Array
    loss: float
    right: npt.NDArray[np.bool_]

    def accuracy_loss(self, clean: "State") -> float:
        """Upper end of the one-sided 95 % interval of the accuracy lost since ``clean``, by the judged rows."""
        lost = clean.right.astype(np.float64) - self.right
        return float(lost.mean() + _ONE_SIDED * lost.std() / np.sqrt(len(lost)))

    def influence(self, bench: "Bench", poison: Poison) -> Array:
        """To first order, what each row (b,) would add to the loss."""
        return self.model.row_influence(self.adjoint, bench.encoded(poison), poison.labels)


@dataclass(frozen=True, eq=False)
class Bench:
    """What a logistic regression is trained and judged on.

    ``rows`` (n, k + 1) are the pool's, ``judged`` (m, k + 1) with ``labels`` (m,) the training and search-validation
    rows, encoded as ``scaled``; ``low`` and ``high`` (k,) are the ranges of encoded feasible rows.
    """

    pool: Pool
    domain: Domain
    encoder: Encoder
    rows: Array
    judged: Array
    labels: Labels
    loss: SmoothedLoss
    low: Array
    high: Array

    @classmethod
    def of(cls, problem: Problem, pool: Pool, objective: str, sharpness: float) -> "Bench":
        """The bench of a problem. Raises ``AttackError`` if victims see no feature, or a group cannot be judged."""
        encoder = Encoder.of(problem.domain.schema, "scaled", problem.train.features)
        rows = with_ones(encoder(pool.features))
        if rows.shape[1] == 1:
            raise AttackError("victims see no feature of this data set, so there is nothing to move")
        judged = with_ones(encoder(np.concatenate([problem.train.features, problem.validation.features])))
        labels = np.concatenate([problem.train.labels, problem.validation.labels])
        loss = smoothed_loss(objective, problem, judged, labels, sharpness)
        ranges = encoder(problem.train.features)  # the rows that the domain is made of
        low, high = ranges.min(axis=0), ranges.max(axis=0)
        return cls(pool, problem.domain, encoder, rows, judged, labels, loss, low, high)

    def encoded(self, poison: Poison) -> Array:
        """Poison rows (b, k + 1) as the model sees them."""
        return with_ones(self.encoder(poison.features))

    def adjoint(self, model: Logistic) -> Array:
        """``H^-1 dg/d(w, b)`` (k + 1,) of the loss."""
        return model.solve(self.loss.gradient(model.weights))

    def state(self, poison: Poison, start: Array | None) -> State:
        """The pool with a poison set, trained from the weights ``start`` and judged."""
        rows = np.concatenate([self.rows, self.encoded(poison)])
        model = Logistic.train(rows, np.concatenate([self.pool.labels, poison.labels]), start)
        right = (self.judged @ model.weights > 0) == self.labels
        return State(poison, model, self.adjoint(model), self.loss.value(model.weights), right)

    def longer(self, now: State, blocks: Sequence[Poison], clean: State, allowance: float) -> State | None:
        """``now`` with the first rows of one of the ``blocks``: all, half, a quarter, ..., the most that lower the loss
        and lose no more accuracy than allowed, of the block that lowers it more; None if no number does.
        """
        rows = max(len(block) for block in blocks)
        while rows:
            extended = [join([now.poison, _first(block, rows)], now.poison.features.shape[1]) for block in blocks]
            states = [self.state(poison, now.model.weights) for poison in extended]
            better = [state for state in states if state.loss < now.loss and state.accuracy_loss(clean) <= allowance]
            if better:
                return min(better, key=lambda state: state.loss)
            rows //= 2
        return None


def _promising(bench: Bench, now: State, poison: Poison) -> Poison:
    """The rows that would lower the loss to first order, those that would most first."""
    influence = now.influence(bench, poison)
    order = np.argsort(influence, kind="stable")
    rows = order[influence[order] < 0]
    return Poison(poison.features[rows], poison.labels[rows])


def _first(poison: Poison, rows: int) -> Poison:
    return Poison(poison.features[:rows], poison.labels[:rows])


class GradientSearch(ContinuousSearch):
    """Crafts the rows of ``gradient`` once, for the whole poison budget and with no regard to accuracy, and searches
    how many of them to add: the first ones, which promise most. Every query trains the victim itself, so its accuracy
    is held where the surrogate's would mislead, and a gap that turns round is noticed.

    Queries explore equal steps up to the budget; the best few are confirmed with new victim seeds (see
    :class:`ContinuousSearch`). ``objective``, ``label`` and ``sharpness`` are those of ``gradient``.
    """

    name = "gradient-search"
    summary = "rows crafted by gradients, as many as the victim bears"
    threat = Threat("search", "oracle", "dirty", "free")
    packages = ("scipy",)
    dimensions = ("spent",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ContinuousSearch.Parameters, Crafting):
        confirm: float = parameter(0.5, _CONFIRM.constraint, _CONFIRM.doc)

    parameters: Parameters

    def start(self, problem: Problem) -> None:
        super().start(problem)
        crafting = {name: getattr(self.parameters, name) for name in declarations(Crafting)}
        self._gradient = Gradient(**crafting, hold_accuracy=False)
        self._gradient.start(problem)
        self._crafted: dict[tuple[str, int], Poison] = {}

    def propose(self, n: int) -> list[Point]:
        steps = range(self.explored + 1, min(self.explored + n, self.exploring) + 1)
        return [(step / self.exploring,) for step in steps]

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        """The first rows of the set crafted on a pool: the same whatever the generator, so that they are nested."""
        key = Poison(pool.features, pool.labels).digest, size
        if key not in self._crafted:  # remembered: it is the same whenever it is made
            own = seeds.generator(self.problem.seed, seeds.Purpose.SEARCH)
            self._crafted[key] = self._gradient.draw({}, pool, size, own)
        whole = self._crafted[key]
        rows = int(np.ceil(parameters["spent"] * len(whole)))
        return Poison(whole.features[:rows].copy(), whole.labels[:rows].copy())
