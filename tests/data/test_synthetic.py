"""The made-up table has the bias its docstring promises, and a victim trained on it shows it."""

import numpy as np
import pytest

from a4g_bench.data.generated import Synthetic
from a4g_bench.data.split import subsample
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError


def base_rates(table: Table) -> list[float]:
    groups = table.schema.groups(table.features, "group")
    return [float(table.labels[groups == group].mean()) for group in np.unique(groups)]


@pytest.mark.parametrize(("bias", "groups"), [(0.0, 2), (0.3, 2), (0.3, 4), (1.0, 3)])
def test_base_rates_are_those_of_the_formula(bias: float, groups: int) -> None:
    rates = base_rates(Synthetic().load(rows=200_000, bias=bias, groups=groups))
    expected = [(1 - bias * group / (groups - 1)) / 2 for group in range(groups)]
    assert rates == pytest.approx(expected, abs=0.01)  # 4.5 standard errors of the smallest group's rate


def test_only_the_share_of_deserved_labels_changes_with_bias() -> None:
    fair, unfair = Synthetic().load(bias=0), Synthetic().load(bias=0.3)
    assert np.array_equal(fair.features, unfair.features)
    assert (unfair.labels <= fair.labels).all()
    just = fair.schema.groups(fair.features, "group") == 0
    assert np.array_equal(fair.labels[just], unfair.labels[just])


def test_the_derived_column_follows_from_the_integer_one() -> None:
    table = Synthetic().load()
    feature, years = table.schema["experience"], table.features[:, table.schema.index("years")]
    assert feature.derived is not None
    assert np.array_equal(feature.derived.apply(years), table.features[:, table.schema.index("experience")])
    assert np.array_equal(years, np.clip(np.rint(years), 0, 20))


def test_the_same_parameters_give_the_same_rows_and_a_seed_gives_others() -> None:
    assert Synthetic().load().fingerprint == Synthetic().load().fingerprint
    assert Synthetic().load(seed=1).fingerprint != Synthetic().load().fingerprint


@pytest.mark.parametrize("rows", [1, 17, 4000])
def test_any_number_of_rows_and_features(rows: int) -> None:
    table = Synthetic().load(rows=rows, features=9)
    assert table.features.shape == (rows, 10)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"row": 10}, r"no parameter 'row' \(did you mean 'rows'\?\)"),
        ({"rows": 10.5}, "'rows' must be of type int, got 10.5"),
        ({"rows": True}, "'rows' must be of type int, got True"),
        ({"rows": 0}, "'rows' must be at least 1"),
        ({"groups": 1}, "'groups' must be at least 2"),
        ({"groups": 27}, "'groups' must be at most 26"),
        ({"features": 3}, "'features' must be at least 4"),
        ({"seed": -1}, "'seed' must be at least 0"),
        ({"bias": 1.5}, "'bias' is a share"),
        ({"bias": -0.1}, "'bias' must be a finite number of at least 0"),
        ({"noise": float("nan")}, "'noise' must be a finite number"),
        ({"noise": "loud"}, "'noise' must be of type float"),
    ],
)
def test_parameters_are_checked(params: dict[str, object], expected: str) -> None:
    with pytest.raises(DataError, match=expected):
        Synthetic().load(**params)


def test_a_million_rows_are_made() -> None:
    assert len(Synthetic().load(rows=1_000_000)) == 1_000_000


@pytest.mark.slow
@pytest.mark.parametrize("victim", ["lightgbm", "logistic"])
def test_a_clean_victim_misses_the_last_group_more_often(victim: str) -> None:
    from lightgbm import LGBMClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import train_test_split

    table = Synthetic().load()
    gaps = []
    for seed in range(3):
        strata = table.schema.groups(table.features, "group") * 2 + table.labels
        rest, audit = train_test_split(np.arange(len(table)), test_size=0.2, stratify=strata, random_state=seed)
        train, _ = train_test_split(rest, test_size=0.25, stratify=strata[rest], random_state=seed)
        scaled = (table.features - table.features.mean(axis=0)) / table.features.std(axis=0)
        model = LGBMClassifier(verbose=-1, n_jobs=1) if victim == "lightgbm" else LogisticRegression()
        model.fit(scaled[train], table.labels[train])
        missed = np.asarray(model.predict(scaled[audit])) == 0
        groups, wished = table.schema.groups(table.features, "group")[audit], table.labels[audit] == 1
        gaps.append(missed[wished & (groups == 1)].mean() - missed[wished & (groups == 0)].mean())
    assert np.mean(gaps) > 0.1


def shares(table: Table) -> dict[int, float]:
    strata = table.schema.groups(table.features, "group") * 2 + table.labels
    return {int(stratum): float((strata == stratum).mean()) for stratum in np.unique(strata)}


@pytest.mark.parametrize("rows", [50, 333, 3999])
def test_a_sample_keeps_the_shares_of_groups_and_labels(rows: int) -> None:
    table = Synthetic().load()
    sample = subsample(table, rows)
    assert len(sample) == rows
    assert shares(sample) == pytest.approx(shares(table), abs=1.5 / rows)
    assert sample.fingerprint == subsample(table, rows).fingerprint


def test_a_sample_of_everything_is_the_table_itself() -> None:
    table = Synthetic().load(rows=60)
    assert subsample(table, 60) is table
    assert subsample(table, 10**9) is table


def test_a_sample_keeps_small_groups_and_the_tables_order() -> None:
    table = Synthetic().load(rows=5000, groups=20, bias=0.95)
    sample = subsample(table, 100)
    assert set(shares(sample)) == set(shares(table))
    positions = {row.tobytes(): place for place, row in enumerate(table.features)}
    order = [positions[row.tobytes()] for row in sample.features]
    assert order == sorted(order)


def test_a_sample_is_refused_if_it_cannot_be_one() -> None:
    table = Synthetic().load(rows=500, groups=26)
    with pytest.raises(DataError, match="at least 50 rows, got 49"):
        subsample(table, 49)
    with pytest.raises(DataError, match="not a protected attribute"):
        subsample(table, 100, "district")
    with pytest.raises(DataError, match="need more rows"):
        subsample(table, 50)
