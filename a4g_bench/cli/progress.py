"""Progress of a run: a live line on a terminal; elsewhere a line at the start, at the end and every minute."""

import sys
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

from a4g_bench.cli.output import duration

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from a4g_bench.distributed.options import Progress


EVERY_SECONDS = 60.0


class Reporter:
    """Shows searches done, running and failed, queries per second, time left and the best gain so far.

    A log file gets its line each minute even if nothing happened in it: silence would look like a hang.
    """

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._bar: Bar | None = None
        self._progress: Progress | None = None
        self._over = threading.Event()
        self._clock = threading.Thread(target=self._tick, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn
            from rich.table import Column

            columns = (
                TextColumn("{task.fields[counts]}", table_column=Column(no_wrap=True)),
                BarColumn(bar_width=10),
                TextColumn("{task.description}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("starting", total=None, counts="")
        else:
            self._clock.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
            return
        self._over.set()
        self._clock.join()

    def report(self, progress: "Progress") -> None:
        """Show where the run stands."""
        first, self._progress = self._progress is None, progress
        if self._bar is not None:
            text = describe(progress, time.monotonic() - self._started)
            counts = f"{progress.done}/{progress.total}"
            self._bar.update(self._task, total=progress.total, completed=progress.done, description=text, counts=counts)
        elif first or progress.done == progress.total:
            self._write(progress)

    def _tick(self) -> None:
        while not self._over.wait(EVERY_SECONDS):
            if self._progress is not None:
                self._write(self._progress)

    def _write(self, progress: "Progress") -> None:
        text = describe(progress, time.monotonic() - self._started)
        sys.stderr.write(f"{progress.done}/{progress.total} searches, {text}\n")
        sys.stderr.flush()


def describe(progress: "Progress", seconds: float) -> str:
    """One line: what runs, what failed, how fast, how long still, the best gain on search-validation rows."""
    parts = [
        f"{progress.running} running",
        f"{progress.failed} failed",
        f"{progress.queries / max(seconds, 1e-9):.1f} queries/s",
    ]
    if progress.work > 0:
        parts.append(f"{duration(max(0.0, seconds * (1 / progress.work - 1)))} left")
    if progress.best_gain is not None:
        parts.append(f"best gain {100 * progress.best_gain:.1f} pts")
    return ", ".join(parts)
