"""The built-in defences: caps on copies, labels held against neighbours, filters of outliers."""

import numpy as np
import numpy.typing as npt

from a4g_bench.defences.base import Defence, Features, Labels, Screened, without_worst
from a4g_bench.parameters import share, whole


class LabelSanitisation(Defence):
    """Relabels each row whose ``neighbours`` nearest other rows carry the other label in at least the share
    ``agreement`` (Paudice, Munoz-Gonzalez & Lupu 2018, "Label sanitization against label flipping poisoning attacks").
    Removes no row. Time grows with the square of the rows where features are many.
    """

    name = "knn-label-sanitisation"
    summary = "rows take the label that most of their nearest neighbours carry (10, 80 % unless told)"
    packages = ("scikit-learn",)

    def __init__(self, *, neighbours: int = 10, agreement: float = 0.8) -> None:
        self.neighbours = whole("neighbours", neighbours, 1)
        if isinstance(agreement, bool) or not isinstance(agreement, int | float) or not 0.5 < agreement <= 1:
            raise ValueError(f"agreement must be more than 0.5 and at most 1, not {agreement!r}")
        self.agreement = float(agreement)

    def screen(self, features: Features, labels: Labels) -> Screened:
        from sklearn.neighbors import NearestNeighbors

        k = min(self.neighbours, len(labels) - 1)
        kept = np.ones(len(labels), dtype=np.bool_)
        if k < 1:
            return Screened(kept, labels)
        near = NearestNeighbors(n_neighbors=k, n_jobs=1).fit(features).kneighbors(return_distance=False)
        ones = labels[near].mean(axis=1)
        opposed = np.where(labels == 1, 1 - ones, ones) >= self.agreement - 1e-12
        return Screened(kept, np.where(opposed, 1 - labels, labels).astype(np.int8))


class CapIdentical(Defence):
    """Keeps at most ``copies`` rows that agree in every feature and in the label."""

    name = "cap-identical"
    summary = "at most so many identical rows with the same label (3 unless told)"

    def __init__(self, *, copies: int = 3) -> None:
        self.copies = whole("copies", copies, 1)

    def screen(self, features: Features, labels: Labels) -> Screened:
        return Screened(occurrence(np.column_stack([features, labels])) < self.copies, labels)


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
    found = np.empty(len(rows), dtype=np.int64)
    found[order] = within
    return found


class ClassDistance(Defence):
    """Removes, of each label, the share ``removed`` of the rows farthest from the mean of that label's rows (the
    "sphere" of Steinhardt, Koh & Liang 2017, "Certified defenses for data poisoning attacks", section 3.1, with the
    poisoned mean).
    """

    name = "class-distance"
    summary = "per label, without the rows farthest from the label's mean (5 % unless told)"

    def __init__(self, *, removed: float = 0.05) -> None:
        self.removed = share("removed", removed)

    def screen(self, features: Features, labels: Labels) -> Screened:
        kept = np.ones(len(labels), dtype=np.bool_)
        for label in np.unique(labels):
            own = labels == label
            distance = np.linalg.norm(features[own] - features[own].mean(axis=0), axis=1)
            kept[own] = without_worst(distance, self.removed)
        return Screened(kept, labels)


class IsolationForestFilter(Defence):
    """Removes the share ``removed`` of the rows that scikit-learn's ``IsolationForest`` (Liu, Ting & Zhou 2008)
    isolates soonest; labels are not looked at.
    """

    name = "isolation-forest"
    summary = "without the rows that an isolation forest finds unusual (5 % unless told)"
    packages = ("scikit-learn",)

    def __init__(self, *, removed: float = 0.05) -> None:
        self.removed = share("removed", removed)

    def screen(self, features: Features, labels: Labels) -> Screened:
        from sklearn.ensemble import IsolationForest

        forest = IsolationForest(random_state=0, n_jobs=1).fit(features)
        return Screened(without_worst(-forest.score_samples(features), self.removed), labels)
