"""``a4g-bench versus``."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.filters import Datasets, Folders, Victims
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, examples, print_json, print_table
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.head_to_head import Duel

EXAMPLES = examples(
    "a4g-bench versus ax-allocation results/standard",
    "a4g-bench versus leaf-influence results/standard --dataset adult --json",
)


def command(
    entrant: Annotated[str, typer.Argument(metavar="ENTRANT", help="As the leaderboard calls it.")],
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    as_json: Json = False,
) -> None:
    """Hold one entrant against each of the others, overall and per poison budget.

    The difference of FG@1 is paired, with its 95 % interval; ahead, behind and undecided count the pairs of data set
    and victim where the interval lies above 0, below it, or covers it.
    """
    from a4g_bench.leaderboard.head_to_head import head_to_head
    from a4g_bench.leaderboard.select import Selection
    from a4g_bench.leaderboard.study import study

    tables = whole_tables_of(folders or default_folders())
    duels = head_to_head(study(tables, Selection(tuple(dataset or ()), tuple(victim or ()))), entrant)
    if as_json:
        print_json([duel.to_json() for duel in duels])
        return
    for number, budget in enumerate(dict.fromkeys(duel.budget_label for duel in duels)):
        print(f"{chr(10) if number else ''}{f'poison budget {budget}' if budget else f'{entrant}, all poison budgets'}")
        print_table(_lines([duel for duel in duels if duel.budget_label == budget]))


def _lines(duels: Sequence["Duel"]) -> list[dict[str, Any]]:
    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value:+.3f}"

    return [
        {
            "against": duel.rival,
            "difference": shown(duel.difference),
            "95 %": f"[{shown(duel.low)}, {shown(duel.high)}]",
            "ahead": duel.ahead,
            "behind": duel.behind,
            "undecided": duel.undecided,
        }
        for duel in sorted(duels, key=lambda duel: (duel.difference is None, duel.difference or 0.0))
    ]
