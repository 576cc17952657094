"""How busy a run keeps its cores with fits, and what Ax takes of them.

Both run searches on Adult (30,000 rows) with a poison budget of 1 % on two cores. The CPU that the fits took (of
queries, of the clean victim and of audits) is held against cores x wall, from the start of the first search, when Ray
and the run's processes are up, to the end of the last. So waiting, proposing, writing and idle cores at the end all
count against the run.
"""

import tempfile
from collections.abc import Iterator

from a4g_bench.store.results import Results
from benchmarks.figure import Figure
from benchmarks.suites import ADULT, CORES, Row, plan_of, run, searching_seconds

BATCH = 8
#: Model-guided queries end at three quarters of a search's budget; this many hold a batch with 200 observations.
_QUERIES_TO_200 = 280


def _run(victim: str, attack: str, searches: int, queries: int) -> tuple[list[Row], list[Row]]:
    plan = plan_of(
        datasets=[ADULT], victims=[victim], attacks=[attack], poison_budgets=["1%"],
        query_budgets=[queries], seeds=searches, batch_size=BATCH,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        rows = run(plan, folder)
        return rows, Results(folder).read("queries").to_pylist()


def busy(rows: list[Row]) -> float:
    """CPU in fits over cores x wall."""
    return float(sum(row["fit_cpu_seconds"] for row in rows)) / (CORES * searching_seconds(rows))


def _efficiency(name: str, victim: str, goal: float, searches: int, queries: int) -> Iterator[Figure]:
    rows, _ = _run(victim, "sobol", searches, queries)
    note = f"{searches} searches x {queries} queries in {searching_seconds(rows):.0f} s"
    yield Figure(name, busy(rows), "fit CPU / (cores x wall)", goal, at_most=False, note=note)


def random_forest(quick: bool) -> Iterator[Figure]:
    """``sobol`` with random forests: 16 searches x 64 queries (quick: 4 x 16)."""
    yield from _efficiency("efficiency-rf", "random_forest", 0.92, *((4, 16) if quick else (16, 64)))


def lightgbm(quick: bool) -> Iterator[Figure]:
    """``sobol`` with LightGBM: 16 searches x 64 queries (quick: 4 x 32)."""
    yield from _efficiency("efficiency-lightgbm", "lightgbm", 0.85, *((4, 32) if quick else (16, 64)))


def _ax_overhead(name: str, victim: str, goal: float, searches: int, queries: int) -> Iterator[Figure]:
    """The share of cores x wall not spent in fits; and, where searches get there, Ax's share at 200 observations."""
    rows, told = _run(victim, "ax-allocation", searches, queries)
    note = f"{searches} searches x {queries} queries in {searching_seconds(rows):.0f} s"
    yield Figure(name, 1 - busy(rows), "of cores x wall", goal, note=note)
    late = [q for q in told if 200 <= q["query"] < 200 + BATCH and q["phase"] == "explore"]
    if late:
        proposing, fitting = (sum(q[column] for q in late) for column in ("propose_seconds", "fit_seconds"))
        note = f"Ax {proposing / len(late):.2f} s, fit {fitting / len(late):.2f} s per query"
        yield Figure(f"{name}-at-200", proposing / (proposing + fitting), "of proposing + fitting", goal, note=note)


def ax_random_forest(quick: bool) -> Iterator[Figure]:
    """``ax-allocation`` with random forests: 16 searches x 64 queries (quick: 2 x 24)."""
    yield from _ax_overhead("ax-overhead-rf", "random_forest", 0.20, *((2, 24) if quick else (16, 64)))


def ax_lightgbm(quick: bool) -> Iterator[Figure]:
    """``ax-allocation`` with LightGBM, to 200 observations and more: 8 searches x 280 queries (quick: 2 x 64)."""
    yield from _ax_overhead("ax-overhead-lightgbm", "lightgbm", 0.45, *((2, 64) if quick else (8, _QUERIES_TO_200)))
