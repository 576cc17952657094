"""``leaderboard``, ``compare``, ``versus``, ``curves`` and ``variance``: statistics of stored results."""

from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.cache import printed, remembered
from a4g_bench.cli.folders import board_of, default_folders
from a4g_bench.cli.options import Attacks, Budgets, Datasets, Folders, Json, Victims
from a4g_bench.cli.output import examples, print_json, print_table, remark
from a4g_bench.errors import StoreError

if TYPE_CHECKING:
    from a4g_bench.leaderboard.analyses.compare import Change
    from a4g_bench.leaderboard.analyses.curves import Curve
    from a4g_bench.leaderboard.analyses.pairwise import HeadToHead
    from a4g_bench.leaderboard.analyses.variance import VarianceShares


LEADERBOARD_EXAMPLES = examples(
    "a4g-bench leaderboard",
    "a4g-bench leaderboard results/quick --by dataset",
    "a4g-bench leaderboard results/a results/b --format csv",
    "a4g-bench leaderboard --dataset adult --budget 1%",
    "a4g-bench leaderboard results/standard --columns threat",
    "a4g-bench leaderboard results/standard --columns scores,fnr_difference,poison_rows",
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
    track = "track"


def leaderboard_command(
    folders: Folders = None,
    form: Annotated[
        Format, typer.Option("--format", metavar="table|csv|json|md|latex", help="How to print it.")
    ] = Format.table,
    by: Annotated[By | None, typer.Option(metavar="dataset|victim|budget|track", help="Break the board down.")] = None,
    columns: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="scores, off-target (other metrics), threat (knowledge and detectability), keys as in --json, or"
            " metrics; joined by commas.",
            autocompletion=lambda: ["scores", "off-target", "threat"],
        ),
    ] = "scores",
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Rank the attacks from stored results.

    With intervals, rank intervals and controls; filters recompute every number. Needs neither Ray nor Ax.
    """
    roots = folders or default_folders()
    damaged: dict[str, str] = {}
    style: Literal["table", "csv", "json", "md", "latex"] = "json" if as_json else form.value

    def made() -> str:
        from a4g_bench.leaderboard.render import render

        board = board_of(roots, dataset or (), victim or (), budget or (), attack or (), damaged)
        return render(board, style, by.value if by else None, columns).rstrip("\n")

    try:
        print(
            remembered(
                roots, "leaderboard", [style, by, columns, dataset, victim, budget, attack], made, lambda: not damaged
            )
        )
    except StoreError as error:
        named = "".join(f"; {name} cannot be read ({why})" for name, why in damaged.items())
        raise StoreError(f"{error}{named}") from error
    for name, why in damaged.items():
        remark(f"error: {name} cannot be read ({why}); the board is made of the other results")
    raise typer.Exit(exit_codes.USAGE if damaged else exit_codes.COMPLETE)


COMPARE_EXAMPLES = examples(
    "a4g-bench compare results/standard /tmp/standard-of-my-branch",
    "a4g-bench compare old new --dataset adult --json",
)
_SHOWN = 5


def compare_command(
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
    from a4g_bench.leaderboard.analyses.compare import compare
    from a4g_bench.store.folders import whole_tables_of

    old, new = whole_tables_of([before]), whole_tables_of([after])
    comparison = compare(old, new, datasets=dataset or (), victims=victim or ())
    if as_json:
        print_json(comparison.to_json())
    else:
        print("over all cells that both have: GC@1 before and after, their difference with its 95 % interval")
        print_table([_row(change) for change in comparison.overall])
        moved = [change for change in comparison.cells if change.verdict != "no difference"]
        print(f"\n{len(moved)} of {len(comparison.cells)} cells differ beyond noise (5 %, Holm's correction)")
        if moved:
            print_table([_row(change) for change in moved])
        for where, lone in ((before, comparison.only_before), (after, comparison.only_after)):
            if lone:
                more = f", ... and {len(lone) - _SHOWN} more" if len(lone) > _SHOWN else ""
                remark(f"note: only in {where}: {', '.join(lone[:_SHOWN])}{more}")
    raise typer.Exit(exit_codes.FAILED if comparison.worse else exit_codes.COMPLETE)


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


VARIANCE_EXAMPLES = examples(
    "a4g-bench variance results/standard",
    "a4g-bench variance results/standard --attack ax-allocation --budget 1%",
)


def variance_command(
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Say where the spread of results over seeds comes from.

    Per setting, over its entrants and budgets: the standard deviation over seeds of the gap closed, in points, and the
    shares of its variance: the audit's people, the victim's own seeds, and the rest (split and search). Shares are
    ratios of sums. More seeds help against all three; larger audit splits only against the first. --json has every
    entrant and budget.
    """
    from a4g_bench.leaderboard.analyses.variance import by_setting, variance_shares
    from a4g_bench.leaderboard.board import study
    from a4g_bench.leaderboard.records import Budget
    from a4g_bench.leaderboard.selection import Selection
    from a4g_bench.store.folders import whole_tables_of

    tables = whole_tables_of(folders or default_folders())
    wanted = tuple(Budget.parse(text) for text in budget or ())
    chosen = Selection(tuple(dataset or ()), tuple(victim or ()), wanted, tuple(attack or ()))
    shares = variance_shares(study(tables, chosen), tables)
    if as_json:
        print_json([spread.to_json() for spread in shares])
        return
    print_table([_variance_line(spread) for spread in by_setting(shares)])


