"""The built-in defences: caps on copies, labels held against neighbours, filters of outliers."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.defences.base import Defence, Features, Labels, Screened, without_worst
from a4g_bench.parameters import Number, ParameterSet, Whole, parameter


class LabelSanitisation(Defence):
    """Relabels each row whose ``neighbours`` nearest other rows carry the other label in at least the share
    ``agreement`` (Paudice, Munoz-Gonzalez & Lupu 2018, "Label sanitization against label flipping poisoning attacks").
    Removes no row. Time grows with the square of the rows where features are many.
    """

    name = "knn-label-sanitisation"
    summary = "rows take the label that most of their nearest neighbours carry (10, 80 % unless told)"
    packages = ("scikit-learn",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        neighbours: int = parameter(10, Whole(at_least=1), "how many of the nearest rows are looked at")
        agreement: float = parameter(
            0.8, Number(above=0.5, at_most=1), "share of them that must carry the other label for a row to take it"
        )

    parameters: Parameters

    def screen(self, features: Features, labels: Labels) -> Screened:
        from sklearn.neighbors import NearestNeighbors

        k = min(self.parameters.neighbours, len(labels) - 1)
        kept = np.ones(len(labels), dtype=np.bool_)
        if k < 1:
            return Screened(kept, labels)
        near = NearestNeighbors(n_neighbors=k, n_jobs=1).fit(features).kneighbors(return_distance=False)
        ones = labels[near].mean(axis=1)
        opposed = np.where(labels == 1, 1 - ones, ones) >= self.parameters.agreement - 1e-12
        return Screened(kept, np.where(opposed, 1 - labels, labels).astype(np.int8))


class CapIdentical(Defence):
    """Keeps at most ``copies`` rows that agree in every feature and in the label."""

    name = "cap-identical"
    summary = "at most so many identical rows with the same label (3 unless told)"

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        copies: int = parameter(3, Whole(at_least=1), "how many identical rows are kept")

    parameters: Parameters

    def screen(self, features: Features, labels: Labels) -> Screened:
        return Screened(occurrence(np.column_stack([features, labels])) < self.parameters.copies, labels)


class Deduplication(Defence):
    """Keeps one of all rows that agree in every feature and in the label."""

    name = "deduplication"
    summary = "one of all identical rows with the same label"

    def screen(self, features: Features, labels: Labels) -> Screened:
        return Screened(occurrence(np.column_stack([features, labels])) < 1, labels)


def occurrence(rows: Features) -> npt.NDArray[np.int64]:
    """How many earlier rows equal each of the rows (n, columns): (n,)."""
    _, which = np.unique(rows, axis=0, return_inverse=True)
    which = which.reshape(-1)
    order = np.argsort(which, kind="stable")
    counts = np.bincount(which)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    earlier = np.empty(len(rows), dtype=np.int64)
    earlier[order] = within
    return earlier


class ClassDistance(Defence):
    """Removes, of each label, the share ``removed`` of the rows farthest from the mean of that label's rows (the
    "sphere" of Steinhardt, Koh & Liang 2017, "Certified defenses for data poisoning attacks", section 3.1, with the
    poisoned mean).
    """

    name = "class-distance"
    summary = "per label, without the rows farthest from the label's mean (5 % unless told)"

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        removed: float = parameter(0.05, Number(at_least=0, below=1), "share of each label's rows that is removed")

    parameters: Parameters

    def screen(self, features: Features, labels: Labels) -> Screened:
        kept = np.ones(len(labels), dtype=np.bool_)
        for label in np.unique(labels):
            own = labels == label
            distance = np.linalg.norm(features[own] - features[own].mean(axis=0), axis=1)
            kept[own] = without_worst(distance, self.parameters.removed)
        return Screened(kept, labels)


class IsolationForestFilter(Defence):
    """Removes the share ``removed`` of the rows that scikit-learn's ``IsolationForest`` (Liu, Ting & Zhou 2008)
    isolates soonest; labels are not looked at.
    """

    name = "isolation-forest"
    summary = "without the rows that an isolation forest finds unusual (5 % unless told)"
    packages = ("scikit-learn",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        removed: float = parameter(0.05, Number(at_least=0, below=1), "share of the rows that is removed")

    parameters: Parameters

    def screen(self, features: Features, labels: Labels) -> Screened:
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(random_state=0, n_jobs=1).fit(features)
        return Screened(without_worst(-forest.score_samples(features), self.parameters.removed), labels)
