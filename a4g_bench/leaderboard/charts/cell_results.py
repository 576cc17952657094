"""What charts show: searches by cell and entrant with their queries and audits, from the stored tables."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.board import Study
from a4g_bench.leaderboard.competitors import Competitor, competitors
from a4g_bench.leaderboard.records import Cell, Search, incumbents
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_searches
from a4g_bench.protocol import MEAN_SEED
from a4g_bench.store import tables
from a4g_bench.store.results import Results
from a4g_bench.store.rows import AuditRow, QueryRow, SearchRow
from a4g_bench.store.tables import AuditedOn, ResultTables

Curve = npt.NDArray[np.float64]
Side = Literal["clean", "poisoned"]
#: Of the queries table, what charts read.
QUERY_COLUMNS = ("query", "phase", "failed", "unfairness", "accuracy", "best_objective")


@dataclass(frozen=True)
class Point:
    """Unfairness U and accuracy, both shares."""

    unfairness: float
    accuracy: float


def measured(query: QueryRow) -> Point | None:
    """What a query measured; None if it failed."""
    unfairness, accuracy = query["unfairness"], query["accuracy"]
    if query["failed"] is not None or unfairness is None or accuracy is None:
        return None
    return Point(unfairness, accuracy)


@dataclass(frozen=True, kw_only=True, eq=False)
class SearchResults:
    """One search: its row, its queries in order, and the audit's mean rows (None where it was not audited).

    Queries have the columns ``QUERY_COLUMNS`` only. ``elsewhere`` has, per other victim that the poison set was audited
    on, the mean rows of that victim clean and poisoned; its own victim behind a defence is no other victim.
    """

    search: Search
    row: SearchRow
    queries: tuple[QueryRow, ...]
    clean: AuditRow | None
    poisoned: AuditRow | None
    elsewhere: Mapping[str, tuple[AuditRow, AuditRow]]

    @cached_property
    def _identity(self) -> dict[str, Any]:
        identity = json.loads(self.row["identity"] or "{}")
        return identity if isinstance(identity, dict) else {}

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

    def validated(self, side: Side) -> Point | None:
        """``clean`` or ``poisoned`` (the final set), as the search measured it on search-validation rows."""
        return None if self._on_folds else self._measured(side)

    def measured_clean(self) -> Point | None:
        """The clean victim as the search's row has it, beside its final set: on search-validation rows or on folds."""
        return self._measured("clean")

    def explored_clean(self) -> Point | None:
        """The clean victim on the rows that judge an exploring query, where the search's row has it."""
        return self._measured("clean") if self.folds == 1 or self._on_folds else None

    @property
    def _on_folds(self) -> bool:
        """Whether the search's row compares on folds: where it evaluated no final set, though it has one."""
        evaluated = self.row["chosen_query"] is not None or self.row["validation_gap_poisoned"] is not None
        return self.folds > 1 and not evaluated

    def _measured(self, side: Side) -> Point | None:
        row = self.row
        if side == "clean":
            gap, accuracy = row["validation_gap_clean"], row["validation_accuracy_clean"]
        else:
            gap, accuracy = row["validation_gap_poisoned"], row["validation_accuracy_poisoned"]
        return None if gap is None or accuracy is None else Point(gap, accuracy)

    def audited(self, side: Side) -> Point | None:
        """``clean`` or ``poisoned`` on the audit rows, mean over the victim seeds."""
        row = self.clean if side == "clean" else self.poisoned
        return None if row is None else Point(row["unfairness"], row["accuracy"])

    def incumbents(self) -> tuple[Curve, Curve]:
        """U and accuracy of the best query so far within the allowance, after 0, 1, ... queries; (queries + 1,) each.

        Best is by the search's objective. Before the first such query it is the clean victim, if that was judged on the
        same rows, else NaN.
        """
        clean = self.explored_clean() or Point(np.nan, np.nan)
        points = [clean if best is None else measured(best) or clean for best in incumbents(self.queries)]
        return np.array([p.unfairness for p in points]), np.array([p.accuracy for p in points])


