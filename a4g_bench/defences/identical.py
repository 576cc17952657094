"""Defences against copies: ``deduplication`` and ``cap-identical``."""

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.attack import whole
from a4g_bench.defences.defence import Defence, Features, Labels, Screened


class CapIdentical(Defence):
    """Keeps at most ``copies`` rows that agree in every feature and in the label."""

    name = "cap-identical"
    summary = "at most so many identical rows with the same label (3 unless told)"

    def __init__(self, *, copies: int = 3) -> None:
        self.copies = whole("copies", copies, 1)

    def screen(self, features: Features, labels: Labels) -> Screened:
        return Screened(occurrence(np.column_stack([features, labels])) < self.copies, labels)


class Deduplication(Defence):
    """Keeps one of all rows that agree in every feature and in the label."""

    name = "deduplication"
    summary = "one of all identical rows with the same label"

    def screen(self, features: Features, labels: Labels) -> Screened:
        return Screened(occurrence(np.column_stack([features, labels])) < 1, labels)


def occurrence(rows: Features) -> npt.NDArray[np.int64]:
    """How many earlier rows equal each of the rows (n, columns): (n,)."""
    _, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    found = np.empty(len(rows), dtype=np.int64)
    found[order] = within
    return found
