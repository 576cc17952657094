"""The recipe that turns the columns of a source into the raw schema."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from a4g_bench.data.schema import Array, Cut, Feature, Schema
from a4g_bench.data.table import Labels, Table
from a4g_bench.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Banding:
    """A derived column of a recipe: the source column, the edges of :class:`Cut`, and a name per band."""

    source: str
    edges: tuple[float, ...]
    names: tuple[str, ...]


@dataclass(frozen=True)
class Recipe:
    """How a flat table of a known source becomes a :class:`Table`. Every column is used or listed in ``drop``.

    - ``shape``: rows and columns of the flat table.
    - ``label``, ``levels``: the target column and its two values, label 0 first; ``label_values`` their readable texts.
    - ``onehot``: feature name -> prefix of its 0/1 columns, of which exactly one is 1 in each row.
    - ``coded``: column -> {value as in the source: readable category}; the order is the order of the categories.
      Several values may share a category; every value must occur.
    - ``categorical``: columns whose values are taken as they are, as text; missing values are the category ``missing``.
    - ``integers``: columns of whole numbers. Columns named nowhere are numeric.
    - ``rename``: column (or one-hot category) -> readable name.
    - ``bands``: feature -> the rule it follows. If the source has the feature, every row must agree with the rule.
    - ``protected``: attribute names, the default one first.
    """

    shape: tuple[int, int]
    label: str
    levels: tuple[object, object]
    label_values: tuple[str, str]
    favourable: Literal[0, 1]
    protected: tuple[str, ...]
    onehot: Mapping[str, str] = field(default_factory=dict)
    coded: Mapping[str, Mapping[object, str]] = field(default_factory=dict)
    categorical: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    bands: Mapping[str, Banding] = field(default_factory=dict)
    drop: tuple[str, ...] = ()

    def build(
        self,
        name: str,
        frame: "pd.DataFrame",
        *,
        source: str,
        cautions: tuple[str, ...] = (),
        protected_visible: bool = True,
    ) -> Table:
        """Return the table of a flat frame. Raises ``DataError`` with both sides of any mismatch."""
        if frame.shape != self.shape:
            raise DataError(
                f"data set '{name}': expected {_shape(self.shape)}, got {_shape(frame.shape)} from {source}"
            )
        labels = self._labels(name, frame)
        codes: dict[str, Array] = {}
        kinds: dict[str, tuple[str, ...] | Literal["integer", "numeric"]] = {}
        for feature, (columns, prefix) in self._layout(name, frame).items():
            if prefix:
                codes[feature] = _fold(name, feature, frame[columns])
                kinds[feature] = tuple(self.rename.get(column, column.removeprefix(prefix)) for column in columns)
            elif columns[0] in self.coded:
                codes[feature] = _code(name, columns[0], frame, self.coded[columns[0]])
                kinds[feature] = tuple(dict.fromkeys(self.coded[columns[0]].values()))
            elif columns[0] in self.categorical:
                kinds[feature], codes[feature] = text_codes(frame[columns[0]])
            else:
                kinds[feature] = "integer" if columns[0] in self.integers else "numeric"
                codes[feature] = _number(name, columns[0], frame, whole=kinds[feature] == "integer")
        features = []
        for feature in [*codes, *(added for added in self.bands if added not in codes)]:
            kind = kinds.get(feature, ())
            cut = None
            if feature in self.bands:
                rule = self.bands[feature]
                cut = Cut(rule.source, rule.edges)
                codes[feature] = _band(
                    name, feature, rule, codes[rule.source], codes.get(feature), kind if isinstance(kind, tuple) else ()
                )
                kind = rule.names
            visible = protected_visible or feature not in self.protected
            if isinstance(kind, tuple):
                features.append(Feature(feature, "categorical", kind, cut, visible))
            else:
                features.append(Feature(feature, kind, visible=visible))
        schema = Schema(
            tuple(features), self.protected, self.rename.get(self.label, self.label), self.label_values, self.favourable
        )
        return Table(name, schema, np.column_stack([codes[item.name] for item in features]), labels, source, cautions)

    def _labels(self, name: str, frame: "pd.DataFrame") -> Labels:
        if self.label not in frame:
            raise DataError(
                f"data set '{name}': no target column '{self.label}'{nearest(self.label, map(str, frame.columns))}"
            )
        _same_values(name, f"target '{self.label}'", frame[self.label], self.levels)
        return np.asarray(frame[self.label] == self.levels[1], dtype=np.int8)

    def _layout(self, name: str, frame: "pd.DataFrame") -> dict[str, tuple[list[str], str]]:
        """Feature name -> its columns and, for a one-hot group, the prefix; in the order of the source's columns."""
        present = [str(column) for column in frame.columns]
        named = {*self.drop, *self.coded, *self.categorical, *self.integers}
        missing = sorted(named - set(present))
        if missing:
            raise DataError(
                f"data set '{name}': column '{missing[0]}' is missing from the source{nearest(missing[0], present)}"
            )
        layout: dict[str, tuple[list[str], str]] = {}
        for column in present:
            if column in self.drop or column == self.label:
                continue
            group = next((group for group, prefix in self.onehot.items() if column.startswith(prefix)), None)
            if group is None:
                layout[self.rename.get(column, column)] = ([column], "")
            else:
                layout.setdefault(group, ([], self.onehot[group]))[0].append(column)
        empty = sorted({*self.onehot, *self.protected} - {*layout, *self.bands})
        if empty:
            raise DataError(
                f"data set '{name}': feature '{empty[0]}' is missing from the source{nearest(empty[0], layout)}"
            )
        return layout


