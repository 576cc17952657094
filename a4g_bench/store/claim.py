"""Who is writing into a results folder: one run at a time, wherever the folder is."""

import hashlib
import json
import random
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil

from a4g_bench.errors import StoreError
from a4g_bench.store.files import Files

#: A claim is renewed this often, and is void once it was not renewed for ``LEASE_SECONDS``.
BEAT_SECONDS = 5.0
LEASE_SECONDS = 30.0
_FOLDER = "claims"
#: names of the claims that this process holds
_held: set[str] = set()

Facts = Mapping[str, Any]


class Claim:
    """A run's claim on a results folder: a small file below ``claims/``, renewed while the run lives.

    Its content says who writes and how far the run is, for ``a4g-bench status``. Entering the context raises
    ``StoreError`` if another run holds the folder. A claim whose process is gone from this machine is void at once, one
    from elsewhere when it was not renewed for ``LEASE_SECONDS``, which are waited for. ``host`` is the hash by which
    results name hosts.
    """

    def __init__(self, files: Files, host: str, say: Callable[[str], None] = lambda line: None) -> None:
        self._files, self._say = files, say
        self._name = f"{_FOLDER}/{uuid.uuid4().hex[:12]}.json"
        process = psutil.Process()
        self._who = {
            "host": host,
            "place": place(),
            "pid": process.pid,
            "born": process.create_time(),
            "started": time.time(),
        }
        self._facts: Facts = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._renew, name="claim", daemon=True)
        #: whether somebody else took this claim for void and removed it: then this run must not write any more
        self.lost = False

    def tell(self, facts: Facts) -> None:
        """What the next renewal says of the run: JSON-able values. Raises ``StoreError`` if the claim is lost."""
        self._facts = facts
        if self.lost:
            raise StoreError(
                f"results '{self._files.root}' were taken over by another run while this one was not heard of for"
                f" {LEASE_SECONDS:.0f} s"
            )

    def __enter__(self) -> Self:
        try:
            self._take()
        except BaseException:
            with suppress(StoreError):
                self._files.delete(self._name)
            raise
        _held.add(self._name)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()
        _held.discard(self._name)
        with suppress(StoreError):  # it runs out by itself
            self._files.delete(self._name)

    def _take(self) -> None:
        self._write()
        for trial in (1, 2):
            holder = self._holder()
            if holder is None:
                return
            if trial == 1:  # two runs that start together see each other: one of them comes back first
                self._files.delete(self._name)
                time.sleep(random.uniform(0.2, 2.0))
                self._write()
        raise StoreError(
            f"results '{self._files.root}' are being written by another run ({holder}): wait for it, stop it, or give"
            " another --results folder"
        )

    def _holder(self) -> str | None:
        """Who holds the folder besides us; void claims are removed."""
        for name, claim in read_claims(self._files).items():
            if name == self._name:
                continue
            if self._alive(name, claim):
                return f"process {claim.get('pid')} on host {claim.get('host')}"
            self._files.delete(name)
        return None

    def _alive(self, name: str, claim: Facts) -> bool:
        if claim.get("place") == self._who["place"]:
            return _is_running(claim) and (claim["pid"] != self._who["pid"] or name in _held)
        if self._age(name) >= LEASE_SECONDS:
            return False
        self._say("another run claimed these results: waiting whether it still lives")
        until = time.monotonic() + LEASE_SECONDS
        while time.monotonic() < until:
            time.sleep(min(1.0, BEAT_SECONDS))
            self._write()  # whoever waits for us in turn must see that we live
            now = read_claims(self._files).get(name)
            if now is None:
                return False
            if now != claim:
                return True
        return False

    def _age(self, name: str) -> float:
        """Seconds between a claim and ours by the clock of whoever keeps the files; 0 if it keeps no times."""
        theirs, ours = self._files.changed(name), self._files.changed(self._name)
        return 0.0 if theirs is None or ours is None else ours - theirs

    def _write(self) -> None:
        content = {**self._who, **self._facts, "renewed": time.time()}
        self._files.write(self._name, json.dumps(content).encode())

    def _renew(self) -> None:
        while not self._over.wait(BEAT_SECONDS):
            try:
                if not self._files.exists(self._name):
                    self.lost = True
                    return
                self._write()
            except StoreError:
                continue  # the run's own writes tell; here the next renewal may succeed


@cache
def place() -> str:
    """Where process numbers mean the same: this start of this machine and, in a container, this container."""
    parts = []
    for file in ("/proc/sys/kernel/random/boot_id", "/proc/self/ns/pid"):
        with suppress(OSError):
            path = Path(file)
            parts.append(str(path.readlink()) if path.is_symlink() else path.read_text().strip())
    return hashlib.sha256(" ".join(parts or [socket.gethostname()]).encode()).hexdigest()[:12]


def _is_running(claim: Facts) -> bool:
    try:
        process = psutil.Process(int(claim["pid"]))
        return abs(process.create_time() - float(claim["born"])) < 1
    except (psutil.Error, KeyError, TypeError, ValueError):
        return False


def read_claims(files: Files) -> dict[str, Facts]:
    """The claims on a results folder by file name; an unreadable one has no facts."""
    claims: dict[str, Facts] = {}
    for name in files.names(_FOLDER):
        try:
            facts = json.loads(files.read(name).to_pybytes())
            claims[name] = facts if isinstance(facts, dict) else {}
        except FileNotFoundError:
            continue
        except (OSError, ValueError):
            claims[name] = {}
    return claims
