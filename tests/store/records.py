"""Searches drawn at random or by number, and tables in a form that can be compared."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
from hypothesis import strategies as st

from a4g_bench.store import tables
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.store.tables import Row

FOLDERS = (*tables.TABLES, "poison/toy")

_text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_real = st.floats(allow_nan=False)
_times = st.datetimes(datetime(1970, 1, 2), datetime(2100, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))
_KINDS = {
    pa.string(): _text,
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.float64(): _real,
    pa.bool_(): st.booleans(),
    pa.binary(): st.binary(max_size=8),
    pa.timestamp("us", tz="UTC"): _times,
    pa.list_(pa.float64()): st.lists(_real, max_size=3),
    pa.list_(pa.int32()): st.lists(st.integers(-(2**31), 2**31 - 1), max_size=3),
    pa.list_(pa.string()): st.lists(_text, max_size=3),
}


def rows(schema: pa.Schema, **fixed: Any) -> st.SearchStrategy[Row]:
    """Any row that a schema allows, with some columns fixed."""
    free = {field.name: st.none() | _KINDS[field.type] for field in schema}
    return st.fixed_dictionaries({**free, **{name: st.just(value) for name, value in fixed.items()}})


@st.composite
def searches(draw: st.DrawFn, search_id: str) -> SearchRecord:
    """Any complete search."""
    several = {
        name: draw(st.lists(rows(tables.TABLES[name], search_id=search_id), min_size=1, max_size=3))
        for name in ("queries", "audits", "metrics", "predictions")
    }
    fixed = {"search_id": search_id, "status": "ok", "dataset": "toy", "queries": len(several["queries"])}
    search = draw(rows(tables.SEARCHES, **fixed))
    schema = pa.schema([*tables.POISON_LEAD, ("x.age", pa.int64()), ("x.job", pa.string())])
    poison = draw(st.lists(rows(schema, search_id=search_id), max_size=3))
    return SearchRecord(search, **several, poison=pa.Table.from_pylist(poison, schema))


def row(schema: pa.Schema, **columns: Any) -> Row:
    """A row with nothing but these columns."""
    return dict.fromkeys(schema.names) | columns


def search(search_id: str, attempt: int = 1, *, status: str = "ok", feature: str = "age") -> SearchRecord:
    """A search whose rows all say which attempt they are of; two queries, two rows."""
    mine = {"search_id": search_id}
    lead = {"search_id": [search_id] * 2, "row": [0, 1], "label": [attempt] * 2}
    return SearchRecord(
        row(tables.SEARCHES, **mine, status=status, dataset="toy", attempt=attempt, queries=2),
        [row(tables.QUERIES, **mine, query=i, batch=attempt) for i in range(2)],
        [row(tables.AUDITS, **mine, audit_seed=attempt)],
        [row(tables.PREDICTIONS, **mine, audit_seed=attempt, predicted=b"\x05")],
        pa.table({**lead, f"x.{feature}": [float(attempt)] * 2}),
        [row(tables.METRICS, **mine, metric="parity", version=1, audit_seed=attempt)],
    )


def baseline(baseline_id: str, audit_seeds: int = 2) -> list[Row]:
    """A clean audit."""
    return [row(tables.BASELINES, baseline_id=baseline_id, audit_seed=i, labels=b"\x01") for i in range(audit_seeds)]


def write(results: Results, *search_ids: str, attempt: int = 1) -> None:
    """Write searches, each with a baseline of its own."""
    for search_id in search_ids:
        results.write_baseline(baseline(f"b-{search_id}"))
        results.write_search(search(search_id, attempt))


def contents(results: Results) -> dict[str, dict[str, list[Row]]]:
    """What a folder's tables say: table -> identifier -> its rows in order, doubled ones included."""
    found: dict[str, dict[str, list[Row]]] = {}
    for folder in FOLDERS:
        by_identifier: dict[str, list[Row]] = defaultdict(list)
        for one in results.read(folder).to_pylist():
            by_identifier[one[tables.key_of(folder)]].append(one)
        found[folder] = dict(by_identifier)
    return found


def same(one: SearchRecord | None, other: SearchRecord | None) -> bool:
    """Whether two records say the same, poison rows with their columns included."""
    if one is None or other is None or one.poison is None or other.poison is None:
        return one is other
    return (one.search, one.queries, one.audits, one.predictions, one.metrics) == (
        other.search,
        other.queries,
        other.audits,
        other.predictions,
        other.metrics,
    ) and one.poison.equals(other.poison)
