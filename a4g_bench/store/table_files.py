"""Tables that are folders of Parquet files: one file per identifier, and parts with the rows of many.

A folder (``searches``, ``poison/<data set>``, ...) holds ``<identifier>.parquet`` and, after compaction,
``part-*.parquet``. The rows of an identifier count once: those of its own file, else those of the latest part that has
some. So compaction may be interrupted at any moment, and a later attempt replaces an earlier one by being written.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from a4g_bench.store import tables
from a4g_bench.store.files import Files, first_line

#: Files of a remote table that are read at once.
READERS = 16
#: Tables below this size are written in a quarter of the time: what makes large ones small only makes these larger.
SMALL_BYTES = 65_536
_SMALL = {"compression": "lz4", "use_dictionary": False, "write_statistics": False}
_LARGE = {"compression": "zstd"}


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
        stamped = table.replace_schema_metadata(tables.stamp(table.schema).metadata)
        how = _SMALL if table.nbytes < SMALL_BYTES else _LARGE
        pq.write_table(stamped, sink, write_page_checksum=True, **how)
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
        return self._noted(name, *self._load(name, columns))

    def _noted(self, name: str, table: pa.Table | None, why: str | None) -> pa.Table | None:
        """Note whether a file is damaged: ``why``, or None."""
        if why is not None:
            self.damaged[name] = why
        elif table is not None:
            self.damaged.pop(name, None)  # written anew since
        return table

    def _load(self, name: str, columns: Sequence[str] | None) -> tuple[pa.Table | None, str | None]:
        """One file, or why it is damaged; neither if it is not there."""
        expected = tables.schema_of(name.rpartition("/")[0])
        try:
            # in this thread: Arrow's own may still hold a file when the interpreter ends, and abort it
            reader = pq.ParquetFile(
                pa.BufferReader(self.files.read(name)), pre_buffer=False, page_checksum_verification=True
            )
            tables.check(reader.schema_arrow, expected, f"{self.files.root}/{name}")
            return reader.read(columns=columns if columns is None else list(columns), use_threads=False), None
        except FileNotFoundError:
            return None, None
        except (OSError, ValueError, pa.ArrowException) as error:  # ValueError: a name that is no text
            return None, first_line(error)

    def _load_all(self, names: Sequence[str], columns: Sequence[str] | None) -> Iterator[tuple[str, pa.Table]]:
        """The files that are there and sound, in order. Remote ones are read several at a time."""

        def sound(read: Iterable[tuple[pa.Table | None, str | None]]) -> Iterator[tuple[str, pa.Table]]:
            for name, (table, why) in zip(names, read, strict=True):
                if self._noted(name, table, why) is not None:
                    yield name, table

        if self.files.local or len(names) < 2:
            yield from sound(self._load(name, columns) for name in names)
            return
        with ThreadPoolExecutor(min(READERS, len(names)), "read") as pool:
            yield from sound(pool.map(lambda name: self._load(name, columns), names))

    def read(self, folder: str, columns: Sequence[str] | None = None) -> pa.Table:
        """The columns that all files of a table have, or some of them; the identifier always comes first."""
        expected, key = tables.schema_of(folder), tables.key_of(folder)
        names = expected.names if columns is None else list(dict.fromkeys([key, *columns]))
        schema = tables.stamp(pa.schema([expected.field(name) for name in names]))

        def uniform(table: pa.Table) -> pa.Table:
            columns = [
                table[field.name] if field.name in table.column_names else pa.nulls(len(table), field.type)
                for field in schema
            ]
            return pa.table(columns, schema=schema)

        everything = [uniform(table) for table in self.whole(folder, names)]
        return pa.concat_tables(everything) if everything else schema.empty_table()

    def whole(self, folder: str, columns: Sequence[str] | None = None) -> list[pa.Table]:
        """All rows of a table, each identifier's once, as tables of one or more files; they may differ in columns
        unless these are named.
        """
        key = tables.key_of(folder)
        singles, parts = self.listing(folder)
        loaded = dict(self._load_all(singles, columns))
        if len(loaded) < len(singles):  # some may have been merged since they were listed, by a run that goes on
            parts = self.listing(folder).parts
        seen = pa.array([name.rpartition("/")[2].removesuffix(".parquet") for name in loaded], pa.string())
        merged: list[pa.Table] = []
        for name in reversed(parts):
            part = self.load(name, columns)
            if part is not None:
                merged.append(part.filter(pc.invert(pc.is_in(part[key], seen))))
                seen = pa.concat_arrays([seen, pc.unique(part[key]).cast(pa.string())])
        return [*reversed(merged), *loaded.values()]

    def remove(self, folder: str, identifiers: Set[str]) -> None:
        """Remove all rows of some identifiers, in parts too; unreadable files stay."""
        key, gone = tables.key_of(folder), pa.array(sorted(identifiers), pa.string())
        singles, parts = self.listing(folder)
        for name in parts:
            part = self.load(name)
            if part is None:
                continue
            kept = part.filter(pc.invert(pc.is_in(part[key], gone)))
            if not len(kept):
                self.files.delete(name)
            elif len(kept) < len(part):
                self.write(name, kept)
        for name in singles:
            if name.rpartition("/")[2].removesuffix(".parquet") in identifiers:
                self.files.delete(name)

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


_PART = re.compile(r"part-(\d{6})-[0-9a-f]+\.parquet$")


def compact(files: TableFiles, keep: int) -> None:
    """Merge the files of single identifiers into a new part, in each table that has more than ``keep`` of them.

    The part is there before the first file goes, and damaged files stay where they are: an interruption loses and
    doubles nothing. Files of unlike columns (poison rows of a data set that has changed) go to parts of their own.
    """
    for folder in files.folders():
        singles, parts = files.listing(folder)
        if len(singles) <= keep:
            continue
        alike: dict[pa.Schema, dict[str, pa.Table]] = {}
        for name in singles:
            table = files.load(name)
            if table is not None:
                alike.setdefault(table.schema, {})[name] = table
        for read in alike.values():
            _write_part(files, folder, parts, pa.concat_tables(read.values()))
            for name in read:
                files.files.delete(name)


def add_part(files: TableFiles, folder: str, rows: pa.Table) -> None:
    """Write rows as one more part of a table, the latest."""
    _write_part(files, folder, files.listing(folder).parts, rows)


def _write_part(files: TableFiles, folder: str, parts: Sequence[str], rows: pa.Table) -> None:
    generation = max((int(match[1]) for name in parts if (match := _PART.search(name))), default=0) + 1
    unique = uuid.uuid4().hex[:8]  # should two runs merge at once, neither may overwrite the other's part
    files.write(f"{folder}/part-{generation:06d}-{unique}.parquet", rows)
