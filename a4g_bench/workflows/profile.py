"""Where the time of a run went: fits, proposing, audits, and what lies beside and between the searches."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from a4g_bench.distributed.options import Progress
from a4g_bench.errors import StoreError
from a4g_bench.store.checksums import sealed_json, unsealed_json
from a4g_bench.store.files import Files
from a4g_bench.store.results import Results

_FOLDER = "profile"
_PLACE = ("dataset", "attribute", "victim")
_SECONDS = ("propose_seconds", "fit_cpu_seconds", "search_seconds", "audit_seconds")


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Seconds of a slot: the time of the two processes that take turns in one search.

    ``fits`` is CPU time, of queries and audits; ``proposing`` is the attack's own; ``beside`` the rest of the searches:
    drawing, encoding, judging, and calls between processes.
    """

    dataset: str
    attribute: str
    victim: str
    searches: int
    fits: float
    proposing: float
    beside: float


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A run's time. All but ``wall`` and ``writing`` are seconds of slots, of which there are ``slots``.

    ``starting`` is the time before the first search, Ray's start included; ``between`` what the slots did outside any
    search: Tune, and waiting for work or for what is written. The writer's own ``writing`` goes on beside all that.
    """

    at: str
    wall: float
    slots: int
    starting: float
    between: float
    writing: float
    settings: tuple[Spent, ...]


class Clock:
    """What a run knows of its own time: when it began, how long it took, how many searches ran at once at most."""

    def __init__(self) -> None:
        self.begun = datetime.now(UTC)
        self._started = time.monotonic()
        self.wall = 0.0
        self.slots = 1
        self.writing = 0.0

    def hear(self, progress: Progress) -> None:
        """Learn from where the run stands."""
        self.slots = max(self.slots, progress.running)
        self.writing = max(self.writing, progress.writing)

    def stop(self) -> None:
        """The run is over."""
        self.wall = time.monotonic() - self._started


def profile(results: Results, ran: Sequence[str], clock: Clock) -> Profile | None:
    """Where a run's time went, as the rows of its searches tell it.

    Args:
        results: The folder.
        ran: The identifiers of the searches that the run ended.
        clock: The run's own.

    Returns:
        The profile; None if no search has ended well.
    """
    columns = (*_PLACE, "status", "started", *_SECONDS)
    chosen = set(ran)
    rows = [row for row in results.read("searches", columns=columns).to_pylist() if row["search_id"] in chosen]
    rows = [row for row in rows if row["status"] == "ok"]
    if not rows:
        return None
    starting = max(0.0, (min(row["started"] for row in rows) - clock.begun).total_seconds())
    busy = sum(row["search_seconds"] + row["audit_seconds"] for row in rows)
    return Profile(
        at=clock.begun.isoformat(timespec="seconds"),
        wall=clock.wall,
        slots=clock.slots,
        starting=clock.slots * starting,
        between=max(0.0, clock.slots * (clock.wall - starting) - busy),
        writing=clock.writing,
        settings=tuple(_spent(rows)),
    )


def _spent(rows: Sequence[Mapping[str, Any]]) -> list[Spent]:
    by_place: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_place[tuple(row[name] for name in _PLACE)].append(row)
    return [_of_setting(place, own) for place, own in sorted(by_place.items())]


def _of_setting(place: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> Spent:
    proposing, fits, searching, auditing = (sum(row[name] for row in rows) for name in _SECONDS)
    return Spent(
        **dict(zip(_PLACE, place, strict=True)),
        searches=len(rows),
        fits=fits,
        proposing=proposing,
        beside=max(0.0, searching + auditing - fits - proposing),
    )


def write_profile(results: Results, made: Profile) -> str:
    """Keep a profile in the folder of its results, and return the file's name."""
    name = f"{_FOLDER}/{made.at.replace(':', '').removesuffix('+0000')}Z.json"
    results.files.write(name, sealed_json(asdict(made)))
    return name


def last_profile(files: Files) -> Profile | None:
    """The latest profile of a folder, or None. Raises ``StoreError`` if it cannot be read."""
    names = files.names(_FOLDER)
    if not names:
        return None
    try:
        facts, _ = unsealed_json(files.read(names[-1]).to_pybytes())
        settings = tuple(Spent(**one) for one in facts.pop("settings"))
        return Profile(**facts, settings=settings)
    except (OSError, ValueError, TypeError, KeyError, RecursionError, StoreError) as error:
        raise StoreError(f"results '{files.root}': {names[-1]} cannot be read ({error}); remove it") from error
