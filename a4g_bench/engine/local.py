"""Services within one process and without Ray: for the library, the tests, and audits outside a suite."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from a4g_bench.attacks.attack import Poison
from a4g_bench.engine.audit import Court, Predicted, unpack
from a4g_bench.engine.fitting import Fitter
from a4g_bench.engine.groundwork import Groundwork
from a4g_bench.engine.task import Task, Verdict
from a4g_bench.engine.view import View
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.plan import Plan, Planned

Row = dict[str, Any]


class Judge:
    """Audits poison sets with a fitter of its own, keeping clean audits in the results folder and the last ones at hand."""

    def __init__(self, fitter: Fitter) -> None:
        self._fitter = fitter
        self._clean: dict[str, list[Row]] = {}

    def judge(
        self,
        court: Court,
        search_id: str,
        poison: Poison,
        read: Callable[[str], list[Row]],
        write: Callable[[list[Row]], None],
    ) -> Verdict:
        """Audit one set. ``read`` and ``write`` fetch and keep the rows of the table ``baselines``."""
        started = time.perf_counter()
        self._fitter.load(court.material())
        baseline = self._clean.get(court.baseline_id) or read(court.baseline_id)
        spent: list[Predicted] = []
        if not baseline:
            spent.append(court.predict(self._fitter, None))
            baseline = court.baseline_rows(spent[0].predictions)
            write(baseline)
        self._clean = {court.baseline_id: baseline}
        spent.append(court.predict(self._fitter, poison))
        poisoned = spent[-1].predictions
        return Verdict(
            court.baseline_id,
            len(poisoned[0]),
            court.audit_rows(search_id, unpack(baseline), poisoned),
            court.prediction_rows(search_id, poisoned),
            sum(one.fits for one in spent),
            sum(one.cpu_seconds for one in spent),
            time.perf_counter() - started,
        )


class LocalServices:
    """Everything at hand: the plan's tables and a results folder."""

    def __init__(self, plan: Plan, results: Results, fitter: Fitter) -> None:
        self._plan, self._results, self._judge = plan, results, Judge(fitter)
        self._groundwork: dict[str, Groundwork] = {}

    def view(self, planned: Planned) -> View:
        subject = self._plan.subjects[planned.key]
        return View.of(subject.table, subject.attribute, planned.spec.seed)

    def groundwork(self, key: str, make: Callable[[], Groundwork]) -> Groundwork:
        if key not in self._groundwork:
            self._groundwork[key] = make()
        return self._groundwork[key]

    def journal(self, search_id: str) -> list[Row]:
        return self._results.read_journal(search_id)

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        self._results.write_journal(search_id, queries)

    def audit(self, planned: Planned, poison: Poison) -> Verdict:
        subject = self._plan.subjects[planned.key]
        court = Court(subject.table, subject.attribute, planned.spec.victim, planned.spec.seed)
        results = self._results
        return self._judge.judge(court, planned.search_id, poison, results.read_baseline, results.write_baseline)

    def write(self, finished: SearchRecord) -> None:
        self._results.write_search(finished)


def run_here(plan: Plan, planned: Planned, results: Results, fitter: Fitter, attempt: int = 1) -> Task:
    """Run one search to its end in this process, and return its task."""
    task = Task(
        planned,
        LocalServices(plan, results, fitter),
        fitter,
        suite=plan.suite.name,
        suite_hash=plan.loaded.hash,
        attempt=attempt,
        cores=1,
    )
    while not task.step():
        pass
    return task
