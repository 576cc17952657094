"""Running a suite: what is missing, nothing twice. Knows neither Ray nor a terminal."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from a4g_bench.engine.standing import Standing, standing
from a4g_bench.errors import A4GError
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned


@dataclass
class Progress:
    """Where a run stands; searches that were complete before it are not counted.

    ``work`` is the share of the run's work that is done, in (estimated) fits: searches differ a thousandfold.
    """

    total: int
    done: int = 0
    work: float = 0.0
    failed: int = 0
    running: int = 0
    queries: int = 0
    best_gain: float | None = None


Report = Callable[[Progress], None]


class Runner(Protocol):
    """Who executes searches: :func:`a4g_bench.engine.distributed.execute`."""

    def __call__(
        self,
        plan: Plan,
        todo: Sequence[Planned],
        attempts: dict[str, int],
        results: str,
        options: "RunOptions",
        report: Report,
    ) -> bool:
        """Run the searches and write their rows; False if it was interrupted."""


@dataclass(frozen=True)
class RunOptions:
    """How to run: nothing here may change a number.

    ``workers`` are the cores to use (all of the machine's unless told); ``address`` an existing Ray cluster;
    ``retry_errors`` runs failed searches again; ``limit`` runs at most so many searches now.
    """

    workers: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    address: str | None = None
    retry_errors: bool = False
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise A4GError(f"--workers {self.workers}: at least 1 is needed")
        if self.limit is not None and self.limit < 1:
            raise A4GError(f"--limit {self.limit}: at least 1 is needed")


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """What a run did: the standing after it, how many searches it ran, and whether it was interrupted."""

    standing: Standing
    ran: int
    interrupted: bool


def run_suite(plan: Plan, root: str, options: RunOptions, report: Report = lambda progress: None) -> RunOutcome:
    """Run the searches of a plan that have no result in the folder ``root``; failed ones only with ``retry_errors``.

    Raises ``A4GError`` before anything runs if the folder is another suite's or cannot be written.
    """
    if plan.suite.resources.cores > options.workers and options.address is None:
        raise A4GError(
            f"the suite grants each search {plan.suite.resources.cores} cores, but --workers is {options.workers}:"
            " raise it, or lower 'resources: {cores: ...}'"
        )
    results = Results(root)
    before = standing(plan, results)
    todo = in_order([*before.missing, *(before.failed if options.retry_errors else ())])
    if options.limit is not None:
        todo = todo[: options.limit]
    if not todo:
        return RunOutcome(before, 0, False)
    results.claim(plan.suite.name, plan.loaded.hash)
    prepare_environment()
    from a4g_bench.engine.distributed import execute  # imports Ray: only once there is something to run

    finished = execute(plan, todo, before.attempts, root, options, report)
    after = standing(plan, Results(root))
    return RunOutcome(after, len(todo), not finished)


#: Read by Ray and by numerical libraries when they start: no telemetry, no log files per trial, no niceness, one
#: thread.
ENVIRONMENT = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_worker_niceness": "0",
    "RAY_AIR_NEW_OUTPUT": "0",
    "RAY_DEDUP_LOGS": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "TUNE_DISABLE_AUTO_CALLBACK_LOGGERS": "1",
    "TUNE_DISABLE_SIGINT_HANDLER": "1",
    "TUNE_PRINT_ALL_TRIAL_ERRORS": "0",
    # several batches may run before Tune hears of them: its round trip costs as much as a fast fit
    "TUNE_RESULT_BUFFER_LENGTH": "1000",
    "TUNE_RESULT_BUFFER_MIN_TIME_S": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
}


def prepare_environment() -> None:
    """Set :data:`ENVIRONMENT` where the user has not decided otherwise; must run before Ray is imported."""
    for key, value in ENVIRONMENT.items():
        os.environ.setdefault(key, value)


def in_order(searches: Sequence[Planned]) -> list[Planned]:
    """Longest first by queries, so that the cores finish together; cells that share data and victim stay together."""
    return sorted(searches, key=lambda p: -p.spec.query_budget)
