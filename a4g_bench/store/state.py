"""What a results folder says of itself, without its suite: for whoever watches a run from elsewhere."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.store.claim import read_claims
from a4g_bench.store.results import Results

_COLUMNS = ("search_id", "status", "error_type", "host", "started", "ended", "queries")


@dataclass(frozen=True, eq=False)
class FolderState:
    """Searches by status, failures by type, searches ended per host, and what the run that writes now says of itself.

    ``planned`` is None in a folder whose manifest does not say it. ``run`` holds a claim's facts (``started`` and
    ``renewed`` in seconds since the epoch, and the run's progress); None if nobody writes.
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

    @property
    def missing(self) -> int | None:
        """Searches without a result, begun ones included."""
        ended = sum(count for status, count in self.statuses.items() if status != "interrupted")
        return None if self.planned is None else max(0, self.planned - ended)


def folder_state(root: str) -> FolderState:
    """Read a results folder's state. Raises ``StoreError`` if it holds no results."""
    results = Results(root)
    manifest = results.manifest()
    if manifest is None:
        raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
    rows = results.read("searches", columns=_COLUMNS).to_pylist()
    failed = [row for row in rows if row["status"] not in ("ok", "interrupted")]
    claims = sorted(read_claims(results.files).values(), key=lambda facts: float(facts.get("renewed", 0)))
    return FolderState(
        manifest["suite"],
        manifest.get("searches"),
        dict(Counter(row["status"] for row in rows)),
        dict(Counter(f"{row['status']}: {row['error_type']}" for row in failed).most_common()),
        dict(Counter(row["host"] for row in rows)),
        sum(row["queries"] for row in rows),
        min((row["started"] for row in rows), default=None),
        max((row["ended"] for row in rows), default=None),
        dict(claims[-1]) if claims else None,
        results.damaged,
    )
