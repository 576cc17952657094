"""Tables and diagrams of pages, made from published results, from what plugins declare, and from code.

``python -m benchmarks.pages`` writes them, ``--check`` compares.

A table stands between the markers ``<!-- NAME:begin -->`` and ``<!-- NAME:end -->``.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from a4g_bench import plugins
from a4g_bench.leaderboard import Board
from a4g_bench.leaderboard.analyses.across_victims import defended, transfer
from a4g_bench.leaderboard.analyses.pairwise import HeadToHead, head_to_head
from a4g_bench.leaderboard.board import Study, board_of, counted_cells, study
from a4g_bench.leaderboard.builtin_columns import COLUMNS
from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.ranking import order_under
from a4g_bench.leaderboard.render import render
from a4g_bench.leaderboard.score import Rule
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.parameters import markdown
from a4g_bench.store.folders import tables_of
from benchmarks import version_1
from tools.diagrams import forbidden, layers, search_loop

ROOT = Path(__file__).resolve().parents[1]
#: No entrant was designed on these.
UNSEEN = Selection(("adult", "admissions", "crime"))
RULES: tuple[Rule, ...] = ("scaled", "unscaled", "ramp")
DRAWS = 500  # of version 1's bootstrap
RIVALS = ("random-duplicates", "cell-duplication", "threshold-copies")
CONTENDERS = ("ax-allocation", "ax-pool", "leaf-influence", "influence-duplication")


@cache
def results(name: str) -> Study:
    """The published results of that name."""
    return study(tables_of([str(ROOT / "results" / name)]), Selection())


@cache
def boards(name: str, selection: Selection | None = None) -> Board:
    """Their board, or that of a selection of them."""
    found = results(name)
    return board_of(found.restricted(selection) if selection else found)


def table(titles: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A table of GitHub Markdown, its first column left-aligned."""
    body = [f"| {' | '.join(line)} |" for line in lines]
    return "\n".join([f"| {' | '.join(titles)} |", f"| --- |{' --: |' * (len(titles) - 1)}", *body]) + "\n"


def of_reference(board: Board) -> str:
    """Every contender's share of the reference's score per poison budget, with its interval, in the board's order."""
    rows = {(row.entrant, row.budget_label): row for row in board.by("budget")}
    lines = [
        [row.entrant, *(share(rows[row.entrant, budget]) for budget in board.budgets)]
        for row in board.overall
        if row.status == "ok" and row.role != "control"
    ]
    return table(["share of the reference's score at", *board.budgets], lines)


def share(row: Row) -> str:
    """The share of the reference's score with its interval."""
    if row.of_reference is None or row.of_reference_low is None or row.of_reference_high is None:
        return "-"
    return f"{row.of_reference:+.2f} [{row.of_reference_low:+.2f}, {row.of_reference_high:+.2f}]"


def published_board(name: str) -> str:
    """What ``a4g-bench leaderboard results/NAME --format md`` prints, its headings in bold."""
    board = boards(name)
    printed = [
        f"**{line.lstrip('# ')}**" if line.startswith("#") else line for line in render(board, "md").splitlines()
    ]
    return "\n".join(printed) + "\n"


def unseen() -> str:
    """The shares of the reference's score on the data sets that no entrant was designed on."""
    return of_reference(boards("standard", UNSEEN))


def rules() -> str:
    """The contenders' scores by the score's rule and by two others, with their positions."""
    evidence = results("standard").evidence
    cells = counted_cells(evidence, evidence.settings)
    orders = {rule: order_under(evidence, cells, rule) for rule in RULES}
    return table(
        ["contender", "scaled (the score)", "unscaled", "nothing beyond 2 points"],
        [
            [who, *(f"{order[who]:+.3f} ({list(order).index(who) + 1})" for order in orders.values())]
            for who in orders["scaled"]
        ],
    )


def left_out(name: str) -> str:
    """The contenders' positions on a board when a data set or a victim is left out."""
    board = boards(name)
    parts = board.robustness
    whole = [row.entrant for row in board.overall if row.rank_low is not None]
    lines = []
    for position, who in enumerate(whole, 1):
        others = [positions[who] for positions in parts.values() if who in positions]
        ends = f"{min([position, *others])} to {max([position, *others])}"
        lines.append([who, str(position), *(str(parts[part].get(who, "-")) for part in parts), ends])
    return table(["position of", "whole", *(f"without {part}" for part in parts), "range"], lines)


