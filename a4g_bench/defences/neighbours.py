"""``knn-label-sanitisation``: rows take the label of their neighbours."""

import numpy as np

from a4g_bench.attacks.attack import whole
from a4g_bench.defences.defence import Defence, Features, Labels, Screened


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
