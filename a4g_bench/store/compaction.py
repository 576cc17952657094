"""Merging many small files of a table into one."""

import re
import uuid
from collections.abc import Sequence

import pyarrow as pa

from a4g_bench.store.table_files import TableFiles

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
