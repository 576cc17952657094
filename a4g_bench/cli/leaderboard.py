"""``a4g-bench leaderboard``."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.filters import Attacks, Budgets, Datasets, Folders, Victims
from a4g_bench.cli.output import Json, examples, remark
from a4g_bench.cli.show import default_roots
from a4g_bench.errors import StoreError
from a4g_bench.store.reading import tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard import Board

EXAMPLES = examples(
    "a4g-bench leaderboard",
    "a4g-bench leaderboard results/quick --by dataset",
    "a4g-bench leaderboard results/a results/b --format csv",
    "a4g-bench leaderboard --dataset adult --budget 1%",
    "a4g-bench leaderboard results/standard --columns threat",
)


class Format(StrEnum):
    """How to print the board."""

    table = "table"
    csv = "csv"
    json = "json"
    md = "md"
    latex = "latex"


class By(StrEnum):
    """What to break the board down by."""

    dataset = "dataset"
    victim = "victim"
    budget = "budget"


class Columns(StrEnum):
    """Which columns the tables have."""

    scores = "scores"
    off_target = "off-target"
    threat = "threat"


def command(
    folders: Folders = None,
    form: Annotated[
        Format, typer.Option("--format", metavar="table|csv|json|md|latex", help="How to print it.")
    ] = Format.table,
    by: Annotated[By | None, typer.Option(metavar="dataset|victim|budget", help="Break the board down.")] = None,
    columns: Annotated[
        Columns,
        typer.Option(metavar="scores|off-target|threat", help="Scores; other metrics; or knowledge and detectability."),
    ] = Columns.scores,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Rank the attacks from stored results.

    With intervals, tiers and controls; filters recompute every number. Needs neither Ray nor Ax.
    """
    roots = folders or default_folders()
    damaged: dict[str, str] = {}
    try:
        board = board_of(roots, dataset or (), victim or (), budget or (), attack or (), damaged)
    except StoreError as error:
        named = "".join(f"; {name} cannot be read ({why})" for name, why in damaged.items())
        raise StoreError(f"{error}{named}") from error
    from a4g_bench.leaderboard.render import render

    style: Literal["table", "csv", "json", "md", "latex"] = "json" if as_json else form.value
    print(render(board, style, by.value if by else None, columns.value).rstrip("\n"))
    for name, why in damaged.items():
        remark(f"error: {name} cannot be read ({why}); the board is made of the other results")
    raise typer.Exit(exit_codes.USAGE if damaged else exit_codes.COMPLETE)


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

    return build(tables_of(roots, damaged), datasets=datasets, victims=victims, budgets=budgets, attacks=attacks)


def default_folders() -> list[str]:
    """The results folder below ``results/``. Raises ``StoreError`` if there is none or more than one."""
    found = default_roots()
    if not found:
        raise StoreError("no results below results/: run a suite first (a4g-bench run quick), or name a results folder")
    if len(found) > 1:
        raise StoreError(f"several results folders, name one or more of them: {' '.join(found)}")
    return found
