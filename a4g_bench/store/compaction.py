"""Merging many small files of a table into one."""

import re
import uuid

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
        generation = max((int(match[1]) for name in parts if (match := _PART.search(name))), default=0) + 1
        for read in alike.values():
            unique = uuid.uuid4().hex[:8]  # should two runs merge at once, neither may overwrite the other's part
            files.write(f"{folder}/part-{generation:06d}-{unique}.parquet", pa.concat_tables(read.values()))
            for name in read:
                files.files.delete(name)
