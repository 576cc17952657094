"""The fit workers of one search: jobs in flight, limits, and replacements for workers that had to be ended."""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import psutil
import ray

from a4g_bench.engine.fits import Fit, Job
from a4g_bench.errors import LostProcessError
from a4g_bench.suite.limits import Limits

_POLL_SECONDS = 0.2
#: Jobs given to a worker at once: the second waits there, so that the worker never waits for us.
_DEPTH = 2
#: A fit whose process dies is tried this often: the machine may be at fault. One that always kills it fails its query.
_TRIES = 3
_CRASH = "Crash"


def fetch(reference: Any) -> Any:
    """``ray.get`` that raises what the actor raised, without Ray's wrapping, and ``LostProcessError`` if it is gone."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise error.cause from None
    except ray.exceptions.RayError as error:
        raise LostProcessError(f"a process of the run was lost: {str(error).splitlines()[0]}") from error


@dataclass(eq=False)
class _Worker:
    """An actor, its process, and its queue of jobs: positions and object references, the running one first."""

    actor: Any
    queue: deque[tuple[int, Any]] = field(default_factory=deque)
    since: float = 0.0
    #: what it was last told to hold: done before any job starts, and no part of a fit's time
    held: Any = None
    #: how often the running job's process has died
    deaths: int = 0

    def __post_init__(self) -> None:
        self._ready = False
        self._pid = self.actor.pid.remote()  # asked for before any job: a worker that trains does not answer

    def hold(self, call: Callable[[Any], Any]) -> None:
        """Have it hold what ``call(actor)``, a remote call, gives it."""
        self.held, self._ready = call(self.actor), False

    def ready(self) -> bool:
        """Whether it has started and holds what it was told to. A job's time begins then."""
        if not self._ready and self.held is not None:
            self._ready = bool(ray.wait([self.held], timeout=0)[0])
        return self._ready

    def memory(self) -> int:
        try:
            return int(psutil.Process(fetch(self._pid)).memory_info().rss)
        except psutil.Error:
            return 0


class WorkerPool:
    """A :class:`~a4g_bench.engine.fits.Fitter` over ``size`` actors made by ``make``.

    A job that exceeds a limit, or whose process dies, fails alone: its worker is ended from here and replaced, and what
    else the worker had been given goes to the new one.
    """

    def __init__(self, make: Callable[[], Any], size: int, limits: Limits) -> None:
        self._make, self._limits = make, limits
        self._workers = [_Worker(make()) for _ in range(size)]
        self._hold: Callable[[Any], Any] = lambda actor: None

    @property
    def first(self) -> Any:
        """An actor for calls that are no fits."""
        return self._workers[0].actor

    def hold(self, call: Callable[[Any], Any]) -> None:
        """Have every worker hold something: ``call(actor)`` makes the remote call; replacements make it too."""
        self._hold = call
        for worker in self._workers:
            worker.hold(call)

    def wait(self) -> None:
        """Return once all workers hold what they were told; raises what kept one from it. No fit's time holds this."""
        for position in range(len(self._workers)):
            for trial in range(1, _TRIES + 1):
                worker = self._workers[position]
                try:
                    fetch(worker.held)
                    break
                except LostProcessError:
                    if trial == _TRIES:
                        raise
                    self._replace(worker, {})

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            ray.kill(worker.actor)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        self.wait()
        try:
            return self._run(jobs)
        except BaseException:
            self._abandon()
            raise

    def _abandon(self) -> None:
        """Forget the jobs in flight, with the workers that have them: nobody may take their results for others'."""
        for worker in list(self._workers):
            if worker.queue:
                worker.queue.clear()
                self._replace(worker, {})

    def _run(self, jobs: Iterable[Job]) -> list[Fit]:
        source = enumerate(jobs)
        results: dict[int, Fit] = {}
        in_flight: dict[int, Job] = {}
        while True:
            self._give(source, in_flight)
            busy = [worker for worker in self._workers if worker.queue]
            if not busy:
                return [results[position] for position in sorted(results)]
            ready, _ = ray.wait([w.queue[0][1] for w in busy], num_returns=1, timeout=self._patience(busy))
            for worker in busy:
                position, reference = worker.queue[0]
                fit = self._receive(worker, reference) if reference in ready else self._overrun(worker)
                if fit is None:
                    continue
                dead = fit.cause != "error" or fit.error_type == _CRASH
                if fit.error_type == _CRASH and worker.deaths + 1 < _TRIES:
                    self._replace(worker, in_flight, deaths=worker.deaths + 1)
                    continue
                results[position] = fit
                in_flight.pop(position)
                worker.queue.popleft()
                worker.since, worker.deaths = time.monotonic(), 0
                if dead:
                    self._replace(worker, in_flight)

    def _give(self, source: Iterator[tuple[int, Job]], in_flight: dict[int, Job]) -> None:
        for depth in range(1, _DEPTH + 1):
            for worker in self._workers:
                if len(worker.queue) < depth and (following := next(source, None)) is not None:
                    position, job = following
                    in_flight[position] = job
                    if not worker.queue:
                        worker.since = time.monotonic()
                    worker.queue.append((position, worker.actor.run.remote(job)))

    def _patience(self, busy: list[_Worker]) -> float | None:
        starting = self._limits.time is not None and not all(worker.ready() for worker in busy)
        if self._limits.memory is not None or starting:
            return _POLL_SECONDS
        if self._limits.time is None:
            return None
        soonest = min(worker.since for worker in busy) + self._limits.time
        return max(soonest - time.monotonic(), 0.01)

    @staticmethod
    def _receive(worker: _Worker, reference: Any) -> Fit:
        try:
            fit = fetch(reference)
        except LostProcessError:
            return Fit(None, failed=f"the fit's process died, {worker.deaths + 1} times", error_type=_CRASH)
        assert isinstance(fit, Fit)
        return fit

    def _overrun(self, worker: _Worker) -> Fit | None:
        limits = self._limits
        if not worker.ready():
            worker.since = time.monotonic()
            return None
        if limits.time is not None and time.monotonic() - worker.since > limits.time:
            return Fit(None, failed=f"a fit took longer than {limits.time:g} s", cause="timeout", error_type="Timeout")
        if limits.memory is not None and worker.memory() > limits.memory:
            reason = f"a fit took more than {limits.memory / 1e9:g} GB of memory"
            return Fit(None, failed=reason, cause="oom", error_type="OutOfMemory")
        return None

    def _replace(self, worker: _Worker, in_flight: dict[int, Job], deaths: int = 0) -> None:
        ray.kill(worker.actor)
        fresh = _Worker(self._make())
        fresh.hold(self._hold)
        fresh.queue = deque((position, fresh.actor.run.remote(in_flight[position])) for position, _ in worker.queue)
        fresh.since, fresh.deaths = time.monotonic(), deaths
        self._workers[self._workers.index(worker)] = fresh
