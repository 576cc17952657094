"""Tables that are folders of Parquet files: one file per identifier, and parts with the rows of many.

A folder (``searches``, ``poison/<data set>``, ...) holds ``<identifier>.parquet`` and, after compaction,
``part-*.parquet``. The rows of an identifier count once: those of its own file, else those of the latest part that has
some. So compaction may be interrupted at any moment, and a later attempt replaces an earlier one by being written.
"""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from a4g_bench.store import tables
from a4g_bench.store.files import Files, first_line


class Listing(NamedTuple):
    """Files of one table, sorted by name; a later part holds the later attempt."""

    singles: list[str]
    parts: list[str]


class TableFiles:
    """Reads and writes such tables. Damaged files are left out and listed in :attr:`damaged`."""

    def __init__(self, files: Files) -> None:
        self.files = files
        #: file -> why it could not be read
        self.damaged: dict[str, str] = {}

    def write(self, name: str, table: pa.Table) -> None:
        """Write one file, stamped with the schema version. Raises ``StoreError`` if it cannot be written."""
        sink = pa.BufferOutputStream()
        pq.write_table(table.cast(tables.stamp(table.schema)), sink, compression="zstd", write_page_checksum=True)
        self.files.write(name, sink.getvalue())

    def listing(self, folder: str) -> Listing:
        """The files of one table."""
        names = [n for n in self.files.names(folder) if n.endswith(".parquet") and n.rpartition("/")[0] == folder]
        parts = [n for n in names if n.rpartition("/")[2].startswith("part-")]
        return Listing([n for n in names if n not in parts], parts)

    def folders(self) -> list[str]:
        """All tables that compaction may merge."""
        poison = {name.rpartition("/")[0] for name in self.files.names("poison")}
        return [*tables.TABLES, *sorted(poison - {"poison"})]

    def load(self, name: str, columns: Sequence[str] | None = None) -> pa.Table | None:
        """One file, with all its columns or some; None if it is not there or damaged.

        Raises ``StoreError`` for a file of a newer schema version, or of other columns than its table has.
        """
        expected = tables.schema_of(name.rpartition("/")[0])
        try:
            # in this thread: Arrow's own may still hold a file when the interpreter ends, and abort it
            reader = pq.ParquetFile(
                pa.BufferReader(self.files.read(name)), pre_buffer=False, page_checksum_verification=True
            )
            tables.check(reader.schema_arrow, expected, f"{self.files.root}/{name}")
            table = reader.read(columns=columns if columns is None else list(columns), use_threads=False)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, pa.ArrowException) as error:  # ValueError: a name that is no text
            self.damaged[name] = first_line(error)
            return None
        self.damaged.pop(name, None)  # written anew since
        return table

    def read(self, folder: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The columns that all files of a table have, or some of them; the identifier always comes first."""
        expected, key = tables.schema_of(folder), tables.key_of(folder)
        names = expected.names if columns is None else list(dict.fromkeys([key, *columns]))
        schema = tables.stamp(pa.schema([expected.field(name) for name in names]))

        def load(name: str) -> pa.Table | None:
            table = self.load(name, names)
            return None if table is None else pa.table([table[column] for column in names], schema=schema)

        singles, parts = self.listing(folder)
        found = {name: table for name in singles if (table := load(name)) is not None}
        if len(found) < len(singles):  # some may have been merged since they were listed, by a run that goes on
            parts = self.listing(folder).parts
        seen = pa.array([name.rpartition("/")[2].removesuffix(".parquet") for name in found], pa.string())
        merged: list[pa.Table] = []
        for name in reversed(parts):
            part = load(name)
            if part is not None:
                merged.append(part.filter(pc.invert(pc.is_in(part[key], seen))))
                seen = pa.concat_arrays([seen, pc.unique(part[key])])
        everything = [*reversed(merged), *found.values()]
        return pa.concat_tables(everything) if everything else schema.empty_table()

    def rows_of(self, folder: str, identifier: str) -> pa.Table | None:
        """The rows of one identifier with all columns of its file; None if no file could hold them."""
        own = self.load(f"{folder}/{identifier}.parquet")
        if own is not None:
            return own
        nothing = None
        for name in reversed(self.listing(folder).parts):
            part = self.load(name)
            if part is None:
                continue
            rows = part.filter(pc.equal(part[tables.key_of(folder)], identifier))
            if rows.num_rows:
                return rows
            nothing = rows
        return nothing
