"""Errors that a user can act on: one line each, which the command line prints without a traceback."""

import re
from collections.abc import Iterable
from difflib import get_close_matches


class A4GError(Exception):
    """Something the user can mend: wrong input, missing data, an unusable results folder. The command line exits with
    2.
    """


class DataError(A4GError):
    """A data set cannot be loaded, or does not allow the measurement asked for."""


class DataUnavailableError(DataError):
    """The source of a data set cannot be reached here (package not installed, no network)."""


class SuiteError(A4GError):
    """A suite file is wrong."""


class StoreError(A4GError):
    """A results folder cannot be read or written."""


class NotAskedForError(StoreError):
    """Results are sound, but their suite did not ask for what is to be shown (audits on other victims, say)."""


class LostProcessError(A4GError):
    """A process of the run ended from outside. Not a result of the search that it served: that is taken up again."""


class AttackError(A4GError):
    """An attack was given parameters it cannot use, or broke its contract."""


class VictimError(A4GError):
    """A victim cannot be built, or broke its contract (no prediction, NaN, an unknown class)."""


def nearest(name: str, valid: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the valid name closest to ``name``, or the list of valid names if none is
    close.
    """
    names = sorted(valid)
    close = get_close_matches(name, names, n=1, cutoff=0.6)
    if close:
        return f" (did you mean '{close[0]}'?)"
    return f" (valid: {', '.join(names)})" if names else ""


_USER = re.compile(r"(?<=://)[^/@?#]+@")
_SECRET = re.compile(
    r"(?<=[?&])([^=&#]*(?:secret|token|password|key|credential|signature)[^=&#]*)=[^&#]*", re.IGNORECASE
)


def without_secrets(uri: str) -> str:
    """A path or URI for messages: what a user or a password could be in is replaced by ``***``."""
    return _SECRET.sub(r"\1=***", _USER.sub("***@", uri))
