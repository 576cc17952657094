"""When Ray's own processes die under a run: Ray would end this process seconds later, with lines of its own."""

import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import count

import psutil

#: What Ray cannot do without on the machine of the driver, and what it is to a run.
_VITAL = {"raylet": "scheduler", "gcs_server": "directory"}
_EVERY_SECONDS = 0.5
#: So many times seldomer it looks what runs below.
_TURNS = 10
#: The command line's exit code for a run that is not complete.
_INCOMPLETE = 3


@contextmanager
def watched() -> Iterator[None]:
    """Within the block, end this process in one line and with exit code 3 once Ray's scheduler or directory is gone.

    They are children of this process. What runs below it is ended too; the claim of a process that is gone is void.
    """
    vital = {child: _VITAL[name] for child in psutil.Process().children() if (name := _name(child)) in _VITAL}
    over = threading.Event()
    threading.Thread(target=_watch, args=(vital, over), name="lifeline", daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _watch(vital: Mapping[psutil.Process, str], over: threading.Event) -> None:
    below: list[psutil.Process] = []
    for turn in count():
        if over.wait(_EVERY_SECONDS):
            return
        for process, what in vital.items():
            if not _lives(process) and not over.is_set():
                _end(what, below)
        if turn % _TURNS == 1:  # those of a process that died are nobody's children any more
            below = psutil.Process().children(recursive=True)


def _name(process: psutil.Process) -> str:
    with suppress(psutil.Error):
        return str(process.name())
    return ""


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _end(what: str, below: Sequence[psutil.Process]) -> None:
    sys.stderr.write(f"\nRay's {what} on this machine ended from outside: run the same command again to go on\n")
    sys.stderr.flush()
    for child in {*below, *psutil.Process().children(recursive=True)}:
        with suppress(psutil.Error):
            child.kill()
    os._exit(_INCOMPLETE)
