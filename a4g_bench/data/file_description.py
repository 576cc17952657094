"""What a suite says about a user's table, and reading its columns."""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from a4g_bench.data.schema import Kind
from a4g_bench.errors import DataError, without_secrets

if TYPE_CHECKING:
    import pandas as pd


#: A table's uncompressed bytes at most, and its cells: a small file may unfold to any size.
MAX_BYTES = 1_000_000_000
MAX_CELLS = 500_000_000
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


_DELIMITERS = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a bar"}
_MISSING = ["", "NA", "NaN", "nan", "null"]


def read_frame(name: str, about: FileDescription, folder: Path) -> "pd.DataFrame":
    """The columns of a user's file as they are. Raises ``DataError`` of one line if it cannot be read as a table."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq
    from pyarrow import fs

    address = without_secrets(about.file)
    shown = f"data set '{name}': file {address}"
    kind = about.file.lower()
    if not kind.endswith((*CSV, *PARQUET)):
        raise DataError(f"{shown} must end in {', '.join((*CSV, *PARQUET))}")
    try:
        if "://" in about.file:
            system, path = fs.FileSystem.from_uri(about.file)
        else:
            system, path = fs.LocalFileSystem(), str(folder / Path(about.file).expanduser())
        with system.open_input_file(path) if kind.endswith(PARQUET) else system.open_input_stream(path) as stream:
            if kind.endswith(PARQUET):
                file = pq.ParquetFile(stream)
                if file.metadata.num_rows * file.metadata.num_columns > MAX_CELLS:
                    raise DataError(f"{shown} has more than {MAX_CELLS:,} cells")
                parquet = file.read()
                repeated = sorted({column for column in parquet.column_names if parquet.column_names.count(column) > 1})
                if repeated:
                    raise DataError(f"{shown}: column '{repeated[0]}' occurs more than once; rename one")
                whole: pd.DataFrame = parquet.to_pandas(ignore_metadata=True)
                return whole
            text = io.BytesIO(stream.read(MAX_BYTES + 1))
        if text.getbuffer().nbytes > MAX_BYTES:
            raise DataError(f"{shown} is larger than {MAX_BYTES:,} bytes uncompressed")
        delimiter = about.delimiter or ("\t" if ".tsv" in kind else ",")
        rows: dict[str, Any] = {"sep": delimiter, "header": None, "keep_default_na": False, "encoding": "utf-8-sig"}
        header = pd.read_csv(text, nrows=1, dtype=str, **rows)
        if header.shape[1] == 1:
            raise DataError(f"{shown} {_one_column(str(header.iloc[0, 0]), delimiter)}")
        text.seek(0)
        try:
            frame: pd.DataFrame = pd.read_csv(text, skiprows=1, na_values=_MISSING, low_memory=False, **rows)
        except pd.errors.EmptyDataError:
            raise DataError(f"{shown} has a header but no rows") from None
    except RuntimeError:  # of expanduser
        user = Path(about.file).parts[0]
        raise DataError(f"{shown} cannot be read: there is no home folder '{user}'") from None
    except FileNotFoundError:
        raise DataError(f"{shown} does not exist (looked in {folder.resolve()})") from None
    except pd.errors.EmptyDataError:
        raise DataError(f"{shown} is empty") from None
    except (OSError, ValueError, ImportError, pa.ArrowException) as error:
        reason = " ".join(str(error).replace(about.file, address).split())
        raise DataError(f"{shown} cannot be read: {reason}") from None
    if frame.shape[1] != header.shape[1]:
        raise DataError(f"{shown} names {header.shape[1]} columns but its first row has {frame.shape[1]} fields")
    frame.columns = pd.Index([str(column).strip() for column in header.iloc[0]])
    return frame


def _one_column(header: str, delimiter: str) -> str:
    counts = {other: header.count(other) for other in _DELIMITERS if other != delimiter}
    best = max(counts, key=lambda other: counts[other])
    if not counts[best]:
        return "has one column only; state its delimiter"
    return f"has one column only; it seems to be separated by {_DELIMITERS[best]} (delimiter: {best!r})"
