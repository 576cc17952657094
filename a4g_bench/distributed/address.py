"""Whether anybody listens where a run is told to find a cluster.

Ray itself would try for a minute, and end the process. Nothing of Ray is known here but how it writes addresses.
"""

import os
import re
import socket
import tempfile
from contextlib import suppress
from pathlib import Path

from a4g_bench.errors import A4GError

_ADDRESS = re.compile(r"(?:ray://)?(?P<host>\[[^\]]+\]|[^:/@?#]+):(?P<port>\d{1,5})")
_SECONDS = 4.0


def require_listener(address: str) -> None:
    """Raise ``A4GError`` in one line unless somebody listens at a cluster's address.

    Args:
        address: ``HOST:PORT``, ``ray://HOST:PORT``, or ``auto``: the cluster that runs on this machine. Any other is
            left to Ray.
    """
    found = _running_here() if address == "auto" else address
    match = _ADDRESS.fullmatch(found or "")
    if match is None:
        return
    try:
        socket.create_connection((match["host"].strip("[]"), int(match["port"])), _SECONDS).close()
    except (OSError, OverflowError) as error:
        where = found if address != "auto" else f"{found}, where a cluster ran here before"
        raise A4GError(f"no Ray cluster answers at {where}: {_reason(error)}") from error


def _running_here() -> str | None:
    """The address that Ray would take for ``auto``, where it can be told."""
    if stated := os.environ.get("RAY_ADDRESS"):
        return stated
    with suppress(OSError, UnicodeDecodeError):
        note = Path(os.environ.get("RAY_TMPDIR") or tempfile.gettempdir()) / "ray" / "ray_current_cluster"
        return note.read_text(encoding="utf-8").strip()
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"nothing heard for {_SECONDS:.0f} s"
    return str(getattr(error, "strerror", None) or error).lower()
