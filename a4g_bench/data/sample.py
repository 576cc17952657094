"""A smaller table with the same shares of groups and labels."""

import numpy as np

from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, nearest

MINIMUM = 50
_SEED = 20_260_101


def subsample(table: Table, rows: int, attribute: str | None = None) -> Table:
    """Return ``rows`` rows of a table, always the same ones, in the table's order.

    They are stratified by (group of ``attribute``, label); the default attribute is the schema's first. Every
    combination that occurs keeps at least one row. A table of at most ``rows`` rows is returned as it is. Raises
    ``DataError`` for fewer than 50 rows and for an attribute that is not protected.
    """
    if rows < MINIMUM:
        raise DataError(f"data set '{table.name}': a sample needs at least {MINIMUM} rows, got {rows}")
    attribute = attribute if attribute is not None else table.schema.protected[0]
    if attribute not in table.schema.protected:
        wrong = f"data set '{table.name}': '{attribute}' is not a protected attribute"
        raise DataError(f"{wrong}{nearest(attribute, table.schema.protected)}")
    if rows >= len(table):
        return table
    strata = table.schema.groups(table.features, attribute) * 2 + table.labels
    present, sizes = np.unique(strata, return_counts=True)
    if len(present) > rows:
        raise DataError(
            f"data set '{table.name}': {len(present)} combinations of '{attribute}' and label need more rows"
        )
    rng = np.random.default_rng(_SEED)
    chosen = [
        rng.choice(np.flatnonzero(strata == stratum), size=share, replace=False)
        for stratum, share in zip(present, _shares(sizes, rows), strict=True)
    ]
    return table.take(np.sort(np.concatenate(chosen)))


def _shares(sizes: "np.ndarray[tuple[int], np.dtype[np.intp]]", rows: int) -> list[int]:
    """Split ``rows`` in proportion to ``sizes`` by largest remainders, at least one each."""
    exact = sizes * (rows / sizes.sum())
    shares = np.maximum(np.floor(exact), 1).astype(np.int64)
    while shares.sum() != rows:
        step = 1 if shares.sum() < rows else -1
        lag = np.where(shares + step >= 1, (exact - shares) * step, -np.inf)
        shares[int(np.argmax(lag))] += step
    return [int(share) for share in shares]
