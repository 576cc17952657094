"""The README's board, made from published results: ``python -m benchmarks.readme`` writes it, ``--check`` compares.

Between the markers ``board:begin`` and ``board:end`` stands what ``a4g-bench leaderboard results/standard --format md``
prints, its headings in bold, after a table of the share of the ceiling by poison budget.
"""

import argparse
import sys
from pathlib import Path

from a4g_bench.cli.leaderboard import tables_of
from a4g_bench.leaderboard import Board, build
from a4g_bench.leaderboard.render import render
from a4g_bench.leaderboard.rows import Row

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "README.md"
RESULTS = ROOT / "results" / "standard"
BEGIN, END = "<!-- board:begin -->\n", "<!-- board:end -->\n"


def block(board: Board) -> str:
    """The lines between the markers."""
    lines = [_bold(line) for line in render(board, "md").splitlines()]
    return "\n".join([*_shares(board), "", *lines]) + "\n"


def _bold(line: str) -> str:
    return f"**{line.lstrip('# ')}**" if line.startswith("#") else line


def _shares(board: Board) -> list[str]:
    """A table: every entrant's share of the ceiling per poison budget, with its interval, in the board's order."""
    rows = {(row.entrant, row.budget_label): row for row in board.by("budget")}
    titles = ["share of the ceiling at", *board.budgets]
    lines = [f"| {' | '.join(titles)} |", f"| --- |{' --: |' * len(board.budgets)}"]
    for entrant in [row.entrant for row in board.overall if row.status == "ok"]:
        cells = [_share(rows[entrant, budget]) for budget in board.budgets]
        lines.append(f"| {entrant} | {' | '.join(cells)} |")
    return lines


def _share(row: Row) -> str:
    if row.of_ceiling is None or row.of_ceiling_low is None or row.of_ceiling_high is None:
        return "-"
    return f"{row.of_ceiling:+.2f} [{row.of_ceiling_low:+.2f}, {row.of_ceiling_high:+.2f}]"


def page(text: str, board: Board) -> str:
    """The README with the board in place. Raises ``ValueError`` if the markers are missing."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE.name}: the markers of the board are missing")
    return f"{before}{begin}{block(board)}{end}{after}"


def main() -> int:
    """Write the README, or with ``--check`` return 1 if it is not what the results say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if the board is out of date")
    asked = parser.parse_args()
    now = PAGE.read_text()
    made = page(now, build(tables_of([str(RESULTS)])))
    if asked.check:
        return int(made != now)
    PAGE.write_text(made)
    return 0


if __name__ == "__main__":
    sys.exit(main())
