"""Classifiers of third parties, well-behaved and not, for import paths."""

import warnings
from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import LogisticRegression


class Spy(LogisticRegression):
    """Keeps copies of what the last one was trained on, and of what it was asked."""

    seen: ClassVar[dict[str, np.ndarray]] = {}

    def fit(self, X, y):  # noqa: N803
        self.seen.update(features=X.copy(), labels=y.copy())
        return super().fit(X, y)

    def predict(self, X):  # noqa: N803
        self.seen.update(asked=X.copy())
        return super().predict(X)


class Vandal(LogisticRegression):
    """Overwrites everything it is given."""

    def fit(self, X, y):  # noqa: N803
        super().fit(X.copy(), y.copy())
        X[:], y[:] = 0, 1
        return self

    def predict(self, X):  # noqa: N803
        found = super().predict(X)
        X[:] = 0
        return found


class Warns(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        warnings.warn("you might like another solver", FutureWarning, stacklevel=1)
        return super().fit(X, y)


class Raises(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        raise RuntimeError("the disk is full\nand more lines\nthat say where")


class RaisesWithoutAWord(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        raise NotImplementedError


class RaisesAtLength(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        raise ValueError("x" * 100_000)


class RaisesWhenAsked(LogisticRegression):
    def predict(self, X):  # noqa: N803
        raise ValueError("no answer")


class Returns(LogisticRegression):
    """Answers with something else than one label per row."""

    def __init__(self, what: str = "") -> None:
        super().__init__()
        self.what = what

    def predict(self, X):  # noqa: N803
        n = len(X)
        answers: dict[str, Any] = {
            "NaN": np.full(n, np.nan),
            "a column": np.zeros((n, 1)),
            "too few": np.zeros(n - 1),
            "another label": np.full(n, 2),
            "scores": np.full(n, 0.5),
            "texts": np.full(n, "yes"),
            "nothing": None,
        }
        return answers[self.what]

    def predict_proba(self, X):  # noqa: N803
        n = len(X)
        answers: dict[str, Any] = {
            "NaN": np.full((n, 2), np.nan),
            "infinity": np.full((n, 2), np.inf),
            "too few": np.full((n - 1, 2), 0.5),
            "a row": np.full(n, 0.5),
            "a cube": np.full((n, 2, 2), 0.5),
            "nothing": None,
        }
        return answers[self.what]


class Labels(ClassifierMixin, BaseEstimator):
    """Has labels only: neither probabilities nor a decision function. Who has a positive sum gets a 1."""

    def fit(self, X, y):  # noqa: N803
        return self

    def predict(self, X):  # noqa: N803
        return (X.sum(axis=1) > 0).astype(bool)


class Decides(Labels):
    """Has a decision function, without probabilities."""

    def decision_function(self, X):  # noqa: N803
        return X.sum(axis=1) * 1e6


class NeedsAnArgument(Labels):
    def __init__(self, depth: int) -> None:
        self.depth = depth


class HidesItsParameters(Labels):
    """Takes the usual parameters through ``**kwargs``, as wrappers of libraries do."""

    def __init__(self, *, depth: int = 3, **kwargs: Any) -> None:
        self.held = {"random_state": None, "n_jobs": None, "depth": depth, **kwargs}

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return dict(self.held)

    def set_params(self, **parameters: Any) -> "HidesItsParameters":
        self.held.update(parameters)
        return self


class _NoSignature(type):
    @property
    def __signature__(cls) -> None:
        raise ValueError("no signature found")


class WithoutSignature(Labels, metaclass=_NoSignature):
    """As a class written in C: what it takes cannot be looked up."""

    def __init__(self, depth: int = 3, random_state: int | None = None) -> None:
        self.depth = depth
        self.random_state = random_state

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        return {"depth": self.depth, "random_state": self.random_state}


class CannotBeListed(Labels):
    """scikit-learn refuses to list the parameters of a constructor with ``*args``."""

    def __init__(self, *args: int) -> None:
        self.args = args


class RefusesToBeBuilt(Labels):
    def __init__(self, depth: int = 3) -> None:
        raise OSError("licence expired\ncall us")


class NoClassifier:
    """Can be built, and nothing else."""
