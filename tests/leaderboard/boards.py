"""Results folders drawn by hand: people and mistakes as strings, a character for ten alike (blanks are ignored).

A block of five seeds audits everybody once: of a table of 5 n people, seed s has every fifth one from s on.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a4g_bench.leaderboard import ResultTables
from a4g_bench.store.tables import BASELINES, PREDICTIONS, SEARCHES

Bits = npt.NDArray[np.uint8]
Mistakes = str | Bits | Sequence[str | Bits]
#: People that a character stands for: an audit of 20 characters has 200 people, its table 1,000.
ALIKE = 10


def bits(drawn: str | Bits) -> Bits:
    """``"01 10"`` as an array, each character ten times; an array as it is."""
    if isinstance(drawn, str):
        return np.repeat(np.array([int(c) for c in drawn if not c.isspace()], dtype=np.uint8), ALIKE)
    return drawn


def several(drawn: Mistakes) -> list[Bits]:
    """One array per audit victim seed."""
    return [bits(drawn)] if isinstance(drawn, str | np.ndarray) else [bits(one) for one in drawn]


def audited(n: int, seed: int) -> list[int]:
    """The rows of the table that a seed audits: every fifth one."""
    return list(range(seed % 5, 5 * n, 5))


@dataclass
class Folder:
    """Collects searches; ``groups`` and ``labels`` of the people are the same for all seeds unless told.

    Strings stand for ten people a character; arrays have an entry per person.
    """

    where: str = "results/a"
    groups: Any = ""  # letters, or an array of 0..g-1
    labels: Any = ""
    clean: Mistakes = ""  # which rows the clean victim gets wrong
    favourable: int = 1
    searches: list[dict[str, Any]] = field(default_factory=list)
    predictions: list[dict[str, Any]] = field(default_factory=list)
    baselines: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def people(self, groups: Any = None) -> tuple[Bits, list[str]]:
        drawn = self.groups if groups is None else groups
        if isinstance(drawn, str):
            letters = drawn.replace(" ", "")
            names = sorted(set(letters))
            return np.repeat(np.array([names.index(c) for c in letters], dtype=np.uint8), ALIKE), names
        return np.asarray(drawn, dtype=np.uint8), [f"g{i}" for i in range(int(np.max(drawn)) + 1)]

    def add(
        self,
        attack: str,
        wrong: Mistakes = "",
        *,
        dataset: str = "toy",
        attribute: str = "sex",
        victim: str = "lr",
        budget: str = "1%",
        seed: int = 0,
        clean: Mistakes | None = None,
        labels: Any = None,
        groups: Any = None,
        row_ids: Sequence[int] | None = None,
        status: str = "ok",
        **columns: Any,
    ) -> "Folder":
        """Add a search whose poisoned victim gets ``wrong`` wrong, and its baseline if that is not there yet."""
        truth = bits(self.labels if labels is None else labels)
        n = len(truth)
        fingerprint = columns.get("fingerprint", f"f-{dataset}")
        baseline_id = f"b-{dataset}-{attribute}-{victim}-{seed}-{fingerprint}"
        role = "control" if attack in ("clean", "random-rows", "random-duplicates") else "search"
        row = {
            "status": status, "error_type": None if status == "ok" else "MemoryError", "attempt": 1, "suite": "drawn",
            "dataset": dataset, "attribute": attribute, "victim": victim, "attack": attack, "attack_name": attack,
            "objective": "unfairness", "budget": budget, "budget_share": 0.01, "budget_rows": 3,
            "query_budget": 0 if role == "control" else 100, "seed": seed, "role": role, "baseline_id": baseline_id,
            "train_rows": 3 * n, "validation_rows": n, "audit_rows": n, "queries": 0 if role == "control" else 90,
            "fit_cpu_seconds": 2.0, "propose_seconds": 0.5,
            "fingerprint": fingerprint, "favourable": self.favourable, "cautions": [], "protocol_version": 1,
            "identity": json.dumps({"attack": {"name": attack}, "victim": {"name": victim}}),
        } | columns  # fmt: skip
        key = "|".join(str(row[k]) for k in ("dataset", "attribute", "victim", "attack", "objective", "budget", "seed"))
        row.setdefault("search_id", f"s-{key}|{row['query_budget']}")
        self.searches.append(row)
        if status == "ok":
            for audit_seed, one in enumerate(several(wrong)):
                self.predictions.append(
                    {
                        "search_id": row["search_id"],
                        "evaluated_on": victim,
                        "audit_seed": audit_seed,
                        "rows": len(one),
                        "predicted": np.packbits(truth[: len(one)] ^ one).tobytes(),
                    }
                )
        if baseline_id not in self.baselines:
            members, names = self.people(groups)
            self.baselines[baseline_id] = [
                {
                    "baseline_id": baseline_id, "dataset": dataset, "attribute": attribute, "fingerprint": fingerprint,
                    "victim": victim, "seed": seed, "audit_seed": audit_seed, "favourable": self.favourable,
                    "group_names": names, "rows": n, "row_ids": audited(n, seed) if row_ids is None else list(row_ids),
                    "labels": np.packbits(truth).tobytes(), "groups": members.tobytes(),
                    "predicted": np.packbits(truth ^ one).tobytes(),
                }
                for audit_seed, one in enumerate(several(self.clean if clean is None else clean))
            ]  # fmt: skip
        return self

    def tables(self) -> ResultTables:
        """As the store would read them."""
        baselines = [row for rows in self.baselines.values() for row in rows]
        return ResultTables(
            self.where,
            _table(self.searches, SEARCHES),
            _table(self.predictions, PREDICTIONS),
            _table(baselines, BASELINES),
        )


def _table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_pylist([{name: row.get(name) for name in schema.names} for row in rows], schema=schema)