@dataclass(frozen=True, kw_only=True, eq=False)
class Contender:
    """An entrant at one cell. ``position`` among all entrants fixes its colour and marker in every picture."""

    competitor: Competitor
    position: int
    searches: tuple[SearchResults, ...]

    @property
    def label(self) -> str:
        """Its name in legends."""
        return self.competitor.label

    @property
    def finished(self) -> tuple[SearchResults, ...]:
        """Its searches that were audited."""
        return tuple(s for s in self.searches if s.poisoned is not None)

    @property
    def traced(self) -> tuple[SearchResults, ...]:
        """Its finished searches that made queries; if there are none, the unfinished ones that did."""
        queried = [s for s in self.searches if s.queries]
        return tuple(s for s in queried if s.poisoned is not None) or tuple(queried)


@dataclass(frozen=True, kw_only=True, eq=False)
class CellResults:
    """Everything of one cell. The control ``clean`` is no contender: it is the reference of all others."""

    cell: Cell
    contenders: tuple[Contender, ...]
    controls: tuple[Contender, ...]  # of the attack ``clean``

    @property
    def entrants(self) -> tuple[Contender, ...]:
        """Contenders and controls, in the order of attack, objective and query budget."""
        return tuple(sorted((*self.contenders, *self.controls), key=lambda c: c.competitor.entrant))

    @cached_property
    def searches(self) -> tuple[SearchResults, ...]:
        """All searches of the cell."""
        return tuple(s for entrant in (*self.controls, *self.contenders) for s in entrant.searches)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Seeds of any search of the cell."""
        return tuple(sorted({s.search.seed for s in self.searches}))

    @property
    def harm(self) -> str:
        """The rate whose gap U is."""
        return self.searches[0].harm

    @cached_property
    def clean(self) -> tuple[SearchResults, ...]:
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
    of_folders = [_tables(results) for results in folders]
    searches = [s for s in read_searches(of_folders, selection) if s.role != REFERENCE_LINE]  # they search for nothing
    shown = sorted({s.entrant for s in searches if not selection.attacks or s.entrant.attack in selection.attacks})
    competing = competitors(searches, shown)
    entrants = {c.entrant for c in competing}
    wanted = [s for s in searches if s.entrant in entrants and (not only or s.search_id in only)]
    results_of = {
        search_id: results
        for folder, table in zip(folders, of_folders, strict=True)
        for search_id, results in _read(
            [s for s in wanted if s.where == table.where],
            table.searches,
            folder.read("queries", columns=QUERY_COLUMNS),
            folder.read("audits"),
        ).items()
    }
    return _by_cell(wanted, competing, results_of)


def cell_results_of(study: Study, of_folders: Sequence[ResultTables]) -> tuple[CellResults, ...]:
    """The cells of a study in a fixed order. ``of_folders`` are the tables that it was made of, with their audits; the
    queries are read from their folders. Raises ``StoreError`` for a file of them that cannot be read.
    """
    competing = study.evidence.competitors
    entrants = {c.entrant for c in competing}
    wanted = [s for s in study.entrants if s.entrant in entrants]
    results_of = {
        search_id: results
        for table in of_folders
        for search_id, results in _read(
            [s for s in wanted if s.where == table.where],
            table.searches,
            _queries(table.address or table.where),
            tables.AUDITS.empty_table() if table.audits is None else table.audits,
        ).items()
    }
    return _by_cell(wanted, competing, results_of)


def _queries(root: str) -> pa.Table:
    results = Results(root)
    queries = results.read("queries", columns=QUERY_COLUMNS)
    for name, why in results.damaged.items():
        raise StoreError(f"{results.root}/{name} cannot be read ({why})")
    return queries


def _by_cell(
    searches: Sequence[Search], competing: Sequence[Competitor], results_of: Mapping[str, SearchResults]
) -> tuple[CellResults, ...]:
    # those that search come first: they share pictures as lines, and the first looks differ most
    ordered = sorted(competing, key=lambda c: (c.attack_name == "clean", c.entrant.query_budget == 0))
    positions = {c.entrant: position for position, c in enumerate(ordered)}
    at: dict[Cell, dict[int, list[SearchResults]]] = defaultdict(lambda: defaultdict(list))
    for s in searches:
        at[s.cell][positions[s.entrant]].append(results_of[s.search_id])
    cells = []
    for cell in sorted(at):
        entrants = [
            Contender(
                competitor=ordered[position],
                position=position,
                searches=tuple(sorted(own, key=lambda s: s.search.seed)),
            )
            for position, own in sorted(at[cell].items())
        ]
        cells.append(
            CellResults(
                cell=cell,
                contenders=tuple(c for c in entrants if c.competitor.attack_name != "clean"),
                controls=tuple(c for c in entrants if c.competitor.attack_name == "clean"),
            )
        )
    return tuple(cells)


def _tables(results: Results) -> ResultTables:
    if results.manifest() is None:
        raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
    nothing = tables.PREDICTIONS.empty_table(), tables.BASELINES.empty_table()  # charts need neither
    return ResultTables(results.root, results.read("searches"), *nothing)


def _read(
    searches: Sequence[Search], search_table: pa.Table, query_table: pa.Table, audit_table: pa.Table
) -> dict[str, SearchResults]:
    """The searches of one folder by identifier, with their queries and audits."""
    identifiers = pa.array([s.search_id for s in searches], pa.string())

    def of_these(table: pa.Table) -> Any:
        return table.filter(pc.is_in(table["search_id"], identifiers)).to_pylist()

    search_rows: list[SearchRow] = of_these(search_table)
    row_of = {
        row["search_id"]: row for row in sorted(search_rows, key=lambda r: (r["status"] == "ok", r["attempt"] or 0))
    }
    query_rows: list[QueryRow] = of_these(query_table)
    queries: dict[str, list[QueryRow]] = defaultdict(list)
    for query in query_rows:
        queries[query["search_id"]].append(query)
    audit_rows: list[AuditRow] = of_these(audit_table.filter(pc.equal(audit_table["audit_seed"], MEAN_SEED)))
    means = {(row["search_id"], row["evaluated_on"], row["role"]): row for row in audit_rows}
    elsewhere = _elsewhere(means, {s.search_id: s.cell.setting.victim for s in searches if not s.lacks})

    def audit(s: Search, side: Side) -> AuditRow | None:
        return None if s.lacks else means.get((s.search_id, s.cell.setting.victim, side))

    return {
        s.search_id: SearchResults(
            search=s,
            row=row_of[s.search_id],
            # of one that made none, an earlier attempt may have left some
            queries=tuple(sorted(queries[s.search_id], key=lambda q: q["query"]))
            if row_of[s.search_id]["queries"]
            else (),
            clean=audit(s, "clean"),
            poisoned=audit(s, "poisoned"),
            elsewhere=elsewhere.get(s.search_id, {}),
        )
        for s in searches
    }


def _elsewhere(
    means: Mapping[tuple[str, str, str], AuditRow], victim_of: Mapping[str, str]
) -> Mapping[str, Mapping[str, tuple[AuditRow, AuditRow]]]:
    """Per search and other victim that it was audited on, the mean rows of that victim clean and poisoned."""
    elsewhere: dict[str, dict[str, tuple[AuditRow, AuditRow]]] = defaultdict(dict)
    for (search_id, victim, side), poisoned in sorted(means.items(), key=lambda item: item[0]):
        if (
            side == "poisoned"
            and AuditedOn.parse(victim).defence is None
            and victim_of.get(search_id, victim) != victim
        ):
            elsewhere[search_id][victim] = means[search_id, victim, "clean"], poisoned
    return elsewhere
