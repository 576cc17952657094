"""What an attack is, what it may see, and how the harness talks to it."""

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from a4g_bench import plugins
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels
from a4g_bench.errors import AttackError
from a4g_bench.metrics.estimate import Measurement
from a4g_bench.parameters import Parameterised

Role = Literal["control", "baseline", "search"]
Scores = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Threat:
    """The threat model recorded with every search (protocol.md, "Threat model")."""

    role: Role
    knowledge: Literal["oracle", "surrogate", "white-box", "data-only"]
    labels: Literal["clean", "dirty"]
    row_origin: Literal["none", "duplicate", "interpolated", "free"]


@dataclass(frozen=True, eq=False)
class Poison:
    """Rows to add: ``features`` (b, d) raw codes and ``labels`` (b,)."""

    features: Array
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def digest(self) -> str:
        """Content hash (16 hex digits): equal digests are equal rows in equal order, bit for bit."""
        content = hashlib.sha256(np.ascontiguousarray(self.features, dtype=np.float64).tobytes())
        content.update(np.ascontiguousarray(self.labels, dtype=np.int8).tobytes())
        return content.hexdigest()[:16]


@dataclass(frozen=True, eq=False)
class Pool:
    """Rows that an attack may copy: ``features`` (n, d), ``labels`` (n,), ``groups`` (n,) codes.

    An attack that sets ``uses_scores`` also finds ``scores``.
    """

    features: Array
    labels: Labels
    groups: npt.NDArray[np.int64]
    known_scores: Scores | None = None

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def scores(self) -> Scores:
        """The clean victim's out-of-fold scores (n,) of the favourable label."""
        if self.known_scores is None:
            raise AttackError("an attack that reads scores must set uses_scores = True")
        return self.known_scores


@dataclass(frozen=True, eq=False, kw_only=True)
class Problem:
    """All that an attack knows: its training and search-validation rows, the schema, its budgets and its seed.

    ``clean`` is the clean victim measured on the rows that the search may see. ``worse_off`` and ``better_off`` are the
    codes of the groups with its highest and lowest harm rate there. With more than one of ``folds`` exploring queries
    are judged on train and search-validation rows together, otherwise on the latter alone.
    """

    train: Pool
    validation: Pool
    domain: Domain
    attribute: str
    group_names: tuple[str, ...]
    favourable: Literal[0, 1]
    budget: int
    query_budget: int
    batch_size: int
    max_accuracy_loss: float
    seed: int
    clean: Measurement
    folds: int = 1

    @property
    def worse_off(self) -> int:
        """Code of the group with the clean victim's highest harm rate."""
        return int(np.argmax(self.clean.harm))

    @property
    def better_off(self) -> int:
        """Code of the group with the clean victim's lowest harm rate."""
        return int(np.argmin(self.clean.harm))


@dataclass(frozen=True, eq=False)
class Candidate:
    """A poison set to evaluate: by the ``parameters`` that :meth:`Attack.draw` turns into rows, or by its rows.

    ``replicate`` chooses the random draw of the rows. ``confirm`` asks for an evaluation exactly as the audit will
    train (drawn on the training rows, fresh victim seeds); otherwise folds may be used, as the suite says.
    """

    parameters: Mapping[str, float] = field(default_factory=dict)
    poison: Poison | None = None
    replicate: int = 0
    confirm: bool = False


@dataclass(frozen=True, eq=False)
class Result:
    """What the harness found for a candidate: a measurement, or why it failed.

    ``reference`` is the clean victim judged on the same rows: gains and losses are differences from it.
    """

    query: int
    candidate: Candidate
    measurement: Measurement | None
    reference: Measurement
    failed: str | None = None

    @property
    def gain(self) -> float:
        """How far the objective fell below the clean victim's; minus infinity for a failed query."""
        return self.reference.objective.mean - self.measurement.objective.mean if self.measurement else -math.inf

    @property
    def rise(self) -> float:
        """How far the harm rate of the group whose rate rose most lies above the clean victim's; 0 if none rose."""
        if self.measurement is None:
            return math.inf
        both = zip(self.measurement.harm, self.reference.harm, strict=True)
        return max(0.0, *(after - before for after, before in both))

    @property
    def accuracy_loss(self) -> float:
        """How far the accuracy fell below the clean victim's; infinity for a failed query."""
        return self.reference.accuracy.mean - self.measurement.accuracy.mean if self.measurement else math.inf


