"""The coordinates and facts of one search, its audits side by side, and its best queries."""

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.protocol import FIFTHS, LEAST_GAP, MEAN_SEED
from a4g_bench.store.coordinates import parse_budget
from a4g_bench.store.rows import QueryRow
from a4g_bench.store.tables import DETECTABILITY, AuditedOn, ResultTables, Row


@dataclass(frozen=True, order=True)
class Budget:
    """A poison budget: a share of the training rows (``1%``) or a count of rows (``50``); shares sort first."""

    is_count: bool
    number: float

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read a budget as a suite writes it. Raises ``StoreError`` if it is neither."""
        budget = parse_budget(text)
        if budget is None:
            raise StoreError(f"poison budget '{text}': write a share such as 1% or a count of rows such as 50")
        return cls(budget.is_count, budget.number)

    @property
    def label(self) -> str:
        """As written in a suite."""
        return f"{int(self.number)}" if self.is_count else f"{self.number * 100:g}%"


@dataclass(frozen=True, order=True)
class SettingKey:
    """A data set with a protected attribute, and a victim."""

    dataset: str
    attribute: str
    victim: str

    def __str__(self) -> str:
        return f"{self.dataset}/{self.attribute} x {self.victim}"


@dataclass(frozen=True, order=True)
class Cell:
    """A setting at one poison budget."""

    setting: SettingKey
    budget: Budget

    def __str__(self) -> str:
        return f"{self.setting} at {self.budget.label}"


@dataclass(frozen=True, order=True)
class Entrant:
    """Who competes: an attack with its objective (of no meaning for attacks that do not search) and query budget."""

    attack: str
    objective: str
    query_budget: int


@dataclass(frozen=True, kw_only=True)
class Search:
    """One row of the searches table; ``lacks`` says why it yields no number (empty when it does).

    ``elsewhere`` names another audit than that of its own victim; then the cell is that audit's.
    """

    search_id: str
    where: str
    cell: Cell
    entrant: Entrant
    seed: int
    attack_name: str
    role: str
    lacks: str
    baseline_id: str
    fingerprint: str
    budget_share: float | None
    rows: int | None  # of the data set as it was used: train, search-validation and audit
    queries: float
    poison_rows: float | None  # in its final set
    cpu_seconds: float
    validation_gaps: tuple[float, float] | None  # U as the search measured it, clean and poisoned
    cautions: tuple[str, ...]
    budget_rows: int | None
    protocol_version: int
    definitions: tuple[tuple[str, str, str], ...]  # (kind, label, JSON): what the labels stand for
    hidden: bool = False  # whether victims do not see the protected attribute
    threat: tuple[str, str, str] = ("", "", "")  # knowledge, labels, row origin
    detectability: tuple[float | None, ...] = (None,) * len(DETECTABILITY)
    elsewhere: AuditedOn | None = None

    @property
    def audited_on(self) -> AuditedOn:
        """With the identifier the key of the audit that is meant: that of its own victim, unless it is elsewhere."""
        return self.elsewhere or AuditedOn(self.cell.setting.victim)

    def as_audited_on(self, other: AuditedOn, baseline_id: str) -> "Search":
        """The search as its audit on another victim, or behind a defence, judges it, against that one's clean audit."""
        cell = Cell(replace(self.cell.setting, victim=other.label), self.cell.budget)
        return replace(self, cell=cell, baseline_id=baseline_id, elsewhere=other)

    @property
    def validation_gain(self) -> float | None:
        """G as the search measured it."""
        return None if self.validation_gaps is None else search_gain(*self.validation_gaps)

    @cached_property
    def place(self) -> tuple[Cell, Entrant, int]:
        """The coordinates at which there may be only one result."""
        return self.cell, self.entrant, self.seed


def search_gain(clean: float, poisoned: float) -> float:
    """G = clip((U_clean - U_poisoned) / max(U_clean, 0.02), -1, 1), the protocol's share of the gap closed."""
    return min(1.0, max(-1.0, (clean - poisoned) / max(clean, LEAST_GAP)))


