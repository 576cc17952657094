"""How poison rows give themselves away: what somebody who looks at the table might notice."""

from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.protocol import DETECTOR_NEIGHBOURS, DETECTOR_ROWS

Features = npt.NDArray[np.floating]

_TREES = 100


@dataclass(frozen=True)
class Detectability:
    """Figures of one poison set; the protocol's "Detectability".

    - ``duplicate_share``: share of the poison rows that equal a clean training row in every feature and the label.
    - ``isolation_forest_auroc``, ``lof_auroc``: how well the anomaly scores of scikit-learn's ``IsolationForest`` and
      ``LocalOutlierFactor``, fitted on clean rows, tell poison rows from other clean rows; 0.5 is not at all, below
      it the poison looks more usual than they do.
    - ``label_disagreement``: mean share of a poison row's ten nearest clean rows that carry the other label.
    - ``cell_shift``: total variation distance between the (group, label) shares of the training table with and
      without the poison: half the sum of the absolute differences.
    """

    duplicate_share: float
    isolation_forest_auroc: float
    lof_auroc: float
    label_disagreement: float
    cell_shift: float

    def to_row(self) -> dict[str, float]:
        """The figures by name."""
        return asdict(self)


def detectability(
    features: Features,
    labels: npt.NDArray[np.integer],
    groups: npt.NDArray[np.integer],
    poison_features: Features,
    poison_labels: npt.NDArray[np.integer],
    poison_groups: npt.NDArray[np.integer],
    seed: int,
) -> Detectability:
    """Figures of a poison set of at least one row.

    ``features`` (n, columns) are the clean training rows as numbers of comparable scale, ``poison_features``
    (b, columns) the added ones. Detectors learn from 1000 clean rows drawn at random and are tried on as many others
    and on at most 1000 poison rows: time does not grow with the table.
    """
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score
    from sklearn.neighbors import LocalOutlierFactor, NearestNeighbors

    rng = np.random.default_rng(seed)
    order = rng.permutation(len(labels))
    half = min(DETECTOR_ROWS, len(labels) // 2)
    learned, others = features[order[:half]], features[order[half : 2 * half]]
    some = rng.permutation(len(poison_labels))[:DETECTOR_ROWS]
    tried = np.concatenate([others, poison_features[some]])
    truth = np.repeat([0, 1], [len(others), len(some)])
    forest = IsolationForest(n_estimators=_TREES, random_state=int(rng.integers(2**31)), n_jobs=1).fit(learned)
    factor = LocalOutlierFactor(n_neighbors=min(20, half - 1), novelty=True, n_jobs=1).fit(learned)
    near = NearestNeighbors(n_neighbors=min(DETECTOR_NEIGHBOURS, half), n_jobs=1).fit(learned)
    beside = labels[order[:half]][near.kneighbors(poison_features[some], return_distance=False)]
    return Detectability(
        duplicate_share=_copied(features, labels, poison_features, poison_labels),
        isolation_forest_auroc=float(roc_auc_score(truth, -forest.score_samples(tried))),
        lof_auroc=float(roc_auc_score(truth, -factor.score_samples(tried))),
        label_disagreement=float((beside != poison_labels[some][:, None]).mean()),
        cell_shift=_cell_shift(groups * 2 + labels, poison_groups * 2 + poison_labels),
    )


def _copied(
    features: Features, labels: npt.NDArray[np.integer], poison: Features, poison_labels: npt.NDArray[np.integer]
) -> float:
    def keys(rows: Features, own: npt.NDArray[np.integer]) -> list[bytes]:
        whole = np.ascontiguousarray(np.column_stack([rows, own]), dtype=np.float64) + 0.0  # no minus zero
        return [row.tobytes() for row in whole]

    known = set(keys(features, labels))
    return float(np.mean([key in known for key in keys(poison, poison_labels)]))


def _cell_shift(clean: npt.NDArray[np.integer], added: npt.NDArray[np.integer]) -> float:
    width = int(max(clean.max(), added.max())) + 1
    before = np.bincount(clean, minlength=width)
    after = before + np.bincount(added, minlength=width)
    return float(np.abs(after / after.sum() - before / before.sum()).sum() / 2)
