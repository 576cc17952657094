"""Fit processes: victims train outside the search's process, and are ended from outside when they exceed a limit.

A hung, greedy or crashing victim costs its process and that one fit. The protocol between the two ends is pickled tuples
over a private socket pair: first ``("material", Material)``, then ``("job", Job)``, each answered by one value.
"""

import os
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection, wait
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

import psutil
from threadpoolctl import threadpool_limits

from a4g_bench.suite.model import Limits
from a4g_bench.victims.workbench import Fit, Job, Material, Workbench

_POLL = 0.2
_THREADS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


class Fitter(Protocol):
    """Whoever runs fits: the processes of :class:`FitPool`, or :class:`InlineFitter`."""

    def load(self, material: Material) -> None:
        """Take the material of the following jobs."""

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        """Run the jobs, in parallel where possible; results in the order of the jobs, which may be made as they are needed."""


class InlineFitter:
    """Fits in this process, without limits: for a single timed fit, and for tests."""

    def __init__(self) -> None:
        self._bench: Workbench | None = None

    def load(self, material: Material) -> None:
        if self._bench is None or self._bench.key != material.key:
            self._bench = Workbench(material)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        assert self._bench is not None
        with threadpool_limits(limits=1):  # as in a fit process: two threads on a shared core cost more than they give
            return [self._bench.run(job) for job in jobs]


class _Child:
    """One fit process and its end of the socket pair."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        with theirs:
            environment = {**os.environ, **dict.fromkeys(_THREADS, "1")}
            environment["PYTHONPATH"] = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
            self.process = subprocess.Popen(
                [sys.executable, "-m", "a4g_bench.engine.fit_process", str(theirs.fileno())],
                env=environment,
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C in the terminal is the driver's to handle
            )
        self.connection = Connection(ours.detach())
        self.key = ""
        self.started = 0.0

    def memory(self) -> int:
        try:
            return int(psutil.Process(self.process.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self.connection.close()


class FitPool:
    """``processes`` fit processes, started at once and kept from search to search. Use as a context manager, or close."""

    def __init__(self, processes: int, limits: Limits) -> None:
        self._limits = limits
        self._children = [_Child() for _ in range(processes)]
        self._material: Material | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the processes."""
        for child in self._children:
            child.end()
        self._children = []

    def load(self, material: Material) -> None:
        self._material = material

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        source = iter(jobs)
        results: list[Fit | None] = []
        ahead: deque[tuple[int, Job]] = deque()
        busy: dict[int, int] = {}  # position of the child -> position of the job
        while True:
            self._prefetch(source, ahead, results, len(self._children) - len(busy))
            for position in range(len(self._children)):
                if ahead and position not in busy:
                    busy[position], job = ahead.popleft()
                    self._send(position, job)
            if not busy:
                return [fit for fit in results if fit is not None]
            self._prefetch(source, ahead, results, len(self._children))  # the next rows are drawn while victims train
            ready = wait([self._children[p].connection for p in busy], timeout=_POLL)
            for position, number in list(busy.items()):
                child = self._children[position]
                if child.connection in ready:
                    results[number] = self._receive(position)
                    del busy[position]
                elif (overrun := self._overrun(child)) is not None:
                    self._replace(position)
                    results[number] = overrun
                    del busy[position]

    @staticmethod
    def _prefetch(source: Iterator[Job], ahead: deque[tuple[int, Job]], results: list[Fit | None], upto: int) -> None:
        while len(ahead) < upto and (job := next(source, None)) is not None:
            ahead.append((len(results), job))
            results.append(None)

    def _send(self, position: int, job: Job) -> None:
        assert self._material is not None
        child = self._children[position]
        try:
            if child.key != self._material.key:
                child.connection.send(("material", self._material))
                child.key = self._material.key
            child.connection.send(("job", job))
        except OSError:  # it died while idle: a new one takes the job
            self._replace(position)
            child = self._children[position]
            child.connection.send(("material", self._material))
            child.key = self._material.key
            child.connection.send(("job", job))
        child.started = time.monotonic()

    def _receive(self, position: int) -> Fit:
        child = self._children[position]
        try:
            answer: Any = child.connection.recv()
        except (EOFError, OSError):
            code = child.process.wait()
            self._replace(position)
            return Fit(None, failed=f"the fit's process ended with {_describe(code)}", error_type="Crash")
        assert isinstance(answer, Fit)
        return answer

    def _overrun(self, child: _Child) -> Fit | None:
        limits = self._limits
        if limits.time is not None and time.monotonic() - child.started > limits.time:
            return Fit(None, failed=f"a fit took longer than {limits.time:g} s", cause="timeout", error_type="Timeout")
        if limits.memory is not None and child.memory() > limits.memory:
            reason = f"a fit took more than {limits.memory / 1e9:g} GB of memory"
            return Fit(None, failed=reason, cause="oom", error_type="OutOfMemory")
        return None

    def _replace(self, position: int) -> None:
        self._children[position].end()
        self._children[position] = _Child()


def _describe(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
