"""Fits: one victim, one table, many training sets; and how they are run within this process."""

import hashlib
import json
import sys
import time
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from a4g_bench.data.schema import Array, Schema
from a4g_bench.data.table import Labels
from a4g_bench.defences.base import get_defence
from a4g_bench.engine.row_sets import VALIDATION, RowSet
from a4g_bench.errors import VictimError
from a4g_bench.references.base import MitigationTask, Reference, Rows, get_reference
from a4g_bench.victims.base import Parameters, favourable_scores, get_victim, in_one_line
from a4g_bench.victims.encoding import Encoder

_Rows = tuple[npt.NDArray[np.floating], Labels]


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingData:
    """Everything a fit may touch: rows, row sets, and the victim. ``scale_on`` is the set that fixes the encoding.

    ``key`` identifies the content, so that a process that already holds it need not be sent it again.
    """

    key: str
    schema: Schema
    features: Array
    labels: Labels
    sets: Mapping[RowSet, npt.NDArray[np.intp]]
    scale_on: RowSet
    victim: str
    parameters: Parameters


@dataclass(frozen=True)
class Treatment:
    """What the company does besides training: a ``defence`` screens its table, a ``reference`` mitigates.

    ``attribute`` is the protected attribute; ``max_accuracy_loss`` is what a reference may be tuned to.
    """

    kind: Literal["defence", "reference"]
    name: str
    parameters: str  # JSON, so that treatments compare
    attribute: str
    max_accuracy_loss: float = 0.0

    @classmethod
    def of(cls, kind: Literal["defence", "reference"], name: str, parameters: Parameters, *rest: Any) -> "Treatment":
        """A treatment with its parameters as a mapping."""
        return cls(kind, name, json.dumps(parameters, sort_keys=True), *rest)


