"""What a search may see: train and search-validation rows, by name; audit rows are not in here."""

import hashlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.attack import Pool
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Array, Schema
from a4g_bench.data.split import require_labels, split, stratified_parts
from a4g_bench.data.table import Labels, Table
from a4g_bench.metrics.estimate import Sample
from a4g_bench.seeds import Purpose, generator
from a4g_bench.suite.model import Named
from a4g_bench.victims.workbench import Material

#: Folds of the clean victim's out-of-fold scores.
SCORE_FOLDS = 5
HOLDOUT = "holdout"


@dataclass(frozen=True)
class Stage:
    """One training set and the rows it is judged on: names of row sets in the material."""

    train: str
    judged: str


@dataclass(frozen=True, eq=False)
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
            table.name, table.schema, attribute, table.fingerprint, seed,
            table.features[rows], table.labels[rows], len(parts.train),
        )  # fmt: skip

    @cached_property
    def groups(self) -> npt.NDArray[np.int64]:
        """Group code of each row."""
        return self.schema.groups(self.features, self.attribute)

    @cached_property
    def domain(self) -> Domain:
        """What a feasible row is: judged by the training rows."""
        return Domain.of(self.schema, self.features[: self.n_train])

    def sample(self, rows: npt.NDArray[np.intp]) -> Sample:
        """The judged rows' labels and groups."""
        names = self.schema.group_names(self.attribute)
        return Sample(self.labels[rows], self.groups[rows], names, self.schema.favourable)

    def pool(self, rows: npt.NDArray[np.intp]) -> Pool:
        """Rows to copy from, without scores."""
        return Pool(self.features[rows], self.labels[rows], self.groups[rows])

    def sets(self, folds: int) -> dict[str, npt.NDArray[np.intp]]:
        """Named row sets: ``train`` and ``validation``; per fold ``fold<k>`` (judged) and ``rest<k>`` (trained on);

        and for out-of-fold scores of each training set ``<set>.out<j>`` and ``<set>.in<j>``.
        """
        strata = self.groups * 2 + self.labels
        everything = np.arange(len(self.labels))
        sets = {"train": everything[: self.n_train], "validation": everything[self.n_train :]}
        if folds > 1:
            part = stratified_parts(strata, folds, generator(self.seed, Purpose.FOLDS))
            for k in range(folds):
                sets[f"fold{k}"], sets[f"rest{k}"] = np.flatnonzero(part == k), np.flatnonzero(part != k)
                where = f"fold {k + 1} of {folds} of '{self.name}' (seed {self.seed})"
                require_labels(
                    self.labels[part == k], self.groups[part == k], self.schema.group_names(self.attribute), where
                )
        for order, name in enumerate([name for name in sets if name == "train" or name.startswith("rest")]):
            rows = sets[name]
            part = stratified_parts(strata[rows], SCORE_FOLDS, generator(self.seed, Purpose.SCORES, order))
            for j in range(SCORE_FOLDS):
                sets[f"{name}.out{j}"], sets[f"{name}.in{j}"] = rows[part == j], rows[part != j]
        return sets

    def stages(self, folds: int) -> dict[str, list[Stage]]:
        """The stages of a ``holdout`` evaluation and of a ``folds`` one (the same where there is one fold)."""
        holdout = [Stage("train", "validation")]
        return {
            HOLDOUT: holdout,
            "folds": [Stage(f"rest{k}", f"fold{k}") for k in range(folds)] if folds > 1 else holdout,
        }

    def material_key(self, victim: Named, folds: int) -> str:
        """Identifies :meth:`material`."""
        told = f"{self.fingerprint} {self.attribute} {self.seed} {folds} {victim.name} {sorted(victim.params.items())}"
        return hashlib.sha256(told.encode()).hexdigest()

    def material(self, victim: Named, folds: int) -> Material:
        """What a search's fitter holds."""
        return Material(
            key=self.material_key(victim, folds),
            schema=self.schema,
            features=self.features,
            labels=self.labels,
            sets=self.sets(folds),
            scale_on="train",
            victim=victim.name,
            parameters=victim.params,
        )
