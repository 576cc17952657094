"""Parameters of plugins: declared once, as a dataclass, from which they are checked, named in errors and documented.

::

    class Mine(Attack):
        @dataclass(frozen=True, kw_only=True)
        class Parameters(ParameterSet):
            share: float = parameter(0.5, Number(above=0, at_most=1), "share of the budget to spend")

        parameters: Parameters

An instance reads ``self.parameters.share``. A class that extends another one's parameters inherits from its
``Parameters``.
"""

import sys
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, fields
from inspect import get_annotations
from typing import Any, ClassVar, Self, TypeVar
from weakref import WeakKeyDictionary

from a4g_bench.errors import nearest

T = TypeVar("T")


class Constraint(ABC):
    """What a parameter's value must be."""

    @abstractmethod
    def check(self, name: str, value: Any) -> Any:
        """The value as it is kept. Raises ``ValueError`` naming the parameter, what it must be and what it is."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The same in a few words, for tables."""


@dataclass(frozen=True)
class Number(Constraint):
    """A finite number, whole or not, kept as a float: ``at_least`` or ``above`` one bound, ``at_most`` or ``below``
    another.
    """

    at_least: float | None = None
    above: float | None = None
    at_most: float | None = None
    below: float | None = None

    def check(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            raise ValueError(f"{name} must be a finite number, not {value!r}")
        if not self.allows(value):
            raise ValueError(f"{name} must {self._requirement}, not {value!r}")
        return float(value)

    def allows(self, value: float) -> bool:
        """Whether a number lies within the bounds."""
        return (
            (self.at_least is None or value >= self.at_least)
            and (self.above is None or value > self.above)
            and (self.at_most is None or value <= self.at_most)
            and (self.below is None or value < self.below)
        )

    @property
    def text(self) -> str:
        return " and ".join(self._bounds) or "any number"

    @property
    def _bounds(self) -> list[str]:
        bounds = {"at least": self.at_least, "more than": self.above, "at most": self.at_most, "less than": self.below}
        return [f"{words} {bound:g}" for words, bound in bounds.items() if bound is not None]

    @property
    def _requirement(self) -> str:
        for low, high in ((self.at_least, self.at_most), (self.above, self.below)):
            if low is not None and high is not None:
                return f"lie between {low:g} and {high:g}"
        return f"be {' and '.join(self._bounds)}"


def _finite(value: float) -> bool:
    """False for NaN, the infinities, and whole numbers that no float can hold."""
    return -sys.float_info.max <= value <= sys.float_info.max


@dataclass(frozen=True)
class Whole(Constraint):
    """A whole number of ``at_least`` so much, and ``at_most`` so much."""

    at_least: int
    at_most: int | None = None

    def check(self, name: str, value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not self.allows(value):
            most = "" if self.at_most is None else f" and at most {self.at_most}"
            raise ValueError(f"{name} must be a whole number of at least {self.at_least}{most}, not {value!r}")
        return value

    def allows(self, value: int) -> bool:
        """Whether a whole number lies within the bounds."""
        return self.at_least <= value and (self.at_most is None or value <= self.at_most)

    @property
    def text(self) -> str:
        most = "" if self.at_most is None else f" and at most {self.at_most}"
        return f"whole, at least {self.at_least}{most}"


@dataclass(frozen=True)
class Flag(Constraint):
    """True or false."""

    def check(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise ValueError(f"{name} must be true or false, not {value!r}")
        return value

    @property
    def text(self) -> str:
        return "true or false"


@dataclass(frozen=True)
class Text(Constraint):
    """Any text."""

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError(f"{name} must be a text, not {value!r}")
        return value

    @property
    def text(self) -> str:
        return "a text"


class OneOf(Constraint):
    """One of a few values, of the same type as well: ``OneOf(0, 1, "search")``. ``quoted``: how an error lists them."""

    def __init__(self, *choices: object, quoted: bool = True) -> None:
        self.choices, self.quoted = choices, quoted

    def check(self, name: str, value: Any) -> Any:
        if not any(type(value) is type(choice) and value == choice for choice in self.choices):
            raise ValueError(f"{name} must be {self._listed}, not {value!r}")
        return value

    @property
    def text(self) -> str:
        return _alternatives([str(choice) for choice in self.choices])

    @property
    def _listed(self) -> str:
        if self.quoted:
            return _alternatives([repr(choice) for choice in self.choices])
        return f"one of {', '.join(map(str, self.choices))}"


class NameOf(Constraint):
    """The name of one of several things: a wrong one is answered with the nearest."""

    def __init__(self, names: Collection[str]) -> None:
        self.names = tuple(names)

    def check(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in self.names:
            raise ValueError(f"unknown {name} {value!r}{nearest(str(value), self.names)}")
        return value

    @property
    def text(self) -> str:
        return _alternatives(self.names)


def _alternatives(words: Collection[str]) -> str:
    """``a, b or c``."""
    *first, last = words
    return f"{', '.join(first)} or {last}" if first else last


@dataclass(frozen=True)
class Declaration:
    """One parameter as it was declared. ``stored_as`` is how identities write it, and an older name of it."""

    name: str
    default: Any
    constraint: Constraint
    doc: str
    stored_as: str

    def row(self) -> dict[str, Any]:
        """What a list of parameters shows."""
        return {"name": self.name, "default": self.default, "constraint": self.constraint.text, "doc": self.doc}


def parameter(default: T, constraint: Constraint, doc: str, *, stored_as: str | None = None) -> T:
    """A field of a :class:`ParameterSet`.

    Args:
        default: its value where none is given.
        constraint: what a value must be.
        doc: what it does, in a line of Markdown.
        stored_as: an older name, which stays valid; the identities of searches and suites go on using it, so that a
            new name makes no recorded search another one.
    """
    metadata = {"constraint": constraint, "doc": doc, **({"stored_as": stored_as} if stored_as else {})}
    made: T = field(default=default, metadata=metadata)
    return made


@dataclass(frozen=True, kw_only=True)
class ParameterSet:
    """The parameters of one class: no fields here, those of subclasses are made by :func:`parameter`.

    Subclasses are dataclasses, ``frozen`` and ``kw_only``. Raises ``ValueError`` for a value that its constraint does
    not allow.
    """

    def __post_init__(self) -> None:
        for name, declared in declarations(type(self)).items():
            object.__setattr__(self, name, declared.constraint.check(name, getattr(self, name)))

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """The parameters by their names, older ones included. Raises ``ValueError`` as :meth:`current` does,
        ``TypeError`` for an unknown name.
        """
        return cls(**cls.current(values))

    @classmethod
    def current(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Values by today's names instead of older ones. Raises ``ValueError`` where a name and its older one both
        stand.
        """
        older = {d.stored_as: name for name, d in declarations(cls).items() if d.stored_as != name}
        for old, name in older.items():
            if old in values and name in values:
                raise ValueError(f"'{old}' is the older name of '{name}': give one of them")
        return {older.get(name, name): value for name, value in values.items()}


_known: WeakKeyDictionary[type, Mapping[str, Declaration]] = WeakKeyDictionary()


def declarations(kind: type[ParameterSet]) -> Mapping[str, Declaration]:
    """What a class declares, in order, by name. Raises ``TypeError`` where it is not declared as it must be."""
    if kind not in _known:
        _known[kind] = {declared.name: declared for declared in _declared(kind)}
    return _known[kind]


def _declared(kind: type[ParameterSet]) -> Iterator[Declaration]:
    if get_annotations(kind) and "__dataclass_fields__" not in vars(kind):
        raise TypeError(f"{kind.__qualname__} is no dataclass: write @dataclass(frozen=True, kw_only=True) above it")
    for item in fields(kind):
        if "constraint" not in item.metadata:
            raise TypeError(
                f"{kind.__qualname__}.{item.name} must be declared with parameter(default, constraint, doc)"
            )
        yield Declaration(default=item.default, **{"name": item.name, "stored_as": item.name, **item.metadata})


class Parameterised:
    """A class that is built from the keyword arguments that its ``Parameters`` declare.

    A subclass with a constructor of its own is on its own; it may call this one with parameters of its base.
    """

    Parameters: ClassVar[type[ParameterSet]] = ParameterSet
    parameters: ParameterSet

    def __init__(self, **parameters: Any) -> None:
        self.parameters = self.Parameters.of(parameters)


def declared_by(cls: object) -> tuple[Declaration, ...]:
    """The parameters that a plugin's class declares, in order; none for one with a constructor of its own making."""
    kind = getattr(cls, "Parameters", None)
    return tuple(declarations(kind).values()) if isinstance(kind, type) and issubclass(kind, ParameterSet) else ()


def stored(cls: object, values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a class as identities write them: under the names that were stored first."""
    names = {declared.name: declared.stored_as for declared in declared_by(cls)}
    return {names.get(name, name): value for name, value in values.items()}


def markdown(named: Mapping[str, object]) -> str:
    """A table of the parameters of classes, each by its name: those who declare the same share a line."""
    owners: dict[tuple[str, str, str, str], list[str]] = {}
    for name, cls in named.items():
        for declared in declared_by(cls):
            cells = f"`{declared.name}`", f"`{_shown(declared.default)}`", declared.constraint.text, declared.doc
            owners.setdefault(cells, []).append(f"`{name}`")
    lines = [(cells[0], ", ".join(names), *cells[1:]) for cells, names in owners.items()]
    rows = [("parameter", "of", "default", "value", "meaning"), ("---",) * 5, *lines]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _shown(value: object) -> str:
    """A default as a suite would write it."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
