"""Data sets, victims, attacks and so on by name, found through entry points: the built-in ones and others' alike."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from a4g_bench.errors import A4GError, nearest
from a4g_bench.parameters import Parameterised, declared_by
from a4g_bench.parameters import stored as stored_parameters

Kind = Literal["datasets", "victims", "attacks", "defences", "references", "metrics", "columns"]


@cache
def _entries(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"a4g_bench.{kind}")}


_own: dict[tuple[Kind, str], Any] = {}


def register(kind: Kind, name: str, what: Any) -> None:
    """Give something a name in this process alone; an entry point of that name is hidden by it.

    Args:
        kind: What it is.
        name: Its name.
        what: The class; of a metric, the object.
    """
    _own[kind, name] = what


def unregister(kind: Kind, name: str) -> None:
    """Take back what :func:`register` gave a name; an entry point of that name counts again."""
    _own.pop((kind, name), None)


def names(kind: Kind) -> list[str]:
    """Registered names, sorted.

    Args:
        kind: Of what.

    Returns:
        The names of entry points and of :func:`register`.
    """
    return sorted({*_entries(kind), *(name for own, name in _own if own == kind)})


def get(kind: Kind, name: str) -> Any:
    """The registered class of that name.

    Args:
        kind: What is asked for.
        name: Its name.

    Returns:
        The class; of a metric, the object.

    Raises:
        A4GError: With the nearest name if there is none, or with the reason if its package cannot be imported.
    """
    if (kind, name) in _own:
        return _own[kind, name]
    entry = _entries(kind).get(name)
    if entry is None:
        raise A4GError(f"unknown {kind.removesuffix('s')} '{name}'{nearest(name, names(kind))}")
    try:
        return entry.load()
    except Exception as error:  # a third party's module may fail in any way; the user needs its name, not our stack
        raise A4GError(
            f"{kind.removesuffix('s')} '{name}' ({entry.value}) cannot be imported: {type(error).__name__}: {error}"
        ) from error


def build(kind: Kind, name: str, parameters: Mapping[str, Any], base: type[Any], error: type[A4GError]) -> Any:
    """Instantiate the registered subclass of ``base``.

    Args:
        kind: What is asked for.
        name: Its name.
        parameters: Keyword arguments of its constructor.
        base: What it must be a subclass of.
        error: The class of the error to raise.

    Returns:
        The instance.

    Raises:
        error: Naming an unknown parameter, or with what its declaration or constructor says of a bad value.
        A4GError: If there is no such name.
    """
    what, cls = kind.removesuffix("s"), get(kind, name)
    if not (isinstance(cls, type) and issubclass(cls, base)):
        raise error(f"{what} '{name}' is registered as {cls!r}, which is no subclass of {base.__name__}")
    try:
        accepted = _accepted(cls)
        for key in parameters:
            if not accepted.takes(key):
                raise error(f"{what} '{name}' has no parameter '{key}'{nearest(key, accepted.names)}")
        return cls(**parameters)
    except (TypeError, ValueError) as wrong:
        raise error(f"{what} '{name}': {wrong}") from wrong


def stored(kind: Kind, name: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters of a registered class as identities write them: a renamed one under its older name.

    Raises ``A4GError`` as :func:`get` does.
    """
    return stored_parameters(get(kind, name), parameters) if parameters else {}


@dataclass(frozen=True)
class _Accepted:
    """Names that a class takes as keyword arguments, with ``older`` ones, and whether it takes ``any`` other, too."""

    names: frozenset[str]
    older: frozenset[str] = frozenset()
    any: bool = False

    def takes(self, name: str) -> bool:
        return self.any or name in self.names or name in self.older


@cache
def _accepted(cls: type) -> _Accepted:
    """By its constructor's signature, and by what it declares where the constructor is, or hands on to, the base's."""
    names: set[str] = set()
    handed_on = False
    for owner in cls.__mro__:
        constructor = vars(owner).get("__init__")
        if constructor is None:
            continue
        if constructor is Parameterised.__init__:
            declared = declared_by(cls)
            names |= {parameter.name for parameter in declared}
            older = frozenset(parameter.stored_as for parameter in declared)
            return _Accepted(frozenset(names), older, any=handed_on and not declared)
        if owner is object:
            break
        taken = list(inspect.signature(constructor).parameters.values())[1:]  # the first is the instance
        names |= {t.name for t in taken if t.kind in (t.POSITIONAL_OR_KEYWORD, t.KEYWORD_ONLY)}
        if not any(t.kind is t.VAR_KEYWORD for t in taken):
            return _Accepted(frozenset(names))
        handed_on = True
    return _Accepted(frozenset(names), any=handed_on)