def _shape(shape: tuple[int, ...]) -> str:
    return f"{shape[0]} rows x {shape[1]} columns"


def _fold(name: str, feature: str, columns: "pd.DataFrame") -> Array:
    values = columns.to_numpy(dtype=np.float64)
    if not (np.isin(values, (0.0, 1.0)).all() and (values.sum(axis=1) == 1.0).all()):
        raise DataError(f"data set '{name}': the columns of '{feature}' are not one-hot ({', '.join(columns.columns)})")
    return np.asarray(values.argmax(axis=1), dtype=np.float64)


def _same_values(name: str, what: str, column: "pd.Series[Any]", expected: Iterable[object]) -> None:
    present, wanted = set(column.unique()), set(expected)
    if present != wanted:
        raise DataError(f"data set '{name}': {what} should have the values {_some(wanted)}, has {_some(present)}")


def _some(values: set[object]) -> str:
    texts = sorted(map(str, values))
    return ", ".join(texts[:10]) + (f" and {len(texts) - 10} more" if len(texts) > 10 else "")


def _code(name: str, column: str, frame: "pd.DataFrame", categories: Mapping[object, str]) -> Array:
    _same_values(name, f"'{column}'", frame[column], categories)
    order = {category: float(position) for position, category in enumerate(dict.fromkeys(categories.values()))}
    codes = {key: order[category] for key, category in categories.items()}
    return np.asarray(frame[column].astype(object).map(codes), dtype=np.float64)


def text_of(value: object) -> str:
    """The text of a category: whole numbers without a decimal point, no spaces around it."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()


def text_codes(column: "pd.Series[Any]") -> tuple[tuple[str, ...], Array]:
    """Categories (numbers first, by value; then texts in order) and codes (n,) of a column; NaN becomes ``missing``."""
    positions, values = column.factorize()
    texts = np.array([*map(text_of, values), "missing"], dtype=object)[positions]
    categories = tuple(sorted(set(texts), key=_order))
    lookup = {category: float(position) for position, category in enumerate(categories)}
    return categories, np.array([lookup[text] for text in texts], dtype=np.float64)


def _order(text: str) -> tuple[bool, float, str]:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    return (not math.isfinite(value), value if math.isfinite(value) else 0.0, text)


def _number(name: str, column: str, frame: "pd.DataFrame", *, whole: bool) -> Array:
    try:
        values = frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise DataError(
            f"data set '{name}': column '{column}' should be numbers, has {frame[column].iloc[0]!r}"
        ) from None
    if not np.isfinite(values).all():
        raise DataError(f"data set '{name}': column '{column}' has missing or infinite values")
    if whole and (values != np.rint(values)).any():
        raise DataError(
            f"data set '{name}': column '{column}' should be whole numbers, has {values[values != np.rint(values)][0]}"
        )
    return values


def _band(
    name: str, feature: str, rule: Banding, values: Array, codes: Array | None, categories: tuple[str, ...]
) -> Array:
    """Codes of a derived feature, in the order of the rule's names; the source's own column, if any, must agree."""
    derived = Cut(rule.source, rule.edges).apply(values)
    if codes is not None:
        if set(categories) != set(rule.names):
            raise DataError(
                f"data set '{name}': '{feature}' should have the categories {list(rule.names)}, has {list(categories)}"
            )
        order = np.array([rule.names.index(category) for category in categories], dtype=np.float64)
        wrong = np.flatnonzero(order[codes.astype(np.int64)] != derived)
        if len(wrong):
            where = f"{len(wrong)} rows (the first is row {wrong[0]})"
            raise DataError(f"data set '{name}': '{feature}' does not follow from '{rule.source}' in {where}")
    return derived
