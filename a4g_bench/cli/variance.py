"""``a4g-bench variance``."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean
from typing import TYPE_CHECKING, Any

from a4g_bench.cli.filters import Attacks, Budgets, Datasets, Folders, Victims
from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, examples, print_json, print_table
from a4g_bench.store.reading import whole_tables_of

if TYPE_CHECKING:
    from a4g_bench.leaderboard.variance import Spread

EXAMPLES = examples(
    "a4g-bench variance results/standard",
    "a4g-bench variance results/standard --attack ax-allocation --budget 1%",
)


def command(
    folders: Folders = None,
    dataset: Datasets = None,
    victim: Victims = None,
    budget: Budgets = None,
    attack: Attacks = None,
    as_json: Json = False,
) -> None:
    """Say where the spread of results over seeds comes from.

    Per pair, over its entrants and budgets: the standard deviation over seeds of the gap closed, in points, and the
    shares of its variance: the audit's people, the victim's own seeds, and the rest (split and search). More seeds help
    against all three; larger audit splits only against the first. --json has every entrant and budget.
    """
    from a4g_bench.leaderboard.records import Budget
    from a4g_bench.leaderboard.select import Selection
    from a4g_bench.leaderboard.study import study
    from a4g_bench.leaderboard.variance import spreads

    tables = whole_tables_of(folders or default_folders())
    wanted = tuple(Budget.parse(text) for text in budget or ())
    chosen = Selection(tuple(dataset or ()), tuple(victim or ()), wanted, tuple(attack or ()))
    found = spreads(study(tables, chosen), tables)
    if as_json:
        print_json([spread.to_json() for spread in found])
        return
    pairs: dict[tuple[str, str, str], list[Spread]] = defaultdict(list)
    for spread in found:
        if spread.sd:
            pairs[spread.dataset, spread.attribute, spread.victim].append(spread)
    print_table([_line(*pair, some) for pair, some in pairs.items()])


def _line(dataset: str, attribute: str, victim: str, spreads: Sequence["Spread"]) -> dict[str, Any]:
    def share(name: str) -> str:
        return f"{fmean(getattr(spread, name) for spread in spreads):.2f}"

    return {
        "data set": f"{dataset}/{attribute}",
        "victim": victim,
        "sd (points)": f"{100 * fmean(spread.sd for spread in spreads):.1f}",
        "audit rows": share("audit_rows"),
        "victim seeds": share("victim_seeds"),
        "split and search": share("split_and_search"),
    }
