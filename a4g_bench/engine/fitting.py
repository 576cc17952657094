"""Running fits: the contract, and the plain way within this process."""

from collections.abc import Iterable
from typing import Protocol

from threadpoolctl import threadpool_limits

from a4g_bench.victims.workbench import Fit, Job, Material, Workbench


class Fitter(Protocol):
    """Runs fits on material it holds: in other processes with limits, or as :class:`InlineFitter`."""

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        """Run the jobs; results in their order. Jobs may be made as they are needed."""


class InlineFitter:
    """Fits in this process, on one thread, without limits: for the library, single timed fits, and tests."""

    def __init__(self, material: Material) -> None:
        self._bench = Workbench(material)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        with threadpool_limits(limits=1):  # two threads on a shared core cost more than they give
            return [self._bench.run(job) for job in jobs]
