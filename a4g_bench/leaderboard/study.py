"""Results read and bootstrapped once, from which any number of boards can be made."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.audits import sides_of
from a4g_bench.leaderboard.evidence import Bootstrapped, Evidence, bootstrap, weigh
from a4g_bench.leaderboard.outcomes import read_outcomes
from a4g_bench.leaderboard.records import OFF_TARGET, Entrant, ResultTables, Search
from a4g_bench.leaderboard.select import REFERENCE_LINE, Selection, kept_cells, read_searches


@dataclass(frozen=True, eq=False)
class Study:
    """``searches`` are all the selected ones, ``lacking`` those that yield no number."""

    searches: tuple[Search, ...]
    lacking: tuple[Search, ...]
    bootstrapped: Bootstrapped
    selection: Selection
    draws: int

    @property
    def entrants(self) -> tuple[Search, ...]:
        """The searches of those that compete, without the reference lines."""
        return tuple(s for s in self.searches if s.role != REFERENCE_LINE)

    @cached_property
    def evidence(self) -> Evidence:
        """The results of the searches, and the judgement on every pair."""
        return weigh(self.searches, self.bootstrapped, self._shown())

    def _shown(self) -> list[Entrant]:
        asked = self.selection.attacks
        return sorted({s.entrant for s in self.entrants if not asked or s.entrant.attack in asked})

    def restricted(self, selection: Selection) -> "Study":
        """A selection of its data sets, victims and budgets: pairs, ranks and means are those of these cells alone.

        Equal to a study of the selection where all cells of a pair have the same seeds: then the draws are the same.
        Raises ``StoreError`` if nothing is selected.
        """
        chosen = replace(selection, attacks=self.selection.attacks)
        kept = tuple(kept_cells(self.searches, chosen))
        if not any(s.role != REFERENCE_LINE for s in kept):
            raise StoreError("no search matches the filters together")
        lacking = tuple(kept_cells(self.lacking, chosen))
        return Study(kept, lacking, self.bootstrapped, chosen, self.draws)


def study(tables: Sequence[ResultTables], selection: Selection, draws: int = 2000) -> Study:
    """Read and bootstrap the selected results.

    Raises ``StoreError`` where they cannot share a board, or the selection names something that is not in them.
    """
    if draws < 20:
        raise ValueError("at least 20 bootstrap draws are needed")
    searches = read_searches(tables, selection)
    outcomes, lacking = read_outcomes(tables, searches)
    return Study(tuple(searches), tuple(lacking), bootstrap(outcomes, draws, _changes(tables)), selection, draws)


def _changes(tables: Sequence[ResultTables]) -> dict[tuple[str, str], dict[str, float]]:
    """Poisoned less clean, of every metric that is reported whatever was optimised, per folder and search."""
    return {
        (table.where, search_id): {name: poisoned[name] - clean[name] for name in OFF_TARGET}
        for table in tables
        for search_id, [(clean, poisoned)] in sides_of(table, OFF_TARGET, mean=True).items()
    }
