"""How poison gives itself away: figures whose value is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.metrics.detectability import Detectability, detectability


def table(n: int = 600, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(n, 3))
    return features, (features[:, 0] > 0).astype(np.int8), rng.integers(0, 2, n)


def of(features: np.ndarray, labels: np.ndarray, groups: np.ndarray, seed: int = 0) -> Detectability:
    return detectability(*table(), features, labels, groups, seed)


def test_copies_are_duplicates_that_no_detector_sees() -> None:
    features, labels, groups = table()
    found = of(features[:200], labels[:200], groups[:200])
    assert found.duplicate_share == 1
    assert found.isolation_forest_auroc == pytest.approx(0.5, abs=0.1)
    assert found.lof_auroc < 0.6
    assert found.label_disagreement < 0.2


def test_flipped_copies_disagree_with_their_neighbours_and_are_no_duplicates() -> None:
    features, labels, groups = table()
    found = of(features[:200], 1 - labels[:200], groups[:200])
    assert found.duplicate_share == 0
    assert found.label_disagreement > 0.8


def test_rows_from_far_away_are_seen() -> None:
    features, labels, groups = table()
    found = of(features[:50] + 20, labels[:50], groups[:50])
    assert found.isolation_forest_auroc == 1
    assert found.lof_auroc == 1


def test_the_shift_of_the_cells_is_half_the_sum_of_the_differences() -> None:
    rows = np.zeros((8, 1)) + np.arange(8)[:, None]
    labels = np.array([0, 1, 0, 1, 0, 1, 0, 1], dtype=np.int8)
    groups = np.array([0, 0, 0, 0, 1, 1, 1, 1])
    # four cells of 2 each; two more of (1, 1): shares 2/10, 2/10, 2/10, 4/10 from 1/4 each: .05 * 3 + .15, halved
    found = detectability(rows, labels, groups, rows[:2], np.array([1, 1], dtype=np.int8), np.array([1, 1]), 0)
    assert found.cell_shift == pytest.approx(0.15)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(0, 9))
def test_every_figure_is_a_share_and_the_same_each_time(n: int, seed: int) -> None:
    features, labels, groups = table(n, seed + 1)
    one, again = (of(features, labels, groups, seed) for _ in range(2))
    assert one == again
    assert all(0 <= value <= 1 for value in one.to_row().values())
