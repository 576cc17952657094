"""What a victim trains on: fixed by the schema and the clean training rows, whatever else is encoded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import StandardScaler

from a4g_bench.data.schema import Feature, Schema
from a4g_bench.victims.base import Encoding, get_victim
from a4g_bench.victims.encoding import Encoder
from tests.victims.benches import HOUSE, LABELS, N_JUDGED, N_TRAIN, bench, poison, rows, schema
from tests.victims.odd_victims import Spy

DRAWN = Schema(
    features=(
        Feature("income", "numeric"),
        Feature("job", "categorical", ("none", "writer", "smith")),
        Feature("secret", "categorical", ("x", "y", "z"), visible=False),
        Feature("age", "integer"),
        Feature("group", "categorical", ("a", "b")),
    ),
    protected=("group",),
    label="y",
    label_values=("no", "yes"),
    favourable=1,
)
#                  income job secret age group
TRAIN = np.array([[10.0, 0, 2, 30, 0], [20, 1, 0, 50, 1]])
OTHERS = np.array([[40.0, 2, 1, 40, 1]])  # no training row is a smith
KINDS = st.sampled_from(("one-hot", "scaled"))


def test_one_hot_keeps_numbers_and_gives_each_of_three_categories_a_column() -> None:
    encoder = Encoder.of(DRAWN, "one-hot", TRAIN)
    #                                     income  job      age  group; the secret is for measuring only
    assert encoder(TRAIN).tolist() == [[10, 1, 0, 0, 30, 0], [20, 0, 1, 0, 50, 1]]
    assert encoder(OTHERS).tolist() == [[40, 0, 0, 1, 40, 1]]
    assert encoder(TRAIN).dtype == np.float32


def test_scaled_standardises_numbers_by_the_training_rows() -> None:
    encoder = Encoder.of(DRAWN, "scaled", TRAIN)
    # income: mean 15, deviation 5; age: mean 40, deviation 10
    assert encoder(TRAIN).tolist() == [[-1, 1, 0, 0, -1, 0], [1, 0, 1, 0, 1, 1]]
    assert encoder(OTHERS).tolist() == [[5, 0, 0, 1, 0, 1]]
    assert encoder(TRAIN).dtype == np.float64


def test_no_rows_encode_to_no_rows() -> None:
    assert Encoder.of(DRAWN, "scaled", TRAIN)(np.empty((0, 5))).shape == (0, 6)


@given(st.integers(0, 99), st.integers(2, 50))
def test_scaling_is_scikit_learns(seed: int, n: int) -> None:
    train, others = rows(n, seed)[0], rows(7, seed + 1)[0]
    encoder, scaler = Encoder.of(schema(), "scaled", train), StandardScaler().fit(train[:, :2])
    assert encoder(others)[:, :2] == pytest.approx(scaler.transform(others[:, :2]), rel=1e-9, abs=1e-9)


@given(st.integers(0, 99), st.integers(0, 20), KINDS)
def test_a_row_is_encoded_alike_in_any_company(seed: int, n: int, kind: str) -> None:
    encoder = Encoder.of(schema(), kind, rows(30, seed)[0])  # type: ignore[arg-type]
    one, company = rows(5, seed + 1)[0], rows(n, seed + 2)[0]
    assert np.array_equal(encoder(np.concatenate([company, one]))[n:], encoder(one))


@given(st.floats(-1e6, 1e6), st.integers(1, 40))
def test_a_constant_number_is_0_and_does_not_blow_up_others(value: float, n: int) -> None:
    # the mean of equal numbers may differ from them in the last digit
    train = np.tile([value, 0, 0, 30, 0], (n, 1))
    encoder = Encoder.of(DRAWN, "scaled", train)
    assert encoder(train)[:, 0].tolist() == [0] * n
    assert encoder(np.array([[value + 1, 0, 0, 30, 0]]))[0, 0] == pytest.approx(1)


@pytest.mark.parametrize("victim", ["Spy", "logistic_regression"])
def test_import_paths_and_linear_models_are_given_scaled_rows(victim: str) -> None:
    assert get_victim(f"{HOUSE}:Spy" if victim == "Spy" else victim, {}).input_encoding == "scaled"


@pytest.mark.parametrize(
    ("victim", "encoding"),
    [
        ("svm", "scaled"),
        ("random_forest", "one-hot"),
        ("gradient_boosting", "one-hot"),
        ("hist_gradient_boosting", "one-hot"),
        ("lightgbm", "one-hot"),
    ],
)
def test_distances_are_measured_on_scaled_rows_and_trees_take_raw_ones(victim: str, encoding: str) -> None:
    assert get_victim(victim, {}).input_encoding == encoding


def test_an_import_path_may_ask_for_one_hot_rows() -> None:
    bench("Spy", encoding="one-hot").run(LABELS)
    assert Spy.seen["features"].dtype == np.float32
    assert np.array_equal(Spy.seen["features"][:, 1], rows(N_TRAIN + N_JUDGED, 0)[0][:N_TRAIN, 1])


def test_a_victim_is_given_the_same_clean_rows_with_poison_and_without() -> None:
    on = bench("Spy")
    on.run(LABELS)
    clean = dict(Spy.seen)
    rows_, labels = poison()
    on.run(type(LABELS)(LABELS.train, LABELS.predict, 2, (rows_, labels)))
    assert clean["features"].shape == (N_TRAIN, 6)
    assert Spy.seen["features"].shape == (N_TRAIN + 30, 6)
    assert np.array_equal(Spy.seen["features"][:N_TRAIN], clean["features"])
    assert np.array_equal(Spy.seen["labels"], np.concatenate([clean["labels"], labels]))
    assert np.array_equal(Spy.seen["asked"], clean["asked"])
    # the poison's incomes are a hundred times as large, measured by the clean training rows
    income = rows(N_TRAIN + N_JUDGED, 0)[0][:N_TRAIN, 0]
    assert Spy.seen["features"][N_TRAIN:, 0] == pytest.approx((rows_[:, 0] - income.mean()) / income.std())


def test_the_rows_judged_do_not_shape_the_encoding() -> None:
    bench("Spy").run(LABELS)
    near = Spy.seen["features"]
    bench("Spy", judged=poison(N_JUDGED)[0]).run(LABELS)
    assert np.array_equal(Spy.seen["features"], near)
    assert near[:, :2].mean(axis=0) == pytest.approx([0, 0], abs=1e-12)
    assert near[:, :2].std(axis=0) == pytest.approx([1, 1])


@given(KINDS, st.integers(0, 99))
def test_decoding_undoes_encoding(kind: Encoding, seed: int) -> None:
    rng = np.random.default_rng(seed)
    drawn = np.column_stack([rng.normal(size=9), *(rng.integers(n, size=9) for n in (3, 3, 90, 2))]).astype(np.float64)
    encoder, others = Encoder.of(DRAWN, kind, drawn), drawn + 0.0
    others[:, [0, 1, 3, 4]] = 0
    assert encoder.decode(encoder(drawn), others) == pytest.approx(drawn, rel=1e-5)


def test_columns_are_found_by_the_features_they_hold() -> None:
    encoder = Encoder.of(DRAWN, "one-hot", TRAIN)
    found = {name: encoder.columns([name]) for name in DRAWN.names}
    assert found == {"income": (0,), "job": (1, 2, 3), "secret": (), "age": (4,), "group": (5,)}
    assert encoder.columns(["group", "job", "secret"]) == (1, 2, 3, 5)


def test_relaxed_columns_decode_to_the_nearest_category_and_hidden_features_stay() -> None:
    encoder = Encoder.of(DRAWN, "scaled", TRAIN)
    #                    income  job            age  group
    relaxed = np.array([[0.5, 0.2, 0.4, 0.3, 0.0, 0.49], [0, 0.9, 0.4, 0.95, -1, 0.5]])
    assert encoder.decode(relaxed, TRAIN).tolist() == [[17.5, 1, 2, 40, 0], [15, 2, 0, 30, 1]]
