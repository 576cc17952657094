"""``report`` and ``figures``: a page and pictures of stored results."""

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.cache import remembered
from a4g_bench.cli.folders import default_folders
from a4g_bench.cli.options import Attacks, Budgets, Datasets, Folders, Json, Victims
from a4g_bench.cli.output import examples, print_json, remark
from a4g_bench.cli.progress import EVERY_SECONDS
from a4g_bench.errors import A4GError

if TYPE_CHECKING:
    from a4g_bench.figures.pictures import Picture
    from a4g_bench.figures.style import Format


REPORT_EXAMPLES = examples(
    "a4g-bench report results/standard --out board.html",
    "a4g-bench report results/a results/b --out both.html --title 'Our attack and the published board'",
)


def report_command(
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
    roots = folders or default_folders()

    def made() -> str:
        from a4g_bench.leaderboard.board import study
        from a4g_bench.leaderboard.records import Budget
        from a4g_bench.leaderboard.selection import Selection
        from a4g_bench.reporting import page_of
        from a4g_bench.store.folders import whole_tables_of

        tables = whole_tables_of(roots)
        wanted = tuple(Budget.parse(text) for text in budget or ())
        chosen = Selection(tuple(dataset or ()), tuple(victim or ()), wanted, tuple(attack or ()))
        return page_of(study(tables, chosen), tables, title)[0]

    text = remembered(roots, "report", [title, dataset, victim, budget, attack], made)
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise A4GError(f"'{out}' cannot be written: {error.strerror or error}") from error
    print(f"{out}: {out.stat().st_size / 1e6:.1f} MB")


FIGURES_EXAMPLES = examples(
    "a4g-bench figures results/quick --out pictures",
    "a4g-bench figures results/quick --out pictures --dataset acs-income-design --budget 1% --format svg",
    "a4g-bench figures results/quick --out pictures --search s1-0123",
)


def figures_command(
    folders: Folders = None,
    out: Annotated[str, typer.Option(metavar="FOLDER", help="Where to write the pictures.")] = "figures",
    dataset: Datasets = None,
    victim: Victims = None,
    attack: Attacks = None,
    budget: Budgets = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            metavar="SEARCH_ID", help="Only what this search explored: its identifier or the beginning (repeatable)."
        ),
    ] = None,
    form: Annotated[
        str, typer.Option("--format", metavar="png,svg", help="File formats, separated by commas.")
    ] = "png,svg",
    as_json: Json = False,
) -> None:
    """Draw a results folder: what searches found and what held.

    For each data set, victim and poison budget: unfairness and accuracy by query beside the held-out audit, and the
    audit's rates as bars; for each search all it explored. The same results give the same files. Needs the extra
    'figures' (matplotlib).
    """
    forms = formats(form)
    roots = folders or default_folders()
    if search and (dataset or victim or attack or budget):
        raise A4GError("--search names searches: --dataset, --victim, --attack and --budget do not go with it")
    from a4g_bench.figures import need_matplotlib

    need_matplotlib()
    from a4g_bench.cli.folders import locate
    from a4g_bench.figures.pictures import pictures, searched
    from a4g_bench.leaderboard.charts import read_cell_results
    from a4g_bench.leaderboard.records import Budget
    from a4g_bench.leaderboard.selection import Selection
    from a4g_bench.store.results import Results

    results = [Results(root) for root in dict.fromkeys(roots)]
    budgets = tuple(Budget.parse(text) for text in budget or ())
    only = [locate(beginning, roots)[0] for beginning in search or ()]
    selection = Selection(tuple(dataset or ()), tuple(victim or ()), budgets, tuple(attack or ()))
    cells = read_cell_results(results, selection, only)
    to_draw = searched(cells) if only else pictures(cells)
    for search_id in only:
        if search_id not in {picture.search_id for picture in to_draw}:
            raise A4GError(f"search '{search_id}' made no queries: there is nothing that it explored")
    if not to_draw:
        raise A4GError(f"no search in {', '.join(r.root for r in results)} has a query or an audit to draw")
    written = list(_write(to_draw, out, forms))
    if as_json:
        print_json(written)
    else:
        for row in written:
            print(row["file"])
    remark(f"{len(to_draw)} pictures, {len(written)} files")
    damaged = {f"{r.root}/{name}": why for r in results for name, why in r.damaged.items()}
    for name, why in damaged.items():
        remark(f"error: {name} cannot be read ({why}); the pictures are made of the other results")
    raise typer.Exit(exit_codes.USAGE if damaged else exit_codes.COMPLETE)


def formats(text: str) -> "list[Format]":
    """File formats from ``png,svg``. Raises ``A4GError`` for any other."""
    known: dict[str, Format] = {"png": "png", "svg": "svg"}
    names = dict.fromkeys(part.strip().lower() for part in text.split(","))
    for name in names:
        if name not in known:
            raise A4GError(f"--format '{text}': '{name}' is neither png nor svg")
    return [known[name] for name in names]


def _write(pictures: "Sequence[Picture]", out: str, forms: "Sequence[Format]") -> Iterator[dict[str, Any]]:
    """Draw and write the pictures; a dictionary per file, of what it shows."""
    from a4g_bench.store.files import Files

    files = Files(out)
    for picture in _told(pictures):
        for form, content in picture.content(forms):
            name = f"{picture.name}.{form}"
            files.write(name, content)
            yield {
                "file": f"{files.root.rstrip('/')}/{name}",
                "picture": picture.kind,
                "dataset": picture.cell.setting.dataset,
                "attribute": picture.cell.setting.attribute,
                "victim": picture.cell.setting.victim,
                "budget": picture.cell.budget.label,
                "attack": picture.attack,
                "seed": picture.seed,
                "search_id": picture.search_id,
            }


def _told(pictures: "Sequence[Picture]") -> "Iterator[Picture]":
    """The pictures, with a bar on a terminal and a line each minute elsewhere."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import track

        console = Console(stderr=True)
        yield from track(pictures, "drawing", console=console, transient=True)
        return
    spoken = time.monotonic()
    for done, picture in enumerate(pictures):
        if time.monotonic() - spoken >= EVERY_SECONDS:
            spoken = time.monotonic()
            remark(f"{done}/{len(pictures)} pictures")
        yield picture
