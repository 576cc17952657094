"""A search from its first fit to its written record; the audit is done by the services around it."""

import json
import time
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

import pyarrow as pa

from a4g_bench import provenance
from a4g_bench.attacks.base import Attack, Poison
from a4g_bench.engine.audit import AuditResult
from a4g_bench.engine.clean import CleanBaseline, FitFailedError, clean_baseline_key, fit_clean
from a4g_bench.engine.fits import Fitter
from a4g_bench.engine.mitigation import MitigationRun
from a4g_bench.engine.search import Found, Search
from a4g_bench.engine.view import View
from a4g_bench.errors import A4GError, LostProcessError, StoreError
from a4g_bench.metrics.detectability import detectability
from a4g_bench.protocol import PROTOCOL_VERSION
from a4g_bench.store import poison_rows, tables
from a4g_bench.store.results import SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.model import Audited
from a4g_bench.suite.plan import Planned
from a4g_bench.suite.spec import Mitigation, PoisonSearch
from a4g_bench.victims.encoding import Encoder


def planned_row(planned: Planned, suite: str, suite_hash: str, attempt: int, started: datetime, cores: int) -> Row:
    """What is known of a search before it runs; the other columns are None."""
    spec, subject = planned.spec, planned.subject
    commit, dirty = provenance.git_state()
    row: Row = dict.fromkeys(tables.SEARCHES.names)
    row.update(
        search_id=planned.search_id,
        attempt=attempt,
        suite=suite,
        **planned.place.to_row(),
        **spec.described,
        fingerprint=subject.fingerprint,
        favourable=int(subject.schema.favourable),
        cautions=list(subject.cautions),
        attribute_hidden=not subject.schema[subject.attribute].visible,
        protocol_version=PROTOCOL_VERSION,
        identity=json.dumps(planned.identity, sort_keys=True),
        suite_hash=suite_hash,
        versions=json.dumps(provenance.package_versions(), sort_keys=True),
        git_commit=commit,
        git_dirty=dirty,
        cpu_model=provenance.cpu_model(),
        cores=cores,
        host=provenance.host_hash(),
        started=started,
        queries=0,
        queries_failed=0,
        fits=0,
        poison_rows=0,
        propose_seconds=0.0,
        fit_cpu_seconds=0.0,
    )
    return row


def with_progress(row: Row, search: Search | MitigationRun) -> Row:
    """The row with what the search has done so far."""
    n_train = search.view.n_train
    return row | {
        "budget_rows": search.rows,
        "budget_share": search.rows / n_train,
        "train_rows": n_train,
        "validation_rows": len(search.view.labels) - n_train,
        "queries": len(search.records),
        "queries_failed": sum(record["failed"] is not None for record in search.records),
        "fits": int(search.spent("fits")),
        "propose_seconds": search.spent("propose_seconds"),
        "fit_cpu_seconds": search.spent("fit_cpu_seconds"),
    }


def with_answer(row: Row, answer: Found) -> Row:
    """The row with the search's answer."""
    measured = answer.measurement
    return row | {
        "poison_rows": len(answer.poison),
        "chosen_query": answer.chosen_query,
        "validation_gap_clean": answer.reference.unfairness.mean,
        "validation_gap_poisoned": measured.unfairness.mean if measured else None,
        "validation_accuracy_clean": answer.reference.accuracy.mean,
        "validation_accuracy_poisoned": measured.accuracy.mean if measured else None,
    }


class Services(Protocol):
    """What a task needs from outside; the engine provides it across processes, tests and the library in this one."""

    def open(self, planned: Planned) -> tuple[View, Fitter]:
        """The attacker's rows, and a fitter that holds them."""

    def clean_baseline(self, key: str, make: Callable[[], CleanBaseline]) -> CleanBaseline:
        """The clean baseline of that key: made by ``make`` unless somebody has made it already."""

    def journal(self, search_id: str) -> list[Row]:
        """Recorded queries of a search that was cut short."""

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        """Record the queries so far."""

    def audit(self, planned: Planned, victim: Audited, poison: Poison) -> AuditResult:
        """Audit a poison set on one victim. Raises :class:`FitFailedError`."""

    def write(self, finished: SearchRecord) -> None:
        """Keep the finished search."""


