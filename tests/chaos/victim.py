"""A run whose processes are killed."""

import random
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import IO, Self

import psutil

from tests.distributed import runs

#: what the processes of a run call themselves
TITLES = {"fits": "ray::FitWorker", "search": "Trainable", "writer": "ray::ResultsWriter", "raylet": "raylet/raylet"}


class Victim:
    """A command in a process of its own, with all that it starts."""

    _seen: set[psutil.Process] = set()

    def __init__(self, words: Sequence[str], log: IO[str]) -> None:
        self._process = subprocess.Popen(words, stdout=log, stderr=log, env=runs.environment())
        self._driver = psutil.Process(self._process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()

    @property
    def lives(self) -> bool:
        """Whether the command has not ended."""
        return self._process.poll() is None

    def wait(self, seconds: float | None) -> int:
        """Wait for its end, or for so long; returns the exit code, or -1 if it still lives."""
        until = time.monotonic() + (600.0 if seconds is None else seconds)
        while self.lives and time.monotonic() < until:
            self._look()
            time.sleep(0.1)
        assert self.lives is False or seconds is not None, "the run hangs"
        return -1 if self._process.returncode is None else self._process.returncode

    def kill(self, target: str, rng: random.Random) -> bool:
        """Kill the command itself (``driver``) or one of its processes; False if there is none of that kind now."""
        candidates = [self._driver] if target == "driver" else self._titled(TITLES[target])
        if not candidates or not self.lives:
            return False
        with suppress(psutil.Error):
            rng.choice(candidates).kill()
            return True
        return False

    def _titled(self, title: str) -> list[psutil.Process]:
        found = []
        for process in self._look():
            with suppress(psutil.Error):
                if title in " ".join(process.cmdline()):
                    found.append(process)
        return sorted(found, key=lambda process: process.pid)

    def _look(self) -> list[psutil.Process]:
        with suppress(psutil.Error):
            children = self._driver.children(recursive=True)
            Victim._seen.update(children)
            return children
        return []

    @classmethod
    def left(cls) -> list[str]:
        """Processes of all runs so far that outlived them by more than a moment; they are ended here."""
        until = time.monotonic() + 60
        while (living := [process for process in cls._seen if _lives(process)]) and time.monotonic() < until:
            time.sleep(0.2)
        left = []
        for process in living:
            with suppress(psutil.Error):
                left.append(" ".join(process.cmdline())[:80])
                process.kill()
        return left


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False
