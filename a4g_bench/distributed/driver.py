"""The driver: Ray Tune schedules one trial per search, the longest first."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psutil
import ray
from ray import tune
from ray.tune.execution import class_cache
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

from a4g_bench import provenance
from a4g_bench.distributed.actors import ResultsWriter
from a4g_bench.distributed.interrupt import Interrupt
from a4g_bench.distributed.options import Progress, Report, RunOptions
from a4g_bench.distributed.pool import fetch
from a4g_bench.distributed.ray_runtime import _quiet, connected
from a4g_bench.distributed.trial import RunContext, SearchTrainable
from a4g_bench.engine.task import planned_row
from a4g_bench.engine.workload import workload
from a4g_bench.errors import StoreError
from a4g_bench.store.claim import place
from a4g_bench.store.results import SearchRecord
from a4g_bench.suite.plan import Plan, Planned

_ASK_EVERY_SECONDS = 5.0


class InOrder(FIFOScheduler):
    """First in, first out, for processes that are reused.

    Tune starts a process for each of the oldest pending trials, and gives a process that has become free to the trial
    chosen here; one that was starting for that trial is then thrown away. Choosing the oldest, as Tune does by itself,
    keeps a new node from ever getting work while searches are shorter than the start of a process. So as many of the
    oldest as there are free places are left to the processes that are starting for them.
    """

    def __init__(self, cores: int) -> None:
        super().__init__()
        self._cores = cores
        self._first = 0
        self._places, self._asked = 1, 0.0

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """The trial that a free process gets."""
        trials = tune_controller.get_trials()
        while self._first < len(trials) and trials[self._first].is_finished():
            self._first += 1
        unfinished = trials[self._first :]
        running = sum(trial.status == Trial.RUNNING for trial in islice(unfinished, 4 * self._count_places()))
        starting = max(0, self._places - running - 1)
        pending = (trial for trial in unfinished if trial.status == Trial.PENDING)
        chosen = None
        for chosen in islice(pending, starting + 1):  # noqa: B007  # the last of them, or the last there is
            pass
        return chosen

    def _count_places(self) -> int:
        """How many searches the cluster has cores for, now."""
        now = time.monotonic()
        if now - self._asked > _ASK_EVERY_SECONDS:
            self._places = max(1, int(ray.cluster_resources().get("CPU", 0)) // self._cores)
            self._asked = now
        return self._places


#: A search whose process dies is taken up again this often, each time from its journal.
MAX_RESTARTS = 5
#: A search that lost its process for good in so many runs is an error; before that, the next run takes it up.
MAX_ATTEMPTS = 3
_TEMPORARY = "a4g-bench-"


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
        writer = ResultsWriter.options(scheduling_strategy=here).remote(results)  # type: ignore[attr-defined]
        fetch(writer.__ray_ready__.remote())  # what keeps it from starting would otherwise be told once per search
        cores = plan.suite.resources.cores
        context = RunContext(
            searches=tuple(todo),
            attempts=attempts,
            suite=plan.suite.name,
            suite_hash=plan.loaded.hash,
            limits=plan.suite.limits,
            cores=cores,
            tables=tables,
            writer=writer,
        )
        watch = _Watch(report, todo, interrupt)
        _sweep()
        with tempfile.TemporaryDirectory(prefix=f"{_TEMPORARY}{place()}-{os.getpid()}-") as folder:
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
            with _processes_like_any():
                tuner.fit()
            if watch.unwritable is not None:
                raise StoreError(watch.unwritable)
            _record_lost(watch.lost, context)
            watch.wrote(fetch(writer.finish.remote()))
    return not interrupt.requested


@contextmanager
def _processes_like_any() -> Iterator[None]:
    """Have searches run in the processes that Ray keeps ready.

    Tune gives each search's process variables of its own, for Lightning and for what may be in the driver's environment
    anyway, secrets among them. Ray then starts another process for it, and one more for each of its fit workers, while
    those that it had started for the cores stay idle.
    """
    variables: list[Any] = [class_cache.DEFAULT_ENV_VARS, class_cache.ENV_VARS_TO_PROPAGATE]
    before = [given.copy() for given in variables]
    for given in variables:
        given.clear()
    try:
        yield
    finally:
        for given, kept in zip(variables, before, strict=True):
            given.update(kept)


def _sweep() -> None:
    """Remove the temporary folders of runs that were killed, here where process numbers mean the same."""
    own = f"{_TEMPORARY}{place()}-"
    for folder in Path(tempfile.gettempdir()).glob(f"{own}*-*"):
        owner = folder.name.removeprefix(own).partition("-")[0]
        if owner.isdigit() and not psutil.pid_exists(int(owner)):
            shutil.rmtree(folder, ignore_errors=True)


def _record_lost(lost: dict[int, str], context: RunContext) -> None:
    """Give a row to each search whose process died more often than it was taken up again."""
    for position, reason in lost.items():
        planned = context.searches[position]
        attempt = context.attempts.get(planned.search_id, 0) + 1
        row = planned_row(planned, context.suite, context.suite_hash, attempt, provenance.now(), context.cores)
        message = f"its process ended {MAX_RESTARTS + 1} times: {reason}"[:1000]
        status = "error" if attempt >= MAX_ATTEMPTS else "interrupted"
        row.update(status=status, error_type="WorkerDied", error_message=message, ended=provenance.now())
        fetch(context.writer.write.remote(SearchRecord.made(row)))


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
        self._loads = [workload(planned) for planned in todo]
        self._work = sum(load.work for load in self._loads)
        self._queries: dict[str, int] = {}
        #: position of each search that Tune gave up -> the last line of its error
        self.lost: dict[int, str] = {}

    def __getstate__(self) -> dict[str, Any]:
        """What Tune keeps of it in its own files: no line per search, and no reporter, which may hold a terminal."""
        return {**self.__dict__, "_report": None, "_interrupt": None, "_loads": []}

    def wrote(self, seconds: float) -> None:
        """How long the writer was busy in all."""
        self._progress.writing = seconds
        self._tell([])

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
        load = self._loads[trial.config["search"]]
        left = load.work - result["queries"] * load.fits_per_query if result["done"] else 0  # the audit, or never made
        progress.work += (fresh * load.fits_per_query + left) / self._work
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
        metadata = trial.run_metadata  # Tune's own statistics of each metric: the driver's memory would grow with them
        metadata.metric_analysis, metadata.metric_n_steps, metadata.last_result = {}, {}, {}

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
            except StoreError as error:  # the report found that the folder is another run's by now
                self.unwritable, self._interrupt.requested = str(error), True
