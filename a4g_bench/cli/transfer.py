"""``a4g-bench transfer``."""

import csv
import io
import json
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Annotated

import typer

from a4g_bench.cli.filters import Attacks, Budgets, Datasets, Folders
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, completes, examples
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.transfer import TransferCell

EXAMPLES = examples(
    "a4g-bench transfer",
    "a4g-bench transfer results/seed-gradient --attack gradient",
    "a4g-bench transfer results/seed-gradient --csv > transfer.csv",
)


def command(
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
    closed on held-out people (FG@1) with its interval. The suite asks for it with 'evaluate_on'.
    """
    from a4g_bench.leaderboard.transfer import transfer

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

    found = []
    for (dataset, attribute, budget, entrant), some in groupby(sorted(cells, key=key), key):
        mine = {(cell.crafted_on, str(cell.evaluated_on)): cell for cell in some}
        columns = sorted({on for _, on in mine})
        rows = [["crafted on \\ audited on", *columns]]
        rows += [
            [crafted, *(_shown(mine.get((crafted, on))) for on in columns)]
            for crafted in sorted({crafted for crafted, _ in mine})
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        found.append("\n".join([f"{dataset}/{attribute} at {budget}: {entrant}, FG@1 [95 % interval]", *lines]))
    return found


def _shown(cell: "TransferCell | None") -> str:
    if cell is None or cell.fg is None:
        return "-"
    interval = "" if cell.fg_low is None or cell.fg_high is None else f" [{cell.fg_low:+.2f}, {cell.fg_high:+.2f}]"
    return f"{cell.fg:+.2f}{interval}"
