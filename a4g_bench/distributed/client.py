"""Running from outside a cluster, through Ray's client: the driver runs there, and its progress is told here."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ray

from a4g_bench.distributed import environment
from a4g_bench.distributed.driver import execute as execute_here
from a4g_bench.distributed.interrupt import Interrupt
from a4g_bench.distributed.options import Progress, Report, RunOptions
from a4g_bench.distributed.pool import fetch
from a4g_bench.distributed.ray_runtime import connected
from a4g_bench.suite.plan import Plan, Planned

_POLL_SECONDS = 1.0


@ray.remote(num_cpus=0)
class ProgressRelay:
    """Where the driver there and the person here leave word for each other."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._stop = False

    def tell(self, progress: Progress) -> bool:
        """Say how far the run is; returns whether it is to stop."""
        self._progress = progress
        return self._stop

    def heard(self) -> Progress | None:
        """How far the run is, once it said so."""
        return self._progress

    def stop(self) -> None:
        """Ask the run to stop."""
        self._stop = True


def _drive(
    plan: Plan, todo: Sequence[Planned], attempts: dict[str, int], results: str, options: RunOptions, relay: Any
) -> bool:
    environment.prepare()  # in this process of the cluster: Tune, which starts only now, reads it here
    interrupt = Interrupt()

    def report(progress: Progress) -> None:
        if fetch(relay.tell.remote(progress)):
            interrupt.requested = True

    return execute_here(plan, todo, attempts, results, options, report, interrupt)


def execute(
    plan: Plan, todo: Sequence[Planned], attempts: dict[str, int], results: str, options: RunOptions, report: Report
) -> bool:
    """As :func:`a4g_bench.distributed.driver.execute`, with the driver in a process of the cluster."""
    interrupt = Interrupt()
    with connected(options), interrupt.listening():
        relay = ProgressRelay.remote()  # type: ignore[attr-defined]
        there = replace(options, address=None)
        running = ray.remote(num_cpus=0, max_retries=0)(_drive).remote(plan, todo, attempts, results, there, relay)
        stop_sent = False
        while not ray.wait([running], timeout=_POLL_SECONDS)[0]:
            progress = fetch(relay.heard.remote())
            if progress is not None:
                report(progress)
            if interrupt.requested and not stop_sent:
                stop_sent = True
                fetch(relay.stop.remote())
        progress = fetch(relay.heard.remote())
        if progress is not None:
            report(progress)
        finished: bool = fetch(running)
        return finished
    return False
