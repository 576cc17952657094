"""What one search takes on Adult (45,222 rows), LightGBM, with two cores granted to it.

``search-adult`` is the wall time of an ``ax-allocation`` search at 1 % of the rows: clean fits and scores, 100 queries
of four folds each, surrogates' rankings and Ax's proposals, without the audit. ``search-memory`` is the memory of its
processes that is their own, at most, less that of the same search on 1,000 rows. The zero-query attacks are timed at
the same budget, with the clean victim that they read.
"""

import tempfile
from collections.abc import Iterator
from typing import Any

from benchmarks.figure import Figure
from benchmarks.memory import Watch
from benchmarks.suites import CORES, plan_of, run

_ADULT: dict[str, Any] = {
    "victims": ["lightgbm"], "poison_budgets": ["1%"], "seeds": 1, "batch_size": 8, "resources": {"cores": CORES},
}  # fmt: skip


def searched(attacks: list[Any], rows: int | None, queries: int) -> tuple[dict[str, float], Watch]:
    """Search seconds by attack on Adult (or a sample of it), each run after the other."""
    dataset = {"name": "adult"} if rows is None else {"name": "adult", "rows": rows}
    plan = plan_of(datasets=[dataset], attacks=attacks, query_budgets=[queries], **_ADULT)
    with tempfile.TemporaryDirectory() as folder, Watch() as watching:
        found = run(plan, folder)
    return {row["attack"]: row["search_seconds"] for row in found}, watching


def _own(watching: Watch) -> float:
    """Bytes of a proposing process and of the fit processes beside it, at most."""
    return max(watching.samples["Trainable"], default=0) + CORES * max(watching.samples["FitWorker"], default=0)


def search(quick: bool) -> Iterator[Figure]:
    """100 queries (quick: 16)."""
    queries = 16 if quick else 100
    attack = {"name": "ax-allocation", "fits": {"folds": 4}}
    seconds, large = searched([attack], None, queries)
    _, small = searched([attack], 1_000, 16)
    note = f"{queries} queries x 4 fits, {CORES} cores"
    yield Figure("search-adult", seconds["ax-allocation"], "s", None if quick else 90.0, note=note)
    yield Figure("search-memory", (_own(large) - _own(small)) / 1e9, "GB", 1.0, note="beside 1,000 rows")
    for name, goal in (("influence-duplication", 20.0), ("leaf-influence", None), ("gradient", None)):
        found, _ = searched([name], None, 0)
        yield Figure(f"search-{name}", found[name], "s", goal, note="1 % of the rows, clean fits included")
