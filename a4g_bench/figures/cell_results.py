"""What the pictures show: searches by cell and entrant with their queries and audits. Nothing here draws."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard import ResultTables
from a4g_bench.leaderboard.evidence import Competitor, competitors
from a4g_bench.leaderboard.records import Cell, Search, incumbents
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_searches
from a4g_bench.protocol import MEAN_SEED
from a4g_bench.store import tables
from a4g_bench.store.results import Results

Row = dict[str, Any]
Curve = npt.NDArray[np.float64]
_QUERY_COLUMNS = ("query", "phase", "failed", "unfairness", "accuracy", "best_objective")


@dataclass(frozen=True)
class Point:
    """Unfairness U and accuracy, both shares."""

    unfairness: float
    accuracy: float


@dataclass(frozen=True, eq=False)
class Searched:
    """One search: its row, its queries in order, and the audit's mean rows (None where it was not audited).

    ``elsewhere`` has, per other victim that the poison set was audited on, the mean rows of that victim clean and
    poisoned.
    """

    search: Search
    row: Row
    queries: tuple[Row, ...]
    clean: Row | None
    poisoned: Row | None
    elsewhere: Mapping[str, tuple[Row, Row]]

    @cached_property
    def _identity(self) -> Row:
        found = json.loads(self.row["identity"] or "{}")
        return found if isinstance(found, dict) else {}

    @property
    def folds(self) -> int:
        """Folds that judge an exploring query; with 1 it is judged on the search-validation rows."""
        return int((self._identity.get("fits") or {}).get("folds") or 1)

    @property
    def allowance(self) -> float | None:
        """Loss of accuracy that the search allowed itself."""
        allowed = self._identity.get("max_accuracy_loss")
        return None if allowed is None else float(allowed)

    @property
    def harm(self) -> str:
        """The rate whose gap U is."""
        return "FNR" if self.row["favourable"] == 1 else "FPR"

    def validated(self, role: str) -> Point | None:
        """``clean`` or ``poisoned`` (the final set), as the search measured it on search-validation rows."""
        return None if self._on_folds else self._measured(role)

    def explored_clean(self) -> Point | None:
        """The clean victim on the rows that judge an exploring query, where the search's row has it."""
        return self._measured("clean") if self.folds == 1 or self._on_folds else None

    @property
    def _on_folds(self) -> bool:
        """Whether the search's row compares on folds: where it evaluated no final set, though it has one."""
        evaluated = self.row["chosen_query"] is not None or self.row["validation_gap_poisoned"] is not None
        return self.folds > 1 and not evaluated

    def _measured(self, role: str) -> Point | None:
        gap, accuracy = self.row[f"validation_gap_{role}"], self.row[f"validation_accuracy_{role}"]
        return None if gap is None or accuracy is None else Point(gap, accuracy)

    def audited(self, role: str) -> Point | None:
        """``clean`` or ``poisoned`` on the audit rows, mean over the victim seeds."""
        row = self.clean if role == "clean" else self.poisoned
        return None if row is None else Point(row["unfairness"], row["accuracy"])

    def incumbents(self) -> tuple[Curve, Curve]:
        """U and accuracy of the best query so far within the allowance, after 0, 1, ... queries; (queries + 1,) each.

        Best is by the search's objective. Before the first such query it is the clean victim, if that was judged on the
        same rows, else NaN.
        """
        clean = self.explored_clean() or Point(np.nan, np.nan)
        bests = incumbents(self.queries)
        points = [clean if best is None else Point(best["unfairness"], best["accuracy"]) for best in bests]
        return np.array([p.unfairness for p in points]), np.array([p.accuracy for p in points])


@dataclass(frozen=True, eq=False)
class Contender:
    """An entrant at one cell. ``position`` among all entrants fixes its colour and marker in every picture."""

    competitor: Competitor
    position: int
    searches: tuple[Searched, ...]

    @property
    def label(self) -> str:
        """Its name in legends."""
        return self.competitor.label

    @property
    def finished(self) -> tuple[Searched, ...]:
        """Its searches that were audited."""
        return tuple(s for s in self.searches if s.poisoned is not None)

    @property
    def traced(self) -> tuple[Searched, ...]:
        """Its finished searches that made queries; if there are none, the unfinished ones that did."""
        queried = [s for s in self.searches if s.queries]
        return tuple(s for s in queried if s.poisoned is not None) or tuple(queried)


