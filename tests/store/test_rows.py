"""The types of the tables' rows: a key per column, of the column's type; null only where a type allows it."""

from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

import pyarrow as pa
import pytest

from a4g_bench import plugins
from a4g_bench.metrics import Metric
from a4g_bench.store import rows, tables
from a4g_bench.store.results import Results
from tests.support import plan_of, run_inline

TYPES: dict[str, type] = {
    "searches": rows.SearchRow,
    "queries": rows.QueryRow,
    "audits": rows.AuditRow,
    "metrics": rows.MetricRow,
    "predictions": rows.PredictionRow,
    "baselines": rows.BaselineRow,
}
ARROW = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    bytes: pa.binary(),
    datetime: pa.timestamp("us", tz="UTC"),
    list[str]: pa.list_(pa.string()),
    list[int]: pa.list_(pa.int32()),
    list[float]: pa.list_(pa.float64()),
}


def parts(kind: Any) -> tuple[Any, bool]:
    """``X | None`` as (X, True), X as (X, False)."""
    alternatives = get_args(kind)
    return (alternatives[0], True) if NoneType in alternatives else (kind, False)


def test_every_table_has_its_type() -> None:
    assert TYPES.keys() == tables.TABLES.keys()


@pytest.mark.parametrize("name", TYPES)
def test_keys_and_values_are_those_of_the_schema(name: str) -> None:
    hints = get_type_hints(TYPES[name])
    assert [(key, ARROW[parts(kind)[0]]) for key, kind in hints.items()] == [
        (field.name, field.type) for field in tables.TABLES[name]
    ]


def test_columns_that_came_later_may_be_null() -> None:
    hints = get_type_hints(rows.SearchRow)
    assert {name for name in tables.LATER_COLUMNS if not parts(hints[name])[1]} == set()


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """Searches that ended well, one whose victim cannot be trained, and queries; with a metric of a third party."""
    folder = tmp_path_factory.mktemp("rows")
    victims = ["logistic_regression", {"name": "sklearn.svm:SVC", "label": "broken", "params": {"C": -1.0}}]
    plugins.register("metrics", "any", Metric("any", "for its rows", lambda counts, favourable: 0.5))
    try:
        run_inline(plan_of(folder, victims=victims, seeds=1), folder / "r")
    finally:
        plugins.unregister("metrics", "any")
    return Results(str(folder / "r"))


@pytest.mark.parametrize("name", TYPES)
def test_what_is_stored_is_null_only_where_the_type_says_so(stored: Results, name: str) -> None:
    table = stored.read(name)
    assert len(table)
    never = [key for key, kind in get_type_hints(TYPES[name]).items() if not parts(kind)[1]]
    assert [key for key in never if table[key].null_count] == []


def test_a_search_that_failed_is_among_them(stored: Results) -> None:
    assert set(stored.read("searches")["status"].to_pylist()) == {"ok", "error"}
