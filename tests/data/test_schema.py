"""The raw schema: codes and readable rows are the same thing; derived columns follow from their source."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.data.schema import Array, Cut, Feature, Schema
from a4g_bench.data.table import Table

NAMES = st.text(alphabet="abcdefgh -/<>=", min_size=1, max_size=6)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False, width=64)


@st.composite
def rows_of_a_schema(draw: st.DrawFn) -> tuple[Schema, Array]:
    kinds = draw(st.lists(st.sampled_from(["numeric", "integer", "categorical"]), min_size=0, max_size=5))
    features = []
    columns = []
    rows = draw(st.integers(1, 8))
    for number, kind in enumerate([*kinds, "categorical"]):
        if kind == "categorical":
            categories = tuple(draw(st.lists(NAMES, min_size=1, max_size=5, unique=True)))
            features.append(Feature(f"f{number}", "categorical", categories))
            values = st.integers(0, len(categories) - 1)
        else:
            features.append(Feature(f"f{number}", "integer" if kind == "integer" else "numeric"))
            values = st.integers(-(2**40), 2**40) if kind == "integer" else NUMBERS
        columns.append(draw(st.lists(values, min_size=rows, max_size=rows)))
    schema = Schema(tuple(features), (features[-1].name,), "label", ("no", "yes"), 1)
    return schema, np.column_stack([np.asarray(column, dtype=np.float64) for column in columns])


@given(rows_of_a_schema())
def test_codes_are_the_inverse_of_frame(case: tuple[Schema, Array]) -> None:
    schema, features = case
    assert np.array_equal(schema.codes(schema.frame(features)), features)


@given(
    st.lists(NUMBERS, min_size=1, max_size=20),
    st.lists(NUMBERS, min_size=1, max_size=4, unique=True).map(sorted),
)
def test_a_cut_counts_the_edges_a_value_reaches(values: list[float], edges: list[float]) -> None:
    expected = [sum(value >= edge for edge in edges) for value in values]
    assert Cut("x", tuple(edges)).apply(np.array(values)).tolist() == expected


@pytest.mark.parametrize("edges", [(), (2.0, 1.0), (1.0, 1.0)])
def test_edges_must_increase(edges: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="must be increasing"):
        Cut("x", edges)


def test_an_unknown_category_is_named() -> None:
    schema = Schema((Feature("sex", "categorical", ("f", "m")),), ("sex",), "label", ("no", "yes"), 1)
    frame = schema.frame(np.zeros((1, 1))).replace("f", "x")
    with pytest.raises(ValueError, match="feature 'sex' has no category 'x'"):
        schema.codes(frame)


def test_a_fingerprint_is_of_schema_rows_and_labels_only() -> None:
    schema = Schema((Feature("sex", "categorical", ("f", "m")),), ("sex",), "label", ("no", "yes"), 1)
    hidden = Schema((Feature("sex", "categorical", ("f", "m"), visible=False),), ("sex",), "label", ("no", "yes"), 1)
    rows, labels = np.array([[0.0], [1.0]]), np.array([0, 1], dtype=np.int8)
    table = Table("a", schema, rows.copy(), labels.copy(), "here")
    assert table.fingerprint == Table("b", schema, rows.copy(), labels.copy(), "there", ("careful",)).fingerprint
    assert table.fingerprint != Table("a", hidden, rows.copy(), labels.copy(), "here").fingerprint
    assert table.fingerprint != table.take(np.array([1, 0])).fingerprint
    assert table.fingerprint != Table("a", schema, rows.copy(), 1 - labels, "here").fingerprint
