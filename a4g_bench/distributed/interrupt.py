"""Ctrl-C: stop gently, then in time, then at once."""

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

#: How long the batches in flight may take to end after the first Ctrl-C.
GRACE_SECONDS = 3.0


class _LeaveError(BaseException):
    """Raised in the midst of the run; no ``except Exception`` stops it."""


class Interrupt:
    """Whether the run was asked to stop, by a signal or by itself."""

    def __init__(self) -> None:
        self.requested = False
        self._leaving = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """The first SIGINT or SIGTERM asks to stop after the batches in flight, which have ``GRACE_SECONDS``; then, or
        at a second one, the block is left wherever it is.
        """
        if threading.current_thread() is not threading.main_thread():
            yield  # a thread gets no signals
            return
        handlers = {signal.SIGINT: self._signalled, signal.SIGTERM: self._signalled, signal.SIGALRM: self._leave}
        before = {number: signal.signal(number, handler) for number, handler in handlers.items()}
        try:
            yield
        except BaseException:
            if not self._leaving:  # Ray turns what a handler raises into errors of its own
                raise
            sys.stderr.write("left the batches in flight: they will be done again\n")
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, number: int, frame: FrameType | None) -> None:
        if self.requested:
            self._leave(number, frame)
        self.requested = True
        sys.stderr.write("stopping after the batches in flight; once more to leave at once\n")
        signal.setitimer(signal.ITIMER_REAL, GRACE_SECONDS, 1.0)  # and again, should somebody swallow it

    def _leave(self, number: int, frame: FrameType | None) -> None:
        self._leaving = True
        raise _LeaveError
