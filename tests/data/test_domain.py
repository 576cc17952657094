"""Feasible rows: what is projected or drawn is feasible, and each fault is named."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Cut, Feature, Schema

SCHEMA = Schema(
    features=(
        Feature("income", "numeric"),
        Feature("age", "integer"),
        Feature("job", "categorical", ("none", "writer", "smith", "judge")),
        Feature("band", "categorical", ("young", "middle", "old"), Cut("age", (25, 46))),
        Feature("group", "categorical", ("a", "b")),
    ),
    protected=("group",),
    label="y",
    label_values=("no", "yes"),
    favourable=1,
)


def rows(*values: tuple[float, float, float, float]) -> np.ndarray:
    """Rows from income, age, job and group; the band follows."""
    given_ = np.array(values, dtype=np.float64)
    band = SCHEMA["band"].derived.apply(given_[:, 1])
    return np.column_stack([given_[:, :3], band, given_[:, 3]])


@st.composite
def trainings(draw: st.DrawFn) -> np.ndarray:
    row = st.tuples(st.floats(-1e6, 1e6), st.integers(18, 90), st.integers(0, 3), st.integers(0, 1))
    return rows(*draw(st.lists(row, min_size=1, max_size=12)))


@given(trainings(), st.integers(0, 2**32 - 1))
def test_what_is_drawn_or_projected_is_feasible(training: np.ndarray, seed: int) -> None:
    domain, rng = Domain.of(SCHEMA, training), np.random.default_rng(seed)
    assert domain.violations(training) == []
    assert domain.violations(domain.random(20, rng)) == []
    wild = rng.normal(0, 1e3, (20, 5))
    projected = domain.project(wild)
    assert domain.violations(projected) == []
    assert np.array_equal(domain.project(projected), projected)


@given(trainings())
def test_feasible_rows_are_their_own_projection(training: np.ndarray) -> None:
    assert np.array_equal(Domain.of(SCHEMA, training).project(training), training)


def test_a_source_moves_to_the_nearest_band_that_training_rows_have() -> None:
    domain = Domain.of(SCHEMA, rows((0, 20, 0, 0), (9, 60, 1, 1)))
    moved = domain.project(rows((5, 30, 0, 0), (5, 40, 0, 0)))
    assert moved[:, 1].tolist() == [24, 46]
    assert moved[:, 3].tolist() == [0, 2]


@pytest.mark.parametrize(
    ("column", "value", "fault"),
    [
        (0, 11.0, "'income' leaves the training range [0, 10]"),
        (0, np.nan, "'income' is not finite"),
        (1, 30.5, "'age' is not an integer"),
        (2, 2.0, "'job' has a category that the training rows do not have"),
        (3, 0.0, "'band' does not follow from 'age'"),
    ],
)
def test_each_fault_is_named(column: int, value: float, fault: str) -> None:
    domain = Domain.of(SCHEMA, rows((0, 20, 0, 0), (10, 60, 1, 1), (5, 30, 3, 1)))
    row = rows((5, 30, 1, 0))
    assert domain.violations(row) == []
    row[0, column] = value
    assert fault in domain.violations(row)


def test_the_wrong_width_is_named() -> None:
    domain = Domain.of(SCHEMA, rows((0, 20, 0, 0)))
    assert domain.violations(np.zeros((2, 3))) == ["rows have shape (2, 3), expected (n, 5)"]
