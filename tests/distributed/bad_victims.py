"""Victims that misbehave, for import paths in suites. Each trains a real model until it meets its condition."""

import os
import time

import numpy as np
from sklearn.linear_model import LogisticRegression


class Raises(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        raise ValueError("this victim does not train")


class PredictsNaN(LogisticRegression):
    def predict(self, X):  # noqa: N803
        return np.full(len(X), np.nan)


class Hangs(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        time.sleep(3600)


class HangsWhenPoisoned(LogisticRegression):
    """Hangs on one training size only: the clean one is ``rows``."""

    def __init__(self, rows=0):
        super().__init__()
        self.rows = rows

    def fit(self, X, y):  # noqa: N803
        if len(y) == self.rows:
            time.sleep(3600)
        return super().fit(X, y)


class Dies(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        os._exit(11)


class Greedy(LogisticRegression):
    def fit(self, X, y):  # noqa: N803
        hoard = []
        while len(hoard) < 400:
            hoard.append(np.ones(10_000_000 // 8))
            time.sleep(0.005)
        time.sleep(3600)
