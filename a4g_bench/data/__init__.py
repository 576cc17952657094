"""Data sets: tables with a schema, and the contract of where they come from (:class:`Source`).

The names are imported when first used: pandas, which they need, takes longer to import than most commands run.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a4g_bench.data.domain import Domain
    from a4g_bench.data.schema import Array, Cut, Feature, Schema
    from a4g_bench.data.source import Source, State
    from a4g_bench.data.table import Labels, Table

__all__ = ["Array", "Cut", "Domain", "Feature", "Labels", "Schema", "Source", "State", "Table"]

_HOMES = {
    "domain": ("Domain",),
    "schema": ("Array", "Cut", "Feature", "Schema"),
    "source": ("Source", "State"),
    "table": ("Labels", "Table"),
}


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
