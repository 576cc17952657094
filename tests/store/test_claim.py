"""One run at a time writes into a results folder; what a dead run left behind stops nobody."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store import claim
from a4g_bench.store.claim import Claim, read_claims
from a4g_bench.store.files import Files


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Files:
    monkeypatch.setattr(claim, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(claim, "LEASE_SECONDS", 2.5)
    return Files(str(tmp_path / "results"))


def leave(files: Files, **facts: object) -> Path:
    """A claim that somebody else wrote."""
    files.write("claims/other.json", json.dumps(facts).encode())
    return Path(files.root) / "claims" / "other.json"


@pytest.fixture
def neighbour() -> Iterator[psutil.Process]:
    """Another living process of this host."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield psutil.Process(process.pid)
    process.kill()
    process.wait()


def test_a_folder_is_held_while_the_run_lives_and_free_after_it(files: Files) -> None:
    with Claim(files, "here"):
        with pytest.raises(StoreError, match=f"another run .process {os.getpid()} on host here"), Claim(files, "here"):
            pass
        assert len(read_claims(files)) == 1
    assert read_claims(files) == {}
    with Claim(files, "here"):
        pass


def test_a_living_process_of_this_host_is_respected(files: Files, neighbour: psutil.Process) -> None:
    leave(files, host="here", place=claim.place(), pid=neighbour.pid, born=neighbour.create_time())
    with pytest.raises(StoreError, match="another run"), Claim(files, "here"):
        pass
    assert list(read_claims(files)) == ["claims/other.json"]


def test_a_dead_process_of_this_host_is_not_waited_for(files: Files, neighbour: psutil.Process) -> None:
    born = neighbour.create_time()
    leave(
        files, host="here", place=claim.place(), pid=neighbour.pid, born=born - 100
    )  # its number belongs to somebody else now
    told: list[str] = []
    with Claim(files, "here", told.append):
        assert "claims/other.json" not in read_claims(files)
    assert told == []


def test_a_silent_host_loses_its_claim_after_the_lease(files: Files) -> None:
    leave(files, host="elsewhere", pid=1, born=0)
    told: list[str] = []
    with Claim(files, "here", told.append):
        assert len(read_claims(files)) == 1
    assert len(told) == 1


def test_an_old_claim_of_another_host_is_not_waited_for(files: Files) -> None:
    old = leave(files, host="elsewhere", pid=1, born=0)
    os.utime(old, (time.time() - 3600,) * 2)
    told: list[str] = []
    with Claim(files, "here", told.append):
        pass
    assert told == []


def test_a_host_that_renews_its_claim_keeps_it(files: Files, tmp_path: Path) -> None:
    path = leave(files, host="elsewhere", pid=1, born=0)
    beat = (
        f"import json, time, pathlib\np = pathlib.Path({str(path)!r})\n"
        "while True:\n p.write_text(json.dumps({'host': 'elsewhere', 'renewed': time.time()}))\n time.sleep(0.2)"
    )
    with subprocess.Popen([sys.executable, "-c", beat]) as other:
        try:
            with pytest.raises(StoreError, match="host elsewhere"), Claim(files, "here"):
                pass
        finally:
            other.kill()


def test_two_runs_that_start_together_elsewhere_do_not_both_get_in(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = threading.local()
    monkeypatch.setattr(claim, "place", lambda: places.name)
    barrier, inside, most = threading.Barrier(2), 0, 0
    lock = threading.Lock()

    def run(name: str) -> None:
        nonlocal inside, most
        places.name = name
        mine = Claim(files, name)
        mine._write()
        barrier.wait()  # each sees the other's first claim
        with suppress(StoreError), mine:
            with lock:
                inside += 1
                most = max(most, inside)
            time.sleep(6)
            with lock:
                inside -= 1

    runs = [threading.Thread(target=run, args=(name,)) for name in ("one", "two")]
    for each in runs:
        each.start()
    for each in runs:
        each.join()
    assert most <= 1


def test_a_run_whose_claim_was_taken_over_is_told(files: Files) -> None:
    with Claim(files, "here") as mine:
        for name in read_claims(files):
            files.delete(name)
        with pytest.raises(StoreError, match="were taken over by another run"):  # noqa: PT012
            until = time.monotonic() + 10
            while time.monotonic() < until:
                mine.tell({"done": 1})
                time.sleep(0.02)


def test_an_unreadable_claim_counts_until_its_lease_is_over(files: Files) -> None:
    files.write("claims/torn.json", b'{"host": "el')
    with Claim(files, "here"):
        assert len(read_claims(files)) == 1


def test_a_claim_says_how_far_the_run_is(files: Files) -> None:
    with Claim(files, "here") as mine:
        mine.tell({"done": 3})
        until = time.monotonic() + 10
        while [facts.get("done") for facts in read_claims(files).values()] != [3]:
            assert time.monotonic() < until
            time.sleep(0.02)
