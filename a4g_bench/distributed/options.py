"""How to run a suite, and where a run stands: what the driver and whoever started it tell each other."""

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from a4g_bench.errors import A4GError


@dataclass(frozen=True)
class RunOptions:
    """How to run: nothing here may change a number.

    ``workers`` are the cores to use (by default all of the machine's); ``address`` an existing Ray cluster (``auto``,
    ``HOST:PORT``, or ``ray://HOST:PORT`` from outside it);
    ``retry_errors`` runs failed searches again; ``limit`` runs at most so many searches now; ``open_cluster`` permits a
    cluster that answers without a token; ``profile`` has it written where the time went.
    """

    workers: int = field(default_factory=lambda: len(os.sched_getaffinity(0)))
    address: str | None = None
    retry_errors: bool = False
    limit: int | None = None
    open_cluster: bool = False
    profile: bool = False

    @property
    def through_client(self) -> bool:
        """Whether the address is that of a Ray client server: then the run is driven from there."""
        return self.address is not None and self.address.startswith("ray://")

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise A4GError(f"--workers {self.workers}: at least 1 is needed")
        if self.limit is not None and self.limit < 1:
            raise A4GError(f"--limit {self.limit}: at least 1 is needed")


@dataclass
class Progress:
    """Where a run stands; searches that were complete before it are not counted.

    ``work`` is the share of the run's work that is done, in (estimated) fits: searches differ a thousandfold.
    ``writing`` are the seconds that the writer of results was busy, known at the end.
    """

    total: int
    done: int = 0
    work: float = 0.0
    failed: int = 0
    running: int = 0
    queries: int = 0
    best_gain: float | None = None
    writing: float = 0.0


Report = Callable[[Progress], None]