@dataclass(frozen=True, eq=False)
class CellResults:
    """Everything of one cell. The control ``clean`` is no contender: it is the reference of all others."""

    cell: Cell
    contenders: tuple[Contender, ...]
    controls: tuple[Searched, ...]  # of the attack ``clean``

    @cached_property
    def searches(self) -> tuple[Searched, ...]:
        """All searches of the cell."""
        return (*self.controls, *(s for contender in self.contenders for s in contender.searches))

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of any search of the cell."""
        return tuple(sorted({s.search.seed for s in self.searches}))

    @property
    def budget(self) -> str:
        """The poison budget in words."""
        budget = self.cell.budget
        return f"poison budget {budget.label}{' rows' if budget.is_count else ''}"

    @property
    def harm(self) -> str:
        """The rate whose gap U is."""
        return self.searches[0].harm

    @cached_property
    def clean(self) -> tuple[Searched, ...]:
        """One audited search per seed: its ``clean`` side is the clean victim's audit, the same for all of a seed."""
        audited = sorted((s for s in self.searches if s.clean is not None), key=lambda s: s.search.search_id)
        by_seed = {s.search.seed: s for s in audited}
        return tuple(by_seed[seed] for seed in sorted(by_seed))


def read_cell_results(
    folders: Sequence[Results], selection: Selection, only: Sequence[str] = ()
) -> tuple[CellResults, ...]:
    """The selected cells of some results folders, in a fixed order; ``only`` restricts them to these searches.

    Raises ``StoreError`` for a folder without results, a filter that names nothing in them, and results that contradict
    each other, as the leaderboard does.
    """
    found = [_tables(results) for results in folders]
    searches = [s for s in read_searches(found, selection) if s.role != REFERENCE_LINE]  # they search for nothing
    shown = sorted({s.entrant for s in searches if not selection.attacks or s.entrant.attack in selection.attacks})
    # those that search come first: they share pictures as lines, and the first looks differ most
    competing = sorted(
        competitors(searches, shown), key=lambda c: (c.attack_name == "clean", c.entrant.query_budget == 0)
    )
    known = {c.entrant: position for position, c in enumerate(competing)}
    searches = [s for s in searches if s.entrant in known and (not only or s.search_id in only)]
    read: dict[str, Searched] = {}
    for results, table in zip(folders, found, strict=True):
        mine = [s for s in searches if s.where == table.where]
        read |= _read(results, table.searches, mine)
    cells: dict[Cell, dict[int, list[Searched]]] = defaultdict(lambda: defaultdict(list))
    controls: dict[Cell, list[Searched]] = defaultdict(list)
    for s in searches:
        if s.attack_name == "clean":
            controls[s.cell].append(read[s.search_id])
        else:
            cells[s.cell][known[s.entrant]].append(read[s.search_id])
    return tuple(
        CellResults(
            cell,
            tuple(
                Contender(competing[position], position, tuple(sorted(own, key=lambda s: s.search.seed)))
                for position, own in sorted(cells[cell].items())
            ),
            tuple(controls[cell]),
        )
        for cell in sorted({*cells, *controls})
    )


def _tables(results: Results) -> ResultTables:
    if results.manifest() is None:
        raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
    nothing = tables.PREDICTIONS.empty_table(), tables.BASELINES.empty_table()  # pictures need neither
    return ResultTables(results.root, results.read("searches"), *nothing)


def _read(results: Results, rows: pa.Table, searches: Sequence[Search]) -> Mapping[str, Searched]:
    """The searches of one folder by identifier, with their queries and audits."""
    wanted = pa.array([s.search_id for s in searches], pa.string())

    def those(table: pa.Table) -> list[Row]:
        kept: list[Row] = table.filter(pc.is_in(table["search_id"], wanted)).to_pylist()
        return kept

    row_of = {
        row["search_id"]: row for row in sorted(those(rows), key=lambda r: (r["status"] == "ok", r["attempt"] or 0))
    }
    queries: dict[str, list[Row]] = defaultdict(list)
    for row in those(results.read("queries", columns=_QUERY_COLUMNS)):
        queries[row["search_id"]].append(row)
    audits = results.read("audits")
    means = {
        (row["search_id"], row["evaluated_on"], row["role"]): row
        for row in those(audits.filter(pc.equal(audits["audit_seed"], MEAN_SEED)))
    }

    def audit(s: Search, role: str) -> Row | None:
        return None if s.lacks else means.get((s.search_id, s.cell.pair.victim, role))

    elsewhere: dict[str, dict[str, tuple[Row, Row]]] = defaultdict(dict)
    victim_of = {s.search_id: s.cell.pair.victim for s in searches if not s.lacks}
    for (search_id, victim, role), poisoned in sorted(means.items()):
        if role == "poisoned" and victim_of.get(search_id, victim) != victim:
            elsewhere[search_id][victim] = means[search_id, victim, "clean"], poisoned

    return {
        s.search_id: Searched(
            s,
            row_of[s.search_id],
            tuple(sorted(queries[s.search_id], key=lambda q: int(q["query"])))
            if row_of[s.search_id]["queries"]
            else (),
            audit(s, "clean"),
            audit(s, "poisoned"),
            elsewhere[s.search_id],
        )
        for s in searches
    }
