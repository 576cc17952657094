"""Which rows are feasible: the raw schema narrowed to what the training rows show."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.data.schema import Array, Cut, Schema


@dataclass(frozen=True, eq=False)
class Domain:
    """Ranges and categories of the training rows.

    ``low`` and ``high`` are (d,); ``seen`` holds, per feature, the sorted category codes that occur (empty for
    numbers).
    """

    schema: Schema
    low: Array
    high: Array
    seen: tuple[npt.NDArray[np.int64], ...]

    @classmethod
    def of(cls, schema: Schema, features: Array) -> "Domain":
        """The domain of training rows.

        Args:
            schema: Their schema.
            features: Raw codes (n, d), n >= 1.

        Returns:
            Ranges and categories that occur.
        """
        seen = tuple(
            np.unique(features[:, j]).astype(np.int64) if f.kind == "categorical" else np.empty(0, np.int64)
            for j, f in enumerate(schema.features)
        )
        return cls(schema, features.min(axis=0), features.max(axis=0), seen)

    def violations(self, features: Array) -> list[str]:
        """What makes rows infeasible.

        Args:
            features: Raw codes (n, d).

        Returns:
            One line per feature that does; empty if all rows are feasible.
        """
        width = len(self.schema.features)
        if features.ndim != 2 or features.shape[1] != width:
            return [f"rows have shape {features.shape}, expected (n, {width})"]
        lines = []
        for j, feature in enumerate(self.schema.features):
            values = features[:, j]
            if not np.isfinite(values).all():
                lines.append(f"'{feature.name}' is not finite")
            elif feature.kind == "categorical" and not np.isin(values, self.seen[j]).all():
                lines.append(f"'{feature.name}' has a category that the training rows do not have")
            elif ((values < self.low[j]) | (values > self.high[j])).any():
                lines.append(f"'{feature.name}' leaves the training range [{self.low[j]:g}, {self.high[j]:g}]")
            elif feature.kind == "integer" and (values != np.round(values)).any():
                lines.append(f"'{feature.name}' is not an integer")
            elif feature.derived is not None:
                source = features[:, self.schema.index(feature.derived.source)]
                if (feature.derived.apply(source) != values).any():
                    lines.append(f"'{feature.name}' does not follow from '{feature.derived.source}'")
        return lines

    def project(self, features: Array) -> Array:
        """The nearest feasible rows: clipped, rounded, nearest seen category, derived columns recomputed.

        Where a derived column would show a category that no training row has, its source moves to the nearest value of
        a category that one has.

        Args:
            features: Rows (n, d) of any values.

        Returns:
            Feasible raw codes (n, d).
        """
        out = np.clip(features, self.low, self.high)
        for j, feature in enumerate(self.schema.features):
            if feature.kind == "integer":
                out[:, j] = np.round(out[:, j]) + 0.0  # -0.0 would not survive a table of integers
            elif feature.kind == "categorical":
                codes = self.seen[j]
                out[:, j] = codes[np.abs(out[:, j, None] - codes[None, :]).argmin(axis=1)]
        for j, feature in enumerate(self.schema.features):
            if feature.derived is not None:
                source = self.schema.index(feature.derived.source)
                out[:, source] = self._within_seen(out[:, source], feature.derived, j, source)
                out[:, j] = feature.derived.apply(out[:, source])
        return out

    def _within_seen(self, values: Array, cut: Cut, j: int, source: int) -> Array:
        """The source's ``values`` (n,), moved to the nearest one whose derived category ``j`` has in training."""
        edges = np.array([-np.inf, *cut.edges, np.inf])
        whole = self.schema.features[source].kind == "integer"
        lowest = np.maximum(np.ceil(edges[:-1]) if whole else edges[:-1], self.low[source])
        below = np.ceil(edges[1:]) - 1 if whole else np.nextafter(edges[1:], -np.inf)
        highest = np.minimum(below, self.high[source])
        moved = np.clip(values[:, None], lowest[self.seen[j]], highest[self.seen[j]])
        nearest = np.abs(moved - values[:, None]).argmin(axis=1)
        result: Array = moved[np.arange(len(values)), nearest]
        return result

    def random(self, rows: int, rng: np.random.Generator) -> Array:
        """Feasible rows at random, each feature uniform over its range or its seen categories.

        Args:
            rows: How many.
            rng: The source of randomness.

        Returns:
            Raw codes (rows, d).
        """
        out = self.low + (self.high - self.low) * rng.random((rows, len(self.schema.features)))
        for j, feature in enumerate(self.schema.features):
            if feature.kind == "integer":
                out[:, j] = rng.integers(int(self.low[j]), int(self.high[j]), size=rows, endpoint=True)
            elif feature.kind == "categorical":
                out[:, j] = rng.choice(self.seen[j], size=rows)
        return self.project(out)
