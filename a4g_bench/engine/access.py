"""Who else may use the Ray that a run uses."""

import os
import subprocess
import sys

from a4g_bench.errors import A4GError

#: Asks a cluster's directory for a key without a token, as a stranger would; prints whether it answered.
_STRANGER = """
import sys
from ray._raylet import GcsClient
try:
    GcsClient(address=sys.argv[1]).internal_kv_exists(b"stranger", None)
except Exception:
    print("refused")
else:
    print("answered")
"""
_SECONDS = 60


def require_token(gcs_address: str) -> None:
    """Raise ``A4GError`` if a cluster answers whoever reaches it: that means running code of theirs.

    Whether it does is tried from a process without a token (Ray has no call that tells).
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_AUTH_")}
    environment["RAY_AUTH_MODE"] = "disabled"
    asked = [sys.executable, "-c", _STRANGER, gcs_address]
    try:
        done = subprocess.run(asked, capture_output=True, text=True, env=environment, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return  # it does not talk to strangers
    if "answered" in done.stdout:
        raise A4GError(
            f"the Ray cluster at {gcs_address} answers without a token, so whoever reaches it can run code there: start"
            " it with RAY_AUTH_MODE=token (docs/cluster.md), or say --allow-open-cluster"
        )
