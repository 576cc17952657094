"""Results folders as the tables that the leaderboard reads."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from a4g_bench.errors import StoreError

if TYPE_CHECKING:
    from a4g_bench.leaderboard import ResultTables


def tables_of(roots: Sequence[str], damaged: dict[str, str] | None = None) -> list["ResultTables"]:
    """The tables of some results folders; unreadable files are left out and put into ``damaged``.

    Raises ``StoreError`` if a folder holds no results.
    """
    from a4g_bench.leaderboard import ResultTables
    from a4g_bench.store.results import Results

    tables = []
    for root in roots:
        results = Results(root)
        if results.manifest() is None:
            raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
        names = ("searches", "predictions", "baselines", "audits")
        tables.append(ResultTables(results.root, *(results.read(name) for name in names)))
        for name, why in results.damaged.items():
            (damaged if damaged is not None else {})[f"{results.root}/{name}"] = why
    return tables


def whole_tables_of(roots: Sequence[str]) -> list["ResultTables"]:
    """The tables of some results folders. Raises ``StoreError`` if one holds none, or a file cannot be read."""
    damaged: dict[str, str] = {}
    tables = tables_of(roots, damaged)
    for name, why in damaged.items():
        raise StoreError(f"{name} cannot be read ({why})")
    return tables
