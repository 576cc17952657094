"""Victims that cost nothing, or nothing but time: what is left is the engine's own cost."""

import time
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin

Array = npt.NDArray[Any]


class Trivial(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """Predicts label 1 where the first column is above its mean over the training rows."""

    def fit(self, features: Array, labels: Array) -> Self:
        """Keep the mean."""
        self.classes_ = np.array([0, 1])
        self.mean_ = float(features[:, 0].mean())
        return self

    def predict(self, features: Array) -> Array:
        """One label per row."""
        return (features[:, 0] > self.mean_).astype(np.int8)


class Sleeping(Trivial):
    """As :class:`Trivial`, after ``seconds`` of sleep per fit: a victim that takes its time but no core."""

    def __init__(self, seconds: float = 0.2) -> None:
        self.seconds = seconds

    def fit(self, features: Array, labels: Array) -> Self:
        """Sleep, then keep the mean."""
        time.sleep(self.seconds)
        return super().fit(features, labels)
