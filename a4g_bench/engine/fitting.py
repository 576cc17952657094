"""Running fits: the contract, and the plain way within this process."""

import sys
from collections.abc import Iterable
from typing import Protocol

from threadpoolctl import ThreadpoolController

from a4g_bench.victims.workbench import Fit, Job, Material, Workbench


class Fitter(Protocol):
    """Runs fits on material it holds: in other processes with limits, or as :class:`InlineFitter`."""

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        """Run the jobs; results in their order. Jobs may be made as they are needed."""


class InlineFitter:
    """Fits in this process, on one thread, without limits: for the library, single timed fits, and tests."""

    _libraries: ThreadpoolController | None = None
    _modules = 0

    def __init__(self, material: Material) -> None:
        self._bench = Workbench(material)

    def run(self, jobs: Iterable[Job]) -> list[Fit]:
        with self._numerical_libraries().limit(limits=1):  # two threads on a shared core cost more than they give
            return [self._bench.run(job) for job in jobs]

    @classmethod
    def _numerical_libraries(cls) -> ThreadpoolController:
        """Those loaded: looked for again, which takes as long as a small fit, only after an import."""
        if cls._libraries is None or cls._modules != len(sys.modules):
            cls._libraries, cls._modules = ThreadpoolController(), len(sys.modules)
        return cls._libraries
