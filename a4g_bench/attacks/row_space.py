"""One row as a point of the unit cube, feasible by construction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from a4g_bench.attacks.attack import Poison, Pool, Problem
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array, Feature
from a4g_bench.errors import AttackError

Point = tuple[float, ...]
LABEL = "label"


@dataclass(frozen=True, eq=False)
class RowSpace:
    """Axes of the cube: one for each feature that the victim sees and that follows from no other, and the label's.

    A coordinate is the quantile of a number among the training rows, so that rare large values do not fill the axis.
    Categories share an axis in equal parts, in the order of their rate of label 1, so that neighbours are alike; a
    model of the objective can then be smooth.
    """

    domain: Domain
    names: tuple[str, ...]
    positions: tuple[int, ...]
    values: tuple[Array, ...]
    usual: Array
    with_label: bool

    @classmethod
    def of(cls, problem: Problem, *, with_label: bool) -> "RowSpace":
        """The space of a problem's data set. Raises ``AttackError`` if there is nothing to search."""
        schema, pool = problem.domain.schema, problem.train
        searched = [j for j, f in enumerate(schema.features) if f.visible and f.derived is None]
        if not searched:
            raise AttackError("the data set has no feature that could be searched")
        usual = np.array([_most_frequent(pool.features[:, j]) for j in range(len(schema.features))])
        return cls(
            problem.domain,
            (*(schema.features[j].name for j in searched), *([LABEL] if with_label else [])),
            tuple(searched),
            tuple(_axis(schema.features[j], pool, j) for j in searched),
            usual,
            with_label,
        )

    def row(self, point: Sequence[float], label: int | Literal["search"]) -> Poison:
        """The row (1, d) at a point, with its label: that of the point, where labels are searched."""
        row = self.usual.copy()
        for position, values, at in zip(self.positions, self.values, point, strict=False):
            row[position] = values[min(int(at * len(values)), len(values) - 1)]
        given = int(point[-1] >= 0.5) if self.with_label else label
        return Poison(self.domain.project(row[None, :]), np.array([given], dtype=np.int8))


def _axis(feature: Feature, pool: Pool, position: int) -> Array:
    """The values along an axis: sorted training values, or categories by their rate of label 1."""
    values = pool.features[:, position]
    if feature.kind != "categorical":
        return np.sort(values)
    codes = np.unique(values)
    rates = [pool.labels[values == code].mean() for code in codes]
    return codes[np.argsort(rates, kind="stable")]


def _most_frequent(values: Array) -> float:
    found, counts = np.unique(values, return_counts=True)
    return float(found[counts.argmax()])
