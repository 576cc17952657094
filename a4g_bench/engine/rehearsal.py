"""A search rehearsed without a fit, another process or a file: what it costs beside its fits."""

import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import AuditResult
from a4g_bench.engine.clean import CleanBaseline
from a4g_bench.engine.fits import Fit, Fitter, InlineFitter, Job
from a4g_bench.engine.task import Task
from a4g_bench.engine.view import View
from a4g_bench.store.results import SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.model import Audited
from a4g_bench.suite.plan import Planned, Subject
from a4g_bench.suite.spec import PoisonSearch

#: Batches that are rehearsed; later ones are taken to cost what the last but one of them did.
_BATCHES = 4
#: Error rates of the victim that answers in place of a trained one: they differ, so that a search has what to learn.
_WRONG = 0.1, 0.4


@dataclass(frozen=True)
class Rehearsal:
    """CPU seconds of one search beside its fits: those of the ``queries`` rehearsed, and of one more query.

    ``once`` is what its first one in a process costs more: imports. ``failed`` says why it broke off, if it did.
    """

    queries: int
    seconds: float
    per_query: float
    once: float = 0.0
    failed: str | None = None

    def of(self, queries: int) -> float:
        """Seconds of a search that makes so many queries."""
        return self.seconds + (queries - self.queries) * self.per_query


def rehearse(planned: Planned, subject: Subject) -> Rehearsal:
    """Run the first batches of a search to their end against a victim that guesses.

    Everything but training is the engine's own: proposing, drawing, checking and encoding rows, measuring, and how
    detectable the answer is. A search that imports something is rehearsed once more.
    """
    spec = planned.spec
    if isinstance(spec, PoisonSearch):
        few = min(spec.query_budget, _BATCHES * spec.batch_size)
        planned = Planned(replace(spec, query_budget=few), planned.subject)
    modules = len(sys.modules)
    first = _rehearsed(planned, subject)
    if len(sys.modules) == modules:
        return first
    again = _rehearsed(planned, subject)
    return replace(again, once=max(0.0, first.seconds - again.seconds))


def _rehearsed(planned: Planned, subject: Subject) -> Rehearsal:
    spec, task = planned.spec, Task(planned, _Stage(subject), suite="", suite_hash="", attempt=1, cores=1)
    steps: list[float] = []
    over = False
    with threadpool_limits(limits=1):
        while not over:  # a step is a batch, and the last one also ends the search
            started = time.process_time()
            over = task.step()
            steps.append(time.process_time() - started)
    later = steps[-2] / spec.batch_size if isinstance(spec, PoisonSearch) and len(steps) > 1 else 0.0
    failed = None if task.status == "ok" else str(task.row["error_message"])
    return Rehearsal(int(task.row["queries"] or 0), sum(steps), later, failed=failed)


class _Guesses:
    """Answers in place of a fitter: the truth with errors."""

    def __init__(self, view: View, folds: int) -> None:
        self._labels, self._sets = view.labels, view.sets(folds)
        self._random = np.random.default_rng(0)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        return [self._fit(job) for job in jobs]

    def _fit(self, job: Job) -> Fit:
        truth = self._labels[self._sets[job.predict]]
        if job.output == "scores":
            return Fit(self._random.random(len(truth)))
        wrong = self._random.random(len(truth)) < self._random.uniform(*_WRONG)
        return Fit(np.where(wrong, 1 - truth, truth).astype(np.int8))


class _Stage:
    """Services that keep nothing. An audit costs what encoding its rows does: its fits are counted elsewhere."""

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        self._encode: Callable[[], Any] = lambda: None

    def open(self, planned: Planned) -> tuple[View, Fitter]:
        spec = planned.spec
        view = View.of(self._subject.table, self._subject.attribute, spec.seed)
        self._encode = lambda: InlineFitter(view.training_data(spec.queried, spec.fits.folds))
        self._encode()
        return view, _Guesses(view, spec.fits.folds)

    def clean_baseline(self, key: str, make: Callable[[], CleanBaseline]) -> CleanBaseline:
        return make()

    def journal(self, search_id: str) -> list[Row]:
        return []

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        return

    def audit(self, planned: Planned, victim: Audited, poison: Poison) -> AuditResult:
        self._encode()
        return AuditResult(baseline_id="", audit_rows=0, audits=[], predictions=[], metrics=[])

    def write(self, finished: SearchRecord) -> None:
        return
