"""The groups that a setting is judged on: fixed once by the people of the whole table, small ones put together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.leaderboard.outcomes import AuditRows
from a4g_bench.protocol import LEAST_GROUP

#: The name of the groups that are too small to stand alone.
OTHER = "other"
#: Of a group that does not count, in ``Groups.merged``.
LEFT_OUT = -1


@dataclass(frozen=True, eq=False)
class Groups:
    """The groups of a setting after those too small were put together.

    ``names`` has them in the order of the table's, ``other`` last. ``merged`` maps each group of the table to the
    position of its name; where ``other`` is too small itself its people are in no group, at position ``len(names)``,
    and count for accuracy alone. ``sizes`` are the deserving people of the whole table. ``odds`` maps positions to the
    groups that equalized odds are judged on, ``LEFT_OUT`` for none.
    """

    names: tuple[str, ...]
    merged: npt.NDArray[np.int64]
    sizes: tuple[int, ...]
    favourable: int
    odds: npt.NDArray[np.int64]

    @property
    def strata(self) -> int:
        """How many strata there are: (group, label), and those of people in no group."""
        return 2 * (len(self.names) + 1)

    def stratum(self, group: int, label: int) -> int:
        """The stratum of a group's people of a label."""
        return 2 * group + label

    def of(self, people: AuditRows) -> npt.NDArray[np.int64]:
        """The stratum of each person audited, (n,)."""
        return 2 * self.merged[people.groups] + people.labels


def groups_of(audits: Sequence[AuditRows], rows: int | None) -> Groups:
    """The groups of a setting.

    Args:
        audits: The people audited at each seed.
        rows: Rows of the whole table. Where not all of them were audited, its people are counted by the share that was.

    Returns:
        Those with at least 100 deserving people in the table, and the others together if they have as many.
    """
    ids = np.concatenate([people.row_ids for people in audits])
    _, first = np.unique(ids, return_index=True)
    labels = np.concatenate([people.labels for people in audits])[first]
    groups = np.concatenate([people.groups for people in audits])[first].astype(np.int64)
    whole = np.float64(max(1.0, rows / len(first)) if rows else 1.0)
    names, favourable = audits[0].group_names, audits[0].favourable
    counts = np.bincount(2 * groups + labels, minlength=2 * len(names)).reshape(len(names), 2) * whole
    deserving = counts[:, favourable]
    large = deserving >= LEAST_GROUP
    kept = [name for name, enough in zip(names, large, strict=True) if enough]
    rest = float(deserving[~large].sum())
    sizes = [round(float(size)) for size in deserving[large]]
    merged = np.cumsum(large) - 1
    merged[~large] = len(kept)
    if rest >= LEAST_GROUP:
        kept.append(OTHER)
        sizes.append(round(rest))
    return Groups(tuple(kept), merged, tuple(sizes), favourable, _for_odds(counts, merged, len(kept)))


def _for_odds(counts: npt.NDArray[np.float64], merged: npt.NDArray[np.int64], kept: int) -> npt.NDArray[np.int64]:
    """Positions of the groups of equalized odds: at least 100 people of either label, the others together."""
    sizes = np.zeros((kept + 1, 2))
    np.add.at(sizes, merged, counts)
    large = np.asarray((sizes >= LEAST_GROUP).all(axis=1))
    large[kept] = False  # people in no group stay in none, or go to the others
    odds = np.where(large, np.cumsum(large) - 1, LEFT_OUT)
    if (sizes[~large].sum(axis=0) >= LEAST_GROUP).all():
        odds[~large] = large.sum()
    return odds
