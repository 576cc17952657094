"""Data sets, victims and attacks by name, found through entry points: the built-in ones and everybody else's alike."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Literal

from a4g_bench.errors import A4GError, nearest

Kind = Literal["datasets", "victims", "attacks"]


@cache
def _entries(kind: Kind) -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=f"a4g_bench.{kind}")}


def names(kind: Kind) -> list[str]:
    """Registered names, sorted."""
    return sorted(_entries(kind))


def get(kind: Kind, name: str) -> Any:
    """The registered class of that name.

    Raises ``A4GError`` with the nearest name if there is none, or with the reason if its package cannot be imported.
    """
    entry = _entries(kind).get(name)
    if entry is None:
        raise A4GError(f"unknown {kind.removesuffix('s')} '{name}'{nearest(name, _entries(kind))}")
    try:
        return entry.load()
    except Exception as error:  # a third party's module may fail in any way; the user needs its name, not our stack
        raise A4GError(
            f"{kind.removesuffix('s')} '{name}' ({entry.value}) cannot be imported: {type(error).__name__}: {error}"
        ) from error
