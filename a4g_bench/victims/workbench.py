"""Fits: one victim, one table, many training sets. Used inside fit processes, or inline for a single fit."""

import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from a4g_bench.data.schema import Array, Schema
from a4g_bench.data.table import Labels
from a4g_bench.errors import VictimError
from a4g_bench.victims.encoding import Encoder
from a4g_bench.victims.victim import Parameters, favourable_scores, get_victim, in_one_line


@dataclass(frozen=True, eq=False)
class Material:
    """Everything a fit may touch: rows, named row sets, and the victim. ``scale_on`` names the set that fixes the
    encoding.

    ``key`` identifies the content, so that a process that already holds it need not be sent it again.
    """

    key: str
    schema: Schema
    features: Array
    labels: Labels
    sets: Mapping[str, npt.NDArray[np.intp]]
    scale_on: str
    victim: str
    parameters: Parameters


@dataclass(frozen=True, eq=False)
class Job:
    """One fit: train on a named set plus poison rows, predict another set. ``output`` is labels (int8) or scores
    (float64).
    """

    train: str
    predict: str
    seed: int
    poison: tuple[Array, Labels] | None = None
    output: Literal["labels", "scores"] = "labels"


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit gave: ``values`` (rows of the predicted set,), or ``failed`` with its reason."""

    values: npt.NDArray[Any] | None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    failed: str | None = None
    cause: Literal["error", "timeout", "oom"] = "error"
    error_type: str = field(default="")


class Workbench:
    """Holds the encoded material and runs jobs on it."""

    def __init__(self, material: Material) -> None:
        self.key = material.key
        self._material = material
        self._victim = get_victim(material.victim, material.parameters)
        scale_on = material.sets[material.scale_on]
        self._encoder = Encoder.of(material.schema, self._victim.input_encoding, material.features, scale_on)
        self._encoded = self._encoder(material.features)

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
        # always copies: a victim that changes what it is given must not change the next fit
        model = self._victim.estimator(job.seed)
        model.fit(*self._training_rows(job))
        target = self._encoded[self._material.sets[job.predict]]
        if job.output == "scores":
            scores = favourable_scores(model, target, self._material.schema.favourable)
            if scores.shape != (len(target),) or not np.isfinite(scores).all():
                raise VictimError(f"the victim's scores are not one finite number per row (shape {scores.shape})")
            return scores
        predicted = np.asarray(model.predict(target))
        if predicted.shape != (len(target),) or not np.isin(predicted, (0, 1)).all():
            raise VictimError(f"the victim's predictions are not one label 0 or 1 per row (shape {predicted.shape})")
        return predicted.astype(np.int8)

    def _training_rows(self, job: Job) -> tuple[npt.NDArray[np.floating], Labels]:
        """The set's rows, then the poison, with their labels: each row is copied once."""
        rows = self._material.sets[job.train]
        features, labels = job.poison or (np.empty((0, 0)), np.empty(0, np.int8))
        every = np.empty((len(rows) + len(labels), self._encoded.shape[1]), self._encoded.dtype)
        np.take(self._encoded, rows, axis=0, out=every[: len(rows)], mode="clip")  # the usual mode copies once more
        if len(labels):
            every[len(rows) :] = self._encoder(features)
        return every, np.concatenate([self._material.labels[rows], labels])
