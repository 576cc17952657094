"""The audit: the victim retrained with and without the poison, judged on rows and victim seeds no search has seen."""

import hashlib
import json
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.base import Poison
from a4g_bench.data.split import Split, split
from a4g_bench.data.table import Table
from a4g_bench.defences.base import get_defence
from a4g_bench.engine.clean import FitFailedError
from a4g_bench.engine.fits import Fitter, InlineFitter, Job, TrainingData, Treatment
from a4g_bench.engine.row_sets import AUDIT, TRAIN, VALIDATION
from a4g_bench.errors import StoreError
from a4g_bench.metrics import confusion as metrics
from a4g_bench.metrics.confusion import audited_metrics
from a4g_bench.metrics.estimate import Predictions, Sample
from a4g_bench.protocol import MEAN_SEED, PROTOCOL_VERSION
from a4g_bench.provenance import versions
from a4g_bench.seeds import audit_victim_seeds
from a4g_bench.store.tables import Row
from a4g_bench.suite.model import Audited, Named
from a4g_bench.suite.plan import Planned
from a4g_bench.suite.spec import Mitigation
from a4g_bench.victims.base import get_victim


@dataclass(frozen=True, eq=False)
class Predicted:
    """One array of predicted labels per audit victim seed, and what the fits cost."""

    predictions: list[Predictions]
    fits: int
    cpu_seconds: float


@dataclass(frozen=True, eq=False, kw_only=True)
class AuditResult:
    """What an audit gives back: rows for the tables ``audits``, ``predictions`` and ``metrics``, and its cost."""

    baseline_id: str
    audit_rows: int
    audits: list[Row]
    predictions: list[Row]
    metrics: list[Row]
    fits: int = 0
    cpu_seconds: float = 0.0
    seconds: float = 0.0

    def with_others(self, others: Sequence["AuditResult"]) -> "AuditResult":
        """With the rows and the cost of the same set's audits on other victims."""
        return replace(
            self,
            audits=[*self.audits, *(row for other in others for row in other.audits)],
            predictions=[*self.predictions, *(row for other in others for row in other.predictions)],
            metrics=[*self.metrics, *(row for other in others for row in other.metrics)],
            fits=self.fits + sum(other.fits for other in others),
            cpu_seconds=self.cpu_seconds + sum(other.cpu_seconds for other in others),
            seconds=self.seconds + sum(other.seconds for other in others),
        )

    def priced(self, spent: Sequence[Predicted], seconds: float) -> "AuditResult":
        """The result with the fits of the poisoned victim, the CPU of all fits (a new baseline's too), and its
        seconds.
        """
        return replace(self, fits=spent[-1].fits, cpu_seconds=sum(p.cpu_seconds for p in spent), seconds=seconds)


def distinct_seeds(victim: Named, seed: int, treatment: Treatment | None = None) -> tuple[int, ...]:
    """The audit victim seeds that need a fit of their own: one where the victim's random state changes nothing, unless
    a reference line's predictions are drawn.
    """
    seeds = audit_victim_seeds(seed)
    drawn = treatment is not None and treatment.kind == "reference"
    return seeds if drawn or get_victim(victim.name, victim.params).seeded() else seeds[:1]