class Attack(Parameterised, ABC):
    """One entrant.

    The harness calls, in this order and in one process::

        attack = Kind(**parameters)              # checked: AttackError names what is wrong
        attack.start(problem)
        while queries are left:
            candidates = attack.ask(n)           # at most n; an empty answer ends the search
            attack.tell(results)                 # in the order asked, failed ones included
        chosen = attack.choose()                 # whose rows the harness audits

    :meth:`ask` may depend on nothing but the problem, the parameters and what was told, so that a search which was
    killed goes on by being told its recorded results again. An attack that does not search only writes :meth:`draw`;
    one that takes parameters declares them in a nested class ``Parameters`` (see :mod:`a4g_bench.parameters`).
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    threat: ClassVar[Threat]
    #: Whether the attack reads the clean victim's out-of-fold scores (``Pool.scores``).
    uses_scores: ClassVar[bool] = False
    #: Whether its candidates are recipes that can be drawn on any fold (needed where a suite asks for folds).
    supports_folds: ClassVar[bool] = True
    #: The only victim that a suite may name as ``craft_on``, for an attack that needs to know its insides.
    requires_victim: ClassVar[str | None] = None
    #: Packages whose version determines its result, besides numpy.
    packages: ClassVar[tuple[str, ...]] = ()
    #: Raised when a change of the code changes results: part of a search's identity.
    version: ClassVar[int] = 1

    problem: Problem

    @property
    def is_search(self) -> bool:
        """Whether the attack uses its query budget at all."""
        return self.threat.role == "search"

    def start(self, problem: Problem) -> None:
        """Take the problem. Override to prepare, calling ``super().start(problem)``.

        Args:
            problem: All that the attack may know.
        """
        self.problem = problem

    def ask(self, n: int) -> Sequence[Candidate]:
        """Propose candidates. May depend on nothing but the problem, the parameters and what was told.

        Args:
            n: How many at most.

        Returns:
            The next candidates; none to stop.
        """
        return []

    def tell(self, results: Sequence[Result]) -> None:
        """Learn from evaluated candidates.

        Args:
            results: In the order asked; failed queries have no measurement.
        """
        return

    def choose(self) -> Result | Candidate | None:
        """The final answer: a result (its evaluated rows are audited), a candidate, or ``None`` for no rows."""
        return Candidate()

    @abstractmethod
    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        """Turn parameters into rows. Must not keep state, and take all randomness from ``rng``.

        Args:
            parameters: Those of a candidate; empty for an attack that does not search.
            pool: The rows to make poison of: the training rows, or those of a fold.
            size: How many rows at most.
            rng: The source of all randomness.

        Returns:
            At most ``size`` feasible rows.
        """


def copies(pool: Pool, rows: npt.NDArray[np.integer], labels: Labels | int | None = None) -> Poison:
    """Poison made of rows of a pool.

    Args:
        pool: The rows that may be copied.
        rows: Positions in it (b,), with repetition as wanted.
        labels: Other labels than the rows' own: (b,), or one for all.

    Returns:
        The copies (b rows).
    """
    own = pool.labels[rows]
    poison_labels = own if labels is None else np.broadcast_to(np.asarray(labels, dtype=np.int8), own.shape)
    return Poison(pool.features[rows].copy(), poison_labels.copy())


def join(parts: Sequence[Poison], width: int) -> Poison:
    """Concatenate poison sets.

    Args:
        parts: The sets, in order.
        width: The number of features, for the empty case.

    Returns:
        All their rows.
    """
    if not parts:
        return Poison(np.empty((0, width)), np.empty(0, dtype=np.int8))
    return Poison(np.concatenate([p.features for p in parts]), np.concatenate([p.labels for p in parts]))


def get_attack(name: str, parameters: Mapping[str, Any]) -> Attack:
    """Build a registered attack.

    Args:
        name: Its name.
        parameters: Keyword arguments of its constructor.

    Returns:
        The attack, not started.

    Raises:
        AttackError: Naming an unknown parameter or a bad value.
        A4GError: If there is no such attack.
    """
    built: Attack = plugins.build("attacks", name, parameters, Attack, AttackError)
    return built
