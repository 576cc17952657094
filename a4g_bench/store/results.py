"""A results folder: what is where, how it is written, and how it is read back.

Layout below the root::

    manifest.json                      suite name and hash, searches planned, schema version
    claims/<run>.json                  who is writing now (:mod:`a4g_bench.store.claim`)
    searches/<id>.parquet              one row, written last: the search is what this row says
    queries/, audits/, metrics/, predictions/    <id>.parquet each, where there are rows
    poison/<data set>/<id>.parquet     raw rows, so one folder per schema
    baselines/<baseline id>.parquet    the clean victim's audit, shared by searches
    journal/<id>.parquet               queries of a search that is not finished
    verified/<id>.json                 when a search was replayed and gave its predictions again
    <table>/part-*.parquet             many searches in one file, after compaction
    damaged/...                        files that could not be read, set aside once a run had made their rows anew

How files and parts make a table is told in :mod:`a4g_bench.store.table_files`.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, cast

import pyarrow as pa
import pyarrow.compute as pc

from a4g_bench.errors import StoreError
from a4g_bench.protocol import YARDSTICKS
from a4g_bench.store import tables
from a4g_bench.store.checksums import sealed_json, unsealed_json
from a4g_bench.store.files import Files
from a4g_bench.store.rows import AuditRow, MetricRow, PredictionRow, QueryRow, SearchRow
from a4g_bench.store.table_files import TableFiles, add_part, compact
from a4g_bench.store.tables import Row


class _DamagedManifestError(Exception):
    """The manifest is not what was written."""


@dataclass(frozen=True, eq=False)
class SearchRecord:
    """Everything that is kept of one finished search.

    ``poison`` is a table of :mod:`a4g_bench.store.poison_rows`.
    """

    search: SearchRow
    queries: list[QueryRow] = field(default_factory=list)
    audits: list[AuditRow] = field(default_factory=list)
    predictions: list[PredictionRow] = field(default_factory=list)
    poison: pa.Table | None = None
    metrics: list[MetricRow] = field(default_factory=list)

    @classmethod
    def made(
        cls,
        search: Row,
        queries: Sequence[Row] = (),
        audits: Sequence[Row] = (),
        predictions: Sequence[Row] = (),
        poison: pa.Table | None = None,
        metrics: Sequence[Row] = (),
    ) -> "SearchRecord":
        """The record of rows that were just made: numpy arrays stand where the store gives lists."""
        return cls(
            cast("SearchRow", search),
            cast("list[QueryRow]", list(queries)),
            cast("list[AuditRow]", list(audits)),
            cast("list[PredictionRow]", list(predictions)),
            poison,
            cast("list[MetricRow]", list(metrics)),
        )


class Results:
    """One results folder. Reading tolerates damaged files: they are left out and listed in :attr:`damaged`."""

    def __init__(self, root: str) -> None:
        self.files = Files(root)
        self.root = self.files.root
        self._tables = TableFiles(self.files)

    @property
    def damaged(self) -> dict[str, str]:
        """Files that could not be read, with the reason."""
        return self._tables.damaged

    @property
    def unsealed(self) -> Set[str]:
        """Table files that were read and bear no checksum, being of an earlier version."""
        return self._tables.unsealed

    # manifest ---------------------------------------------------------------------------------------------------------

    def manifest(self) -> dict[str, Any] | None:
        """The manifest, or None for an empty or absent folder. Raises ``StoreError`` if it is no manifest."""
        try:
            return self._manifest()
        except _DamagedManifestError as error:
            raise StoreError(f"results '{self.root}': manifest.json cannot be read: {error}") from error

    def _manifest(self) -> dict[str, Any] | None:
        """The same; what damage may have done is told apart."""
        if not self.files.exists("manifest.json"):
            return None
        try:
            manifest, sealed = unsealed_json(self.files.read("manifest.json").to_pybytes())
            version, suite = int(manifest["schema_version"]), str(manifest["suite"])
        except (OSError, ValueError, KeyError, TypeError, RecursionError, StoreError) as error:
            raise _DamagedManifestError(str(error)) from error
        if version > tables.SCHEMA_VERSION:
            raise StoreError(
                f"results '{self.root}': written with schema version {version}, this a4g-bench reads up to"
                f" {tables.SCHEMA_VERSION}: upgrade it"
            )
        if version >= tables.CHECKSUMS_SINCE and not sealed:
            raise _DamagedManifestError("it bears no checksum")
        return {**manifest, "suite": suite}

    def yardsticks(self) -> tuple[str, ...]:
        """The attacks whose errors say what is resolvable, as the suite names them; the protocol's unless told."""
        named = (self.manifest() or {}).get("yardsticks", list(YARDSTICKS))
        if not isinstance(named, list) or not all(isinstance(name, str) for name in named):
            raise StoreError(f"results '{self.root}': manifest.json: 'yardsticks' is no list of names")
        return tuple(named)

    def mark(self, suite: str, suite_hash: str, searches: int, yardsticks: Sequence[str] = YARDSTICKS) -> None:
        """Mark the folder as a suite's, which plans so many searches and names these yardsticks.

        Raises ``StoreError`` if it holds another suite's results or cannot be written.
        """
        self.require(suite)
        manifest = {
            "schema_version": tables.SCHEMA_VERSION,
            "suite": suite,
            "suite_hash": suite_hash,
            "searches": searches,
            **({} if tuple(yardsticks) == YARDSTICKS else {"yardsticks": list(yardsticks)}),
        }
        self.files.write("manifest.json", sealed_json(manifest))

    def require(self, suite: str) -> None:
        """Raise ``StoreError`` if the folder holds another suite's results.

        A damaged manifest is listed as such where all searches say that they are this suite's.
        """
        try:
            manifest = self._manifest()
        except _DamagedManifestError as error:
            if set(self.read("searches", columns=["suite"])["suite"].to_pylist()) != {suite}:
                raise StoreError(f"results '{self.root}': manifest.json cannot be read: {error}") from error
            self.damaged["manifest.json"] = str(error)
            return
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
            ("metrics", record.metrics),
            ("predictions", record.predictions),
        ):
            if rows:
                self._tables.write(f"{name}/{search_id}.parquet", pa.Table.from_pylist(rows, tables.TABLES[name]))
        if record.poison is not None:
            self._tables.write(f"poison/{record.search['dataset']}/{search_id}.parquet", record.poison)
        self._tables.write(f"searches/{search_id}.parquet", pa.Table.from_pylist([record.search], tables.SEARCHES))
        if record.search["status"] != "interrupted":
            self.files.delete(f"journal/{search_id}.parquet")

    def write_journal(self, search_id: str, queries: Sequence[Mapping[str, Any]]) -> None:
        """Keep the queries of a search that goes on, all so far."""
        self._tables.write(f"journal/{search_id}.parquet", pa.Table.from_pylist(list(queries), tables.QUERIES))

    def read_journal(self, search_id: str) -> list[Row]:
        """The queries of a search that was cut short; empty if there are none or if they cannot be read."""
        table = self._tables.load(f"journal/{search_id}.parquet")
        rows: list[Row] = [] if table is None else table.to_pylist()
        return rows

    def leftovers(self, ended: Set[str]) -> list[str]:
        """Claims, and journals of searches that ended.

        Runs that were killed may have left them; one that lives has a claim.
        """
        return [*self.files.names("claims"), *self._journals(ended)]

    def sweep(self, ended: Set[str]) -> None:
        """Remove what runs that were killed left behind. For whoever holds the folder alone."""
        for name in self._journals(ended):
            self.files.delete(name)
        self.files.sweep()

    def _journals(self, ended: Set[str]) -> list[str]:
        return [name for name in self.files.names("journal") if PurePosixPath(name).stem in ended]

    def write_baseline(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep a clean victim's audit (one row per audit victim seed)."""
        table = pa.Table.from_pylist(list(rows), tables.BASELINES)
        self._tables.write(f"baselines/{rows[0]['baseline_id']}.parquet", table)

    def compact(self, keep: int = 64) -> None:
        """Merge the files of single searches into one more part per table, where there are more than ``keep``."""
        compact(self._tables, keep)

    def set_aside(self, names: Sequence[str]) -> None:
        """Move damaged files out of the tables, below ``damaged/``. For whoever holds the folder alone."""
        for name in names:
            self.files.move(name, f"damaged/{name}")
            self.damaged.pop(name, None)

    def take(self, other: "Results", search_ids: Set[str], baseline_ids: Set[str]) -> None:
        """Copy searches and clean audits that this folder does not have, with all that belongs to them."""
        for folder in other._tables.folders():
            wanted = pa.array(sorted(baseline_ids if folder == "baselines" else search_ids), pa.string())
            key = tables.key_of(folder)
            for table in other._tables.whole(folder):
                rows = table.filter(pc.is_in(table[key], wanted))
                if rows.num_rows:
                    add_part(self._tables, folder, rows)
        for name in other.files.names("verified"):
            if PurePosixPath(name).stem in search_ids:
                self.files.write(name, other.files.read(name).to_pybytes())

    def drop(self, search_ids: Set[str]) -> None:
        """Remove searches with all that belongs to them, and clean audits that no search is left to use.

        For whoever holds the folder alone. The searches' own rows go first: an interruption leaves searches that are
        not there, never half ones.
        """
        folders = [folder for folder in self._tables.folders() if folder != "baselines"]
        for folder in sorted(folders, key=lambda folder: folder != "searches"):
            self._tables.remove(folder, search_ids)
        for search_id in sorted(search_ids):
            self.files.delete(f"journal/{search_id}.parquet")
            self.files.delete(f"verified/{search_id}.json")
        used = set(self.read("searches", columns=["baseline_id"])["baseline_id"].to_pylist())
        self._tables.remove("baselines", self.identifiers("baselines") - used)

    # reading ----------------------------------------------------------------------------------------------------------

    def read(self, folder: str, *, columns: Sequence[str] | None = None) -> pa.Table:
        """A table of all searches.

        Args:
            folder: The table's name; of ``poison/<data set>`` the columns that all data sets share are read.
            columns: Restricts the columns.

        Returns:
            The rows of all files that can be read.

        Raises:
            StoreError: If the store does not answer, or a file is of a newer version.
        """
        return self._tables.read(folder, columns)

    def read_search(self, search_id: str) -> SearchRecord | None:
        """Everything kept of one search. What an earlier attempt left behind is none of it.

        Args:
            search_id: Its whole identifier.

        Returns:
            The record, or None if there is no such search.
        """
        search_rows: list[SearchRow] = self._rows("searches", search_id)
        if not search_rows:
            return None
        search = search_rows[0]
        queries: list[QueryRow] = self._rows("queries", search_id) if search["queries"] else []
        if search["status"] != "ok":
            return SearchRecord(search, queries)
        poison = self._tables.rows_of(f"poison/{search['dataset']}", search_id)
        return SearchRecord(
            search,
            queries,
            self._rows("audits", search_id),
            self._rows("predictions", search_id),
            poison,
            self._rows("metrics", search_id),
        )

    def read_baseline(self, baseline_id: str) -> list[Row]:
        """A clean victim's audit.

        Args:
            baseline_id: Its identifier.

        Returns:
            A row per audit victim seed, or an empty list.
        """
        rows: list[Row] = self._rows("baselines", baseline_id)
        return rows

    def identifiers(self, folder: str) -> set[str]:
        """Identifiers that occur in a table.

        Args:
            folder: The table's name (``poison``: over all data sets).

        Returns:
            Those of searches; of ``baselines``, their own.
        """
        folders = [f for f in self._tables.folders() if f.startswith("poison/")] if folder == "poison" else [folder]
        key = tables.key_of(folder)
        return {identifier for name in folders for identifier in self.read(name, columns=[key])[key].to_pylist()}

    def _rows(self, folder: str, identifier: str) -> Any:
        """Rows of the folder's type, which the caller knows."""
        table = self._tables.rows_of(folder, identifier)
        return [] if table is None else table.to_pylist()