class Task:
    """Runs a planned search step by step; whatever goes wrong ends as a row. ``step`` returns True when it is over."""

    def __init__(
        self, planned: Planned, services: Services, *, suite: str, suite_hash: str, attempt: int, cores: int
    ) -> None:
        self.planned, self._services = planned, services
        self._started = time.perf_counter()
        self.row = planned_row(planned, suite, suite_hash, attempt, provenance.now(), cores)
        self.search: Search | MitigationRun | None = None
        self._baseline_cpu_seconds = 0.0

    def prepare(self, tell: Callable[[Attack], None]) -> None:
        """Open the search and hand its attack to ``tell`` before it starts to ask; a mitigation has none."""
        self.search = self._open()
        if isinstance(self.search, Search):
            tell(self.search.attack)

    def step(self) -> bool:
        """Run one batch of queries; after the last, audit and write. Raises ``StoreError`` if it cannot be written,
        ``LostProcessError`` if it has to be taken up again.
        """
        try:
            if self.search is None:
                self.search = self._open()
            if self.search.step():
                self._services.keep(self.planned.search_id, self.search.records)
                return False
            self._finish(self.search)
        except (StoreError, LostProcessError):
            raise  # the fault of the folder or the machine, and no result of the search
        except Exception as error:  # whatever went wrong, the search gets its row and the others go on
            self._fail(error)
        return True

    def interrupt(self) -> None:
        """Write what is known of a search that is being stopped; its journal stays, so that it can go on."""
        self._write("interrupted", "Interrupted", "stopped before it was finished")

    def _open(self) -> Search | MitigationRun:
        spec = self.planned.spec
        view, fitter = self._services.open(self.planned)

        def make() -> CleanBaseline:
            baseline = fit_clean(view, spec.queried, spec.fits, fitter, with_scores=spec.uses_scores)
            self._baseline_cpu_seconds = baseline.cpu_seconds
            return baseline

        clean_baseline = self._services.clean_baseline(clean_baseline_key(self.planned), make)
        if isinstance(spec, Mitigation):
            return MitigationRun(spec=spec, view=view, clean_baseline=clean_baseline)
        assert isinstance(spec, PoisonSearch)
        search = Search(self.planned.search_id, spec, view, clean_baseline, fitter)
        recorded = self._services.journal(self.planned.search_id)
        if recorded:
            search.replay(recorded)
        return search

    def _finish(self, search: Search | MitigationRun) -> None:
        answer = search.finish()
        self.row = with_answer(with_progress(self.row, search), answer)
        self.row["search_seconds"] = time.perf_counter() - self._started
        result, *others = (
            self._services.audit(self.planned, victim, answer.poison) for victim in self.planned.spec.audited
        )
        result = result.with_others(others)
        self.row.update(
            baseline_id=result.baseline_id,
            audit_rows=result.audit_rows,
            audit_seconds=result.seconds,
            fits=self.row["fits"] + result.fits,
            fit_cpu_seconds=self.row["fit_cpu_seconds"] + self._baseline_cpu_seconds + result.cpu_seconds,
        )
        self.row.update(_given_away(search.view, answer.poison))
        self._write("ok", None, None, result=result, poison=answer.poison)

    def _fail(self, error: Exception) -> None:
        status = error.fit.cause if isinstance(error, FitFailedError) else "error"
        kind = error.fit.error_type or "FitFailed" if isinstance(error, FitFailedError) else type(error).__name__
        message = str(error).replace("\n", " ")
        if not isinstance(error, A4GError):
            frame = traceback.extract_tb(error.__traceback__)[-1]
            message = f"{message} ({frame.name}, line {frame.lineno})"
        self._write(status, kind, message[:1000])

    def _write(
        self,
        status: str,
        error_type: str | None,
        message: str | None,
        *,
        result: AuditResult | None = None,
        poison: Poison | None = None,
    ) -> None:
        if self.search is not None and result is None:
            self.row = with_progress(self.row, self.search)
        self.row.update(status=status, error_type=error_type, error_message=message, ended=provenance.now())
        finished = SearchRecord.made(
            self.row,
            self.search.records if self.search is not None else [],
            result.audits if result else [],
            result.predictions if result else [],
            poison_table(self.planned, poison) if poison is not None else None,
            result.metrics if result else [],
        )
        self._services.write(finished)

    @property
    def status(self) -> str:
        """The status written, or ``running``."""
        return self.row["status"] or "running"


def _given_away(view: View, poison: Poison) -> Row:
    """How detectable the poison rows are, by each measure; empty where there are none."""
    if not len(poison):
        return {}
    encoder = Encoder.of(view.schema, "scaled", view.features[: view.n_train])
    train, n = encoder(view.features[: view.n_train]), view.n_train
    groups = view.schema.groups(poison.features, view.attribute)
    measured = detectability(
        train, view.labels[:n], view.groups[:n], encoder(poison.features), poison.labels, groups, view.seed
    )
    return measured.to_row()


def poison_table(planned: Planned, poison: Poison) -> pa.Table:
    """The poison rows as the results folder keeps them."""
    schema = planned.subject.schema
    frame = schema.frame(poison.features)
    features = {name: frame[name].to_numpy() for name in schema.names}
    rows = poison_rows.PoisonRows(labels=poison.labels, features=features)
    return poison_rows.encode(planned.search_id, rows, {feature.name: feature.kind for feature in schema.features})
