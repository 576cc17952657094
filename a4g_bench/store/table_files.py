"""Tables that are folders of Parquet files: one file per identifier, and parts with the rows of many.

A folder (``searches``, ``poison/<data set>``, ...) holds ``<identifier>.parquet`` and, after compaction,
``part-*.parquet``. The rows of an identifier count once: those of its own file, else those of the latest part that has
some. So compaction may be interrupted at any moment, and a later attempt replaces an earlier one by being written.

A file is believed for what it holds: each bears a checksum, and one of an identifier's own must hold its rows alone.
"""

import re
import uuid
from collections.abc import Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from a4g_bench.errors import StoreError
from a4g_bench.store import checksums, tables
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
        #: files that were read and bear no checksum, being of an earlier version
        self.unsealed: set[str] = set()

    def write(self, name: str, table: pa.Table) -> None:
        """Write one file, stamped with the schema version and sealed with its checksum.

        Raises ``StoreError`` if it cannot be written.
        """
        sink = pa.BufferOutputStream()
        stamped = table.replace_schema_metadata(tables.stamp(table.schema).metadata)
        how = _SMALL if table.nbytes < SMALL_BYTES else _LARGE
        with pq.ParquetWriter(sink, stamped.schema, write_page_checksum=True, **how) as writer:
            writer.write_table(stamped)
            writer.add_key_value_metadata({checksums.KEY: checksums.BLANK})
        self.files.write(name, checksums.seal(sink.getvalue()))

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
        """One file, with all its columns or some, the identifier always; None if it is not there or damaged.

        Raises ``StoreError`` for a file of a newer schema version.
        """
        return self._noted(name, self._load(name, columns))

    def _noted(self, name: str, read: "_Read") -> pa.Table | None:
        """Note what reading a file told of it."""
        if read.damage is not None:
            self.damaged[name] = read.damage
        elif read.table is not None:
            self.damaged.pop(name, None)  # written anew since
            (self.unsealed.discard if read.sealed else self.unsealed.add)(name)
        return read.table

    def _load(self, name: str, columns: Sequence[str] | None) -> "_Read":
        """One file, or why it is damaged; neither if it is not there."""
        folder, _, own = name.rpartition("/")
        key = tables.key_of(folder)
        wanted = None if columns is None else list(dict.fromkeys([key, *columns]))
        try:
            content = self.files.read(name)
            sealed = checksums.holds(content)
            if sealed is False:
                return _Read(damage=checksums.NOT_AS_WRITTEN)
            # in this thread: Arrow's own may still hold a file when the interpreter ends, and abort it
            reader = pq.ParquetFile(pa.BufferReader(content), pre_buffer=False, page_checksum_verification=True)
            damage = self._unreadable(name, reader.schema_arrow, bool(sealed))
            if damage is not None:
                return _Read(damage=damage)
            # without a checksum only pages tell of damage: then all of them are read
            table = reader.read(columns=wanted if sealed else None, use_threads=False)
        except FileNotFoundError:
            return _Read()
        except (OSError, ValueError, pa.ArrowException) as error:  # ValueError: a name that is no text
            return _Read(damage=first_line(error))
        damage = _foreign(table, folder, key, own.removesuffix(".parquet"))
        if damage is not None:
            return _Read(damage=damage)
        if wanted is not None and not sealed:
            table = table.select([column for column in wanted if column in table.column_names])
        return _Read(table.replace_schema_metadata(tables.stamp(table.schema).metadata), bool(sealed))

    def _unreadable(self, name: str, schema: pa.Schema, sealed: bool) -> str | None:
        """Why a file is no table that can be read; ``StoreError`` if it takes a newer version to read it."""
        version = tables.version_of(schema)
        if version is None:
            return "not a table of a4g-bench: no schema version in its metadata"
        if version > tables.SCHEMA_VERSION and sealed:
            raise StoreError(
                f"{self.files.root}/{name}: written with schema version {version}, this a4g-bench reads up to"
                f" {tables.SCHEMA_VERSION}: upgrade it"
            )
        if version >= tables.CHECKSUMS_SINCE and not sealed:
            return "it bears no checksum"
        return tables.unlike(schema, tables.schema_of(name.rpartition("/")[0]))

    def _load_all(self, names: Sequence[str], columns: Sequence[str] | None) -> Iterator[tuple[str, pa.Table]]:
        """The files that are there and sound, in order. Remote ones are read several at a time."""

        def sound(files: Iterable[_Read]) -> Iterator[tuple[str, pa.Table]]:
            for name, read in zip(names, files, strict=True):
                if self._noted(name, read) is not None:
                    yield name, read.table

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


@dataclass(frozen=True, eq=False)
class _Read:
    """What reading a file gave: its table, or why it is damaged; neither if it is not there."""

    table: pa.Table | None = None
    sealed: bool = False
    damage: str | None = None


def _foreign(table: pa.Table, folder: str, key: str, own: str) -> str | None:
    """Why rows cannot be those of the file that they stand in; ``own`` is the identifier in its name."""
    held = pc.unique(table[key])
    if not own.startswith("part-"):
        others = [identifier for identifier in held.to_pylist() if identifier != own]
        if others:
            return f"it holds rows of '{others[0]}'"
    if folder == "searches" and len(held) < len(table):
        return "it holds several rows of one search"
    return None


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
