"""A results folder: what is where, how it is written, and how it is read back.

Layout below the root::

    manifest.json                      suite name and hash, searches planned, schema version
    claims/<run>.json                  who is writing now (:mod:`a4g_bench.store.claim`)
    searches/<id>.parquet              one row, written last: the search is what this row says
    queries/, audits/, predictions/    <id>.parquet each
    poison/<data set>/<id>.parquet     raw rows, so one folder per schema
    baselines/<baseline id>.parquet    the clean victim's audit, shared by searches
    journal/<id>.parquet               queries of a search that is not finished
    <table>/part-*.parquet             many searches in one file, after compaction

A file of a single search outweighs the rows of the same search in a part: compaction may be interrupted at any moment.
"""

import json
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from a4g_bench.errors import StoreError
from a4g_bench.store import tables
from a4g_bench.store.files import Files

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class SearchRecord:
    """Everything that is kept of one finished search. ``poison`` holds the raw schema's columns after POISON_LEAD's."""

    search: Row
    queries: list[Row] = field(default_factory=list)
    audits: list[Row] = field(default_factory=list)
    predictions: list[Row] = field(default_factory=list)
    poison: pa.Table | None = None


class Results:
    """One results folder. Reading tolerates damaged files: they are left out and listed in :attr:`damaged`."""

    def __init__(self, root: str) -> None:
        self.files = Files(root)
        self.root = self.files.root
        #: file -> why it could not be read
        self.damaged: dict[str, str] = {}
        self._merged: set[str] = set()

    # manifest ---------------------------------------------------------------------------------------------------------

    def manifest(self) -> Row | None:
        """The manifest, or None for an empty or absent folder. Raises ``StoreError`` if it is no manifest."""
        if not self.files.exists("manifest.json"):
            return None
        try:
            manifest = json.loads(self.files.read("manifest.json").to_pybytes())
            version, suite = int(manifest["schema_version"]), str(manifest["suite"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(f"results '{self.root}': manifest.json cannot be read: {error}") from error
        if version > tables.SCHEMA_VERSION:
            raise StoreError(
                f"results '{self.root}': written with schema version {version}, this a4g-bench reads up to"
                f" {tables.SCHEMA_VERSION}: upgrade it"
            )
        return {**manifest, "suite": suite}

    def mark(self, suite: str, suite_hash: str, searches: int) -> None:
        """Mark the folder as a suite's, which plans so many searches.

        Raises ``StoreError`` if it holds another suite's results or cannot be written.
        """
        self.require(suite)
        manifest = {
            "schema_version": tables.SCHEMA_VERSION,
            "suite": suite,
            "suite_hash": suite_hash,
            "searches": searches,
        }
        self.files.write("manifest.json", json.dumps(manifest, indent=1).encode())

    def require(self, suite: str) -> None:
        """Raise ``StoreError`` if the folder holds another suite's results."""
        manifest = self.manifest()
        if manifest is not None and manifest["suite"] != suite:
            raise StoreError(
                f"results '{self.root}' belong to suite '{manifest['suite']}', not to '{suite}':"
                " give another --results folder"
            )

    # writing ----------------------------------------------------------------------------------------------------------

    def write_search(self, record: SearchRecord) -> None:
        """Write one search; its row goes last, so that a crash in between leaves a search that is not there."""
        search_id = record.search["search_id"]
        for name, rows in (
            ("queries", record.queries),
            ("audits", record.audits),
            ("predictions", record.predictions),
        ):
            if rows:
                self._write(f"{name}/{search_id}.parquet", pa.Table.from_pylist(rows, tables.TABLES[name]))
        if record.poison is not None:
            self._write(f"poison/{record.search['dataset']}/{search_id}.parquet", record.poison)
        self._write(f"searches/{search_id}.parquet", pa.Table.from_pylist([record.search], tables.SEARCHES))
        if record.search["status"] != "interrupted":
            self.files.delete(f"journal/{search_id}.parquet")

    def write_journal(self, search_id: str, queries: Sequence[Row]) -> None:
        """Keep the queries of a search that goes on, all so far."""
        self._write(f"journal/{search_id}.parquet", pa.Table.from_pylist(list(queries), tables.QUERIES))

    def read_journal(self, search_id: str) -> list[Row]:
        """The queries of a search that was cut short; empty if there are none or if they cannot be read."""
        name = f"journal/{search_id}.parquet"
        if not self.files.exists(name):
            return []
        table = self._read(name, tables.QUERIES)
        rows: list[Row] = [] if table is None else table.to_pylist()
        return rows

    def write_baseline(self, rows: Sequence[Row]) -> None:
        """Keep a clean victim's audit (one row per audit victim seed)."""
        self._write(f"baselines/{rows[0]['baseline_id']}.parquet", pa.Table.from_pylist(list(rows), tables.BASELINES))

    def read_baseline(self, baseline_id: str) -> list[Row]:
        """A clean victim's audit, or an empty list."""
        name = f"baselines/{baseline_id}.parquet"
        if self.files.exists(name):
            table = self._read(name, tables.BASELINES)
        else:
            table = self._parts("baselines", tables.BASELINES, filters=pc.field("baseline_id") == baseline_id)
        rows: list[Row] = [] if table is None else table.to_pylist()
        return rows

    def compact(self, keep: int = 64) -> None:
        """Merge the files of single searches into one more part per table, where there are more than ``keep`` of
        them.
        """
        for folder, schema, _ in self._folders():
            singles = self._singles(folder)
            if len(singles) <= keep:
                continue
            read = {name: table for name in singles if (table := self._read(name, schema)) is not None}
            parts = [name.rpartition("/")[2] for name in self._part_names(folder)]
            generation = max((int(name[5:11]) for name in parts), default=0) + 1
            unique = uuid.uuid4().hex[:8]  # should two runs merge at once, neither may overwrite the other's part
            self._write(f"{folder}/part-{generation:06d}-{unique}.parquet", pa.concat_tables(read.values()))
            for name in read:
                self.files.delete(name)

    # reading ----------------------------------------------------------------------------------------------------------

    def read(
        self,
        folder: str,
        *,
        columns: Sequence[str] | None = None,
        schema: pa.Schema | None = None,
        key: str | None = None,
    ) -> pa.Table:
        """A table of all searches; ``columns`` restricts it. A search in a file of its own hides its rows in parts."""
        expected = schema if schema is not None else tables.TABLES[folder]
        identifier = key or ("baseline_id" if folder == "baselines" else "search_id")
        wanted = list(dict.fromkeys([identifier, *columns])) if columns is not None else None
        names = self._singles(folder)
        singles = [t for name in names if (t := self._read(name, expected, wanted)) is not None]
        parts = self._parts(folder, expected, columns=wanted)
        found = list(singles)
        if parts is not None:
            own = [name.rpartition("/")[2].removesuffix(".parquet") for name in names if self._readable(name)]
            hidden = pc.is_in(parts[identifier], pa.array(own, pa.string()))
            found.insert(0, parts.filter(pc.invert(hidden)))
        if not found:
            empty = tables.stamp(expected).empty_table()
            return empty.select(wanted) if wanted is not None else empty
        return pa.concat_tables(found)

    def read_search(self, search_id: str) -> SearchRecord | None:
        """Everything kept of one search, or None."""
        only = pc.field("search_id") == search_id

        def rows(folder: str) -> list[Row]:
            table = self._one(folder, search_id, tables.TABLES[folder], only)
            return [] if table is None else table.to_pylist()

        search = rows("searches")
        if not search:
            return None
        poison = self._one(f"poison/{search[0]['dataset']}", search_id, tables.POISON_LEAD, only)
        return SearchRecord(search[0], rows("queries"), rows("audits"), rows("predictions"), poison)

    def identifiers(self, folder: str) -> set[str]:
        """Identifiers that occur in a table (the poison table: over all data sets)."""
        if folder == "poison":
            names = {self._folder_of(name) for name in self.files.names("poison")}
            return set().union(*(self._identifiers(name, tables.POISON_LEAD) for name in names)) if names else set()
        return self._identifiers(folder, tables.TABLES[folder])

    def journals(self) -> set[str]:
        """Identifiers of searches that were cut short."""
        return {name.rpartition("/")[2].removesuffix(".parquet") for name in self.files.names("journal")}

    # internals --------------------------------------------------------------------------------------------------------

    def _identifiers(self, folder: str, schema: pa.Schema) -> set[str]:
        key = "baseline_id" if folder == "baselines" else "search_id"
        return set(self.read(folder, columns=[key], schema=schema, key=key)[key].to_pylist())

    def _folders(self) -> Iterable[tuple[str, pa.Schema, str]]:
        for name, schema in tables.TABLES.items():
            yield name, schema, "baseline_id" if name == "baselines" else "search_id"
        for name in sorted({self._folder_of(name) for name in self.files.names("poison")}):
            yield name, tables.POISON_LEAD, "search_id"

    @staticmethod
    def _folder_of(name: str) -> str:
        return name.rpartition("/")[0]

    def _all(self, folder: str) -> list[str]:
        return [n for n in self.files.names(folder) if n.endswith(".parquet") and self._folder_of(n) == folder]

    def _singles(self, folder: str) -> list[str]:
        return [n for n in self._all(folder) if not n.rpartition("/")[2].startswith("part-")]

    def _part_names(self, folder: str) -> list[str]:
        return [n for n in self._all(folder) if n.rpartition("/")[2].startswith("part-")]

    def _readable(self, name: str) -> bool:
        return name not in self.damaged and name not in self._merged

    def _parts(
        self, folder: str, schema: pa.Schema, *, columns: list[str] | None = None, filters: pc.Expression | None = None
    ) -> pa.Table | None:
        key = "baseline_id" if folder == "baselines" else "search_id"
        kept: list[pa.Table] = []
        seen = pa.array([], pa.string())
        for name in reversed(self._part_names(folder)):  # a later part holds the later attempt
            part = self._read(name, schema, columns, filters)
            if part is not None:
                kept.append(part.filter(pc.invert(pc.is_in(part[key], seen))))
                seen = pa.concat_arrays([seen, pc.unique(part[key])])
        return pa.concat_tables(reversed(kept)) if kept else None

    def _one(self, folder: str, search_id: str, schema: pa.Schema, only: pc.Expression) -> pa.Table | None:
        name = f"{folder}/{search_id}.parquet"
        if self.files.exists(name):
            return self._read(name, schema)
        return self._parts(folder, schema, filters=only)

    def _read(
        self, name: str, expected: pa.Schema, columns: list[str] | None = None, filters: pc.Expression | None = None
    ) -> pa.Table | None:
        """A file's table, or None if it is damaged. Raises ``StoreError`` only for a file of a newer schema version."""
        try:
            # in this thread: Arrow's own may still hold a file when the interpreter ends, and abort it
            reader = pq.ParquetFile(pa.BufferReader(self.files.read(name)), pre_buffer=False)
            tables.check(reader.schema_arrow, expected, f"{self.root}/{name}")
            table = reader.read(columns=columns, use_threads=False)
        except FileNotFoundError:  # merged into a part since it was listed, by a run that goes on
            self._merged.add(name)
            return None
        except (OSError, pa.ArrowException) as error:
            self.damaged[name] = str(error).splitlines()[0]
            return None
        return table.filter(filters) if filters is not None else table

    def _write(self, name: str, table: pa.Table) -> None:
        sink = pa.BufferOutputStream()
        pq.write_table(table.cast(tables.stamp(table.schema)), sink, compression="zstd")
        self.files.write(name, sink.getvalue())
