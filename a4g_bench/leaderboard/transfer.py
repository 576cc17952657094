"""How poison sets crafted on one victim do on others: boards of the same tables with the victims exchanged."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.board import build
from a4g_bench.leaderboard.records import Budget, ResultTables

#: Between victim and defence in the name of a victim behind one.
BEHIND = " behind "
_SAME = ("dataset", "attribute", "fingerprint", "seed")


@dataclass(frozen=True)
class TransferCell:
    """One attack at one cell, crafted on one victim and audited on another (or on the same).

    ``fg`` is FG@1_b with its 95 % interval ``fg_low..fg_high``; gaps and costs are rates. Null is "does not exist".
    """

    dataset: str | None
    attribute: str | None
    budget_label: str | None
    entrant: str
    attack: str
    role: str
    crafted_on: str
    evaluated_on: str | None
    fg: float | None
    fg_low: float | None
    fg_high: float | None
    gap_clean: float | None
    gap_poisoned: float | None
    accuracy_cost: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def transfer(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
    draws: int = 2000,
) -> tuple[TransferCell, ...]:
    """The matrix crafted-on x evaluated-on of each data set, budget and attack that was audited on another victim.

    ``victims`` selects those that were crafted on. The numbers are the leaderboard's, as if a search belonged to the
    victim it was audited on. Raises ``StoreError`` if nothing that is selected was audited on another victim.
    """
    tables = [selected(table, datasets, [Budget.parse(text) for text in budgets], attacks) for table in tables]
    which = " that is selected" if datasets or victims or budgets or attacks else ""
    nothing = StoreError(f"nothing{which} was audited on another victim: give an attack of the suite 'evaluate_on'")
    if not any(_elsewhere(table) for table in tables):
        raise nothing
    crafted = sorted({victim for table in tables for victim in evaluated(table) if not victims or victim in victims})
    cells: list[TransferCell] = []
    for victim in crafted:
        exchanged = [
            exchange(table, victim, other)
            for table in tables
            for other in sorted(evaluated(table).get(victim, set()))
            if BEHIND not in other
        ]
        if not exchanged:
            continue
        board = build(exchanged, draws=draws)
        cells += [
            TransferCell(
                row.dataset, row.attribute, row.budget_label, row.entrant, row.attack, row.role, victim, row.victim,
                row.fg, row.fg_low, row.fg_high, row.gap_clean, row.gap_poisoned, row.accuracy_cost, row.seeds,
            )
            for row in board.cells
            if row.seeds  # the board names what was not run, too
        ]  # fmt: skip
    travelled = {_matrix(cell) for cell in cells if cell.evaluated_on != cell.crafted_on}
    if not travelled:
        raise nothing
    return tuple(cell for cell in cells if _matrix(cell) in travelled)


def selected(
    table: ResultTables, datasets: Sequence[str], budgets: Sequence[Budget], attacks: Sequence[str]
) -> ResultTables:
    """The tables with the searches of some data sets, budgets and attacks; an empty filter selects everything."""
    wanted = [
        (not datasets or dataset in datasets)
        and (not budgets or Budget.parse(budget) in budgets)
        and (not attacks or attack in attacks)
        for dataset, budget, attack in zip(
            *(table.searches.column(name).to_pylist() for name in ("dataset", "budget", "attack")), strict=True
        )
    ]
    return replace(table, searches=table.searches.filter(pa.array(wanted, pa.bool_())))


def _matrix(cell: TransferCell) -> tuple[str | None, ...]:
    return cell.dataset, cell.attribute, cell.budget_label, cell.entrant


def _elsewhere(table: ResultTables) -> bool:
    return any(
        BEHIND not in other and other != victim for victim, others in evaluated(table).items() for other in others
    )


def evaluated(table: ResultTables) -> dict[str, set[str]]:
    """The victims that poison sets were crafted on, with those that they were audited on."""
    victim_of = dict(zip(*(table.searches.column(name).to_pylist() for name in ("search_id", "victim")), strict=True))
    found: dict[str, set[str]] = {}
    on = (table.predictions.column(name).to_pylist() for name in ("search_id", "evaluated_on"))
    for search_id, evaluated_on in zip(*on, strict=True):
        if search_id in victim_of:
            found.setdefault(victim_of[search_id], set()).add(evaluated_on)
    return found


def exchange(table: ResultTables, crafted: str, victim: str) -> ResultTables:
    """The searches crafted on ``crafted`` that were audited on ``victim`` too, as if they were that victim's."""
    columns = (table.baselines.column(name).to_pylist() for name in (*_SAME, "victim", "baseline_id"))
    baselines = {tuple(row[:-1]): row[-1] for row in zip(*columns, strict=True)}
    of_crafted = table.searches.filter(pc.equal(table.searches.column("victim"), crafted))
    here = table.predictions.filter(pc.equal(table.predictions.column("evaluated_on"), victim))
    audited = pc.is_in(of_crafted.column("search_id"), here.column("search_id").combine_chunks())
    rows = of_crafted.filter(audited).to_pylist()
    for row in rows:
        row["baseline_id"] = baselines.get((*(row[name] for name in _SAME), victim))
        if victim != crafted:
            row["identity"] = json.dumps({**json.loads(row["identity"]), "victim": {"transferred_to": victim}})
        row["victim"] = victim
        row["search_id"] += f" on {victim}"  # the board would take two rows of one search for one
    searches = pa.Table.from_pylist(rows, table.searches.schema)
    names = pc.binary_join_element_wise(here.column("search_id"), victim, " on ")
    here = here.set_column(here.column_names.index("search_id"), "search_id", names)
    return ResultTables(f"{table.where} ({crafted} on {victim})", searches, here, table.baselines)
