"""``a4g-bench report``."""

from pathlib import Path
from typing import Annotated

import typer

from a4g_bench.cli.filters import Attacks, Budgets, Datasets, Folders, Victims
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import examples
from a4g_bench.store.reading import whole_tables_of

EXAMPLES = examples(
    "a4g-bench report results/standard --out board.html",
    "a4g-bench report results/a results/b --out both.html --title 'Our attack and the published board'",
)


def command(
    folders: Folders = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The page to write.")] = Path("report.html"),
    title: Annotated[str | None, typer.Option(metavar="TEXT", help="Its heading. Default: the suites' names.")] = None,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
) -> None:
    """Write the results as one HTML page that needs no network.

    The board, sortable and filterable, with every choice of data set, victim and budget computed anew; budget curves,
    what searches promised and what held, each group's harm, other metrics, threat model, data sets, provenance.
    Tables download as CSV, pictures as SVG and PNG. Needs neither Ray nor Ax.
    """
    from a4g_bench.leaderboard.records import Budget
    from a4g_bench.leaderboard.select import Selection
    from a4g_bench.leaderboard.study import study
    from a4g_bench.report import write_page

    tables = whole_tables_of(folders or default_folders())
    wanted = tuple(Budget.parse(text) for text in budget or ())
    chosen = Selection(tuple(dataset or ()), tuple(victim or ()), wanted, tuple(attack or ()))
    write_page(study(tables, chosen), tables, out, title)
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")
