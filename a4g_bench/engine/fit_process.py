"""The fit process's main: ``python -m a4g_bench.engine.fit_process FD``. See :mod:`a4g_bench.engine.fitting`."""

import ctypes
import signal
import sys
from multiprocessing.connection import Connection

from a4g_bench.victims.workbench import Fit, Workbench

_PR_SET_PDEATHSIG = 1


def die_with_parent() -> None:
    """Ask Linux to kill this process when its parent ends, however it ends; elsewhere the closed socket does it later."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def main() -> None:
    """Serve jobs until the other end closes."""
    die_with_parent()
    connection = Connection(int(sys.argv[1]))
    bench: Workbench | None = None
    broken = ""
    while True:
        try:
            kind, content = connection.recv()
        except (EOFError, OSError):
            return
        if kind == "material":
            try:
                bench, broken = Workbench(content), ""
            except (
                Exception
            ) as error:  # a victim that cannot be built: every job of this material fails with the reason
                bench, broken = None, f"{type(error).__name__}: {error}"
            continue
        if bench is None:
            connection.send(Fit(None, failed=broken, error_type="VictimError"))
        else:
            connection.send(bench.run(content))


if __name__ == "__main__":
    main()
