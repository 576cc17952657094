"""Ray actors around a search: the one that fits and judges, and the one that writes."""

import os
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import ray

from a4g_bench.data.table import Table
from a4g_bench.engine.audit import Audit, AuditResult, LocalAuditor
from a4g_bench.engine.clean import CleanBaseline
from a4g_bench.engine.fits import Fit, InlineFitter, Job
from a4g_bench.engine.view import View
from a4g_bench.errors import StoreError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.model import Audited
from a4g_bench.suite.plan import Key, Planned
from a4g_bench.victims.base import get_victim

_CLEAN_BASELINES = 256
_COMPACT_EVERY = 256


@ray.remote(num_cpus=0, max_restarts=0)
class FitWorker:
    """Trains victims, and judges audits: the only process of a search that ever holds audit rows.

    It is told what to hold by name, fetches the rows itself, and runs one job at a time. Whoever gave it a job ends it
    from outside when the job exceeds its limits.
    """

    def __init__(self, tables: dict[Key, Any], writer: Any) -> None:
        self._tables, self._writer = tables, writer  # object references: the rows stay in shared memory
        self._fitter: tuple[str, InlineFitter] | None = None
        self._auditor: LocalAuditor | None = None

    def pid(self) -> int:
        """The process to watch, and to end."""
        return os.getpid()

    def warm(self, victims: Sequence[tuple[str, dict[str, Any]]]) -> None:
        """Import what the victims need while the search's process is still starting."""
        for name, parameters in victims:
            get_victim(name, parameters).estimator(0)

    def view(self, planned: Planned) -> View:
        """The attacker's rows."""
        return View.of(self._table(planned), planned.subject.attribute, planned.spec.seed)

    def hold_view(self, view: View, planned: Planned) -> None:
        """Be ready for the fits of a search."""
        spec = planned.spec
        key = view.training_key(spec.queried, spec.fits.folds)
        if self._fitter is None or self._fitter[0] != key:
            self._fitter = None  # not two tables at a time
            self._fitter = (key, InlineFitter(view.training_data(spec.queried, spec.fits.folds)))

    def hold_audit(self, planned: Planned, victim: Audited) -> None:
        """Be ready for the fits of an audit."""
        audit = self._auditor_of(planned, victim).audit
        if self._fitter is None or self._fitter[0] != audit.baseline_id:
            self._fitter = None
            self._fitter = (audit.baseline_id, InlineFitter(audit.training_data()))

    def run(self, job: Job) -> Fit:
        """One fit on what is held."""
        assert self._fitter is not None
        return self._fitter[1].run([job])[0]

    def has_baseline(self, planned: Planned, victim: Audited) -> bool:
        """Whether the clean victim's audit is there already."""
        return self._auditor_of(planned, victim).has_baseline()

    def judge(
        self,
        planned: Planned,
        victim: Audited,
        search_id: str,
        clean: Sequence[Predictions] | None,
        poisoned: Sequence[Predictions],
    ) -> AuditResult:
        """Judge predictions on the audit rows; ``clean`` ones are kept as the baseline."""
        return self._auditor_of(planned, victim).judge(search_id, clean, poisoned)

    def _table(self, planned: Planned) -> Table:
        table: Table = ray.get(self._tables[planned.key])
        return table

    def _auditor_of(self, planned: Planned, victim: Audited) -> LocalAuditor:
        """That of the last audit, with the baseline it knows, where this one shares it."""
        audit = Audit(self._table(planned), planned.subject.attribute, victim, planned.spec.seed)
        known = self._auditor
        if known is None or (known.audit.baseline_id, known.audit.victim) != (audit.baseline_id, victim):
            known = self._auditor = LocalAuditor(audit, _BaselinesOf(self._writer))
        return known


class _BaselinesOf:
    """The clean audits that the writer of the results folder reads and writes."""

    def __init__(self, writer: Any) -> None:
        self._writer = writer

    def read_baseline(self, baseline_id: str) -> list[Row]:
        rows: list[Row] = ray.get(self._writer.read_baseline.remote(baseline_id))
        return rows

    def write_baseline(self, rows: Sequence[Row]) -> None:
        ray.get(self._writer.write_baseline.remote(rows))


@ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)
class ResultsWriter:
    """The only writer of a results folder; also keeps the clean baselines that searches share.

    Every call may be repeated: a writer whose process dies is started again, and does what it was doing once more.
    """

    def __init__(self, root: str) -> None:
        self._results = Results(root)
        self._written = 0
        self._busy = 0.0
        self._unwritten: StoreError | None = None
        self._clean_baselines: OrderedDict[str, CleanBaseline] = OrderedDict()
        self._baselines = self._results.identifiers("baselines")

    def clean_baseline(self, key: str) -> CleanBaseline | None:
        """The clean baseline of that key that somebody has made, or None."""
        return self._clean_baselines.get(key)

    def keep_clean_baseline(self, key: str, clean_baseline: CleanBaseline) -> None:
        """Keep a clean baseline for other searches."""
        self._clean_baselines[key] = clean_baseline
        if len(self._clean_baselines) > _CLEAN_BASELINES:
            self._clean_baselines.popitem(last=False)

    def write(self, finished: SearchRecord) -> None:
        """Write a finished search; now and then, merge small files."""
        with self._timed():
            try:
                self._results.write_search(finished)
            except StoreError as error:
                self._unwritten = error
                raise
            self._written += 1
            if self._written % _COMPACT_EVERY == 0:
                self._results.compact()

    def finish(self) -> float:
        """Merge small files at the end of a run, and return the seconds that writing took in all.

        Raises the ``StoreError`` of a search that could not be written.
        """
        if self._unwritten is not None:
            raise self._unwritten
        with self._timed():
            self._results.compact()
        return self._busy

    @contextmanager
    def _timed(self) -> Iterator[None]:
        begun = time.perf_counter()
        yield
        self._busy += time.perf_counter() - begun

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        """Write a search's journal."""
        with self._timed():
            self._results.write_journal(search_id, queries)

    def journal(self, search_id: str) -> list[Row]:
        """Read a search's journal."""
        return self._results.read_journal(search_id)

    def read_baseline(self, baseline_id: str) -> list[Row]:
        """Read a clean audit."""
        return self._results.read_baseline(baseline_id) if baseline_id in self._baselines else []

    def write_baseline(self, rows: Sequence[Row]) -> None:
        """Write a clean audit."""
        with self._timed():
            self._results.write_baseline(rows)
        self._baselines.add(rows[0]["baseline_id"])
