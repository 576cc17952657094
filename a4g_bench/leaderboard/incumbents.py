"""The best query so far, as a search's record tells it."""

from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]


def incumbents(queries: Sequence[Row]) -> list[Row | None]:
    """The best query within the accuracy allowance after 0, 1, ... of the ``queries``, which are in order; None before
    there is one. Best is by the search's objective.
    """
    best: Row | None = None
    so_far, path = None, [best]
    for query in queries:
        if query["failed"] is None and query["best_objective"] not in (None, so_far):
            so_far, best = query["best_objective"], query
        path.append(best)
    return path
