"""A loaded data set: rows in the raw schema, labels, and a fingerprint of its content."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt

from a4g_bench.data.schema import Array, Schema

Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Table:
    """``features`` (n, d) float64 codes and ``labels`` (n,) int8, in a fixed order, read-only.

    ``source`` says in one line where the rows came from; ``cautions`` are shown beside every result on them.
    """

    name: str
    schema: Schema
    features: Array
    labels: Labels
    source: str
    cautions: tuple[str, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or self.features.shape != (len(self.labels), len(self.schema.features)):
            raise ValueError(
                f"table '{self.name}': features {self.features.shape} do not fit {len(self.labels)} labels"
                f" and {len(self.schema.features)} features"
            )
        if not np.isin(self.labels, (0, 1)).all():
            raise ValueError(f"table '{self.name}': labels must be 0 or 1")
        # adding 0 turns -0.0, which a table of integers cannot hold, into 0.0
        object.__setattr__(self, "features", np.ascontiguousarray(self.features + 0.0, dtype=np.float64))
        object.__setattr__(self, "labels", np.ascontiguousarray(self.labels, dtype=np.int8))
        self.features.flags.writeable = False
        self.labels.flags.writeable = False

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 (first 16 hex digits) of schema, features and labels; the name and the source are not part of it."""
        digest = hashlib.sha256(json.dumps(asdict(self.schema), sort_keys=True).encode())
        digest.update(self.features.tobytes())
        digest.update(self.labels.tobytes())
        return digest.hexdigest()[:16]

    def take(self, rows: npt.NDArray[np.intp]) -> "Table":
        """The table restricted to some rows.

        Args:
            rows: Positions, in the order wanted.

        Returns:
            A table of these rows alone.
        """
        return Table(self.name, self.schema, self.features[rows], self.labels[rows], self.source, self.cautions)
