"""What defences leave of the attacks' gains, and what they cost where nobody attacks."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.board import build
from a4g_bench.leaderboard.records import Budget, ResultTables
from a4g_bench.leaderboard.rows import Row
from a4g_bench.leaderboard.transfer import BEHIND, evaluated, exchange, selected

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
    draws: int = 2000,
) -> tuple[tuple[DefendedCell, ...], tuple[Price, ...]]:
    """Every attack's cells, undefended and behind each defence, and the defences' own prices on clean data.

    The numbers are the leaderboard's, as if a victim behind a defence were a victim of its own. Raises ``StoreError``
    if nothing that is selected was audited behind a defence.
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
        raise StoreError(f"nothing{which} was audited behind a defence: give the suite 'defences'")
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
