"""``transfer`` and ``defences``: poison sets on other victims, and behind screenings of the training table."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from a4g_bench.cli.folders import default_folders
from a4g_bench.cli.options import Attacks, Budgets, Datasets, Folders, Json, Victims, completes
from a4g_bench.cli.output import examples, print_table

if TYPE_CHECKING:
    from a4g_bench.leaderboard.analyses.across_victims import DefendedCell, Price, TransferCell


DEFENCES_EXAMPLES = examples(
    "a4g-bench defences",
    "a4g-bench defences results/defences --attack threshold-copies",
    "a4g-bench defences results/defences --json > defences.json",
)


def defences_command(
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Show what defences leave of the gains, and what they cost.

    Their costs are told on clean data, where nobody attacks. A number is the share of the gap
    closed on held-out people (GC@1) with its interval, against the clean victim behind the same defence. The suite
    asks for it with 'defences'.
    """
    from a4g_bench.leaderboard.analyses.across_victims import defended
    from a4g_bench.store.folders import whole_tables_of

    tables = whole_tables_of(folders or default_folders())
    cells, prices = defended(
        tables, datasets=dataset or (), victims=victim or (), budgets=budget or (), attacks=attack or ()
    )
    if as_json:
        document = {"cells": [cell.to_json() for cell in cells], "prices": [price.to_json() for price in prices]}
        print(json.dumps(document, indent=2, allow_nan=False))
        return
    _print_cells(cells)
    print("On clean data, in points: the gap without the defence and behind it, and the accuracy that it costs")
    print_table([_priced(price) for price in prices])


def _print_cells(cells: Sequence["DefendedCell"]) -> None:
    def place(cell: "DefendedCell") -> tuple[str, ...]:
        return tuple(str(part) for part in (cell.dataset, cell.attribute, cell.victim, cell.budget_label))

    for (dataset, attribute, victim, budget), some in groupby(sorted(cells, key=place), place):
        cells_here = list(some)
        at = {(cell.entrant, cell.defence): cell for cell in cells_here}
        defences = list(dict.fromkeys(cell.defence for cell in cells_here))
        print(f"{dataset}/{attribute} x {victim} at {budget}: GC@1 [95 % interval]")
        print_table(
            [
                {"entrant": entrant, **{d or "undefended": _defended_score(at.get((entrant, d))) for d in defences}}
                for entrant in dict.fromkeys(cell.entrant for cell in cells_here)
            ]
        )
        print()


def _defended_score(cell: "DefendedCell | None") -> str:
    if cell is None or cell.gc is None:
        return "-"
    interval = "" if cell.gc_low is None or cell.gc_high is None else f" [{cell.gc_low:+.2f}, {cell.gc_high:+.2f}]"
    return f"{cell.gc:+.2f}{interval}"


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


TRANSFER_EXAMPLES = examples(
    "a4g-bench transfer",
    "a4g-bench transfer results/seed-gradient --attack gradient",
    "a4g-bench transfer results/seed-gradient --csv > transfer.csv",
)


def transfer_command(
    folders: Folders = None,
    dataset: Datasets = None,
    craft_on: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only sets crafted on it (repeatable).", autocompletion=completes("victims")),
    ] = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    as_json: Json = False,
) -> None:
    """Show how poison sets crafted on one victim do on others.

    Rows are the victims that a set was crafted on, columns those it was audited on; a number is the share of the gap
    closed on held-out people (GC@1) with its interval. The suite asks for it with 'evaluate_on'.
    """
    from a4g_bench.leaderboard.analyses.across_victims import transfer
    from a4g_bench.store.folders import whole_tables_of

    tables = whole_tables_of(folders or default_folders())
    cells = transfer(tables, datasets=dataset or (), victims=craft_on or (), budgets=budget or (), attacks=attack or ())
    if as_json:
        print(json.dumps([cell.to_json() for cell in cells], indent=2, allow_nan=False))
    elif as_csv:
        print(_csv(cells), end="")
    else:
        print("\n\n".join(_matrices(cells)))


def _csv(cells: Sequence["TransferCell"]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(cells[0].to_json()), lineterminator="\n")
    writer.writeheader()
    writer.writerows(cell.to_json() for cell in cells)
    return text.getvalue()


def _matrices(cells: Sequence["TransferCell"]) -> list[str]:
    def key(cell: "TransferCell") -> tuple[str, ...]:
        return tuple(str(part) for part in (cell.dataset, cell.attribute, cell.budget_label, cell.entrant))

    matrices = []
    for (dataset, attribute, budget, entrant), some in groupby(sorted(cells, key=key), key):
        by_victims = {(cell.crafted_on, str(cell.evaluated_on)): cell for cell in some}
        columns = sorted({on for _, on in by_victims})
        rows = [["crafted on \\ audited on", *columns]]
        rows += [
            [crafted, *(_transfer_score(by_victims.get((crafted, on))) for on in columns)]
            for crafted in sorted({crafted for crafted, _ in by_victims})
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        matrices.append("\n".join([f"{dataset}/{attribute} at {budget}: {entrant}, GC@1 [95 % interval]", *lines]))
    return matrices


def _transfer_score(cell: "TransferCell | None") -> str:
    if cell is None or cell.gc is None:
        return "-"
    interval = "" if cell.gc_low is None or cell.gc_high is None else f" [{cell.gc_low:+.2f}, {cell.gc_high:+.2f}]"
    return f"{cell.gc:+.2f}{interval}"