def record(row: dict[str, object], where: str) -> Search:
    """Read one row of the searches table of the folder ``where``."""

    def text(name: str) -> str:
        return str(row[name]) if row.get(name) is not None else ""

    def number(name: str) -> float | None:
        value = row.get(name)
        return float(value) if isinstance(value, int | float) and math.isfinite(value) else None

    clean, poisoned = number("validation_gap_clean"), number("validation_gap_poisoned")
    ok = row["status"] == "ok"
    cautions = row["cautions"]
    parts = [number(name) for name in ("train_rows", "validation_rows", "audit_rows")]
    return Search(
        search_id=text("search_id"),
        where=where,
        cell=Cell(SettingKey(text("dataset"), text("attribute"), text("victim")), Budget.parse(text("budget"))),
        entrant=Entrant(text("attack"), text("objective"), int(number("query_budget") or 0)),
        seed=int(number("seed") or 0),
        attack_name=text("attack_name"),
        role=text("role"),
        lacks="" if ok else text("error_type") or text("status") or "no status",
        baseline_id=text("baseline_id"),
        fingerprint=text("fingerprint"),
        budget_share=number("budget_share"),
        rows=None if None in parts else int(sum(part or 0 for part in parts)),
        queries=number("queries") or 0.0,
        poison_rows=number("poison_rows"),
        cpu_seconds=(number("fit_cpu_seconds") or 0.0) + (number("propose_seconds") or 0.0),
        validation_gaps=None if clean is None or poisoned is None else (clean, poisoned),
        budget_rows=None if (allowed := number("budget_rows")) is None else int(allowed),
        cautions=tuple(map(str, cautions)) if isinstance(cautions, list) else (),
        protocol_version=int(number("protocol_version") or 0),
        definitions=_definitions(text("identity"), text("victim"), text("attack")),
        hidden=bool(row.get("attribute_hidden")),
        threat=(text("knowledge"), text("labels"), text("row_origin")),
        detectability=tuple(number(name) for name in DETECTABILITY),
    )


def _definitions(identity: str, victim: str, attack: str) -> tuple[tuple[str, str, str], ...]:
    try:
        content = json.loads(identity)
    except json.JSONDecodeError:
        return ()
    if not isinstance(content, dict):
        return ()
    labels = (("victim", victim), ("attack", attack))
    return tuple((kind, label, json.dumps(content[kind], sort_keys=True)) for kind, label in labels if kind in content)


def sides_of(table: ResultTables, columns: Iterable[str], *, mean: bool) -> dict[str, list[tuple[Row, Row]]]:
    """Per search the (clean, poisoned) rows of its own victim's audit: of the means, or one pair per victim seed.

    Audits on other victims, behind defences, and of one side alone are left out.
    """
    if table.audits is None:
        return {}
    seeds = table.audits["audit_seed"]
    chosen = table.audits.filter(pc.equal(seeds, MEAN_SEED) if mean else pc.greater_equal(seeds, 0))
    victims = dict(zip(*(table.searches[name].to_pylist() for name in ("search_id", "victim")), strict=True))
    sides: dict[tuple[str, int], dict[str, Row]] = defaultdict(dict)
    for row in chosen.select(["search_id", "evaluated_on", "role", "audit_seed", *columns]).to_pylist():
        if victims.get(row["search_id"]) == row["evaluated_on"]:
            sides[row["search_id"], row["audit_seed"]][row["role"]] = row
    pairs: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for (search_id, _), by_role in sides.items():
        if len(by_role) == 2:
            pairs[search_id].append((by_role["clean"], by_role["poisoned"]))
    return pairs


def metric_sides(table: ResultTables) -> dict[tuple[str, str], tuple[float, float]]:
    """Per search and metric of a third party: its (clean, poisoned) value in the mean of its own victim's audit."""
    if table.metrics is None:
        return {}
    victims = dict(zip(*(table.searches[name].to_pylist() for name in ("search_id", "victim")), strict=True))
    values: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for row in table.metrics.filter(pc.equal(table.metrics["audit_seed"], MEAN_SEED)).to_pylist():
        if victims.get(row["search_id"]) == row["evaluated_on"] and row["value"] is not None:
            values[row["search_id"], row["metric"]][row["role"]] = row["value"]
    return {place: (by_role["clean"], by_role["poisoned"]) for place, by_role in values.items() if len(by_role) == 2}


def in_whole_blocks(seeds: Iterable[int]) -> set[int]:
    """Those of some seeds whose block of five, which audits every person once, is whole."""
    own = set(seeds)
    return {seed for seed in own if own.issuperset(range(seed - seed % FIFTHS, seed - seed % FIFTHS + FIFTHS))}


def incumbents(queries: Sequence[QueryRow]) -> list[QueryRow | None]:
    """The best query within the accuracy allowance after 0, 1, ... of the ``queries``, which are in order; None before
    there is one. Best is by the search's objective.
    """
    best: QueryRow | None = None
    so_far, path = None, [best]
    for query in queries:
        if query["failed"] is None and query["best_objective"] not in (None, so_far):
            so_far, best = query["best_objective"], query
        path.append(best)
    return path
