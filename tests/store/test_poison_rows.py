"""Poison rows in Parquet: what is written is what is read, whatever the features are called."""

import numpy as np
import pyarrow as pa
import pytest

from a4g_bench.store.poison_rows import Kind, PoisonRows, decode, encode, feature_name, without_search
from a4g_bench.store.tables import POISON_LEAD

KINDS: dict[str, Kind] = {"income": "numeric", "age": "integer", "label": "categorical"}


def rows(n: int) -> PoisonRows:
    """So many rows; a feature is called as a column that leads."""
    features = {
        "label": np.array(["yes", "no", "x.yes"][:n], dtype=object),
        "income": np.array([0.1 + 0.2, -1.5, 1e300][:n]),
        "age": np.array([0, 41, -7][:n]),
    }
    return PoisonRows(labels=np.array([1, 0, 1][:n], dtype=np.int8), features=features)


def test_columns_lead_then_follow_the_schema() -> None:
    table = encode("s1-0", rows(3), KINDS)
    assert table.schema == pa.schema(
        [*POISON_LEAD, ("x.income", pa.float64()), ("x.age", pa.int64()), ("x.label", pa.string())]
    )
    assert table.to_pylist()[1] == {
        "search_id": "s1-0", "row": 1, "label": 0, "x.income": -1.5, "x.age": 41, "x.label": "no",
    }  # fmt: skip


@pytest.mark.parametrize("n", [0, 3])
def test_what_is_written_is_what_is_read(n: int) -> None:
    stored, expected = decode(encode("s1-0", rows(n), KINDS)), rows(n)
    assert stored.labels.dtype == np.int8
    assert stored.labels.tolist() == expected.labels.tolist()
    assert {name: values.tolist() for name, values in stored.features.items()} == {
        name: values.tolist() for name, values in expected.features.items()
    }
    assert list(stored.features) == list(KINDS)


def test_rows_come_back_in_their_order_wherever_they_lie_in_the_file() -> None:
    table = encode("s1-0", rows(3), KINDS).take([2, 0, 1])
    assert decode(table).features["age"].tolist() == [0, 41, -7]
    assert decode(table).labels.tolist() == [1, 0, 1]


def test_others_are_given_labels_and_features_under_their_own_names() -> None:
    kinds: dict[str, Kind] = {"income": "numeric", "age": "integer"}
    given = without_search(encode("s1-0", rows(1), kinds).replace_schema_metadata({"made": "by somebody"}))
    assert given.to_pylist() == [{"label": 1, "income": 0.1 + 0.2, "age": 0}]
    assert given.schema.metadata is None


def test_only_the_prefix_is_taken_off() -> None:
    assert [feature_name(column) for column in ("x.age", "age", "x.x.age", "max.age")] == [
        "age", "age", "x.age", "max.age",
    ]  # fmt: skip
