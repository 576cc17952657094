"""The raw schema of a table: what a row may look like, before any victim's encoding.

A row is a vector of float64 *codes*, one per feature: the value itself for numeric and integer features, the position
in ``categories`` for categorical ones. One-hot groups of a source are folded into one categorical feature.
"""

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

Array = npt.NDArray[np.float64]
Kind = Literal["numeric", "integer", "categorical"]


@dataclass(frozen=True)
class Cut:
    """A categorical feature derived from an ordered one: category ``i`` where ``edges[i-1] <= value < edges[i]``."""

    source: str
    edges: tuple[float, ...]

    def __post_init__(self) -> None:
        if not self.edges or list(self.edges) != sorted(set(self.edges)):
            raise ValueError(f"edges of a derived feature must be increasing and not empty, got {self.edges}")

    def apply(self, values: Array) -> Array:
        """Cut values.

        Args:
            values: The source's values, of any shape.

        Returns:
            The category codes (float64, same shape).
        """
        return np.digitize(values, self.edges).astype(np.float64)


@dataclass(frozen=True)
class Feature:
    """One column of the raw schema.

    ``visible`` says whether victims train on it (a protected attribute may be there for measuring only).
    """

    name: str
    kind: Kind
    categories: tuple[str, ...] = ()
    derived: Cut | None = None
    visible: bool = True

    def __post_init__(self) -> None:
        if (self.kind == "categorical") != bool(self.categories):
            raise ValueError(f"feature '{self.name}': categories belong to categorical features, and only to them")
        if len(set(self.categories)) != len(self.categories):
            raise ValueError(f"feature '{self.name}': duplicate category names")
        if self.derived is not None and len(self.categories) != len(self.derived.edges) + 1:
            raise ValueError(f"feature '{self.name}': {len(self.derived.edges)} edges need one category more")


@dataclass(frozen=True)
class Schema:
    """Features, protected attributes (categorical features, the default one first) and the binary label.

    ``label_values`` are the texts of label 0 and label 1; ``favourable`` is the label (0 or 1) a person would wish for.
    """

    features: tuple[Feature, ...]
    protected: tuple[str, ...]
    label: str
    label_values: tuple[str, str]
    favourable: Literal[0, 1]

    def __post_init__(self) -> None:
        names = self.names
        if len(set(names)) != len(names):
            raise ValueError("duplicate feature names")
        if not self.protected:
            raise ValueError("at least one protected attribute is needed")
        for attribute in self.protected:
            if self[attribute].kind != "categorical":
                raise ValueError(f"protected attribute '{attribute}' must be categorical (derive one with edges)")
        for feature in self.features:
            if feature.derived is not None and self[feature.derived.source].kind == "categorical":
                raise ValueError(
                    f"feature '{feature.name}' is derived from '{feature.derived.source}', which has no order"
                )

    @property
    def names(self) -> tuple[str, ...]:
        """Feature names in column order."""
        return tuple(feature.name for feature in self.features)

    def index(self, name: str) -> int:
        """Column of a feature.

        Args:
            name: The feature.

        Returns:
            Its position among the features.

        Raises:
            KeyError: If there is no such feature.
        """
        for position, feature in enumerate(self.features):
            if feature.name == name:
                return position
        raise KeyError(name)

    def __getitem__(self, name: str) -> Feature:
        return self.features[self.index(name)]

    def groups(self, features: Array, attribute: str) -> npt.NDArray[np.int64]:
        """Group of each row.

        Args:
            features: Raw codes (n, d).
            attribute: A protected attribute.

        Returns:
            Group codes (n,): positions in the attribute's categories.
        """
        return features[:, self.index(attribute)].astype(np.int64)

    def group_names(self, attribute: str) -> tuple[str, ...]:
        """Names of an attribute's groups.

        Args:
            attribute: A protected attribute.

        Returns:
            The names, by code.
        """
        return self[attribute].categories

    def frame(self, features: Array) -> pd.DataFrame:
        """Rows as a readable table.

        Args:
            features: Raw codes (n, d).

        Returns:
            Floats, int64, and the names of categories (n rows, d columns).
        """
        columns: dict[str, object] = {}
        for position, feature in enumerate(self.features):
            values = features[:, position]
            if feature.kind == "categorical":
                columns[feature.name] = np.asarray(feature.categories, dtype=object)[values.astype(np.int64)]
            else:
                columns[feature.name] = values.astype(np.int64) if feature.kind == "integer" else values.copy()
        return pd.DataFrame(columns)

    def codes(self, frame: pd.DataFrame) -> Array:
        """Codes of a readable table: the inverse of :meth:`frame`.

        Args:
            frame: The table, with every feature's column (n rows).

        Returns:
            Raw codes (n, d).

        Raises:
            ValueError: Naming an unknown category.
        """
        out = np.empty((len(frame), len(self.features)), dtype=np.float64)
        for position, feature in enumerate(self.features):
            column = frame[feature.name]
            if feature.kind == "categorical":
                lookup = {name: code for code, name in enumerate(feature.categories)}
                unknown = sorted(set(column.astype(str)) - set(lookup))
                if unknown:
                    raise ValueError(f"feature '{feature.name}' has no category '{unknown[0]}'")
                out[:, position] = column.astype(str).map(lookup).to_numpy(dtype=np.float64)
            else:
                out[:, position] = column.to_numpy(dtype=np.float64)
        return out
