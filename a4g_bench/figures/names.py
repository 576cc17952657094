"""File names from what a picture shows."""

import hashlib
import re

LONGEST = 60


def safe(text: str) -> str:
    """Text as part of a file name on any system; what had to be changed ends in a hash, so that no two names meet."""
    plain = re.sub(r"[^A-Za-z0-9._+-]+", "-", text).strip("-.")
    if plain == text and len(text) <= LONGEST:
        return text
    return f"{plain[: LONGEST - 7].rstrip('-.')}-{hashlib.sha256(text.encode()).hexdigest()[:6]}".lstrip("-")


def file_name(*parts: str) -> str:
    """Parts joined to a name without a suffix."""
    return "--".join(map(safe, parts))
