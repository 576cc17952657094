"""Which pictures a results folder gives, and their files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from a4g_bench.figures.bars import bars, transfer_bars
from a4g_bench.figures.cell_results import CellResults
from a4g_bench.figures.explored import explored
from a4g_bench.figures.style import Format, file_name, render, styled
from a4g_bench.figures.trajectories import trajectories
from a4g_bench.leaderboard.records import Cell


@dataclass(frozen=True, eq=False)
class Picture:
    """One picture: ``name`` of its file without suffix, what it shows, and how it is drawn."""

    name: str
    kind: str
    cell: Cell
    draw: Callable[[], Figure]
    attack: str | None = None
    seed: int | None = None
    search_id: str | None = None

    def figure(self) -> Figure:
        """The figure, in the one look."""
        with styled():
            return self.draw()

    def content(self, forms: Sequence[Format]) -> Iterator[tuple[Format, bytes]]:
        """The content of its files: drawn once, rendered per format."""
        with styled():
            drawn = self.draw()
            for form in forms:
                yield form, render(drawn, form)


def pictures(cells: Sequence[CellResults]) -> list[Picture]:
    """Per cell unfairness, accuracy and the audit's metrics, and per attack its transfer; then one per search that
    made queries.
    """
    found = []
    for results in cells:
        if not any(s.queries or s.clean is not None for s in results.searches):
            continue  # nothing ended and nothing was asked: nothing to see
        name = _name(results)
        found.append(_of(results, f"{name}--unfairness", "unfairness", partial(trajectories, results, "unfairness")))
        found.append(_of(results, f"{name}--accuracy", "accuracy", partial(trajectories, results, "accuracy")))
        if results.clean:
            found.append(_of(results, f"{name}--audit", "audit", partial(bars, results)))
        found += [
            Picture(
                f"{name}--transfer-{file_name(contender.label)}",
                "transfer",
                results.cell,
                partial(transfer_bars, results, contender),
                contender.label,
            )
            for contender in results.contenders
            if any(one.elsewhere for one in contender.finished)
        ]
    return found + searched(cells)


def searched(cells: Sequence[CellResults]) -> list[Picture]:
    """One picture per search that made queries."""
    return [
        Picture(
            f"searches/{_name(results)}--{file_name(contender.label, f'seed{one.search.seed}', one.search.search_id)}",
            "search",
            results.cell,
            partial(explored, results, contender, one),
            contender.label,
            one.search.seed,
            one.search.search_id,
        )
        for results in cells
        for contender in results.contenders
        for one in contender.searches
        if one.queries
    ]


def _of(results: CellResults, name: str, kind: str, draw: Callable[[], Figure]) -> Picture:
    return Picture(name, kind, results.cell, draw)


def _name(results: CellResults) -> str:
    pair, budget = results.cell.pair, results.cell.budget
    share = f"{int(budget.number)}rows" if budget.is_count else budget.label.replace("%", "pct")
    return file_name(pair.dataset, pair.attribute, pair.victim, share)
