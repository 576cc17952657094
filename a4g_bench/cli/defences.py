"""``a4g-bench defences``."""

import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from a4g_bench.cli.filters import Attacks, Budgets, Datasets, Folders, Victims
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, examples, print_table
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.defences import DefendedCell, Price

EXAMPLES = examples(
    "a4g-bench defences",
    "a4g-bench defences results/defences --attack threshold-copies",
    "a4g-bench defences results/defences --json > defences.json",
)


def command(
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Show what defences leave of the gains, and what each costs where nobody attacks.

    A number is the share of the gap closed on held-out people (FG@1) with its interval, against the clean victim
    behind the same defence. The suite asks for it with 'defences'.
    """
    from a4g_bench.leaderboard.defences import defended

    tables = whole_tables_of(folders or default_folders())
    cells, prices = defended(
        tables, datasets=dataset or (), victims=victim or (), budgets=budget or (), attacks=attack or ()
    )
    if as_json:
        told = {"cells": [cell.to_json() for cell in cells], "prices": [price.to_json() for price in prices]}
        print(json.dumps(told, indent=2, allow_nan=False))
        return
    _print_cells(cells)
    print("On clean data, in points: the gap without the defence and behind it, and the accuracy that it costs")
    print_table([_priced(price) for price in prices])


def _print_cells(cells: Sequence["DefendedCell"]) -> None:
    def place(cell: "DefendedCell") -> tuple[str, ...]:
        return tuple(str(part) for part in (cell.dataset, cell.attribute, cell.victim, cell.budget_label))

    for (dataset, attribute, victim, budget), some in groupby(sorted(cells, key=place), place):
        mine = list(some)
        at = {(cell.entrant, cell.defence): cell for cell in mine}
        defences = list(dict.fromkeys(cell.defence for cell in mine))
        print(f"{dataset}/{attribute} x {victim} at {budget}: FG@1 [95 % interval]")
        print_table(
            [
                {"entrant": entrant, **{d or "undefended": _shown(at.get((entrant, d))) for d in defences}}
                for entrant in dict.fromkeys(cell.entrant for cell in mine)
            ]
        )
        print()


def _shown(cell: "DefendedCell | None") -> str:
    if cell is None or cell.fg is None:
        return "-"
    interval = "" if cell.fg_low is None or cell.fg_high is None else f" [{cell.fg_low:+.2f}, {cell.fg_high:+.2f}]"
    return f"{cell.fg:+.2f}{interval}"


def _priced(price: "Price") -> dict[str, str]:
    return {
        "data set": f"{price.dataset}/{price.attribute}",
        "victim": str(price.victim),
        "defence": price.defence,
        "gap": f"{_points(price.gap_undefended)} > {_points(price.gap_defended)}",
        "closed": _points(price.gap_closed),
        "95 %": f"[{_points(price.gap_closed_low)}, {_points(price.gap_closed_high)}]",
        "accuracy cost": _points(price.accuracy_cost),
    }


def _points(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.1f}"