def orders() -> str:
    """The contenders of the published board under both versions of the protocol, with their positions."""
    tables = tables_of([str(ROOT / "results" / "standard")])
    found = results("standard")
    outcomes = read_consistent(tables, found.entrants)[0]
    first = version_1.scores(outcomes, version_1.noise_free(outcomes), np.random.default_rng(0), DRAWS)
    contenders = {who.entrant: who.label for who in found.evidence.competitors if who.contender}
    old = {label: first[entrant][0].value for entrant, label in contenders.items()}
    new = {row.entrant: row.gc or 0.0 for row in boards("standard").overall if row.rank_low is not None}
    places = {label: 1 + i for i, label in enumerate(sorted(old, key=lambda label: -old[label]))}
    return table(
        ["contender", "version 2, GC@1", "version 1, FG@1"],
        [
            [label, f"{score:+.3f} ({position})", f"{old[label]:+.3f} ({places[label]})"]
            for position, (label, score) in enumerate(new.items(), 1)
        ],
    )


def payers() -> str:
    """Per contender and budget: the part of the closing that is the better-off group's rise, and cells worse."""
    board = boards("standard")
    rows = {(row.entrant, row.budget_label): row for row in board.by("budget")}
    lines = []
    for row in board.overall:
        if row.rank_low is not None:
            own = [rows[row.entrant, budget] for budget in board.budgets]
            lines.append(
                [
                    row.entrant,
                    *(f"{one.who_pays:+.2f}, {one.cells_worse}/{one.cells}" for one in own if one.who_pays is not None),
                ]
            )
    return table(["who pays, cells worse", *board.budgets], lines)


def comparisons() -> str:
    """The contenders against baselines at 1 % and 5 %: the difference, and the settings ahead, behind, undecided."""
    lines = []
    for entrant in CONTENDERS:
        found = {
            (comparison.rival, comparison.budget_label): comparison
            for comparison in head_to_head(results("standard"), entrant)
        }
        for rival in RIVALS:
            cells = []
            for budget in ("1%", "5%"):
                comparison = found[rival, budget]
                cells += [
                    _signed(comparison, 1),
                    f"{comparison.ahead} / {comparison.behind} / {comparison.undecided}",
                ]
            lines.append([f"{entrant} less {rival}", *cells])
    return table(["GC@1 of", "at 1 %", "settings", "at 5 %", "settings"], lines)


def _signed(comparison: HeadToHead, sign: int) -> str:
    ends = [sign * (end or 0.0) for end in (comparison.difference, comparison.low, comparison.high)]
    return f"{ends[0]:+.2f} [{min(ends[1:]):+.2f}, {max(ends[1:]):+.2f}]"


def ablations() -> str:
    """The whole and its variants: shares of the reference's score, and GC@1 less that of the whole."""
    board = boards("ablations")
    rows = {(row.entrant, row.budget_label): row for row in board.by("budget")}
    over = {
        comparison.rival: comparison
        for comparison in head_to_head(results("ablations"), "ax-allocation")
        if comparison.budget_label is None
    }
    lines = []
    for row in sorted(board.overall, key=lambda row: -(row.gc or 0)):
        comparison = over.get(row.entrant)
        less = "-" if comparison is None else _signed(comparison, -1)
        cost = "-" if row.accuracy_cost is None else f"{100 * row.accuracy_cost:+.2f}"
        shares = [share(rows[row.entrant, budget]) for budget in board.budgets]
        lines.append([row.entrant, *shares, less, cost, f"{row.cpu_seconds or 0:.1f}"])
    titles = [f"of the reference at {budget}" for budget in board.budgets]
    return table(["entrant", *titles, "GC@1 less the whole's", "accuracy cost", "CPU s"], lines)


def bounds() -> str:
    """Per setting, in points: the clean gap, a tenth of what the reference closes, the smallest resolvable change, and
    what a constant classifier costs.
    """
    board = boards("standard")
    closings = {
        (row.dataset, row.victim): row.gap_closed or 0.0
        for row in board.references
        if row.dataset and row.entrant == "threshold-optimizer"
    }
    lines = []
    for setting in board.settings:
        closed = closings[setting.dataset, setting.victim] / 10
        figures = (setting.gap_clean or 0.0, closed, setting.resolvable or 0.0, setting.constant_cost or 0.0)
        lines.append([f"{setting.dataset} x {setting.victim}", *(f"{100 * figure:.1f}" for figure in figures)])
    return table(["in points", "clean gap", "a tenth of the reference's", "resolvable", "a constant costs"], lines)


def behind() -> str:
    """The mean share of the gap closed at 5 % behind each defence, over data sets and victims."""
    cells, _ = defended(tables_of([str(ROOT / "results" / "treatments")]), budgets=["5%"])
    found: dict[tuple[str, str], list[float]] = defaultdict(list)
    for cell in cells:
        if cell.closed is not None and cell.attack not in ("clean",):
            found[cell.entrant, cell.defence or "none"].append(cell.closed)
    columns = ["none", *sorted({defence for _, defence in found} - {"none"})]
    order = sorted({entrant for entrant, _ in found}, key=lambda entrant: -fmean(found[entrant, "none"]))
    return table(
        ["closed at 5 %, behind", *columns],
        [[entrant, *(f"{fmean(found[entrant, column]):+.2f}" for column in columns)] for entrant in order],
    )


