"""From raw rows to what a victim trains on: fixed by the schema and the clean training rows, never by the poison."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.data.schema import Array, Schema
from a4g_bench.victims.base import Encoding


@dataclass(frozen=True, eq=False)
class Encoder:
    """Numbers as they are (or standardised), then one column per category; two categories take a single column."""

    schema: Schema
    kind: Encoding
    centre: Array
    scale: Array

    @classmethod
    def of(
        cls, schema: Schema, kind: Encoding, features: Array, rows: npt.NDArray[np.intp] | slice = slice(None)
    ) -> "Encoder":
        """The encoder for a schema. ``features`` (n, d) at the positions ``rows`` are the clean training rows, whose
        mean and deviation it keeps for ``scaled``.
        """
        if kind == "one-hot":
            return cls(schema, kind, np.zeros(features.shape[1]), np.ones(features.shape[1]))
        train = features[rows]
        centre = train.mean(axis=0)
        scale = train.std(axis=0)
        # the mean of equal numbers may differ from them in the last digit, and their deviation from 0
        constant = (train == train[0]).all(axis=0) | (scale == 0)
        return cls(schema, kind, np.where(constant, train[0], centre), np.where(constant, 1.0, scale))

    def __call__(self, features: Array) -> npt.NDArray[np.floating]:
        """Encode rows (n, d) to (n, columns): float32 for ``one-hot``, float64 for ``scaled``."""
        dtype = np.float32 if self.kind == "one-hot" else np.float64
        widths = [self._width(j) for j in range(len(self.schema.features))]
        out = np.zeros((len(features), sum(widths)), dtype=dtype)
        column = 0
        for j, feature in enumerate(self.schema.features):
            values = features[:, j]
            if widths[j] == 0:
                continue
            if feature.kind != "categorical":
                out[:, column] = (values - self.centre[j]) / self.scale[j] if self.kind == "scaled" else values
            elif widths[j] == 1:
                out[:, column] = values
            else:
                out[np.arange(len(values)), column + values.astype(np.int64)] = 1
            column += widths[j]
        return out

    def decode(self, encoded: npt.NDArray[np.floating], rows: Array) -> Array:
        """Turn encoded rows (n, columns), relaxed ones too, into raw rows (n, d); of a one-hot group the largest column
        counts. Features that victims do not see are those of the raw ``rows`` (n, d).
        """
        out = rows.copy()
        column = 0
        for j, feature in enumerate(self.schema.features):
            width = self._width(j)
            part = encoded[:, column : column + width]
            if feature.kind != "categorical" and width:
                out[:, j] = part[:, 0] * self.scale[j] + self.centre[j]
            elif width == 1:
                out[:, j] = part[:, 0] >= 0.5
            elif width:
                out[:, j] = part.argmax(axis=1)
            column += width
        return out

    def columns(self, names: Collection[str]) -> tuple[int, ...]:
        """Positions of the encoded columns that hold these features; none for those that victims do not see."""
        found: list[int] = []
        column = 0
        for j, feature in enumerate(self.schema.features):
            width = self._width(j)
            if feature.name in names:
                found += range(column, column + width)
            column += width
        return tuple(found)

    def _width(self, j: int) -> int:
        feature = self.schema.features[j]
        if not feature.visible:
            return 0
        return len(feature.categories) if len(feature.categories) > 2 else 1
