"""A suite held against a results folder: what is complete, failed, missing or stale."""

import json
from dataclasses import dataclass
from typing import Any

from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned

_PLACE = ("dataset", "attribute", "victim", "attack", "objective", "budget", "query_budget", "seed")
_STATE = ("search_id", "status", "attempt", "error_type", "error_message", "queries", "poison_rows", "baseline_id")
_COLUMNS = (*_STATE, "identity", *_PLACE)


@dataclass(frozen=True, eq=False)
class Standing:
    """Planned searches by what became of them; together they are the plan.

    ``stale`` maps the identifier of a result that no planned search has (any more) to what differs from the planned
    search in its place, or to ``not in the suite``. ``damaged`` maps unreadable files to the reason.
    """

    complete: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    missing: tuple[Planned, ...]
    attempts: dict[str, int]
    errors: dict[str, str]
    stale: dict[str, str]
    damaged: dict[str, str]

    @property
    def is_complete(self) -> bool:
        """Whether every planned search has its result."""
        return not self.failed and not self.missing


def standing(plan: Plan, results: Results) -> Standing:
    """Compare a plan with a results folder (absent and empty ones included).

    A search is complete if its row says ``ok`` and its rows in the other tables are there. Raises ``StoreError`` if the
    folder belongs to another suite.
    """
    results.require(plan.suite.name)
    rows: dict[str, dict[str, Any]] = {
        row["search_id"]: row for row in results.read("searches", columns=_COLUMNS).to_pylist()
    }
    present = {name: results.identifiers(name) for name in ("queries", "audits", "predictions", "poison", "baselines")}
    complete, failed, missing = [], [], []
    for planned in plan.searches:
        row = rows.get(planned.search_id)
        if row is None or row["status"] == "interrupted":
            missing.append(planned)
        elif row["status"] != "ok":
            failed.append(planned)
        elif _whole(row, present):
            complete.append(planned)
        else:
            missing.append(planned)
    return Standing(
        tuple(complete),
        tuple(failed),
        tuple(missing),
        {search_id: row["attempt"] for search_id, row in rows.items()},
        {p.search_id: f"{rows[p.search_id]['error_type']}: {rows[p.search_id]['error_message']}" for p in failed},
        _stale(plan, rows),
        dict(results.damaged),
    )


def _whole(row: dict[str, Any], present: dict[str, set[str]]) -> bool:
    needed = [name for name in ("audits", "predictions") if row["search_id"] not in present[name]]
    if row["queries"] and row["search_id"] not in present["queries"]:
        needed.append("queries")
    if row["poison_rows"] and row["search_id"] not in present["poison"]:
        needed.append("poison")
    return not needed and row["baseline_id"] in present["baselines"]


def _stale(plan: Plan, rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    planned_ids = {planned.search_id for planned in plan.searches}
    orphans = {search_id: row for search_id, row in rows.items() if search_id not in planned_ids}
    if not orphans:
        return {}
    places = {tuple(planned.place().values()): planned for planned in plan.searches}
    found = {}
    for search_id, row in orphans.items():
        place = tuple(row[name] for name in _PLACE)
        planned = places.get(place)
        found[search_id] = (
            "not in the suite" if planned is None else _difference(json.loads(row["identity"]), planned.identity)
        )
    return found


def _difference(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> str:
    changes = []
    for key in sorted(old.keys() | new.keys()):
        one, other = old.get(key), new.get(key)
        if one == other:
            continue
        if isinstance(one, dict) and isinstance(other, dict):
            changes.append(_difference(one, other, f"{prefix}{key}."))
        else:
            changes.append(f"{prefix}{key} was {one}, is {other}")
    return "; ".join(changes)
