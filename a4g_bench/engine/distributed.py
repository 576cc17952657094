"""The driver: Ray Tune schedules one trial per search. Ray is known here and to actors, pool and trainable only."""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from a4g_bench.engine import environment  # before Ray, which reads it

# isort: split

import psutil
import ray
from ray import tune
from ray.tune.experiment import Trial

from a4g_bench.engine import provenance, record
from a4g_bench.engine.access import require_token
from a4g_bench.engine.actors import Clerk
from a4g_bench.engine.interrupt import Interrupt
from a4g_bench.engine.options import Progress, Report, RunOptions
from a4g_bench.engine.order import InOrder
from a4g_bench.engine.pool import fetch
from a4g_bench.engine.trainable import RunContext, SearchTrainable
from a4g_bench.errors import A4GError, StoreError
from a4g_bench.seeds import AUDIT_SEEDS
from a4g_bench.store.results import SearchRecord
from a4g_bench.suite.plan import Plan, Planned

#: A search whose process dies is taken up again this often, each time from its journal.
MAX_RESTARTS = 5
#: A search that lost its process for good in so many runs is an error; before that, the next run takes it up.
MAX_ATTEMPTS = 3
_TEMPORARY = "a4g-bench-"
#: A cluster that is busy starting may fail to serve a client that it has let in: that is tried again.
_SERVER_FAILED, _TRIES, _PAUSE_SECONDS = "Initialization failure from server", 3, 3.0


def execute(
    plan: Plan,
    todo: Sequence[Planned],
    attempts: dict[str, int],
    results: str,
    options: RunOptions,
    report: Report,
    interrupt: Interrupt | None = None,
) -> bool:
    """Run searches on a Ray of our own or on that at ``options.address``; False if it was interrupted."""
    interrupt = interrupt or Interrupt()
    with _quiet(), connected(options), interrupt.listening():
        here = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy(
            ray.get_runtime_context().get_node_id(), soft=False
        )
        tables = {key: ray.put(subject.table) for key, subject in plan.subjects.items()}
        clerk = Clerk.options(scheduling_strategy=here).remote(results)  # type: ignore[attr-defined]
        fetch(clerk.__ray_ready__.remote())  # what keeps it from starting would otherwise be told once per search
        cores = plan.suite.resources.cores
        context = RunContext(
            tuple(todo), attempts, plan.suite.name, plan.loaded.hash, plan.suite.limits, cores, tables, clerk
        )
        watch = _Watch(report, todo, interrupt)
        _sweep()
        with tempfile.TemporaryDirectory(prefix=f"{_TEMPORARY}{os.getpid()}-") as folder:
            tuner = tune.Tuner(
                tune.with_resources(tune.with_parameters(SearchTrainable, context=context), {"cpu": cores}),
                param_space={"search": tune.grid_search(list(range(len(todo))))},
                tune_config=tune.TuneConfig(
                    reuse_actors=True, scheduler=InOrder(cores), trial_dirname_creator=lambda trial: trial.trial_id
                ),
                run_config=tune.RunConfig(
                    name="run",
                    storage_path=folder,
                    verbose=0,
                    stop=_Stop(interrupt),
                    failure_config=tune.FailureConfig(max_failures=MAX_RESTARTS),
                    checkpoint_config=tune.CheckpointConfig(checkpoint_frequency=0, checkpoint_at_end=False),
                    callbacks=[watch],
                ),
            )
            tuner.fit()
            if watch.unwritable is not None:
                raise StoreError(watch.unwritable)
            _record_lost(watch.lost, context)
            fetch(clerk.finish.remote())
    return not interrupt.requested


