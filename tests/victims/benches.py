"""A small table and workbenches on it."""

from typing import Any

import numpy as np

from a4g_bench.data.schema import Feature, Schema
from a4g_bench.engine.fits import Fit, Job, Trainer, TrainingData
from a4g_bench.engine.row_sets import TRAIN, RowSet

HOUSE = "tests.victims.odd_victims"
N_TRAIN, N_JUDGED = 120, 40
JUDGED, ONES = RowSet(kind="judged"), RowSet(kind="ones")


def schema(favourable: int = 1) -> Schema:
    """Two numbers, a category of three, and a group that victims see."""
    features = (
        Feature("income", "numeric"),
        Feature("age", "integer"),
        Feature("job", "categorical", ("none", "writer", "smith")),
        Feature("group", "categorical", ("a", "b")),
    )
    return Schema(features, ("group",), "y", ("no", "yes"), favourable)  # type: ignore[arg-type]


def rows(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features and labels; the label follows from income, age and luck."""
    rng = np.random.default_rng(seed)
    income, age = rng.normal(3000, 900, n), rng.integers(18, 90, n)
    features = np.column_stack([income, age, rng.integers(0, 3, n), rng.integers(0, 2, n)]).astype(np.float64)
    merit = (income - 3000) / 900 + (age - 50) / 30 + rng.normal(0, 1, n)
    return features, (merit > 0).astype(np.int8)


def training_data(
    victim: str, favourable: int = 1, judged: np.ndarray | None = None, **parameters: Any
) -> TrainingData:
    """Rows to train on and rows to judge, the latter from elsewhere if given. A class of ``odd_victims`` needs no
    module.
    """
    features, labels = rows(N_TRAIN + N_JUDGED, seed=0)
    if judged is not None:
        features[N_TRAIN:] = judged
    everything = np.arange(N_TRAIN + N_JUDGED)
    sets = {TRAIN: everything[:N_TRAIN], JUDGED: everything[N_TRAIN:], ONES: np.flatnonzero(labels == 1)}
    path = f"{HOUSE}:{victim}" if victim[0].isupper() else victim
    return TrainingData(
        key="key",
        schema=schema(favourable),
        features=features,
        labels=labels,
        sets=sets,
        scale_on=TRAIN,
        victim=path,
        parameters=parameters,
    )


def bench(victim: str, **options: Any) -> Trainer:
    """A trainer on :func:`training_data`."""
    return Trainer(training_data(victim, **options))


def poison(n: int = 30) -> tuple[np.ndarray, np.ndarray]:
    """Rows far from the training rows, all of label 1."""
    features, _ = rows(n, seed=1)
    features[:, 0] *= 100
    return features, np.ones(n, dtype=np.int8)


def values(fit: Fit) -> np.ndarray:
    """What a fit gave, which must not have failed."""
    assert fit.failed is None, fit.failed
    assert fit.values is not None
    return fit.values


LABELS = Job(TRAIN, JUDGED, seed=2)
SCORES = Job(TRAIN, JUDGED, seed=2, output="scores")
