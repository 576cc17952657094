"""Splits per protocol: train 60 %, search-validation 20 %, audit 20 %, stratified by (protected group, label)."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.data.table import Labels, Table
from a4g_bench.errors import DataError, nearest
from a4g_bench.protocol import FIFTHS
from a4g_bench.seeds import Purpose, generator

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Split:
    """Disjoint, sorted row positions that together are the table."""

    train: Rows
    validation: Rows
    audit: Rows


def stratified_parts(strata: npt.NDArray[np.integer], parts: int, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Assign each row to one of ``parts`` parts, each stratum spread evenly (sizes differ by one at most)."""
    part = np.empty(len(strata), dtype=np.int64)
    offset = 0
    for stratum in np.unique(strata):
        members = rng.permutation(np.flatnonzero(strata == stratum))
        part[members] = (np.arange(len(members)) + offset) % parts
        offset += len(members)
    return part


def split(table: Table, attribute: str, seed: int) -> Split:
    """Split a table for one seed.

    Seeds come in blocks of five that share one partition into fifths; the audit part rotates, so that any five seeds
    ``5k .. 5k+4`` together audit every row once.

    Raises ``DataError`` naming the group and the split if a group lacks a label there.
    """
    groups = table.schema.groups(table.features, attribute)
    names = table.schema.group_names(attribute)
    block, turn = divmod(seed, FIFTHS)
    part = stratified_parts(groups * 2 + table.labels, FIFTHS, generator(block, Purpose.SPLIT))
    audit, validation = part == turn, part == (turn + 1) % FIFTHS
    parts = {"train": ~(audit | validation), "search-validation": validation, "audit": audit}
    for name, mask in parts.items():
        require_labels(table.labels[mask], groups[mask], names, f"the {name} split of '{table.name}' (seed {seed})")
    return Split(*(np.flatnonzero(mask) for mask in parts.values()))


def require_labels(labels: Labels, groups: npt.NDArray[np.int64], names: tuple[str, ...], where: str) -> None:
    """Raise ``DataError`` unless every group has rows of both labels: without them its rates do not exist."""
    present = np.bincount(groups * 2 + labels, minlength=2 * len(names)).reshape(-1, 2)
    for group, name in enumerate(names):
        for label in (0, 1):
            if present[group, label] == 0:
                missing = f"rows of label {label}" if present[group].any() else "rows"
                raise DataError(
                    f"group '{name}' has no {missing} in {where}: its error rates do not exist there;"
                    " merge groups or use more rows"
                )


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
