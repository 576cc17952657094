"""Suites made of keys, run on a Ray of their own; how long their searches took."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from a4g_bench.distributed.options import Progress, Report, RunOptions
from a4g_bench.store.results import Results
from a4g_bench.suite.load import LoadedSuite
from a4g_bench.suite.model import Suite
from a4g_bench.suite.plan import Plan, make_plan
from a4g_bench.workflows.run import run_suite

Row = dict[str, Any]
#: Cores that the benchmarks use on a machine of their own.
CORES = 2
ADULT = {"name": "adult", "rows": 30_000}


def plan_of(allow_import: Sequence[str] = (), **keys: Any) -> Plan:
    """The plan of a suite given by its keys."""
    suite = Suite.model_validate({"name": "benchmark", **keys})
    return make_plan(LoadedSuite(suite, "benchmark", Path(), allow_import=tuple(allow_import)))


@contextmanager
def own_ray(workers: int = CORES) -> Iterator[RunOptions]:
    """A Ray on this machine for the block, and the options that run on it."""
    from a4g_bench.distributed import environment

    environment.prepare()
    environment.stay_on_loopback()
    import ray

    from a4g_bench.distributed.ray_runtime import start_ray

    options = RunOptions(workers=workers)
    start_ray(options)
    try:
        yield options
    finally:
        ray.shutdown()


def _silent(progress: Progress) -> None:
    return


def run(plan: Plan, folder: str, workers: int = CORES, report: Report = _silent) -> list[Row]:
    """Run a plan into a folder; the rows of its searches. Raises ``RuntimeError`` if one of them failed."""
    with own_ray(workers) as options:
        run_suite(plan, folder, options, report)
    rows: list[Row] = Results(folder).read("searches").to_pylist()
    failed = next((row for row in rows if row["status"] != "ok"), None)
    if failed is not None or len(rows) != len(plan.searches):
        raise RuntimeError(f"a search failed: {failed['error_message'] if failed else 'no row'}")
    return rows


def searching_seconds(rows: Sequence[Row]) -> float:
    """From the start of the first search, when Ray and the run's processes are up, to the end of the last."""
    began: datetime = min(row["started"] for row in rows)
    ended: datetime = max(row["ended"] for row in rows)
    return (ended - began).total_seconds()