def predict(
    victim: Audited, seed: int, fitter: Fitter, poison: Poison | None, treatment: Treatment | None = None
) -> Predicted:
    """Train the victim on train + poison with each audit victim seed and predict the audit rows.

    ``fitter`` must hold the audit's training data. Seeds that change nothing are not fitted again
    (:func:`distinct_seeds`). Raises :class:`FitFailedError`.
    """
    seeds, distinct = audit_victim_seeds(seed), distinct_seeds(victim, seed, treatment)
    rows = (poison.features, poison.labels) if poison is not None else None
    fits = fitter.run(Job(TRAIN, AUDIT, victim_seed, rows, treatment=treatment) for victim_seed in distinct)
    predictions = []
    for fit in fits:
        if fit.values is None:
            raise FitFailedError("the audited victim could not be trained", fit)
        predictions.append(fit.values)
    repeated = predictions * (len(seeds) // len(distinct))
    return Predicted(repeated, len(fits), sum(fit.cpu_seconds for fit in fits))


def treatments(planned: Planned, victim: Audited) -> tuple[Treatment | None, Treatment | None]:
    """What the company does to the clean victim, and to the one that is audited: the defence that the victim is behind
    for both, or a reference line for the latter.
    """
    spec, attribute, defence = planned.spec, planned.subject.attribute, victim.defence
    screened = Treatment.of("defence", defence.name, defence.params, attribute) if defence else None
    if not isinstance(spec, Mitigation):
        return screened, screened
    reference = spec.reference
    return None, Treatment.of("reference", reference.name, reference.params, attribute, spec.max_accuracy_loss)


@dataclass(frozen=True, eq=False)
class Audit:
    """Where poison sets for one table, attribute, victim and seed are judged."""

    table: Table
    attribute: str
    victim: Audited
    seed: int

    @property
    def baseline_id(self) -> str:
        """Hash of what determines the clean victim's audit."""
        victim, defence = get_victim(self.victim.name, self.victim.params), self.victim.defence
        screened = get_defence(defence.name, defence.params) if defence else None
        identity = {
            **(
                {"defence": {"name": defence.name, "params": defence.params, "version": screened.version}}
                if defence and screened
                else {}
            ),
            "protocol_version": PROTOCOL_VERSION,
            "dataset": {"fingerprint": self.table.fingerprint, "attribute": self.attribute},
            "victim": {"name": self.victim.name, "params": self.victim.params},
            "seed": self.seed,
            "versions": versions(("numpy", *victim.packages, *(screened.packages if screened else ()))),
        }
        return f"b1-{hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]}"

    def split(self) -> Split:
        """The seed's split."""
        return split(self.table, self.attribute, self.seed)

    def sample(self, rows: npt.NDArray[np.intp]) -> Sample:
        """Labels and groups of audit rows."""
        schema = self.table.schema
        groups = schema.groups(self.table.features, self.attribute)[rows]
        return Sample(self.table.labels[rows], groups, schema.group_names(self.attribute), schema.favourable)

    def training_data(self) -> TrainingData:
        """What the audit's fit processes are given: the whole table, trained on its train rows only."""
        parts = self.split()
        return TrainingData(
            key=f"audit {self.baseline_id}",
            schema=self.table.schema,
            features=self.table.features,
            labels=self.table.labels,
            sets={TRAIN: parts.train, VALIDATION: parts.validation, AUDIT: parts.audit},
            scale_on=TRAIN,
            victim=self.victim.name,
            parameters=self.victim.params,
        )

    def baseline_rows(self, predictions: Sequence[Predictions]) -> list[Row]:
        """Rows of the table ``baselines`` for the clean victim's predictions."""
        rows = self.split().audit
        sample = self.sample(rows)
        return [
            {
                "baseline_id": self.baseline_id,
                "dataset": self.table.name,
                "attribute": self.attribute,
                "fingerprint": self.table.fingerprint,
                "victim": self.victim.label,
                "seed": self.seed,
                "audit_seed": position,
                "favourable": sample.favourable,
                "group_names": list(sample.group_names),
                "rows": len(rows),
                "row_ids": rows.astype(np.int32),
                "labels": np.packbits(sample.labels).tobytes(),
                "groups": sample.groups.astype(np.uint8).tobytes(),
                "predicted": np.packbits(predicted).tobytes(),
            }
            for position, predicted in enumerate(predictions)
        ]

    def result(
        self,
        search_id: str,
        baseline: Sequence[Row],
        poisoned: Sequence[Predictions],
    ) -> "AuditResult":
        """Judge a poisoned victim's predictions against the clean ones of ``baseline`` (rows of that table)."""
        clean = unpack(baseline)
        return AuditResult(
            baseline_id=self.baseline_id,
            audit_rows=len(poisoned[0]),
            audits=self.audit_rows(search_id, clean, poisoned),
            predictions=self.prediction_rows(search_id, poisoned),
            metrics=self.metric_rows(search_id, clean, poisoned),
        )

    def audit_rows(self, search_id: str, clean: Sequence[Predictions], poisoned: Sequence[Predictions]) -> list[Row]:
        """Rows of the table ``audits``: every metric of the protocol per role and victim seed, and for the mean
        counts.
        """
        sample = self.sample(self.split().audit)
        return [key | _metrics(sample, judged) for key, judged in self._judged(search_id, clean, poisoned)]

    def metric_rows(self, search_id: str, clean: Sequence[Predictions], poisoned: Sequence[Predictions]) -> list[Row]:
        """Rows of the table ``metrics``: the same audits by each registered metric beyond the protocol's."""
        registered = audited_metrics()
        if not registered:
            return []
        sample = self.sample(self.split().audit)
        return [
            key | {"metric": metric.name, "version": metric.version, "value": _value(metric, sample, judged)}
            for key, judged in self._judged(search_id, clean, poisoned)
            for metric in registered
        ]

    def _judged(
        self, search_id: str, clean: Sequence[Predictions], poisoned: Sequence[Predictions]
    ) -> Iterator[tuple[Row, Sequence[Predictions]]]:
        """The predictions behind each row of an audit, with what tells the rows apart: per victim seed, then all."""
        for role, predictions in (("clean", clean), ("poisoned", poisoned)):
            for position, judged in enumerate([*[[predicted] for predicted in predictions], list(predictions)]):
                audit_seed = position if position < len(predictions) else MEAN_SEED
                yield (
                    {
                        "search_id": search_id,
                        "evaluated_on": self.victim.label,
                        "audit_seed": audit_seed,
                        "role": role,
                    },
                    judged,
                )

    def prediction_rows(self, search_id: str, poisoned: Sequence[Predictions]) -> list[Row]:
        """Rows of the table ``predictions``."""
        return [
            {
                "search_id": search_id,
                "evaluated_on": self.victim.label,
                "audit_seed": position,
                "rows": len(predicted),
                "predicted": np.packbits(predicted).tobytes(),
            }
            for position, predicted in enumerate(poisoned)
        ]


class Baselines(Protocol):
    """Where the clean victims' audits are kept: a results folder, or whoever writes one."""

    def read_baseline(self, baseline_id: str) -> list[Row]:
        """Rows of the table ``baselines``; none if it has not been made."""

    def write_baseline(self, rows: Sequence[Row]) -> None:
        """Keep the rows of one clean audit."""


class Auditor(Protocol):
    """Whoever holds the audit rows of one audit: this process, or fit workers elsewhere. Only predictions pass."""

    def fitter(self) -> Fitter:
        """What runs fits on the audit's training data."""

    def has_baseline(self) -> bool:
        """Whether the clean victim's audit is there already."""

    def judge(
        self, search_id: str, clean: Sequence[Predictions] | None, poisoned: Sequence[Predictions]
    ) -> AuditResult:
        """Judge the poisoned victim's predictions beside the clean one's; ``clean`` ones are kept, None says that
        there are some.
        """


class LocalAuditor:
    """Holds the audit rows in this process."""

    def __init__(self, audit: Audit, baselines: Baselines) -> None:
        self.audit, self._baselines = audit, baselines
        self._baseline: list[Row] = []

    def fitter(self) -> Fitter:
        return InlineFitter(self.audit.training_data())

    def has_baseline(self) -> bool:
        if not self._baseline:
            self._baseline = self._baselines.read_baseline(self.audit.baseline_id)
        return bool(self._baseline)

    def judge(
        self, search_id: str, clean: Sequence[Predictions] | None, poisoned: Sequence[Predictions]
    ) -> AuditResult:
        if clean is not None:
            self._baseline = self.audit.baseline_rows(clean)
            self._baselines.write_baseline(self._baseline)
        elif not self.has_baseline():
            raise StoreError(f"the clean audit '{self.audit.baseline_id}' was there and is gone: run again")
        return self.audit.result(search_id, self._baseline, poisoned)


def audit_poison(planned: Planned, victim: Audited, poison: Poison, auditor: Auditor) -> AuditResult:
    """Audit a search's poison set on one victim, and the clean victim where that has not been done.

    Raises :class:`FitFailedError`, and what the auditor raises where baselines cannot be read or written.
    """
    started, seed = time.perf_counter(), planned.spec.seed
    on_clean, on_poisoned = treatments(planned, victim)
    fitter = auditor.fitter()
    spent, clean = [], None
    if not auditor.has_baseline():
        spent.append(predict(victim, seed, fitter, None, on_clean))
        clean = spent[0].predictions
    spent.append(predict(victim, seed, fitter, poison, on_poisoned))
    result = auditor.judge(planned.search_id, clean, spent[-1].predictions)
    return result.priced(spent, time.perf_counter() - started)


def unpack(rows: Sequence[Mapping[str, Any]]) -> list[Predictions]:
    """The predictions that rows of the table ``baselines`` or ``predictions`` hold, in the order of victim seeds."""
    ordered = sorted(rows, key=lambda row: int(row["audit_seed"]))
    return [
        np.unpackbits(np.frombuffer(row["predicted"], dtype=np.uint8), count=row["rows"]).astype(np.int8)
        for row in ordered
    ]


def _value(metric: metrics.Metric, sample: Sample, predictions: Sequence[Predictions]) -> float | None:
    """A third party's metric; None where it has no finite value."""
    value = float(metric.value(sample.counts(predictions), sample.favourable))
    return value if math.isfinite(value) else None


def _metrics(sample: Sample, predictions: Sequence[Predictions]) -> Row:
    counts = sample.counts(predictions)
    values: Row = {name: metric.value(counts, sample.favourable) for name, metric in metrics.METRICS.items()}
    values["accuracy"] = metrics.accuracy(counts)
    values["group_names"] = list(sample.group_names)
    values["group_sizes"] = metrics.sizes(counts).astype(np.int32)
    values["group_accuracy"] = metrics.group_accuracy(counts)
    values["group_fpr"] = metrics.fpr(counts)
    values["group_fnr"] = metrics.fnr(counts)
    values["group_selection_rate"] = metrics.selection_rate(counts)
    return values