@dataclass(frozen=True, eq=False)
class Job:
    """One fit: train on a set plus poison rows, predict another set. ``output`` is labels (int8) or scores
    (float64). With a ``treatment`` the victim is trained behind a defence, or mitigated.
    """

    train: RowSet
    predict: RowSet
    seed: int
    poison: tuple[Array, Labels] | None = None
    output: Literal["labels", "scores"] = "labels"
    treatment: Treatment | None = None


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit gave: ``values`` (rows of the predicted set,), or ``failed`` with its reason."""

    values: npt.NDArray[Any] | None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    failed: str | None = None
    cause: Literal["error", "timeout", "oom"] = "error"
    error_type: str = field(default="")


class Trainer:
    """Holds the encoded training data and runs jobs on it."""

    def __init__(self, training_data: TrainingData) -> None:
        self.key = training_data.key
        self._material = training_data
        self._victim = get_victim(training_data.victim, training_data.parameters)
        scale_on = training_data.sets[training_data.scale_on]
        self._encoder = Encoder.of(training_data.schema, self._victim.input_encoding, training_data.features, scale_on)
        self._encoded = self._encoder(training_data.features)
        self._mitigated: tuple[Treatment, Reference] | None = None
        self._screened: tuple[tuple[Treatment, RowSet, str], _Rows] | None = None

    def run(self, job: Job) -> Fit:
        """Fit and predict. A victim that raises or breaks its contract gives a failed fit, never an exception."""
        started, cpu = time.perf_counter(), time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the victim's own advice (convergence and such) is not ours to act on
                values = self._fit(job)
        except Exception as error:  # third-party code: anything may come
            spent = time.perf_counter() - started, time.process_time() - cpu
            return Fit(None, *spent, failed=in_one_line(error), error_type=type(error).__name__)
        return Fit(values, time.perf_counter() - started, time.process_time() - cpu)

    def _fit(self, job: Job) -> npt.NDArray[Any]:
        if job.treatment is not None and job.treatment.kind == "reference":
            return self._labels(self._mitigate(job.treatment, job), len(self._material.sets[job.predict]))
        # always copies: a victim that changes what it is given must not change the next fit
        model = self._victim.estimator(job.seed)
        rows = self._training_rows(job)
        model.fit(*(rows if job.treatment is None else self._screen(job.treatment, job, rows)))
        target = self._encoded[self._material.sets[job.predict]]
        if job.output == "scores":
            scores = favourable_scores(model, target, self._material.schema.favourable)
            if scores.shape != (len(target),) or not np.isfinite(scores).all():
                raise VictimError(f"the victim's scores are not one finite number per row (shape {scores.shape})")
            return scores
        return self._labels(np.asarray(model.predict(target)), len(target))

    @staticmethod
    def _labels(predicted: npt.NDArray[Any], rows: int) -> Labels:
        if predicted.shape != (rows,) or not np.isin(predicted, (0, 1)).all():
            raise VictimError(f"the victim's predictions are not one label 0 or 1 per row (shape {predicted.shape})")
        return predicted.astype(np.int8)

    def _mitigate(self, treatment: Treatment, job: Job) -> npt.NDArray[Any]:
        """A reference's predictions; what all seeds share is worked out once."""
        if self._mitigated is None or self._mitigated[0] != treatment:
            reference = get_reference(treatment.name, json.loads(treatment.parameters))
            schema = self._material.schema
            train, validation = (self._people(treatment, row_set) for row_set in (job.train, VALIDATION))
            task = MitigationTask(
                train=train,
                validation=validation,
                victim=self._victim,
                favourable=schema.favourable,
                max_accuracy_loss=treatment.max_accuracy_loss,
                protected_columns=self._encoder.columns(schema.protected),
            )
            reference.prepare(task)
            self._mitigated = treatment, reference
        judged = self._people(treatment, job.predict)
        return self._mitigated[1].predict(judged.features, judged.groups, job.seed)

    def _people(self, treatment: Treatment, row_set: RowSet) -> Rows:
        rows, training_data = self._material.sets[row_set], self._material
        groups = training_data.schema.groups(training_data.features, treatment.attribute)
        return Rows(self._encoded[rows], training_data.labels[rows], groups[rows])

    def _screen(self, treatment: Treatment, job: Job, rows: "_Rows") -> "_Rows":
        """What a defence leaves of the training rows. It sees standardised features, whatever the victim does.

        Raises ``VictimError`` if a group, or a label, is gone.
        """
        poison = job.poison[0].tobytes() + job.poison[1].tobytes() if job.poison else b""
        key = treatment, job.train, hashlib.sha256(poison).hexdigest()
        if self._screened is None or self._screened[0] != key:
            self._screened = None
            training_data, trained = self._material, self._material.sets[job.train]
            added = job.poison[0] if job.poison else training_data.features[:0]
            raw = np.concatenate([training_data.features[trained], added])
            order = np.random.default_rng(0).permutation(len(raw))  # so that their place does not give added rows away
            scaled = Encoder.of(training_data.schema, "scaled", raw)(raw[order]).astype(np.float64, copy=False)
            screened = get_defence(treatment.name, json.loads(treatment.parameters)).screen(scaled, rows[1][order])
            kept, labels = np.empty(len(raw), dtype=np.bool_), np.empty(len(raw), dtype=np.int8)
            kept[order], labels[order] = screened.kept, screened.labels
            self._check_screened(treatment, raw, kept, labels)
            self._screened = key, (rows[0][kept], labels[kept])
        features, labels = self._screened[1]
        return features.copy(), labels.copy()

    def _check_screened(
        self, treatment: Treatment, raw: Array, kept: npt.NDArray[np.bool_], labels: npt.NDArray[np.int8]
    ) -> None:
        groups = self._material.schema.groups(raw, treatment.attribute)
        for code, name in enumerate(self._material.schema.group_names(treatment.attribute)):
            if (groups == code).any() and not kept[groups == code].any():
                raise VictimError(f"defence '{treatment.name}' removes every training row of group '{name}'")
        if len(np.unique(labels[kept])) < 2:
            raise VictimError(f"defence '{treatment.name}' leaves training rows of one label only")

    def _training_rows(self, job: Job) -> "_Rows":
        """The set's rows, then the poison, with their labels: each row is copied once."""
        rows = self._material.sets[job.train]
        features, labels = job.poison or (np.empty((0, 0)), np.empty(0, np.int8))
        every = np.empty((len(rows) + len(labels), self._encoded.shape[1]), self._encoded.dtype)
        np.take(self._encoded, rows, axis=0, out=every[: len(rows)], mode="clip")  # the usual mode copies once more
        if len(labels):
            every[len(rows) :] = self._encoder(features)
        return every, np.concatenate([self._material.labels[rows], labels])


class Fitter(Protocol):
    """Runs fits on training data it holds: in other processes with limits, or as :class:`InlineFitter`."""

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        """Run the jobs; results in their order. Jobs may be made as they are needed."""


class InlineFitter:
    """Fits in this process, on one thread, without limits: for the library, single timed fits, and tests."""

    _libraries: ThreadpoolController | None = None
    _modules = 0

    def __init__(self, training_data: TrainingData) -> None:
        self._bench = Trainer(training_data)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        with self._numerical_libraries().limit(limits=1):  # two threads on a shared core cost more than they give
            return [self._bench.run(job) for job in jobs]

    @classmethod
    def _numerical_libraries(cls) -> ThreadpoolController:
        """Those loaded: looked for again, which takes as long as a small fit, only after an import."""
        if cls._libraries is None or cls._modules != len(sys.modules):
            cls._libraries, cls._modules = ThreadpoolController(), len(sys.modules)
        return cls._libraries
