"""How poison sets do on other victims, and what defences leave of their gains."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import NotAskedForError
from a4g_bench.leaderboard.board import build
from a4g_bench.leaderboard.columns import Row
from a4g_bench.leaderboard.records import Budget
from a4g_bench.protocol import DRAWS
from a4g_bench.store.tables import ResultTables

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
    draws: int = DRAWS,
) -> tuple[TransferCell, ...]:
    """The matrix crafted-on x evaluated-on of each data set, budget and attack that was audited on another victim.

    The numbers are the leaderboard's, as if a search belonged to the victim it was audited on.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only what was crafted on these.
        budgets: Only these poison budgets.
        attacks: Only these attacks.
        draws: Bootstrap draws.

    Returns:
        The cells of the matrices.

    Raises:
        NotAskedForError: If nothing that is selected was audited on another victim.
        StoreError: Where the results cannot share a board.
    """
    tables = [selected(table, datasets, [Budget.parse(text) for text in budgets], attacks) for table in tables]
    which = " that is selected" if datasets or victims or budgets or attacks else ""
    nothing = NotAskedForError(
        f"nothing{which} was audited on another victim: give an attack of the suite 'evaluate_on'"
    )
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


_AT = ("dataset", "attribute", "fingerprint", "seed")


@dataclass(frozen=True)
class DefendedCell:
    """One attack at one cell behind one defence; ``defence`` is null where there is none.

    Behind a defence, G, gaps and costs compare the poisoned victim with the clean one behind the same defence. Rates;
    null is "does not exist".
    """

    dataset: str | None
    attribute: str | None
    victim: str
    budget_label: str | None
    entrant: str
    attack: str
    role: str
    defence: str | None
    fg: float | None
    fg_low: float | None
    fg_high: float | None
    gain: float | None
    gap_clean: float | None
    gap_poisoned: float | None
    accuracy_cost: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Price:
    """What a defence does to the clean victim: its gap before and after, and the accuracy it costs, as rates.

    ``gap_closed`` has a paired 95 % interval; ``accuracy_cost_upper`` is the cost's one-sided 95 % upper bound.
    """

    dataset: str | None
    attribute: str | None
    victim: str | None
    defence: str
    gap_undefended: float | None
    gap_defended: float | None
    gap_closed: float | None
    gap_closed_low: float | None
    gap_closed_high: float | None
    accuracy_cost: float | None
    accuracy_cost_upper: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def defended(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
    draws: int = DRAWS,
) -> tuple[tuple[DefendedCell, ...], tuple[Price, ...]]:
    """Every attack's cells, undefended and behind each defence, and the defences' own prices on clean data.

    The numbers are the leaderboard's, as if a victim behind a defence were a victim of its own.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.
        budgets: Only these poison budgets.
        attacks: Only these attacks.
        draws: Bootstrap draws.

    Returns:
        The cells, and the prices.

    Raises:
        NotAskedForError: If nothing that is selected was audited behind a defence.
        StoreError: Where the results cannot share a board.
    """
    tables = [selected(table, datasets, [Budget.parse(text) for text in budgets], attacks) for table in tables]
    crafted = sorted({victim for table in tables for victim in evaluated(table) if not victims or victim in victims})
    cells: list[DefendedCell] = []
    prices: list[Price] = []
    for victim in crafted:
        others = sorted({o for table in tables for o in evaluated(table).get(victim, set()) if _defence(o, victim)})
        if not others:
            continue
        for other in (victim, *others):
            board = build([exchange(table, victim, other) for table in tables], draws=draws)
            cells += [_cell(row, victim, _defence(other, victim)) for row in board.cells if row.seeds]
        board = build([_as_attacks(table, victim, others) for table in tables], draws=draws)
        prices += [_price(row) for row in board.cells if row.seeds]
    if not cells:
        which = " that is selected" if datasets or victims or budgets or attacks else ""
        raise NotAskedForError(f"nothing{which} was audited behind a defence: give the suite 'defences'")
    return tuple(cells), tuple(prices)


def _defence(evaluated_on: str, victim: str) -> str | None:
    name, behind, defence = evaluated_on.partition(BEHIND)
    return defence if behind and name == victim else None


def _cell(row: Row, victim: str, defence: str | None) -> DefendedCell:
    return DefendedCell(
        row.dataset, row.attribute, victim, row.budget_label, row.entrant, row.attack, row.role, defence,
        row.fg, row.fg_low, row.fg_high, row.gain, row.gap_clean, row.gap_poisoned, row.accuracy_cost, row.seeds,
    )  # fmt: skip


def _price(row: Row) -> Price:
    return Price(
        row.dataset, row.attribute, row.victim, row.attack, row.gap_clean, row.gap_poisoned, row.gap_closed,
        row.gap_closed_low, row.gap_closed_high, row.accuracy_cost, row.accuracy_cost_upper, row.seeds,
    )  # fmt: skip


def _as_attacks(table: ResultTables, victim: str, defended_victims: Sequence[str]) -> ResultTables:
    """The clean victim behind each defence, as if the defence were an attack on the undefended one."""
    own = table.searches.filter(pc.equal(table.searches.column("victim"), victim)).to_pylist()
    templates = {tuple(row[name] for name in _AT): row for row in own if row["baseline_id"] is not None}
    wanted = pc.is_in(table.baselines.column("victim"), pa.array(defended_victims))
    baselines = [
        row for row in table.baselines.filter(wanted).to_pylist() if tuple(row[name] for name in _AT) in templates
    ]
    searches = list(_pretended(baselines, templates, victim))
    predictions = [
        {
            "search_id": row["baseline_id"],
            "evaluated_on": victim,
            **{name: row[name] for name in ("audit_seed", "rows", "predicted")},
        }
        for row in baselines
    ]
    return ResultTables(
        f"{table.where} (defences)",
        pa.Table.from_pylist(searches, table.searches.schema),
        pa.Table.from_pylist(predictions, table.predictions.schema),
        table.baselines,
    )


def _pretended(
    baselines: Sequence[Mapping[str, Any]], templates: Mapping[tuple[Any, ...], Mapping[str, Any]], victim: str
) -> Iterator[dict[str, Any]]:
    """One search per clean audit behind a defence."""
    for baseline in {row["baseline_id"]: row for row in baselines}.values():
        defence = _defence(baseline["victim"], victim)
        template = templates[tuple(baseline[name] for name in _AT)]
        yield {
            **template,
            "search_id": baseline["baseline_id"],
            "attack": defence,
            "attack_name": defence,
            "role": "baseline",
            "budget": "1%",
            "objective": "unfairness",
            "query_budget": 0,
            "poison_rows": 0,
            "identity": json.dumps({"attack": {"defence": defence}}),
        }