def prices() -> str:
    """What the defences do to the clean victim, in points, over data sets and victims."""
    _, told = defended(tables_of([str(ROOT / "results" / "treatments")]))
    found: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for price in told:
        found[price.defence].append((price.gap_closed or 0.0, price.accuracy_cost or 0.0))
    lines = [
        [defence, *(f"{100 * fmean(column):+.1f}" for column in zip(*rows, strict=True))]
        for defence, rows in sorted(found.items())
    ]
    return table(["on clean data, in points", "gap closed", "accuracy cost"], lines)


def travelled() -> str:
    """The mean share of the gap closed at 5 % on the victim that a set was crafted on, and on the other one."""
    cells = transfer(tables_of([str(ROOT / "results" / "treatments")]), budgets=["5%"])
    found: dict[tuple[str, str, str], list[float]] = defaultdict(list)
    for cell in cells:
        if cell.gap_clean and cell.gap_poisoned is not None:
            closed = (cell.gap_clean - cell.gap_poisoned) / cell.gap_clean
            found[cell.entrant, cell.crafted_on, str(cell.evaluated_on)].append(closed)
    ways = sorted({key[1:] for key in found})
    return table(
        ["share of the mean gap closed at 5 %", *(f"{one} > {other}" for one, other in ways)],
        [
            [entrant, *(f"{fmean(found[entrant, one, other]):+.2f}" for one, other in ways)]
            for entrant in sorted({key[0] for key in found})
        ],
    )


def board_columns() -> str:
    """Every column of the board, from its registry."""
    units = {"rate": "rate (tables: points)"}
    return table(
        ["key", "title", "unit", "better", "in tables", "meaning"],
        [
            [
                f"`{column.key}`",
                column.title,
                units.get(column.unit, column.unit),
                column.better or "",
                ", ".join(column.sets),
                column.meaning.replace("*", r"\*"),
            ]
            for column in COLUMNS
        ],
    )


def attack_parameters(*, search: bool) -> str:
    """The parameters of the attacks that search, or of those that do not. ``given`` is not for suites."""
    attacks = {name: cls for name, cls in _built_in("attacks").items() if name != "given"}
    return markdown({name: cls for name, cls in attacks.items() if (cls.threat.role == "search") == search})


def parameters(kind: plugins.Kind) -> str:
    """The parameters of all plugins of a kind."""
    return markdown(_built_in(kind))


def _built_in(kind: plugins.Kind) -> dict[str, Any]:
    """Plugins by name, without those that other packages bring."""
    named = {name: plugins.get(kind, name) for name in plugins.names(kind)}
    return {name: cls for name, cls in named.items() if cls.__module__.startswith("a4g_bench.")}


PAGES: dict[str, dict[str, Callable[[], str]]] = {
    "README.md": {"board": partial(published_board, "standard")},
    "docs/results.md": {"columns": board_columns},
    "docs/entrants.md": {
        "unseen": unseen,
        "left-out": partial(left_out, "standard"),
        "rules": rules,
        "payers": payers,
        "comparisons": comparisons,
        "bounds": bounds,
        "ablations": ablations,
        "behind": behind,
        "prices": prices,
        "travelled": travelled,
    },
    "docs/census-board.md": {
        "board": partial(published_board, "census"),
        "shares": lambda: of_reference(boards("census")),
        "left-out": partial(left_out, "census"),
    },
    "docs/suites.md": {
        "data-set-parameters": partial(parameters, "datasets"),
        "reference-parameters": partial(parameters, "references"),
        "defence-parameters": partial(parameters, "defences"),
        "baseline-parameters": partial(attack_parameters, search=False),
        "search-parameters": partial(attack_parameters, search=True),
    },
    "docs/versions.md": {"orders": orders},
    "docs/architecture.md": {"layers": layers, "forbidden": forbidden, "loop": search_loop},
}


def filled(page: str) -> str:
    """The page with its tables made anew. Raises ``ValueError`` if a marker is missing."""
    text = (ROOT / page).read_text()
    for name, made in PAGES[page].items():
        before, begin, rest = text.partition(f"<!-- {name}:begin -->\n")
        _, end, after = rest.partition(f"<!-- {name}:end -->\n")
        if not begin or not end:
            raise ValueError(f"{page}: a marker of '{name}' is missing")
        text = f"{before}{begin}{made()}{end}{after}"
    return text


def main() -> int:
    """Write the pages, or with ``--check`` return 1 if one is out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a page is out of date")
    asked = parser.parse_args()
    stale = [page for page in PAGES if filled(page) != (ROOT / page).read_text()]
    for page in stale:
        print(f"{page}: {'out of date' if asked.check else 'written'}")
        if not asked.check:
            (ROOT / page).write_text(filled(page))
    return int(asked.check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
