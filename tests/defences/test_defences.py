"""What each defence keeps of a table small enough to see through, and properties of all of them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench import plugins
from a4g_bench.defences.base import Screened, get_defence
from a4g_bench.errors import VictimError


def screened(name: str, rows: list[tuple[float, float]], labels: list[int], **parameters: Any) -> Screened:
    features = np.array(rows, dtype=np.float64)
    return get_defence(name, parameters).screen(features, np.array(labels, dtype=np.int8))


SAME = [(1.0, 2.0)] * 5 + [(1.0, 3.0)]


@pytest.mark.parametrize(
    ("name", "parameters", "labels", "kept"),
    [
        ("deduplication", {}, [1, 1, 0, 0, 1, 1], [1, 0, 1, 0, 0, 1]),
        ("cap-identical", {"copies": 2}, [1, 1, 0, 0, 1, 1], [1, 1, 1, 1, 0, 1]),
        ("cap-identical", {"copies": 5}, [1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 1, 1]),
    ],
)
def test_copies_count_with_their_label(
    name: str, parameters: dict[str, int], labels: list[int], kept: list[int]
) -> None:
    found = screened(name, SAME, labels, **parameters)
    assert found.kept.tolist() == [bool(one) for one in kept]
    assert found.labels.tolist() == labels


def test_the_rows_farthest_from_their_label_s_mean_go() -> None:
    #       mean of label 0: (2, 0)                            of label 1: (10, 0)
    rows = [(0, 0), (1, 0), (2, 0), (7, 0), (0, 0), (10, 0), (10, 1), (10, -1), (6, 0), (14, 0)]
    found = screened("class-distance", rows, [0] * 5 + [1] * 5, removed=0.2)
    assert [i for i, kept in enumerate(found.kept) if not kept] == [3, 8]


def test_what_a_forest_isolates_first_goes() -> None:
    rng = np.random.default_rng(0)
    rows = [*map(tuple, rng.normal(0, 1, (99, 2))), (30.0, -30.0)]
    found = screened("isolation-forest", rows, [0, 1] * 50, removed=0.01)
    assert np.flatnonzero(~found.kept).tolist() == [99]


def test_a_row_takes_the_label_of_its_neighbours() -> None:
    #       a cluster of 1 with one 0 in it, a cluster of 0 with one 1 in it
    rows = [(x / 10, 0.0) for x in range(6)] + [(x / 10, 9.0) for x in range(6)]
    labels = [1, 1, 0, 1, 1, 1, 0, 0, 0, 1, 0, 0]
    found = screened("knn-label-sanitisation", rows, labels, neighbours=4, agreement=0.75)
    assert found.labels.tolist() == [1] * 6 + [0] * 6
    assert found.kept.all()


def test_an_even_split_of_neighbours_changes_nothing() -> None:
    found = screened("knn-label-sanitisation", [(0, 0), (1, 0), (2, 0)], [0, 0, 1], neighbours=2, agreement=0.6)
    assert found.labels.tolist() == [0, 0, 0], "both neighbours of the last carry 0, one of two of the others 1"


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(plugins.names("defences")), st.integers(0, 99), st.integers(6, 60))
def test_every_defence_answers_for_every_row_the_same_each_time(name: str, seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    features, labels = rng.integers(0, 3, (n, 2)).astype(np.float64), rng.integers(0, 2, n).astype(np.int8)
    before = features.copy(), labels.copy()
    one, again = (get_defence(name, {}).screen(features, labels) for _ in range(2))
    assert one.kept.shape == one.labels.shape == (n,)
    assert one.kept.any()
    assert set(one.labels.tolist()) <= {0, 1}
    assert (one.kept == again.kept).all()
    assert (one.labels == again.labels).all()
    assert (features == before[0]).all()
    assert (labels == before[1]).all()


@pytest.mark.parametrize(
    ("name", "parameters", "complaint"),
    [
        ("deduplicate", {}, "unknown defence 'deduplicate' .did you mean 'deduplication'"),
        ("cap-identical", {"copies": 0}, "copies must be a whole number of at least 1, not 0"),
        ("class-distance", {"removed": 1}, "removed must be at least 0 and less than 1, not 1"),
        ("knn-label-sanitisation", {"agreement": 0.5}, "agreement must be more than 0.5"),
        ("isolation-forest", {"remove": 0.1}, "has no parameter 'remove' .did you mean 'removed'"),
    ],
)
def test_bad_parameters_are_answered_in_one_line(name: str, parameters: dict[str, Any], complaint: str) -> None:
    with pytest.raises(Exception, match=complaint) as raised:
        get_defence(name, parameters)
    assert isinstance(raised.value, VictimError) or name == "deduplicate"
