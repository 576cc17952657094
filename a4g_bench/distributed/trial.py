"""The Tune trainable: one trial is one search, one step is one batch of queries, one process runs search after
search.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import ray
from ray import tune
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from a4g_bench.attacks.base import Poison, get_attack
from a4g_bench.distributed.actors import FitWorker
from a4g_bench.distributed.pool import WorkerPool, fetch
from a4g_bench.engine.audit import AuditResult, audit_poison
from a4g_bench.engine.clean import CleanBaseline
from a4g_bench.engine.fits import Fitter
from a4g_bench.engine.task import Task
from a4g_bench.engine.view import View
from a4g_bench.errors import LostProcessError, StoreError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.store.results import SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.limits import Limits
from a4g_bench.suite.model import Audited
from a4g_bench.suite.plan import Key, Planned
from a4g_bench.suite.spec import PoisonSearch


@dataclass(frozen=True, eq=False, kw_only=True)
class RunContext:
    """What all searches of a run share; travels to every process once. It holds references to rows, no rows."""

    searches: tuple[Planned, ...]
    attempts: dict[str, int]
    suite: str
    suite_hash: str
    limits: Limits
    cores: int
    tables: dict[Key, Any]
    writer: Any


class SearchTrainable(tune.Trainable):
    """Reused from search to search (``reuse_actors``), so that imports and fit workers are paid once.

    The journal in the results folder is the checkpoint: it is written after each batch, and a search that lost its
    process goes on from there.
    """

    def setup(self, config: dict[str, Any], context: RunContext | None = None) -> None:
        assert context is not None
        self._context = context
        self._services = _RayServices(context)
        attacks = (p.spec.attack for p in context.searches if isinstance(p.spec, PoisonSearch))
        for name, parameters in {attack.name: attack.params for attack in attacks}.items():
            get_attack(name, parameters)  # import them now, while the fit workers start
        self._services.pool.wait()
        self._begin(config["search"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._begin(new_config["search"])
        return True

    def _begin(self, position: int) -> None:
        context = self._context
        planned = context.searches[position]
        attempt = context.attempts.get(planned.search_id, 0) + 1
        self._task = Task(
            planned,
            self._services,
            suite=context.suite,
            suite_hash=context.suite_hash,
            attempt=attempt,
            cores=context.cores,
        )

    def step(self) -> dict[str, Any]:
        unwritable = None
        try:
            done = self._task.step()
        except StoreError as error:
            done, unwritable = True, str(error)
        search = self._task.search
        return {
            tune.result.DONE: done,
            "unwritable": unwritable,
            "status": self._task.status,
            "queries": len(search.records) if search else 0,
            "best_gain": search.best_gain if search else None,
        }

    def save_checkpoint(self, checkpoint_dir: str) -> dict[str, Any]:
        return {"search_id": self._task.planned.search_id}

    def load_checkpoint(self, checkpoint: dict[str, Any] | None) -> None:
        return  # the task reads its journal when it starts

    def cleanup(self) -> None:
        if self._task.status == "running" and self._task.search is not None and self._task.search.records:
            with suppress(StoreError):
                self._task.interrupt()
        with suppress(StoreError, LostProcessError):  # the writer tells the driver at the end
            self._services.written()
        self._services.pool.close()


class _RemoteAuditor:
    """The fit workers, who alone hold audit rows; only predictions come here."""

    def __init__(self, pool: WorkerPool, planned: Planned, victim: Audited) -> None:
        self._pool, self._planned, self._victim = pool, planned, victim

    def fitter(self) -> Fitter:
        self._pool.hold(lambda actor: actor.hold_audit.remote(self._planned, self._victim))
        return self._pool

    def has_baseline(self) -> bool:
        return bool(fetch(self._pool.first.has_baseline.remote(self._planned, self._victim)))

    def judge(
        self, search_id: str, clean: Sequence[Predictions] | None, poisoned: Sequence[Predictions]
    ) -> AuditResult:
        result = fetch(self._pool.first.judge.remote(self._planned, self._victim, search_id, clean, poisoned))
        assert isinstance(result, AuditResult)
        return result


class _RayServices:
    """What a task needs, from the actors of the run. Audit rows stay with the fit workers; only predictions come
    here.
    """

    def __init__(self, context: RunContext) -> None:
        self._writer = context.writer
        self._keeping: Any = None
        self._writing: Any = None
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        worker = FitWorker.options(scheduling_strategy=here)  # type: ignore[attr-defined]
        self.pool = WorkerPool(lambda: worker.remote(context.tables, context.writer), context.cores, context.limits)
        victims = {
            victim.label: (victim.name, victim.params)
            for planned in context.searches
            for victim in (planned.spec.queried, *planned.spec.audited)
        }
        self.pool.hold(lambda actor: actor.warm.remote(list(victims.values())))

    def open(self, planned: Planned) -> tuple[View, Fitter]:
        reference = self.pool.first.view.remote(planned)
        self.pool.hold(lambda actor: actor.hold_view.remote(reference, planned))
        view = fetch(reference)
        assert isinstance(view, View)
        return view, self.pool

    def clean_baseline(self, key: str, make: Callable[[], CleanBaseline]) -> CleanBaseline:
        baseline = fetch(self._writer.clean_baseline.remote(key))
        if baseline is None:
            baseline = make()
            self._writer.keep_clean_baseline.remote(key, baseline)
        assert isinstance(baseline, CleanBaseline)
        return baseline

    def journal(self, search_id: str) -> list[Row]:
        rows: list[Row] = fetch(self._writer.journal.remote(search_id))
        return rows

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        if self._keeping is not None:
            fetch(self._keeping)  # written while the next batch ran: no more than that is ever at stake
        self._keeping = self._writer.keep.remote(search_id, queries)

    def audit(self, planned: Planned, victim: Audited, poison: Poison) -> AuditResult:
        return audit_poison(planned, victim, poison, _RemoteAuditor(self.pool, planned, victim))

    def write(self, finished: SearchRecord) -> None:
        self.written()
        self._writing = self._writer.write.remote(finished)  # while the next search begins

    def written(self) -> None:
        """Wait for what is being written. Raises ``StoreError`` if it cannot be."""
        writing, self._writing = self._writing, None
        if writing is not None:
            fetch(writing)
