"""``a4g-bench compare``."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.filters import Datasets, Victims
from a4g_bench.cli.output import Json, examples, print_json, print_table, remark
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.compare import Change

EXAMPLES = examples(
    "a4g-bench compare results/standard /tmp/standard-of-my-branch",
    "a4g-bench compare old new --dataset adult --json",
)
_SHOWN = 5


def command(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="Results folder.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="Results folder to hold against it.")],
    dataset: Datasets = None,
    victim: Victims = None,
    as_json: Json = False,
) -> None:
    """Say what changed between two results folders beyond noise.

    Entrants are paired by name, cell, seed and audit row, on what both folders have. Exit code 1 if any of them became
    worse: for a branch in CI.
    """
    from a4g_bench.leaderboard.compare import compare

    old, new = whole_tables_of([before]), whole_tables_of([after])
    found = compare(old, new, datasets=dataset or (), victims=victim or ())
    if as_json:
        print_json(found.to_json())
    else:
        print("over all cells that both have: FG@1 before and after, their difference with its 95 % interval")
        print_table([_row(change) for change in found.overall])
        moved = [change for change in found.cells if change.verdict != "no difference"]
        print(f"\n{len(moved)} of {len(found.cells)} cells differ beyond noise (5 %, Holm's correction)")
        if moved:
            print_table([_row(change) for change in moved])
        for where, lone in ((before, found.only_before), (after, found.only_after)):
            if lone:
                more = f", ... and {len(lone) - _SHOWN} more" if len(lone) > _SHOWN else ""
                remark(f"note: only in {where}: {', '.join(lone[:_SHOWN])}{more}")
    raise typer.Exit(exit_codes.FAILED if found.worse else exit_codes.COMPLETE)


def _row(change: "Change") -> dict[str, Any]:
    place = {}
    if change.dataset is not None:
        place = {
            "data set": f"{change.dataset}/{change.attribute}",
            "victim": change.victim,
            "budget": change.budget_label,
        }
    return {
        "entrant": change.entrant,
        **place,
        "before": _shown(change.before),
        "after": _shown(change.after),
        "difference": _shown(change.difference),
        "95 %": f"[{_shown(change.low)}, {_shown(change.high)}]",
        "verdict": change.verdict,
    }


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"
