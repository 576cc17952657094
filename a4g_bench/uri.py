"""URIs as they may be shown."""

import re

_USER = re.compile(r"(?<=://)[^/@?#]+@")
_SECRET = re.compile(
    r"(?<=[?&])([^=&#]*(?:secret|token|password|key|credential|signature)[^=&#]*)=[^&#]*", re.IGNORECASE
)


def without_secrets(uri: str) -> str:
    """A path or URI for messages: what a user or a password could be in is replaced by ``***``."""
    return _SECRET.sub(r"\1=***", _USER.sub("***@", uri))
