"""Notes on searches that were replayed: when, and the content that gave its predictions again."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.store.checksums import sealed_json, unsealed_json
from a4g_bench.store.files import Files
from a4g_bench.store.results import SearchRecord
from a4g_bench.store.tables import Row


@dataclass(frozen=True)
class Verification:
    """When a search was replayed, and whether it still holds the rows that gave their predictions again."""

    at: str
    holds: bool


def note(files: Files, record: SearchRecord, baseline: Sequence[Row], versions: Mapping[str, Any]) -> None:
    """Note that a search gave its predictions again; ``versions`` are those that had changed."""
    facts = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions_changed": dict(versions),
        "content": _content(record, baseline),
    }
    files.write(_name(record), sealed_json(facts))


def verification(files: Files, record: SearchRecord, baseline: Sequence[Row]) -> Verification | None:
    """The note on a search, or None if it was not replayed.

    Raises:
        StoreError: If there is a note that does not say when.
    """
    name = _name(record)
    if not files.exists(name):
        return None
    try:
        facts, _ = unsealed_json(files.read(name).to_pybytes())
        return Verification(str(facts["at"]), facts["content"] == _content(record, baseline))
    except (OSError, ValueError, KeyError, TypeError, RecursionError, StoreError):
        raise StoreError(f"results '{files.root}': {name} does not say when and of which rows; remove it") from None


def _name(record: SearchRecord) -> str:
    return f"verified/{record.search['search_id']}.json"


def _content(record: SearchRecord, baseline: Sequence[Row]) -> str:
    """A hash of what a replay makes anew: the rows that were added, and what both victims predict."""
    poison = record.poison.to_pylist() if record.poison is not None else []
    rows = [record.search["identity"], poison, record.audits, record.predictions, baseline]
    return hashlib.sha256(json.dumps(rows, sort_keys=True, default=_text).encode()).hexdigest()


def _text(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)