def _sweep() -> None:
    """Remove the temporary folders of runs that were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_TEMPORARY}*-*"):
        owner = folder.name.removeprefix(_TEMPORARY).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _record_lost(lost: dict[int, str], context: RunContext) -> None:
    """Give a row to each search whose process died more often than it was taken up again."""
    for position, reason in lost.items():
        planned = context.searches[position]
        attempt = context.attempts.get(planned.search_id, 0) + 1
        row = record.planned_row(planned, context.suite, context.suite_hash, attempt, provenance.now(), context.cores)
        message = f"its process ended {MAX_RESTARTS + 1} times: {reason}"[:1000]
        status = "error" if attempt >= MAX_ATTEMPTS else "interrupted"
        row.update(status=status, error_type="WorkerDied", error_message=message, ended=provenance.now())
        fetch(context.clerk.write.remote(SearchRecord(row)))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray's remarks (on each worker that dies, for one) off standard output, which is for results; rows tell
    them.
    """
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def connected(options: RunOptions) -> Iterator[None]:
    """A Ray for the block: one of our own, the cluster at ``options.address``, or the one in use already."""
    for name in ("ray", "ray.tune", "ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if ray.is_initialized():  # a notebook's own: used, and left running
        yield
        return
    start_ray(options)
    try:
        if options.address is not None and not options.open_cluster:
            require_token(ray.get_runtime_context().gcs_address)
        yield
    finally:
        ray.shutdown()


def start_ray(options: RunOptions) -> None:
    """Start Ray on this machine, or connect to a cluster. Raises ``A4GError`` in one line if that fails."""
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}
    for trial in range(1, _TRIES + 1):
        try:
            if options.address is None:
                ray.init("local", num_cpus=options.workers, include_dashboard=False, **settings)
            else:
                ray.init(options.address, runtime_env={"env_vars": environment.THREADS}, **settings)
            return
        except Exception as error:  # Ray has no class of its own for what can go wrong at a start
            if trial < _TRIES and _SERVER_FAILED in str(error):
                time.sleep(_PAUSE_SECONDS)
                continue
            where = options.address or "this machine"
            lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            reason = f"{lines[0]} {lines[-1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
            raise A4GError(f"Ray cannot be started at {where}: {reason}") from error


class _Stop(tune.Stopper):
    """Ends all trials at their next batch once the run was asked to stop."""

    def __init__(self, interrupt: Interrupt) -> None:
        self._interrupt = interrupt

    def __call__(self, trial_id: str, result: dict[str, Any]) -> bool:
        return False

    def stop_all(self) -> bool:
        return self._interrupt.requested


class _Watch(tune.Callback):
    """Turns Tune's events into progress."""

    def __init__(self, report: Report, todo: Sequence[Planned], interrupt: Interrupt) -> None:
        self._interrupt = interrupt
        #: why results cannot be written, once that is so: the run stops
        self.unwritable: str | None = None
        self._report: Report | None = report
        self._progress = Progress(len(todo))
        self._overhead = AUDIT_SEEDS  # fits of a search beside its queries
        self._work = sum(planned.spec.query_budget + self._overhead for planned in todo)
        self._queries: dict[str, int] = {}
        #: position of each search that Tune gave up -> the last line of its error
        self.lost: dict[int, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What Tune keeps of it in its own files: not the reporter, which may hold a terminal."""
        return {**self.__dict__, "_report": None, "_interrupt": None}

    def on_trial_start(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        self._tell(trials)

    def on_trial_result(
        self, iteration: int, trials: list[Trial], trial: Trial, result: dict[str, Any], **info: Any
    ) -> None:
        progress = self._progress
        if result["unwritable"] is not None:
            self.unwritable, self._interrupt.requested = result["unwritable"], True
            return
        fresh = result["queries"] - self._queries.get(trial.trial_id, 0)
        progress.queries += fresh
        progress.work += (fresh + self._overhead * result["done"]) / self._work
        self._queries[trial.trial_id] = result["queries"]
        gain = result["best_gain"]
        if gain is not None and (progress.best_gain is None or gain > progress.best_gain):
            progress.best_gain = gain
        if result["done"]:
            self._queries.pop(trial.trial_id)
            progress.done += 1
            progress.failed += result["status"] != "ok"
        self._tell(trials)

    def on_trial_complete(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        told = trial.run_metadata  # Tune's own statistics of each metric: the driver's memory would grow with them
        told.metric_analysis, told.metric_n_steps, told.last_result = {}, {}, {}

    def on_trial_error(self, iteration: int, trials: list[Trial], trial: Trial, **info: Any) -> None:
        error = trial.get_error()
        self.lost[trial.config["search"]] = str(error).strip().splitlines()[-1] if error else "no reason known"
        self._progress.done += 1
        self._progress.failed += 1
        self._tell(trials)

    def _tell(self, trials: list[Trial]) -> None:
        self._progress.running = sum(trial.status == Trial.RUNNING for trial in trials)
        if self._report is not None:
            try:
                self._report(self._progress)
            except StoreError as error:  # whoever is told may know that the folder is another run's now
                self.unwritable, self._interrupt.requested = str(error), True
