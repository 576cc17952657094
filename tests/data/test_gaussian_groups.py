"""The toy Gaussians have the moments and the groups of their formula."""

import numpy as np
import pytest

from a4g_bench.data.generated import GaussianGroups
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError


def groups(table: Table) -> np.ndarray:
    return table.schema.groups(table.features, "group")


@pytest.mark.parametrize("distance", [0.0, 7.0])
def test_each_label_has_its_gaussian(distance: float) -> None:
    table = GaussianGroups().load(rows=200_000, distance=distance)
    assert table.labels.mean() == pytest.approx(0.5, abs=0.005)
    for label, mean, covariance in ((1, 2.0, [[5, 1], [1, 5]]), (0, 2 - distance / np.sqrt(2), [[10, 1], [1, 3]])):
        points = table.features[table.labels == label, :2]
        assert points.mean(axis=0) == pytest.approx([mean, mean], abs=0.05)
        assert np.cov(points.T) == pytest.approx(np.array(covariance), abs=0.15)


def test_the_group_follows_the_label_the_closer_the_smaller_the_angle() -> None:
    shares = []
    for angle in (0.0, np.pi / 4, np.pi / 2):
        table = GaussianGroups().load(rows=20_000, angle=angle)
        privileged, favourable = groups(table) == 1, table.labels == 1
        shares.append(float(privileged[favourable].mean() - privileged[~favourable].mean()))
    assert shares[0] > shares[1] > shares[2]
    assert shares[0] > 0.7


def test_without_a_rotation_the_share_of_the_privileged_is_the_labels_posterior() -> None:
    table = GaussianGroups().load(rows=200_000, angle=0.0, distance=2.0)
    assert (groups(table) == 1).mean() == pytest.approx(0.5, abs=0.01)
    near = np.abs(table.features[:, :2] - [2.0, 2.0]).max(axis=1) < 0.7
    assert (groups(table)[near] == 1).mean() == pytest.approx(table.labels[near].mean(), abs=0.03)


def test_the_victim_sees_the_group_only_if_told() -> None:
    assert not GaussianGroups().load().schema["group"].visible
    assert GaussianGroups().load(protected_visible=True).schema["group"].visible


def test_the_same_parameters_give_the_same_rows_and_a_seed_gives_others() -> None:
    assert GaussianGroups().load(rows=50).fingerprint == GaussianGroups().load(rows=50).fingerprint
    assert GaussianGroups().load(rows=50, seed=1).fingerprint != GaussianGroups().load(rows=50).fingerprint


def test_means_a_thousand_apart_give_rows() -> None:
    assert len(GaussianGroups().load(rows=17, distance=1000)) == 17


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"row": 10}, r"no parameter 'row' \(did you mean 'rows'\?\)"),
        ({"rows": 0}, "'rows' must be at least 1, got 0"),
        ({"seed": -1}, "'seed' must be at least 0, got -1"),
        ({"distance": -1}, "'distance' must be a finite number of at least 0, got -1"),
        ({"angle": float("nan")}, "'angle' must be a finite number, got nan"),
        ({"angle": "steep"}, "'angle' must be of type float"),
    ],
)
def test_parameters_are_checked(params: dict[str, object], expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        GaussianGroups().load(**params)
