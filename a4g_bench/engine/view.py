"""What a search may see: train and search-validation rows; audit rows are not in here."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.base import Pool
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array, Schema
from a4g_bench.data.split import require_labels, split, stratified_parts
from a4g_bench.data.table import Labels, Table
from a4g_bench.engine.fits import TrainingData
from a4g_bench.engine.row_sets import TRAIN, VALIDATION, RowSet, fold_of, rest_of
from a4g_bench.metrics.estimate import Sample
from a4g_bench.protocol import SCORE_FOLDS
from a4g_bench.seeds import Purpose, generator
from a4g_bench.suite.model import Named

#: How a query is evaluated: trained on train and judged on search-validation, or on the suite's folds.
HOLDOUT, FOLDS = "holdout", "folds"

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True, eq=False, kw_only=True)
class RowSets(Mapping[RowSet, Rows]):
    """Row sets of a view, as sorted positions. Kept are the parts that rows belong to, one small number per row; a set
    is made of them when it is asked for.

    ``folds`` holds the fold of each row, or None with one fold; ``parts`` per training set that of each of its rows.
    """

    rows: int
    n_train: int
    folds: npt.NDArray[np.int16] | None
    parts: Mapping[RowSet, npt.NDArray[np.int16]]

    @classmethod
    def of(cls, view: "View", folds: int) -> "RowSets":
        """The sets for so many folds. Raises ``DataError`` if a fold lacks a label in a group."""
        strata = view.groups * 2 + view.labels
        fold = None
        if folds > 1:
            fold = stratified_parts(strata, folds, generator(view.seed, Purpose.FOLDS)).astype(np.int16)
            for k in range(folds):
                where = f"fold {k + 1} of {folds} of '{view.name}' (seed {view.seed})"
                names = view.schema.group_names(view.attribute)
                require_labels(view.labels[fold == k], view.groups[fold == k], names, where)
        bare = cls(rows=len(strata), n_train=view.n_train, folds=fold, parts={})
        trained = [TRAIN, *(rest_of(k) for k in range(folds) if folds > 1)]  # the order is that of the random streams
        parts = {
            key: stratified_parts(strata[bare[key]], SCORE_FOLDS, generator(view.seed, Purpose.SCORES, order))
            for order, key in enumerate(trained)
        }
        return replace(bare, parts={key: part.astype(np.int16) for key, part in parts.items()})

    def __getitem__(self, key: RowSet) -> Rows:
        rows = self._whole(key)
        if key.part is None:
            return rows
        side, number = key.part
        out: npt.NDArray[np.bool_] = self.parts[key.whole] == number
        return rows[out if side == "out" else ~out]

    def _whole(self, key: RowSet) -> Rows:
        if key.whole == TRAIN:
            return np.arange(self.n_train)
        if key.whole == VALIDATION:
            return np.arange(self.n_train, self.rows)
        if self.folds is None or key.fold is None or key.kind not in ("fold", "rest"):
            raise KeyError(key)
        return np.flatnonzero((self.folds == key.fold) == (key.kind == "fold"))

    def __iter__(self) -> Iterator[RowSet]:
        yield from (TRAIN, VALIDATION)
        yield from (key for k in range(len(self.parts) - 1) for key in (fold_of(k), rest_of(k)))
        for base in self.parts:
            for j in range(SCORE_FOLDS):
                yield from (base.scored_as(j), base.trained_for(j))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class Stage:
    """One training set and the rows it is judged on."""

    train: RowSet
    judged: RowSet


def stages_of(folds: int) -> dict[str, list[Stage]]:
    """The stages of a ``holdout`` evaluation and of a ``folds`` one (the same where there is one fold)."""
    holdout = [Stage(TRAIN, VALIDATION)]
    return {HOLDOUT: holdout, FOLDS: [Stage(rest_of(k), fold_of(k)) for k in range(folds)] if folds > 1 else holdout}


def training_key(fingerprint: str, attribute: str, seed: int, victim: Named, folds: int) -> str:
    """Identifies the training data of all searches on one table, attribute, seed and victim with so many folds."""
    content = f"{fingerprint} {attribute} {seed} {folds} {victim.name} {sorted(victim.params.items())}"
    return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, eq=False, kw_only=True)
class View:
    """Rows of train, then of search-validation; positions below ``n_train`` are train.

    ``holdout`` trains on train and judges on search-validation, as the audit does on audit rows. With ``folds`` > 1 a
    query may instead train on each fold's complement within train + search-validation and be judged on the folds
    together.
    """

    name: str
    schema: Schema
    attribute: str
    fingerprint: str
    seed: int
    features: Array
    labels: Labels
    n_train: int

    @classmethod
    def of(cls, table: Table, attribute: str, seed: int) -> "View":
        """The attacker's part of a table under one seed's split."""
        parts = split(table, attribute, seed)
        rows = np.concatenate([parts.train, parts.validation])
        return cls(
            name=table.name,
            schema=table.schema,
            attribute=attribute,
            fingerprint=table.fingerprint,
            seed=seed,
            features=table.features[rows],
            labels=table.labels[rows],
            n_train=len(parts.train),
        )

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Group code of each row."""
        return self.schema.groups(self.features, self.attribute)

    @cached_property
    def domain(self) -> Domain:
        """What a feasible row is: judged by the training rows."""
        return Domain.of(self.schema, self.features[: self.n_train])

    def sample(self, rows: Rows) -> Sample:
        """The judged rows' labels and groups."""
        names = self.schema.group_names(self.attribute)
        return Sample(self.labels[rows], self.groups[rows], names, self.schema.favourable)

    def pool(self, rows: Rows) -> Pool:
        """Rows to copy from, without scores: no copies themselves where they lie side by side."""
        first, last = int(rows[0]), int(rows[-1])
        beside = last - first + 1 == len(rows)  # rows of a set are sorted
        where = slice(first, last + 1) if beside else rows
        return Pool(self.features[where], self.labels[where], self.groups[where])

    def sets(self, folds: int) -> "RowSets":
        """The row sets: train and validation; per fold the rows it judges and the rest, which is trained on; and the
        parts of each training set for its out-of-fold scores.
        """
        if folds not in self._sets:
            self._sets[folds] = RowSets.of(self, folds)
        return self._sets[folds]

    @cached_property
    def _sets(self) -> dict[int, "RowSets"]:
        return {}

    def training_key(self, victim: Named, folds: int) -> str:
        """Identifies :meth:`training_data`."""
        return training_key(self.fingerprint, self.attribute, self.seed, victim, folds)

    def training_data(self, victim: Named, folds: int) -> TrainingData:
        """What a search's fitter holds."""
        return TrainingData(
            key=self.training_key(victim, folds),
            schema=self.schema,
            features=self.features,
            labels=self.labels,
            sets=self.sets(folds),
            scale_on=TRAIN,
            victim=victim.name,
            parameters=victim.params,
        )
