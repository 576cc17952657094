"""Results folders by name, by default and by search."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from a4g_bench.cli.output import remark
from a4g_bench.errors import StoreError, without_secrets

if TYPE_CHECKING:
    from a4g_bench.leaderboard import Board
    from a4g_bench.store.results import Results


def default_roots() -> list[str]:
    """All results folders below ``results/``."""
    return sorted(str(path.parent) for path in Path("results").glob("*/manifest.json"))


def locate(search_id: str, roots: Sequence[str]) -> tuple[str, "Results"]:
    """As :func:`a4g_bench.store.results.locate`; damaged files are told."""
    from a4g_bench.store.folders import locate as located

    return located(search_id, roots, lambda name, why: remark(f"damaged: {name} ({why})"))


def tell_damaged(root: str, damaged: Mapping[str, str], remedy: str = "") -> None:
    """Say which files of a results folder cannot be read, and why; the folder without what may be secret in it."""
    for name, why in damaged.items():
        remark(f"damaged: {without_secrets(root)}/{name} ({why}){remedy}")


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
    from a4g_bench.store.folders import tables_of

    return build(tables_of(roots, damaged), datasets=datasets, victims=victims, budgets=budgets, attacks=attacks)


def default_folders() -> list[str]:
    """The results folder below ``results/``. Raises ``StoreError`` if there is none or more than one."""
    roots = default_roots()
    if not roots:
        raise StoreError("no results below results/: run a suite first (a4g-bench run quick), or name a results folder")
    if len(roots) > 1:
        raise StoreError(f"several results folders, name one or more of them: {' '.join(roots)}")
    return roots
