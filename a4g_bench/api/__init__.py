"""The library: what the commands do, as functions for notebooks and scripts.

``load`` a data set and ``inspect`` it, ``search`` for rows with one attack, ``evaluate`` rows that anybody made,
``run`` a suite, read the ``board`` as a DataFrame, ``compare`` two of them, ``replay`` a search, write the ``report``.
Only ``run`` starts Ray. Results are objects that say in one line what they hold; nothing is printed.
"""

from a4g_bench.api.folders import RunResult, board, compare, register, replay, report, run
from a4g_bench.api.objects import Changes, Dataset, Inspection, SearchResult
from a4g_bench.api.searches import evaluate, inspect, load, search

__all__ = [
    "Changes", "Dataset", "Inspection", "RunResult", "SearchResult", "board", "compare", "evaluate", "inspect", "load",
    "register", "replay", "report", "run", "search",
]  # fmt: skip
