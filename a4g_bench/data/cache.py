"""The folder that keeps tables fetched over the network, one Parquet file each."""

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from a4g_bench.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

VARIABLE = "A4G_DATA_HOME"
_SOURCE = b"a4g_source"


def cache_folder() -> Path:
    """Return the folder named by the environment variable ``A4G_DATA_HOME``, else ``~/.cache/a4g-bench``.

    It need not exist. Raises ``DataError`` if there is no home folder either.
    """
    named = os.environ.get(VARIABLE)
    try:
        return Path(named).expanduser() if named else Path.home() / ".cache" / "a4g-bench"
    except RuntimeError:
        raise DataError(f"there is no home folder for the data cache; set {VARIABLE} to a folder") from None


def cached_file(name: str) -> Path:
    """Return where the data set ``name`` is kept, e.g. ``compas_two_years.parquet``."""
    return cache_folder() / f"{name.replace('-', '_')}.parquet"


def keep(name: str, frame: "pd.DataFrame", source: str) -> None:
    """Write a flat table for later loads, whole or not at all. Raises ``OSError`` if the folder cannot be written."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = cached_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), _SOURCE: source.encode()})
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    os.close(handle)
    try:
        pq.write_table(table, temporary)
        Path(temporary).replace(path)
    finally:
        Path(temporary).unlink(missing_ok=True)


def kept(name: str) -> "tuple[pd.DataFrame, str] | None":
    """Return the kept flat table and one line on where its rows came from, or ``None`` if there is none.

    Raises ``DataError`` if the file is there but is no Parquet table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = cached_file(name)
    if not path.is_file():
        return None
    try:
        table = pq.read_table(path)
        source = (table.schema.metadata or {}).get(_SOURCE, f"{path.name} in the cache folder".encode()).decode()
        return table.to_pandas(), source
    except (OSError, pa.ArrowException):
        raise DataError(
            f"data set '{name}': {path} is not a readable Parquet file; delete it to fetch it again"
        ) from None
