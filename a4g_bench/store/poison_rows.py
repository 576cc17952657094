"""Poison rows in Parquet: ``search_id``, ``row`` and ``label``, then one column ``x.<feature>`` per feature of the raw
schema. Nothing else reads or writes these columns by name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a4g_bench.store.tables import POISON_LEAD

#: Keeps a feature that is called ``label`` or ``row`` apart from the columns that lead.
_PREFIX = "x."
_TYPES = {"numeric": pa.float64(), "integer": pa.int64(), "categorical": pa.string()}

Kind = Literal["numeric", "integer", "categorical"]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False, kw_only=True)
class PoisonRows:
    """Rows of one search in their order: ``labels`` (n,), and per feature its values (n,) as people write them."""

    labels: Labels
    features: Mapping[str, npt.NDArray[Any]]


def encode(search_id: str, rows: PoisonRows, kinds: Mapping[str, Kind]) -> pa.Table:
    """The table of one search's rows; ``kinds`` names the features in the order of their columns."""
    n = len(rows.labels)
    lead = ([search_id] * n, range(n), rows.labels.astype("int64"))
    columns = [pa.array(values, field.type) for values, field in zip(lead, POISON_LEAD, strict=True)]
    columns += [pa.array(rows.features[name], _TYPES[kind]) for name, kind in kinds.items()]
    return pa.table(columns, names=[*POISON_LEAD.names, *(f"{_PREFIX}{name}" for name in kinds)])


def decode(table: pa.Table) -> PoisonRows:
    """The rows of one search's table."""
    frame = table.to_pandas().sort_values("row", kind="stable")
    return PoisonRows(
        labels=frame["label"].to_numpy().astype(np.int8),
        features={
            feature_name(column): frame[column].to_numpy() for column in frame.columns if column.startswith(_PREFIX)
        },
    )


def without_search(table: pa.Table) -> pa.Table:
    """The label, then the features under their own names: what others are given of one search's rows."""
    rows = table.drop_columns(["search_id", "row"]).replace_schema_metadata(None)
    return rows.rename_columns([feature_name(column) for column in rows.column_names])


def feature_name(column: str) -> str:
    """The feature that a column of a poison table holds; a name that is none of its columns stays as it is."""
    return column.removeprefix(_PREFIX)
