"""The benchmarks by name, each run in a process of its own."""

import os
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context

from benchmarks.figure import Figure

#: Name -> module and function; the function gets ``quick`` and yields figures.
BENCHMARKS = {
    "efficiency-rf": "efficiency:random_forest",
    "efficiency-lightgbm": "efficiency:lightgbm",
    "ax-overhead-rf": "efficiency:ax_random_forest",
    "ax-overhead-lightgbm": "efficiency:ax_lightgbm",
    "ax-seconds": "ax:ax_seconds",
    "ax-quality": "ax:ax_quality",
    "queries-per-second": "per_query:queries_per_second",
    "original": "original:original",
    "scale-out": "scale_out:scale_out",
    "overhead": "overhead:overhead",
    "leaderboard": "leaderboard:leaderboard",
    "memory": "memory:memory",
    "gradient": "gradient:gradient",
    "search": "search:search",
    "statistics": "statistics:statistics",
    "retest": "retest:retest",
}
#: Only when asked for: hours.
ON_REQUEST = {"ax-quality"}


def run(name: str, quick: bool) -> list[Figure]:
    """Run one benchmark where nothing is left in memory by another. One that fails gives a figure without value."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        try:
            return pool.submit(_measure, name, quick).result()
        except Exception as error:  # a benchmark that fails is a row, and the others run
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            return [Figure(name, None, "", note=reason[:300])]


def _measure(name: str, quick: bool) -> list[Figure]:
    os.dup2(2, 1)  # whatever libraries print is no result
    module, _, function = BENCHMARKS[name].partition(":")
    return list(getattr(import_module(f"benchmarks.{module}"), function)(quick))
