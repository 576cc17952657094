"""Results folders by name, by default and by search."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from a4g_bench.cli.output import remark
from a4g_bench.errors import A4GError, StoreError

if TYPE_CHECKING:
    from a4g_bench.leaderboard import Board
    from a4g_bench.store.results import Results


def default_roots() -> list[str]:
    """All results folders below ``results/``."""
    return sorted(str(path.parent) for path in Path("results").glob("*/manifest.json"))


def locate(search_id: str, roots: Sequence[str]) -> tuple[str, "Results"]:
    """The search of that identifier, or the only one that begins so, and its folder. Raises ``A4GError``."""
    from a4g_bench.store.results import Results

    found: dict[str, Results] = {}
    for root in roots:
        results = Results(root)
        known = results.identifiers("searches") if results.manifest() is not None else set()
        if search_id in known:
            found = {search_id: results}
            break
        found |= {one: results for one in known if one.startswith(search_id)}
        for name, why in results.damaged.items():
            remark(f"damaged: {root}/{name} ({why})")
    where = ", ".join(roots) or "results/ (there are no results)"
    if not found:
        raise A4GError(f"search '{search_id}': not found in {where}; a4g-bench check SUITE --json lists identifiers")
    if len(found) > 1:
        some = ", ".join(sorted(found)[:3]) + (", ..." if len(found) > 3 else "")
        raise A4GError(f"search '{search_id}': {len(found)} begin so in {where}: {some}; give more of it")
    [one] = found.items()
    return one


def board_of(
    roots: Sequence[str],
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
    damaged: dict[str, str] | None = None,
) -> "Board":
    """The board of some results folders; unreadable files are left out and put into ``damaged``.

    Raises ``StoreError`` if a folder holds no results.
    """
    from a4g_bench.leaderboard import build
    from a4g_bench.store.results import tables_of

    return build(tables_of(roots, damaged), datasets=datasets, victims=victims, budgets=budgets, attacks=attacks)


def default_folders() -> list[str]:
    """The results folder below ``results/``. Raises ``StoreError`` if there is none or more than one."""
    found = default_roots()
    if not found:
        raise StoreError("no results below results/: run a suite first (a4g-bench run quick), or name a results folder")
    if len(found) > 1:
        raise StoreError(f"several results folders, name one or more of them: {' '.join(found)}")
    return found
