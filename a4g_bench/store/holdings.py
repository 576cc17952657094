"""Which searches of a results folder are whole: their row, and all that belongs to it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from a4g_bench.store.results import Results

#: What the rows of a search need beside its own.
STATE_COLUMNS = ("search_id", "status", "attempt", "queries", "poison_rows", "baseline_id")
_TABLES = ("queries", "audits", "metrics", "predictions", "poison", "baselines")


@dataclass(frozen=True, eq=False)
class Holdings:
    """The identifiers that each table of a folder holds, and its damaged files."""

    present: Mapping[str, set[str]]
    damaged: Mapping[str, str]

    @classmethod
    def of(cls, results: Results) -> "Holdings":
        """Read every file of every table but ``searches``. Raises ``StoreError`` if the store does not answer."""
        present = {name: results.identifiers(name) for name in _TABLES}
        return cls(present, dict(results.damaged))

    def lacks(self, row: Mapping[str, Any]) -> list[str]:
        """The tables that lack what belongs to a search that ended well; ``row`` holds its :data:`STATE_COLUMNS`."""
        search_id = row["search_id"]
        needed = ["audits", "predictions"]
        needed += ["queries"] if row["queries"] else []
        needed += ["poison"] if row["poison_rows"] else []
        lacking = [name for name in needed if search_id not in self.present[name]]
        if search_id not in self.present["metrics"] and self._damaged_metrics(search_id):
            lacking.append("metrics")
        return lacking + ([] if row["baseline_id"] in self.present["baselines"] else ["baselines"])

    def _damaged_metrics(self, search_id: str) -> bool:
        """Whether metrics of a search may have been lost: nothing else says that there were any."""
        return any(name.startswith((f"metrics/{search_id}.", "metrics/part-")) for name in self.damaged)
