"""Checksums that files bear in themselves: a Parquet file in its footer, a JSON file under a key.

The SHA-256 is taken over the whole file, zeros standing where its digits are. It tells of damage, not of intent:
whoever edits a file can write the right one.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from a4g_bench.errors import StoreError

#: The key in a Parquet file's footer; its value is :data:`BLANK` until the file is sealed.
KEY = "a4g_checksum"
_MARK, _DIGITS = b"a4g-sha256:", 64
BLANK = (_MARK + b"0" * _DIGITS).decode()
_JSON_KEY = "sha256"
#: Why a file whose checksum does not hold is damaged.
NOT_AS_WRITTEN = "its checksum does not hold: it is not what was written"


def seal(content: pa.Buffer) -> bytes:
    """Return a Parquet file whose footer has the blank checksum, with the checksum in its place."""
    at = _place(content)
    assert at is not None
    whole = memoryview(content)
    return b"".join((whole[:at], _digest(whole, at), whole[at + _DIGITS :]))


def holds(content: pa.Buffer) -> bool | None:
    """Whether a Parquet file is what was written; None if it bears no checksum."""
    at = _place(content)
    if at is None:
        return None
    whole = memoryview(content)
    return bytes(whole[at : at + _DIGITS]) == _digest(whole, at)


def _place(content: pa.Buffer) -> int | None:
    """Where the digits stand. Only the footer is searched: rows may hold any text."""
    end = len(content)
    footer = int.from_bytes(memoryview(content)[-8:-4], "little")
    begin = max(0, end - 8 - footer)
    found = bytes(memoryview(content)[begin:]).rfind(_MARK)
    at = begin + found + len(_MARK)
    return None if found < 0 or at + _DIGITS > end else at


def _digest(whole: memoryview, at: int) -> bytes:
    digest = hashlib.sha256(whole[:at])
    digest.update(b"0" * _DIGITS)
    digest.update(whole[at + _DIGITS :])
    return digest.hexdigest().encode()


def sealed_json(facts: Mapping[str, Any]) -> bytes:
    """A JSON file with its own checksum."""
    return json.dumps({**facts, _JSON_KEY: _json_digest(facts)}, indent=1).encode()


def unsealed_json(content: bytes) -> tuple[Any, bool]:
    """What a JSON file says without its checksum, and whether it has one: else it is believed.

    Raises:
        StoreError: If it is not what was written.
        ValueError: If it is no JSON.
    """
    facts = json.loads(content)
    if not isinstance(facts, dict) or _JSON_KEY not in facts:
        return facts, False
    told = facts.pop(_JSON_KEY)
    if told != _json_digest(facts):
        raise StoreError(NOT_AS_WRITTEN)
    return facts, True


def _json_digest(facts: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