def _variance_line(spread: "VarianceShares") -> dict[str, Any]:
    def share(value: float | None) -> str:
        return "-" if value is None else f"{value:.2f}"

    return {
        "data set": f"{spread.dataset}/{spread.attribute}",
        "victim": spread.victim,
        "sd (points)": f"{100 * spread.sd:.1f}",
        "audit rows": share(spread.audit_rows),
        "victim seeds": share(spread.victim_seeds),
        "split and search": share(spread.split_and_search),
    }


VERSUS_EXAMPLES = examples(
    "a4g-bench versus ax-allocation results/standard",
    "a4g-bench versus leaf-influence results/standard --dataset adult --json",
)


def versus_command(
    entrant: Annotated[str, typer.Argument(metavar="ENTRANT", help="As the leaderboard calls it.")],
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    as_json: Json = False,
) -> None:
    """Hold one entrant against each of the others.

    Overall and per poison budget. The difference of GC@1 is paired, with its 95 % interval; ahead, behind and undecided
    count the settings (data set, attribute, victim) where the interval lies above 0, below it, or covers it.
    """
    roots = folders or default_folders()
    arguments = [entrant, dataset, victim, as_json]
    show = partial(_print_versus, roots, entrant, dataset or (), victim or (), as_json)
    print(remembered(roots, "versus", arguments, lambda: printed(show)))


def _print_versus(
    roots: Sequence[str], entrant: str, datasets: Sequence[str], victims: Sequence[str], as_json: bool
) -> None:
    from a4g_bench.leaderboard.analyses.pairwise import head_to_head
    from a4g_bench.leaderboard.board import study
    from a4g_bench.leaderboard.selection import Selection
    from a4g_bench.store.folders import whole_tables_of

    comparisons = head_to_head(study(whole_tables_of(roots), Selection(tuple(datasets), tuple(victims))), entrant)
    if as_json:
        print_json([comparison.to_json() for comparison in comparisons])
        return
    for number, budget in enumerate(dict.fromkeys(comparison.budget_label for comparison in comparisons)):
        print(f"{chr(10) if number else ''}{f'poison budget {budget}' if budget else f'{entrant}, all poison budgets'}")
        print_table(_lines([comparison for comparison in comparisons if comparison.budget_label == budget]))


def _lines(comparisons: Sequence["HeadToHead"]) -> list[dict[str, Any]]:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:+.3f}"

    return [
        {
            "against": comparison.rival,
            "difference": shown(comparison.difference),
            "95 %": f"[{shown(comparison.low)}, {shown(comparison.high)}]",
            "ahead": comparison.ahead,
            "behind": comparison.behind,
            "undecided": comparison.undecided,
        }
        for comparison in sorted(
            comparisons, key=lambda comparison: (comparison.difference is None, comparison.difference or 0.0)
        )
    ]


CURVES_EXAMPLES = examples(
    "a4g-bench curves results/standard",
    "a4g-bench curves results/standard --target 0.5 --dataset adult --json",
)


def curves_command(
    folders: Folders = None,
    target: Annotated[float, typer.Option(metavar="SHARE", help="Share of the gap to be closed.")] = 0.25,
    dataset: Datasets = None,
    victim: Victims = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Show what more rows buy.

    GC@1 by poison budget, and how many rows close a given share of the gap; the hypervolume of (unfairness, accuracy)
    up to the protocol's reference point; * marks entrants that no other beats in both, the gap and the accuracy cost.
    """
    if not 0 < target <= 1:
        raise StoreError(f"--target {target}: a share of the gap, more than 0 and at most 1")
    roots = folders or default_folders()
    arguments = [target, dataset, victim, attack, as_json]
    show = partial(_print_curves, roots, target, dataset or (), victim or (), attack or (), as_json)
    print(remembered(roots, "curves", arguments, lambda: printed(show)))


def _print_curves(
    roots: Sequence[str],
    target: float,
    datasets: Sequence[str],
    victims: Sequence[str],
    attacks: Sequence[str],
    as_json: bool,
) -> None:
    from a4g_bench.leaderboard.analyses.curves import curves
    from a4g_bench.leaderboard.board import study
    from a4g_bench.leaderboard.selection import Selection
    from a4g_bench.store.folders import whole_tables_of

    chosen = Selection(tuple(datasets), tuple(victims), (), tuple(attacks))
    all_curves = curves(study(whole_tables_of(roots), chosen), target)
    if as_json:
        print_json([curve.to_json() for curve in all_curves])
        return
    if not all_curves:
        raise StoreError("no setting counts, or no entrant has all of its cells: there is no curve to show")
    print_table([_curve_line(curve, target) for curve in all_curves])


def _with_ends(value: float | None, low: float | None, high: float | None) -> str:
    ends = "" if low is None or high is None else f" [{low:+.2f}, {high:+.2f}]"
    return "-" if value is None else f"{value:+.2f}{ends}"


def _curve_line(curve: "Curve", target: float) -> dict[str, Any]:
    def share(value: float | None) -> str:
        return "never" if value is None else f"{100 * value:.2g} %"

    budgets = {point.budget_label: _with_ends(point.gc, point.low, point.high) for point in curve.points}
    rows = f"{share(curve.rows_to_target)} [{share(curve.rows_to_target_low)}, {share(curve.rows_to_target_high)}]"
    volume = "-" if curve.hypervolume is None else f"{curve.hypervolume:.2f}{'*' if curve.front else ' '}"
    name = f"{curve.entrant} *" if curve.role == "control" else curve.entrant
    return {"entrant": name, **budgets, f"rows to {target:g}": rows, "hypervolume": volume}
