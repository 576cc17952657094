"""One search of a grid, and the identity that everything which determines its result gives it."""

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, get_attack
from a4g_bench.defences.base import get_defence
from a4g_bench.metrics.confusion import get_metric
from a4g_bench.protocol import IDENTITY_VERSION, PROTOCOL_VERSION
from a4g_bench.provenance import versions
from a4g_bench.references.base import get_reference
from a4g_bench.store.coordinates import Place
from a4g_bench.suite.model import (
    AttackEntry,
    Audited,
    DatasetEntry,
    Fits,
    Named,
    Objective,
    PoisonBudget,
)
from a4g_bench.victims.base import get_victim


@dataclass(frozen=True, eq=False, kw_only=True)
class Spec(ABC):
    """One search of a suite with all that its result depends on, the table's content apart: a :class:`PoisonSearch`
    or a :class:`Mitigation`.

    ``objective`` is what it minimises; that of what minimises nothing is the suite's first, for its place alone.
    """

    dataset: DatasetEntry
    victim: Named
    objective: Objective
    seed: int
    fits: Fits
    max_accuracy_loss: float

    @property
    @abstractmethod
    def label(self) -> str:
        """How the suite calls the attack or the mitigation."""

    @property
    @abstractmethod
    def budget_text(self) -> str:
        """The poison budget, as tables write it."""

    @property
    @abstractmethod
    def queries(self) -> int:
        """How many queries it may make."""

    @property
    @abstractmethod
    def queried(self) -> Named:
        """The victim that is trained clean, and queried where there are queries, before the audit."""

    @property
    @abstractmethod
    def uses_scores(self) -> bool:
        """Whether it needs the clean victim's out-of-fold scores."""

    @property
    @abstractmethod
    def audited(self) -> tuple[Audited, ...]:
        """The victims that are audited, its own first."""

    @property
    @abstractmethod
    def described(self) -> dict[str, str]:
        """Its columns of the table ``searches`` that say what it is: registered name, role and threat model."""

    @abstractmethod
    def identity(self, fingerprint: str, attribute: str) -> dict[str, Any]:
        """Everything that determines the result and nothing else, as JSON-able data."""

    @property
    def coordinates(self) -> dict[str, Any]:
        """The columns of its place but the attribute, which the data decide where the suite does not."""
        return {
            "dataset": self.dataset.label,
            "victim": self.victim.label,
            "attack": self.label,
            "objective": self.objective.label,
            "budget": self.budget_text,
            "query_budget": self.queries,
            "seed": self.seed,
        }

    def place(self, attribute: str) -> Place:
        """Its place in the grid of a suite whose data have this protected attribute."""
        return Place(attribute=attribute, **self.coordinates)

    def _identity_of_any(self, fingerprint: str, attribute: str, packages: Iterable[str]) -> dict[str, Any]:
        """What the identity of every search says; ``packages`` are those it uses besides the victim's."""
        victim = get_victim(self.victim.name, self.victim.params)
        return {
            "identity_version": IDENTITY_VERSION,
            "protocol_version": PROTOCOL_VERSION,
            "dataset": {"fingerprint": fingerprint, "attribute": attribute},
            "victim": {"name": self.victim.name, "params": self.victim.params},
            "seed": self.seed,
            "fits": self.fits.model_dump(),
            "versions": versions(("numpy", *victim.packages, *packages)),
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class PoisonSearch(Spec):
    """A cell of the grid: an attack that may add so many rows after so many queries. ``query_budget`` is 0 for attacks
    that make none.
    """

    attack: AttackEntry
    evaluate_on: tuple[Named, ...]
    budget: PoisonBudget
    query_budget: int
    batch_size: int
    defences: tuple[Named, ...] = ()

    @property
    def label(self) -> str:
        return self.attack.label

    @property
    def budget_text(self) -> str:
        return self.budget.text

    @property
    def queries(self) -> int:
        return self.query_budget

    @property
    def queried(self) -> Named:
        """The victim that the attack may query, and whose scores it may read: the audited one, or a surrogate."""
        return self.attack.surrogate or self.victim

    @property
    def uses_scores(self) -> bool:
        return self._attack().uses_scores

    @property
    def audited(self) -> tuple[Audited, ...]:
        """The victims that its poison set is audited on, its own first, then others, then its own behind defences."""
        plain = [Audited(name=v.name, label=v.label, params=v.params) for v in (self.victim, *self.evaluate_on)]
        return (*plain, *(Audited.behind(self.victim, defence) for defence in self.defences))

    @property
    def described(self) -> dict[str, str]:
        threat = self._attack().threat
        return {
            "attack_name": self.attack.name,
            "role": threat.role,
            "knowledge": "surrogate" if self.attack.surrogate else threat.knowledge,
            "labels": threat.labels,
            "row_origin": threat.row_origin,
        }

    def rows(self, train_rows: int) -> int:
        """How many rows it may add to so many training rows."""
        whole = self.budget.rows(train_rows)
        return whole if self.attack.spend == 1 else int(self.attack.spend * whole + 0.5)

    def identity(self, fingerprint: str, attribute: str) -> dict[str, Any]:
        attack, surrogate = self._attack(), self.attack.surrogate
        others = (*self.evaluate_on, *([surrogate] if surrogate else []))
        packages = [one for other in others for one in get_victim(other.name, other.params).packages]
        packages += [one for defence in self.defences for one in get_defence(defence.name, defence.params).packages]
        searching = attack.is_search
        transfer = [{"name": other.name, "params": other.params} for other in self.evaluate_on]
        return {
            **({"evaluate_on": transfer} if transfer else {}),
            **({"defences": [_defence_identity(defence) for defence in self.defences]} if self.defences else {}),
            **({"spend": self.attack.spend} if self.attack.spend != 1 else {}),
            **({"surrogate": {"name": surrogate.name, "params": surrogate.params}} if surrogate else {}),
            **self._identity_of_any(fingerprint, attribute, (*attack.packages, *packages)),
            "attack": _identity_of("attacks", self.attack, attack.version),
            "objective": self._objective() if searching else None,
            "poison_budget": self.budget.share if self.budget.count is None else self.budget.count,
            "query_budget": self.query_budget if searching else 0,
            "batch_size": self.batch_size if searching else 0,
            "max_accuracy_loss": self.max_accuracy_loss if searching else None,
        }

    def _attack(self) -> Attack:
        return get_attack(self.attack.name, self.attack.params)

    def _objective(self) -> dict[str, Any]:
        version = get_metric(self.objective.metric).version
        return self.objective.model_dump() | ({"version": version} if version != 1 else {})


@dataclass(frozen=True, eq=False, kw_only=True)
class Mitigation(Spec):
    """A reference line: the victim mitigated, shown beside the ranking. It adds no row and makes no query."""

    reference: Named

    @property
    def label(self) -> str:
        return self.reference.label

    @property
    def budget_text(self) -> str:
        return "0%"

    @property
    def queries(self) -> int:
        return 0

    @property
    def queried(self) -> Named:
        return self.victim

    @property
    def uses_scores(self) -> bool:
        return False

    @property
    def audited(self) -> tuple[Audited, ...]:
        return (Audited(name=self.victim.name, label=self.victim.label, params=self.victim.params),)

    @property
    def described(self) -> dict[str, str]:
        return {
            "attack_name": self.reference.name,
            "role": "reference",
            "knowledge": "data-only",
            "labels": "clean",
            "row_origin": "none",
        }

    def identity(self, fingerprint: str, attribute: str) -> dict[str, Any]:
        """As results have it since there are reference lines: beside the mitigation stands the attack that adds no
        row, with a budget of none.
        """
        reference = get_reference(self.reference.name, self.reference.params)
        nothing = get_attack("clean", {})
        return {
            **self._identity_of_any(fingerprint, attribute, (*nothing.packages, *reference.packages)),
            "reference": _identity_of("references", self.reference, reference.version),
            "attack": {"name": "clean", "params": {}, "version": nothing.version},
            "objective": None,
            "poison_budget": 0.0,
            "query_budget": 0,
            "batch_size": 0,
            "max_accuracy_loss": self.max_accuracy_loss,
        }


def _defence_identity(entry: Named) -> dict[str, Any]:
    return _identity_of("defences", entry, get_defence(entry.name, entry.params).version)


def _identity_of(kind: plugins.Kind, entry: Named, version: int) -> dict[str, Any]:
    """A plugin with its parameters, under the names that they were stored with first."""
    return {"name": entry.name, "params": plugins.stored(kind, entry.name, entry.params), "version": version}


def identify(identity: dict[str, Any]) -> str:
    """``s<version>-<16 hex digits>`` for an identity."""
    text = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return f"s{IDENTITY_VERSION}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"
