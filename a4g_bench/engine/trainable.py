"""The Tune trainable: one trial is one search, one step is one batch of queries, one process runs search after search."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray import tune
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from a4g_bench.attacks.attack import Poison
from a4g_bench.engine.actors import Auditor
from a4g_bench.engine.fitting import FitPool
from a4g_bench.engine.groundwork import FitFailedError, Groundwork
from a4g_bench.engine.task import Task, Verdict
from a4g_bench.engine.view import View
from a4g_bench.store.results import SearchRecord
from a4g_bench.suite.model import Limits
from a4g_bench.suite.plan import Planned

Row = dict[str, Any]


@dataclass(frozen=True, eq=False)
class RunContext:
    """What all searches of a run share; travels to every process once."""

    searches: tuple[Planned, ...]
    attempts: dict[str, int]
    suite: str
    suite_hash: str
    limits: Limits
    cores: int
    librarian: Any
    scribe: Any


class SearchTrainable(tune.Trainable):
    """Reused from search to search (``reuse_actors``), so that imports and fit processes are paid once.

    The journal in the results folder is the checkpoint: it is written after each batch, and a search that lost its
    process goes on from there.
    """

    def setup(self, config: dict[str, Any], context: RunContext | None = None) -> None:
        assert context is not None
        self._context = context
        self._pool = FitPool(context.cores, context.limits)
        here = NodeAffinitySchedulingStrategy(ray.get_runtime_context().get_node_id(), soft=False)
        self._auditor = Auditor.options(scheduling_strategy=here).remote(  # type: ignore[attr-defined]
            context.librarian, context.scribe, context.limits, context.cores
        )
        self._services = _RayServices(context, self._auditor)
        self._begin(config["search"])

    def reset_config(self, new_config: dict[str, Any]) -> bool:
        self._begin(new_config["search"])
        return True

    def _begin(self, position: int) -> None:
        context = self._context
        planned = context.searches[position]
        attempt = context.attempts.get(planned.search_id, 0) + 1
        self._task = Task(
            planned, self._services, self._pool,
            suite=context.suite, suite_hash=context.suite_hash, attempt=attempt, cores=context.cores,
        )  # fmt: skip

    def step(self) -> dict[str, Any]:
        done = self._task.step()
        search = self._task.search
        return {
            tune.result.DONE: done,
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
            self._task.interrupt()
        self._pool.close()
        ray.kill(self._auditor)


class _RayServices:
    """What a task needs, from the actors of the run."""

    def __init__(self, context: RunContext, auditor: Any) -> None:
        self._librarian, self._scribe, self._auditor = context.librarian, context.scribe, auditor

    def view(self, planned: Planned) -> View:
        view = ray.get(ray.get(self._librarian.view.remote(planned.key, planned.spec.seed))[0])
        assert isinstance(view, View)
        return view

    def groundwork(self, key: str, make: Callable[[], Groundwork]) -> Groundwork:
        laid = ray.get(self._librarian.groundwork.remote(key))
        if laid is None:
            laid = make()
            self._librarian.keep_groundwork.remote(key, laid)
        assert isinstance(laid, Groundwork)
        return laid

    def journal(self, search_id: str) -> list[Row]:
        rows: list[Row] = ray.get(self._scribe.journal.remote(search_id))
        return rows

    def keep(self, search_id: str, queries: Sequence[Row]) -> None:
        self._scribe.keep.remote(search_id, queries)

    def audit(self, planned: Planned, poison: Poison) -> Verdict:
        try:
            verdict = ray.get(self._auditor.audit.remote(planned, poison))
        except ray.exceptions.RayTaskError as error:
            cause = error.as_instanceof_cause()
            raise cause.cause if isinstance(getattr(cause, "cause", None), FitFailedError) else cause from error
        assert isinstance(verdict, Verdict)
        return verdict

    def write(self, finished: SearchRecord) -> None:
        ray.get(self._scribe.write.remote(finished))


def quiet_environment() -> dict[str, str]:
    """Environment variables that must be set before Ray starts: no telemetry, no loggers, no niceness, one thread."""
    return {
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_worker_niceness": "0",
        "RAY_AIR_NEW_OUTPUT": "0",
        "RAY_DEDUP_LOGS": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
        "TUNE_DISABLE_SIGINT_HANDLER": "1",
        "TUNE_WARN_THRESHOLD_S": "60",
        "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "MKL_NUM_THREADS": "1",
        **{key: value for key, value in os.environ.items() if key.startswith("A4G_")},
    }
