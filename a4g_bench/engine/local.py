"""Services within one process and without Ray: for the library, the tests, and audits outside a suite."""

from collections.abc import Callable, Sequence

from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import Audit, AuditResult, LocalAuditor, audit_poison
from a4g_bench.engine.clean import CleanBaseline
from a4g_bench.engine.fits import Fitter, InlineFitter
from a4g_bench.engine.task import Task
from a4g_bench.engine.view import View
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.model import Audited
from a4g_bench.suite.plan import Plan, Planned


class LocalServices:
    """Everything at hand: the plan's tables and a results folder."""

    def __init__(self, plan: Plan, results: Results) -> None:
        self._plan, self._results = plan, results
        self._clean_baselines: dict[str, CleanBaseline] = {}

    def open(self, planned: Planned) -> tuple[View, Fitter]:
        subject, spec = self._plan.subjects[planned.key], planned.spec
        view = View.of(subject.table, subject.attribute, spec.seed)
        return view, InlineFitter(view.training_data(spec.queried, spec.fits.folds))

    def clean_baseline(self, key: str, make: Callable[[], CleanBaseline]) -> CleanBaseline:
        if key not in self._clean_baselines:
            self._clean_baselines[key] = make()
        return self._clean_baselines[key]

    def journal(self, search_id: str) -> list[Row]:
        return self._results.read_journal(search_id)

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        self._results.write_journal(search_id, queries)

    def audit(self, planned: Planned, victim: Audited, poison: Poison) -> AuditResult:
        subject = self._plan.subjects[planned.key]
        audit = Audit(subject.table, subject.attribute, victim, planned.spec.seed)
        return audit_poison(planned, victim, poison, LocalAuditor(audit, self._results))

    def write(self, finished: SearchRecord) -> None:
        self._results.write_search(finished)


def run_here(plan: Plan, planned: Planned, results: Results, attempt: int = 1) -> Task:
    """Run one search to its end in this process, and return its task."""
    services = LocalServices(plan, results)
    task = Task(planned, services, suite=plan.suite.name, suite_hash=plan.loaded.hash, attempt=attempt, cores=1)
    while not task.step():
        pass
    return task
