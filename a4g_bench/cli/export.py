"""``a4g-bench export``."""

from pathlib import Path
from typing import Annotated

import typer

from a4g_bench.cli.filters import SearchId, Where
from a4g_bench.cli.output import examples
from a4g_bench.cli.show import default_roots, locate
from a4g_bench.errors import StoreError

EXAMPLES = examples(
    "a4g-bench export s1-0123456789abcdef > rows.csv",
    "a4g-bench export s1-0123 --results results/standard --out rows.parquet",
    "a4g-bench leaderboard results/standard --format latex > board.tex    (the board)",
)
_SUFFIXES = (".csv", ".parquet")


def command(
    search_id: SearchId,
    results: Where = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file. Default: CSV is printed.")
    ] = None,
) -> None:
    """Hand out the poison rows that a search ended with, in the data set's raw schema with their labels.

    `a4g-bench evaluate` reads them as they are.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    if out is not None and Path(out).suffix not in _SUFFIXES:
        raise StoreError(f"'{out}': its name must end in {' or '.join(_SUFFIXES)}")
    known_id, folder = locate(search_id, results or default_roots())
    record = folder.read_search(known_id)
    if record is None or record.search["status"] != "ok" or record.poison is None:
        raise StoreError(
            f"search '{known_id}' did not end with poison rows: a4g-bench show {known_id} says how it ended"
        )
    rows = record.poison.drop_columns(["search_id", "row"]).replace_schema_metadata(None)
    rows = rows.rename_columns([name.removeprefix("x.") for name in rows.column_names])
    if out is None:
        text = pa.BufferOutputStream()
        csv.write_csv(rows, text)
        print(text.getvalue().to_pybytes().decode(), end="")
        return
    (csv.write_csv if Path(out).suffix == ".csv" else parquet.write_table)(rows, out)
    print(f"{len(rows)} rows in {out}")
