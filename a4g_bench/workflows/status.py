"""What a results folder holds: against its suite (complete, failed, missing, stale), and by itself."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.store.claim import read_claims
from a4g_bench.store.coordinates import PLACE_COLUMNS, Place
from a4g_bench.store.holdings import STATE_COLUMNS, Holdings
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned
from a4g_bench.workflows.profile import Profile, last_profile

_SEARCH_COLUMNS = (*STATE_COLUMNS, "error_type", "error_message", "identity", *PLACE_COLUMNS)


@dataclass(frozen=True, eq=False, kw_only=True)
class SuiteStatus:
    """Planned searches by what became of them; together they are the plan.

    ``stale`` maps the identifier of a result that no planned search has (any more) to what differs from the planned
    search in its place, or to ``not in the suite``. ``damaged`` maps unreadable files to the reason, ``unsealed``
    counts those that bear no checksum.
    """

    complete: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    missing: tuple[Planned, ...]
    attempts: dict[str, int]
    errors: dict[str, str]
    stale: dict[str, str]
    damaged: dict[str, str]
    unsealed: int = 0


def suite_status(plan: Plan, results: Results) -> SuiteStatus:
    """Compare a plan with a results folder (absent and empty ones included).

    A search is complete if its row says ``ok`` and its rows in the other tables are there. Every file is read and its
    checksum verified. Raises ``StoreError`` if the folder belongs to another suite.
    """
    results.require(plan.suite.name)
    rows: dict[str, dict[str, Any]] = {
        row["search_id"]: row for row in results.read("searches", columns=_SEARCH_COLUMNS).to_pylist()
    }
    holdings = Holdings.of(results)
    complete, failed, missing = [], [], []
    for planned in plan.searches:
        row = rows.get(planned.search_id)
        if row is None or row["status"] == "interrupted":
            missing.append(planned)
        elif row["status"] != "ok":
            failed.append(planned)
        elif not holdings.lacks(row):
            complete.append(planned)
        else:
            missing.append(planned)
    return SuiteStatus(
        complete=tuple(complete),
        failed=tuple(failed),
        missing=tuple(missing),
        attempts={search_id: row["attempt"] for search_id, row in rows.items()},
        errors={
            p.search_id: f"{rows[p.search_id]['error_type']}: {rows[p.search_id]['error_message']}" for p in failed
        },
        stale=_stale(plan, rows),
        damaged=dict(results.damaged),
        unsealed=len(results.unsealed),
    )


def _stale(plan: Plan, rows: dict[str, dict[str, Any]]) -> dict[str, str]:
    planned_ids = {planned.search_id for planned in plan.searches}
    orphans = {search_id: row for search_id, row in rows.items() if search_id not in planned_ids}
    if not orphans:
        return {}
    places = {planned.place: planned for planned in plan.searches}
    reasons = {}
    for search_id, row in orphans.items():
        planned = places.get(Place.of(row))
        reasons[search_id] = (
            "not in the suite" if planned is None else _difference_from(row["identity"], planned.identity)
        )
    return reasons


def _difference_from(stored: str | None, new: dict[str, Any]) -> str:
    try:
        old = json.loads(stored or "")
    except (ValueError, RecursionError):
        old = None
    return _difference(old, new) if isinstance(old, dict) else "its row does not say what it was"


def _difference(old: dict[str, Any], new: dict[str, Any], prefix: str = "") -> str:
    changes = []
    for key in sorted(old.keys() | new.keys()):
        before, after = old.get(key), new.get(key)
        if before == after:
            continue
        if isinstance(before, dict) and isinstance(after, dict):
            changes.append(_difference(before, after, f"{prefix}{key}."))
        else:
            changes.append(f"{prefix}{key} was {before}, is {after}")
    return "; ".join(changes)


_STATE_COLUMNS = ("search_id", "status", "error_type", "host", "started", "ended", "queries")
_NEEDED = ("status", "host", "started", "ended", "queries")
#: What a claim tells in numbers; a run that has not begun has no progress, and one without a gain yet a null.
_NUMBERS = ("started", "renewed", "total", "done", "work", "failed", "running", "queries", "best_gain")


@dataclass(frozen=True, eq=False, kw_only=True)
class FolderState:
    """Searches by status, failures by type, searches ended per host, and what the run that writes now says of itself.

    ``planned`` is None in a folder whose manifest does not say it. ``run`` holds a claim's facts (``started`` and
    ``renewed`` in seconds since the epoch, and the run's progress); None if nobody writes. ``profile`` is the latest.
    """

    suite: str
    planned: int | None
    statuses: dict[str, int]
    failures: dict[str, int]
    hosts: dict[str, int]
    queries: int
    first: datetime | None
    last: datetime | None
    run: dict[str, Any] | None
    damaged: dict[str, str]
    profile: Profile | None = None

    @property
    def missing(self) -> int | None:
        """Searches without a result, begun ones included."""
        ended = sum(count for status, count in self.statuses.items() if status != "interrupted")
        return None if self.planned is None else max(0, self.planned - ended)


def _check_claim(file: str, facts: Mapping[str, Any]) -> None:
    """Raise ``StoreError`` if what a claim says of its run is no number."""
    for key in _NUMBERS:
        number = facts.get(key, 0)
        if (number is None and key != "best_gain") or (number is not None and not isinstance(number, int | float)):
            raise StoreError(f"{file} cannot be read: '{key}' is no number; remove it if no run is writing")


def folder_state(root: str) -> FolderState:
    """Read a results folder's state. Raises ``StoreError`` if it holds no results."""
    results = Results(root)
    manifest = results.manifest()
    if manifest is None:
        raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
    rows = results.read("searches", columns=_STATE_COLUMNS).to_pylist()
    for row in rows:
        for column in _NEEDED:
            if row[column] is None:
                raise StoreError(f"results '{results.root}': search '{row['search_id']}' has no value of '{column}'")
    failed = [row for row in rows if row["status"] not in ("ok", "interrupted")]
    by_file = read_claims(results.files)
    for name, facts in by_file.items():
        _check_claim(f"results '{results.root}': {name}", facts)
    claims = sorted(by_file.values(), key=lambda facts: float(facts.get("renewed", 0)))
    return FolderState(
        suite=manifest["suite"],
        planned=manifest.get("searches"),
        statuses=dict(Counter(row["status"] for row in rows)),
        failures=dict(Counter(f"{row['status']}: {row['error_type']}" for row in failed).most_common()),
        hosts=dict(Counter(row["host"] for row in rows)),
        queries=sum(row["queries"] for row in rows),
        first=min((row["started"] for row in rows), default=None),
        last=max((row["ended"] for row in rows), default=None),
        run=dict(claims[-1]) if claims else None,
        damaged=results.damaged,
        profile=last_profile(results.files),
    )
