"""Tables that are fetched once and then kept in the cache folder, as Parquet."""

import os
import tempfile
import warnings
from abc import ABC, abstractmethod
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from a4g_bench.data.recipe import Recipe
from a4g_bench.data.source import Source, State, Visibility
from a4g_bench.data.table import Table
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


class FetchedSource(Source, ABC):
    """A data set that is fetched on the first load and read from the cache folder on every later one.

    ``raw`` names a folder in the cache folder that ``fetch`` reads from, if there is one: rows that the recipe refuses
    come from there again until it is deleted.
    """

    Parameters = Visibility
    recipe: ClassVar[Recipe]
    cautions: ClassVar[tuple[str, ...]] = ()
    raw: ClassVar[str | None] = None

    @property
    @abstractmethod
    def origin(self) -> str:
        """One line on where the rows come from."""

    @abstractmethod
    def fetch(self) -> "pd.DataFrame":
        """The rows as their publisher gives them. Raises ``DataError``."""

    @abstractmethod
    def prepared(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """The rows as the recipe takes them."""

    def state(self) -> State:
        """Return ``cached`` if an earlier load kept the table, else ``needs the network``."""
        return "cached" if cached_file(self.name).is_file() else "needs the network"

    def read(self, **params: object) -> Table:
        """Return the table from the cache folder, or from its publisher and keep it there."""
        visible = bool(params["protected_visible"])
        stored = kept(self.name)
        if stored is not None:
            try:
                return self._table(*stored, visible)
            except DataError as error:
                raise DataError(f"{error}; delete {cached_file(self.name)} to fetch it again") from None
        frame = self.fetch()
        try:
            table = self._table(frame, self.origin, visible)
        except DataError as error:
            if self.raw is None:
                raise
            raise DataError(f"{error}; delete {cache_folder() / self.raw} to fetch it again") from None
        try:
            keep(self.name, frame, self.origin)
        except OSError as error:
            warnings.warn(f"data set '{self.name}' could not be kept for later: {error}", stacklevel=3)
        return table

    def _table(self, frame: "pd.DataFrame", source: str, visible: bool) -> Table:
        return self.recipe.build(
            self.name, self.prepared(frame), source=source, cautions=self.cautions, protected_visible=visible
        )
