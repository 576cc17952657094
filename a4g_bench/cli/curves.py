"""``a4g-bench curves``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.filters import Attacks, Datasets, Folders, Victims
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, examples, print_json, print_table
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.curves import Curve

EXAMPLES = examples(
    "a4g-bench curves results/standard",
    "a4g-bench curves results/standard --target 0.5 --dataset adult --json",
)


def command(
    folders: Folders = None,
    target: Annotated[float, typer.Option(metavar="SHARE", help="Share of the gap to be closed.")] = 0.25,
    dataset: Datasets = None,
    victim: Victims = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Show what more rows buy: FG@1 by poison budget, and how many rows close a given share of the gap.

    With the hypervolume of (unfairness, accuracy) up to the protocol's reference point; * marks entrants that no other
    beats in both, the gap and the accuracy cost.
    """
    from a4g_bench.errors import StoreError
    from a4g_bench.leaderboard.curves import curves
    from a4g_bench.leaderboard.select import Selection
    from a4g_bench.leaderboard.study import study

    if not 0 < target <= 1:
        raise StoreError(f"--target {target}: a share of the gap, more than 0 and at most 1")
    chosen = Selection(tuple(dataset or ()), tuple(victim or ()), (), tuple(attack or ()))
    found = curves(study(whole_tables_of(folders or default_folders()), chosen), target)
    if as_json:
        print_json([curve.to_json() for curve in found])
        return
    if not found:
        raise StoreError("no pair can be ranked, or no entrant has all of its cells: there is no curve to show")
    print_table([_line(curve, target) for curve in found])


def _line(curve: "Curve", target: float) -> dict[str, Any]:
    def share(value: float | None) -> str:
        return "never" if value is None else f"{100 * value:.2g} %"

    budgets = {
        point.budget_label: "-" if point.fg is None else f"{point.fg:+.2f} [{point.low:+.2f}, {point.high:+.2f}]"
        for point in curve.points
    }
    rows = f"{share(curve.rows_to_target)} [{share(curve.rows_to_target_low)}, {share(curve.rows_to_target_high)}]"
    volume = "-" if curve.hypervolume is None else f"{curve.hypervolume:.2f}{'*' if curve.front else ' '}"
    name = f"{curve.entrant} *" if curve.role == "control" else curve.entrant
    return {"entrant": name, **budgets, f"rows to {target:g}": rows, "hypervolume": volume}
