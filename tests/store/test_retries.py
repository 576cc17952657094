"""A remote file system that fails for a moment is asked again; what cannot change is told at once."""

import errno
from collections.abc import Callable
from pathlib import Path

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store import files
from a4g_bench.store.files import Files
from tests.store.bucket import Bucket

ACTS: dict[str, Callable[[Files], object]] = {
    "write": lambda store: store.write("a", b"new"),
    "read": lambda store: store.read("a").to_pybytes(),
    "names": lambda store: store.names(""),
    "delete": lambda store: store.delete("a"),
}


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Pauses that were made, in no time."""
    seconds: list[float] = []
    monkeypatch.setattr(files, "PAUSES", (0.5, 2.0, 8.0))
    monkeypatch.setattr(files.time, "sleep", seconds.append)
    return seconds


@pytest.fixture
def store() -> Files:
    Bucket.reset()
    store = Files(Bucket.URI)
    store.write("a", b"old")
    return store


def fail(times: int, error: Exception) -> list[str]:
    """Fail the next calls; the list of all calls."""
    calls: list[str] = []

    def before(what: str, path: str) -> None:
        calls.append(what)
        if len(calls) <= times:
            raise error

    Bucket.before = before
    return calls


@pytest.mark.parametrize("act", ACTS)
def test_what_works_at_last_is_as_if_it_had_worked_at_once(store: Files, slept: list[float], act: str) -> None:
    wanted = ACTS[act](store)
    after = dict(Bucket.objects)
    store.write("a", b"old")
    calls = fail(3, OSError("no answer"))
    if act == "read":
        Bucket.objects.update(after)
    assert ACTS[act](store) == wanted
    assert len(calls) == 4
    assert Bucket.objects == after
    assert [low <= pause <= 1.5 * low for low, pause in zip((0.5, 2, 8), slept, strict=True)] == [True] * 3


@pytest.mark.parametrize("act", ACTS)
def test_what_goes_on_failing_is_an_error(store: Files, slept: list[float], act: str) -> None:
    calls = fail(99, OSError("no answer\nat all"))
    with pytest.raises(StoreError, match=r"results 'fsspec.bucket://results' cannot be (read|written): no answer$"):
        ACTS[act](store)
    assert len(calls) == 4
    assert Bucket.objects == {"results/a": b"old"}


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize(
    "error",
    [
        PermissionError(errno.EACCES, "Permission denied"),
        OSError("AWS Error ACCESS_DENIED during PutObject operation: no"),
        OSError("AWS Error NO_SUCH_BUCKET during PutObject operation: no"),
        OSError("AWS Error UNKNOWN (HTTP status 400) during HeadObject operation: no"),
    ],
)
def test_what_is_forbidden_is_not_asked_again(store: Files, slept: list[float], act: str, error: OSError) -> None:
    calls = fail(99, error)
    with pytest.raises(StoreError):
        ACTS[act](store)
    assert (len(calls), slept) == (1, [])


def test_what_is_not_there_is_no_failure(store: Files, slept: list[float]) -> None:
    store.delete("a")
    store.delete("a")
    with pytest.raises(FileNotFoundError):
        store.read("a")
    assert slept == []


def test_a_disk_is_not_asked_again(tmp_path: Path, slept: list[float]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="Not a directory"):
        Files(str(tmp_path / "file")).write("a", b"1")
    with pytest.raises(StoreError, match="Not a directory"):
        Files(f"file://{tmp_path}/file").write("a", b"1")
    assert slept == []


def test_the_client_of_google_cloud_storage_does_not_try_for_minutes() -> None:
    _, [options] = Files("gs://anonymous@bucket/folder")._fs.__reduce__()
    assert options["retry_time_limit"].total_seconds() == 30
    _, [options] = Files("gs://anonymous@bucket/folder?retry_limit_seconds=60")._fs.__reduce__()
    assert options["retry_time_limit"].total_seconds() == 60
