"""Where a suite may read tables: in its own folder, and where the user says so, before anything is opened."""

import re
from collections.abc import Sequence
from pathlib import Path

from a4g_bench.errors import DataError, without_secrets
from a4g_bench.suite.model import DatasetEntry

_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)[^/]*@")
#: What may make an address mean something else than it seems: options, parents, encoded characters.
_DEVIOUS = re.compile(r"[?#%]|\.\.")


def check_readable(entry: DatasetEntry, folder: Path, allowed: Sequence[str]) -> None:
    """Refuse a data set, or its fallback, whose table is neither below the suite's folder nor allowed.

    A path is allowed with all below it. So is a URI, unless it has options, which can name any host: then it must be
    allowed as it stands.

    Args:
        entry: The data set as the suite has it.
        folder: The suite's.
        allowed: Paths and URIs that the user named.

    Raises:
        DataError: Naming the table, and how to allow it.
    """
    for one in (entry, entry.instead):
        if one is None or one.source is None:
            continue
        file = one.source.file
        if not (_uri_allowed(file, allowed) if "://" in file else _path_allowed(file, folder, allowed)):
            shown = without_secrets(file)
            raise DataError(
                f"data set '{one.label}' is to be read from outside the suite's folder: {shown}; if you trust that, say"
                f" --allow-read {shown}"
            )


def outside(entry: DatasetEntry, folder: Path) -> str:
    """A remark on a table that is not below the suite's folder."""
    if entry.source is None:
        return ""
    file = entry.source.file
    if "://" in file:
        return f"data set '{entry.label}' is read from {without_secrets(file)}"
    path = (folder / Path(file).expanduser()).resolve()
    return "" if path.is_relative_to(folder) else f"data set '{entry.label}' is read from outside the suite: {path}"


def _uri_allowed(uri: str, allowed: Sequence[str]) -> bool:
    if uri in allowed:
        return True
    plain = _USER.sub(r"\1", uri)
    below = (_USER.sub(r"\1", one).rstrip("/") + "/" for one in allowed if "://" in one)
    return not _DEVIOUS.search(plain) and any(plain.startswith(one) or f"{plain}/" == one for one in below)


def _path_allowed(file: str, folder: Path, allowed: Sequence[str]) -> bool:
    try:
        path = (folder / Path(file).expanduser()).resolve()
        places = [folder.resolve(), *(Path(one).expanduser().resolve() for one in allowed if "://" not in one)]
    except (RuntimeError, ValueError, OSError):  # no such user, a null character: reading will say so
        return True
    return any(path.is_relative_to(place) for place in places)
