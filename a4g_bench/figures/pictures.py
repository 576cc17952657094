"""Which pictures a results folder gives, and their files."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from matplotlib.figure import Figure

from a4g_bench.figures.bars import bars, transfer_bars
from a4g_bench.figures.explored import explored
from a4g_bench.figures.style import Format, file_name, render, styled
from a4g_bench.figures.trajectories import trajectories
from a4g_bench.leaderboard.charts import (
    CellResults,
    Contender,
    Measure,
    SearchResults,
    audit_chart,
    explored_chart,
    trajectory_chart,
    transfer_chart,
)
from a4g_bench.leaderboard.records import Cell


@dataclass(frozen=True, kw_only=True, eq=False)
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
    listed = []
    for results in cells:
        if not any(s.queries or s.clean is not None for s in results.searches):
            continue  # nothing ended and nothing was asked: nothing to see
        name = _name(results)
        listed.append(_of(results, f"{name}--unfairness", "unfairness", partial(_trajectories, results, "unfairness")))
        listed.append(_of(results, f"{name}--accuracy", "accuracy", partial(_trajectories, results, "accuracy")))
        if results.clean:
            listed.append(_of(results, f"{name}--audit", "audit", partial(_audit, results)))
        listed += [
            Picture(
                name=f"{name}--transfer-{file_name(contender.label)}",
                kind="transfer",
                cell=results.cell,
                draw=partial(_transfer, results, contender),
                attack=contender.label,
            )
            for contender in results.contenders
            if any(search.elsewhere for search in contender.finished)
        ]
    return listed + searched(cells)


def searched(cells: Sequence[CellResults]) -> list[Picture]:
    """One picture per search that made queries."""
    return [
        Picture(
            name=f"searches/{_name(results)}--"
            + file_name(contender.label, f"seed{of_search.search.seed}", of_search.search.search_id),
            kind="search",
            cell=results.cell,
            draw=partial(_explored, results, contender, of_search),
            attack=contender.label,
            seed=of_search.search.seed,
            search_id=of_search.search.search_id,
        )
        for results in cells
        for contender in results.contenders
        for of_search in contender.searches
        if of_search.queries
    ]


def _trajectories(results: CellResults, measure: Measure) -> Figure:
    return trajectories(trajectory_chart(results, measure))


def _audit(results: CellResults) -> Figure:
    return bars(audit_chart(results))


def _transfer(results: CellResults, contender: Contender) -> Figure:
    return transfer_bars(transfer_chart(results, contender))


def _explored(results: CellResults, contender: Contender, of_search: SearchResults) -> Figure:
    return explored(explored_chart(results, contender, of_search))


def _of(results: CellResults, name: str, kind: str, draw: Callable[[], Figure]) -> Picture:
    return Picture(name=name, kind=kind, cell=results.cell, draw=draw)


def _name(results: CellResults) -> str:
    pair, budget = results.cell.setting, results.cell.budget
    share = f"{int(budget.number)}rows" if budget.is_count else budget.label.replace("%", "pct")
    return file_name(pair.dataset, pair.attribute, pair.victim, share)
