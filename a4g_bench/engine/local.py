"""Services within one process and without Ray: for the library, the tests, and audits outside a suite."""

import time
from collections.abc import Callable, Sequence

from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import Audit, AuditResult, predict, treatments
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
        started = time.perf_counter()
        subject, seed = self._plan.subjects[planned.key], planned.spec.seed
        defence, treatment = treatments(planned, victim)
        audit = Audit(subject.table, subject.attribute, victim, seed)
        fitter = InlineFitter(audit.training_data())
        baseline, spent = self._results.read_baseline(audit.baseline_id), []
        if not baseline:
            spent.append(predict(victim, seed, fitter, None, defence))
            baseline = audit.baseline_rows(spent[0].predictions)
            self._results.write_baseline(baseline)
        spent.append(predict(victim, seed, fitter, poison, treatment))
        result = audit.result(planned.search_id, baseline, spent[-1].predictions)
        return result.priced(spent, time.perf_counter() - started)

    def write(self, finished: SearchRecord) -> None:
        self._results.write_search(finished)


def run_here(plan: Plan, planned: Planned, results: Results, attempt: int = 1) -> Task:
    """Run one search to its end in this process, and return its task."""
    services = LocalServices(plan, results)
    task = Task(planned, services, suite=plan.suite.name, suite_hash=plan.loaded.hash, attempt=attempt, cores=1)
    while not task.step():
        pass
    return task
