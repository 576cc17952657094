"""What a suite says about a user's table."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from a4g_bench.data.schema import Kind

CSV = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
PARQUET = (".parquet", ".pq")


class DerivedColumn(BaseModel):
    """A categorical column that follows from a number: band ``i`` where ``edges[i-1] <= value < edges[i]``."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    source: str = Field(alias="from")
    edges: tuple[float, ...] = Field(min_length=1)
    names: tuple[str, ...] = ()


class FileDescription(BaseModel):
    """What a suite says about a user's table.

    ``file``: path (relative to the suite) or pyarrow filesystem URI of a CSV or Parquet file. ``favourable``: the
    target value a person would wish for. ``protected``: attribute names, the default one first. ``types``, ``ranges``
    (lowest and highest value allowed), ``derived`` and ``drop`` are per column. ``missing``: what to do with missing
    values of features: stop, leave the rows out, or (categorical features only) make them the category ``missing``.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    file: str
    target: str
    favourable: bool | int | float | str
    protected: tuple[str, ...] = Field(min_length=1)
    types: dict[str, Kind] = {}
    ranges: dict[str, tuple[float, float]] = {}
    derived: dict[str, DerivedColumn] = {}
    drop: tuple[str, ...] = ()
    delimiter: str | None = None
    protected_visible: bool = True
    missing: Literal["error", "drop", "category"] = "error"


def is_table(name: str) -> bool:
    """Whether a name is a file's rather than a registered data set's: by its ending, a folder or a URI in it."""
    return name.lower().endswith((*CSV, *PARQUET)) or "/" in name or Path(name).is_file()
