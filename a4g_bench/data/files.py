"""The user's own table: a CSV or Parquet file and a short description of it.

What the description does not state is inferred:

- booleans and text are categorical, numbers that are all whole are integers, other numbers numeric. Text that is
  different in more than half of the rows looks like an identifier and is an error, unless its type is stated;
- a protected attribute that is a number with at most 10 distinct values is categorical (with more, derive one);
- categories are in order: numbers by value, then text;
- label 0 and 1 are the two target values in order (no < yes, 0 < 1); ``favourable`` says which one a person wishes for;
- in a CSV file an empty field, ``NA``, ``NaN``, ``nan`` and ``null`` are missing values.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from a4g_bench.data.file_description import DerivedColumn, FileDescription, read_frame
from a4g_bench.data.recipe import text_codes, text_of
from a4g_bench.data.schema import Array, Cut, Feature, Kind, Schema
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, nearest

if TYPE_CHECKING:
    import pandas as pd


_FEW = 10


def load_file(name: str, description: FileDescription, folder: Path) -> Table:
    """Return the table of a user's file; a relative path is taken from ``folder``.

    Raises ``DataError`` of one line, naming file, column and remedy, if the file and its description do not fit.
    """
    return _Loader(name, description, read_frame(name, description, folder)).table()


@dataclass
class _Loader:
    name: str
    about: FileDescription
    frame: "pd.DataFrame"

    def wrong(self, message: str) -> DataError:
        return DataError(f"data set '{self.name}' ({Path(self.about.file).name}): {message}")

    def table(self) -> Table:
        self._check_names()
        frame = self.frame.drop(columns=list(self.about.drop))
        self.frame = frame if self.about.missing != "drop" else frame.dropna(subset=self._inputs(frame))
        if self.frame.empty:
            raise self.wrong("no row is left")
        for column in self.frame.columns:
            self._check_cells(str(column))
        values, labels = self._labels()
        features, codes = self._columns()
        self._check_ranges(features, codes)
        self._derive(features, codes)
        for attribute in self.about.protected:
            if len(features[attribute].categories) < 2:
                raise self.wrong(f"protected attribute '{attribute}' has one group only; leave it out")
        favourable: Literal[0, 1] = 1 if text_of(self.about.favourable) == values[1] else 0
        schema = Schema(tuple(features.values()), self.about.protected, self.about.target, values, favourable)
        matrix = np.column_stack([codes[column] for column in features])
        return Table(self.name, schema, matrix, labels.astype(np.int8), f"file {Path(self.about.file).name}")

    def _inputs(self, frame: "pd.DataFrame") -> list[str]:
        return [str(column) for column in frame.columns if column != self.about.target]

    def _check_names(self) -> None:
        about, present = self.about, list(map(str, self.frame.columns))
        repeated = sorted({column for column in present if present.count(column) > 1})
        if repeated:
            raise self.wrong(f"column '{repeated[0]}' occurs more than once; rename one")
        if self.frame.empty:
            raise self.wrong("the file has no rows")
        known = {*present, *about.derived}
        for key, columns, valid in (
            ("target", [about.target], set(present)),
            ("protected", about.protected, known),
            ("types", about.types, set(present)),
            ("ranges", about.ranges, set(present)),
            ("drop", about.drop, set(present)),
            ("derived", [rule.source for rule in about.derived.values()], set(present)),
        ):
            for column in columns:
                if column not in valid:
                    raise self.wrong(f"{key}: there is no column '{column}'{nearest(column, valid)}")
        used = {about.target, *about.protected, *about.derived, *(rule.source for rule in about.derived.values())}
        if clash := sorted(used & set(about.drop)):
            raise self.wrong(f"drop: column '{clash[0]}' is needed")
        if about.target in {*about.protected, *about.derived, *(rule.source for rule in about.derived.values())}:
            raise self.wrong(f"target: '{about.target}' cannot be a feature as well")

    def _check_cells(self, column: str) -> None:
        """Parquet columns can hold what is neither a number nor a text."""
        from pandas.api import types

        values = self.frame[column]
        if not types.is_object_dtype(values) or types.infer_dtype(values, skipna=True) == "string":
            return
        for value in values:
            if isinstance(value, dict | list | tuple | np.ndarray):
                raise self.wrong(f"column '{column}' holds lists or structs; drop it or turn it into plain columns")
            if isinstance(value, bytes):
                try:
                    value.decode()
                except UnicodeDecodeError:
                    remedy = "drop it or turn it into text"
                    raise self.wrong(f"column '{column}' holds bytes that are no text in UTF-8; {remedy}") from None

    def _labels(self) -> "tuple[tuple[str, str], Array]":
        target, column = self.about.target, self.frame[self.about.target]
        empty = int(column.isna().sum())
        if empty:
            raise self.wrong(f"target '{target}' is missing in {empty} rows; remove them from the file")
        values, codes = text_codes(column)
        if len(values) != 2:
            shown = ", ".join(values[:5]) + (" ..." if len(values) > 5 else "")
            raise self.wrong(f"target '{target}' must have two values, has {len(values)}: {shown}")
        if text_of(self.about.favourable) not in values:
            favourable = text_of(self.about.favourable)
            raise self.wrong(f"favourable: target '{target}' has no value '{favourable}'{nearest(favourable, values)}")
        return (values[0], values[1]), codes

    def _columns(self) -> tuple[dict[str, Feature], dict[str, Array]]:
        features: dict[str, Feature] = {}
        codes: dict[str, Array] = {}
        for column in self._inputs(self.frame):
            kind = self._kind(column)
            visible = self.about.protected_visible or column not in self.about.protected
            empty = int(self.frame[column].isna().sum())
            if empty and (self.about.missing == "error" or kind != "categorical"):
                remedy = "missing: drop leaves them out" + (", missing: category keeps them" * (kind == "categorical"))
                raise self.wrong(f"column '{column}' has {empty} missing values; {remedy}")
            if kind == "categorical":
                categories, codes[column] = text_codes(self.frame[column])
                features[column] = Feature(column, kind, categories, visible=visible)
            else:
                codes[column] = self._numbers(column, kind)
                features[column] = Feature(column, kind, visible=visible)
        return features, codes

    def _kind(self, column: str) -> Kind:
        from pandas.api import types

        values = self.frame[column]
        protected = column in self.about.protected
        if column in self.about.types or column in self.about.derived:
            kind = self.about.types.get(column, "categorical")
            if kind != "categorical" and (protected or column in self.about.derived):
                raise self.wrong(f"types: '{column}' must be categorical")
            return kind
        if types.is_bool_dtype(values) or isinstance(values.dtype, _categorical()):
            return "categorical"
        if types.is_numeric_dtype(values) and not types.is_complex_dtype(values):
            known = values.dropna()
            if protected and known.nunique() <= _FEW:
                return "categorical"
            if protected:
                remedy = "derive one with edges (derived: {new: {from: " + column + ", edges: [...]}})"
                raise self.wrong(f"protected attribute '{column}' is a number with {known.nunique()} values; {remedy}")
            return "integer" if (known == np.rint(known.to_numpy(np.float64))).all() else "numeric"
        if types.is_string_dtype(values) or types.is_object_dtype(values):
            distinct = int(values.astype(str).nunique())
            if distinct > max(_FEW, len(values) / 2) and not protected:
                remedy = "drop it, or state its type as categorical"
                raise self.wrong(f"column '{column}' looks like an identifier ({distinct} different texts); {remedy}")
            return "categorical"
        raise self.wrong(f"column '{column}' is of type {values.dtype}; drop it or turn it into a number")

    def _numbers(self, column: str, kind: Kind) -> Array:
        try:
            numbers = self.frame[column].to_numpy(dtype=np.float64, na_value=np.nan)
        except (TypeError, ValueError):
            raise self.wrong(f"types: column '{column}' is stated as {kind} but holds text") from None
        if not np.isfinite(numbers).all():
            raise self.wrong(f"column '{column}' has infinite values; mend them in the file or drop the column")
        fractions = numbers[numbers != np.rint(numbers)]
        if kind == "integer" and len(fractions):
            raise self.wrong(f"types: column '{column}' is stated as integer but has {fractions[0]:g}")
        return np.asarray(numbers, dtype=np.float64)

    def _check_ranges(self, features: dict[str, Feature], codes: dict[str, Array]) -> None:
        for column, (low, high) in self.about.ranges.items():
            if column not in features or features[column].kind == "categorical":
                raise self.wrong(f"ranges: column '{column}' is not a number")
            outside = np.flatnonzero((codes[column] < low) | (codes[column] > high))
            if len(outside):
                example = f"{codes[column][outside[0]]:g}"
                where = f"{len(outside)} rows lie outside {low:g} .. {high:g} (e.g. {example})"
                raise self.wrong(f"ranges: column '{column}': {where}; widen the range or mend the rows")

    def _derive(self, features: dict[str, Feature], codes: dict[str, Array]) -> None:
        for column, rule in self.about.derived.items():
            if features[rule.source].kind == "categorical":
                raise self.wrong(f"derived: '{column}' follows from '{rule.source}', which is not a number")
            try:
                cut = Cut(rule.source, rule.edges)
            except ValueError as error:
                raise self.wrong(f"derived: '{column}': {error}") from None
            names = rule.names or _band_names(rule.edges)
            if len(names) != len(rule.edges) + 1 or len(set(names)) != len(names):
                raise self.wrong(f"derived: '{column}' needs {len(rule.edges) + 1} different names, has {len(names)}")
            bands = cut.apply(codes[rule.source])
            if column in features:
                names = self._agreed(column, rule, features[column].categories, codes[column], bands)
            visible = self.about.protected_visible or column not in self.about.protected
            features[column] = Feature(column, "categorical", names, cut, visible)
            codes[column] = bands

    def _agreed(
        self, column: str, rule: DerivedColumn, categories: tuple[str, ...], codes: Array, bands: Array
    ) -> tuple[str, ...]:
        """The band names of a derived column that the file has too; every row must follow the rule."""
        texts = np.asarray(categories, dtype=object)[codes.astype(np.int64)]
        names = rule.names
        if not names:
            first = [np.flatnonzero(bands == band) for band in range(len(rule.edges) + 1)]
            if not all(len(rows) for rows in first):
                raise self.wrong(f"derived: '{column}' has a band without rows; give its names")
            names = tuple(str(texts[rows[0]]) for rows in first)
        expected = np.asarray(names, dtype=object)[bands.astype(np.int64)]
        off = np.flatnonzero(texts != expected)
        if len(off):
            source = f"'{rule.source}' with edges {', '.join(f'{edge:g}' for edge in rule.edges)}"
            what = f"{len(off)} rows, e.g. '{texts[off[0]]}' instead of '{expected[off[0]]}'"
            raise self.wrong(f"derived: '{column}' does not follow from {source} in {what}; mend edges or names")
        if len(set(names)) != len(names):
            raise self.wrong(f"derived: '{column}' has the same name in two bands; leave out the edge between them")
        return names


def _band_names(edges: tuple[float, ...]) -> tuple[str, ...]:
    between = (f"{low:g} to below {high:g}" for low, high in pairwise(edges))
    return (f"below {edges[0]:g}", *between, f"{edges[-1]:g} or more")


def _categorical() -> type[Any]:
    from pandas import CategoricalDtype

    return CategoricalDtype
