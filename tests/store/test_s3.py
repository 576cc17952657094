"""Results in a bucket of a real S3 server, reached through a proxy that fails, is slow, goes away and comes back."""

import json
import random
import signal
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store import claim, files
from a4g_bench.store.claim import Claim, read_claims
from a4g_bench.store.files import Files
from a4g_bench.store.results import Results
from tests.store import records
from tests.store.proxy import Proxy
from tests.store.s3 import SECRET, s3, uri
from tests.support import forge

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def server() -> Iterator[Proxy]:
    with s3() as proxy:
        yield proxy


@pytest.fixture
def proxy(server: Proxy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """The proxy in good health. The client tries once, so that every failure is ours to handle."""
    monkeypatch.setattr(files, "PAUSES", (0.02, 0.05, 0.1))
    monkeypatch.setattr(files, "S3_ATTEMPTS", 1)
    monkeypatch.setattr(files, "S3_SILENT_SECONDS", 2)
    server.well()
    yield server
    server.well()


@pytest.fixture
def root(proxy: Proxy) -> str:
    """A results folder that is not there yet."""
    return uri(proxy, uuid.uuid4().hex[:8])


@pytest.fixture
def local(tmp_path: Path) -> Results:
    """An empty one on the disk, to compare with."""
    return Results(str(tmp_path / "local"))


def test_what_is_written_is_what_is_read(root: str, proxy: Proxy, local: Results) -> None:
    for results in (Results(root), local):
        assert results.manifest() is None
        results.mark("tiny", "0", 3)
        records.write(results, "s1", "s2", "s3")
        records.write(results, "s2", attempt=2)
        results.write_journal("s9", records.search("s9").queries)
    remote = Results(root)
    assert remote.manifest() == local.manifest()
    assert records.contents(remote) == records.contents(local)
    assert remote.read_journal("s9") == local.read_journal("s9")
    assert remote.files.names("") == local.files.names("")
    assert remote.files.exists("manifest.json")
    assert not remote.files.exists("manifest")
    assert abs((remote.files.changed("manifest.json") or 0) - time.time()) < 60
    assert remote.files.changed("manifest") is None
    assert remote.damaged == {}
    assert not any("upload" in line for line in proxy.requests), "an object is one request"


def test_credentials_of_the_environment_are_not_kept(root: str, proxy: Proxy) -> None:
    """They may be renewed while a run goes on; those in the URI are what the user said."""
    _, [options] = Files(root)._fs.__reduce__()
    assert (options["access_key"], options["secret_key"], options["anonymous"]) == (None, None, False)
    _, [options] = Files(uri(proxy, "x", user="me:mine@"))._fs.__reduce__()
    assert (options["access_key"], options["secret_key"]) == ("me", "mine")
    assert (options["region"], options["scheme"]) == ("us-east-1", "http")


def test_merging_changes_nothing(root: str) -> None:
    results = Results(root)
    for attempt in (1, 2):
        records.write(results, "s1", "s2", "s3", attempt=attempt)
        before = records.contents(results)
        results.compact(keep=1)
        assert records.contents(results) == before
        assert [name.startswith("searches/part-") for name in results.files.names("searches")] == [True] * attempt


def test_many_files_are_read_as_from_a_disk(root: str, local: Results, tmp_path: Path) -> None:
    """Rows, their order and the damaged files; and the error if one is of a newer version."""
    remote = Results(root)
    for results in (remote, local):
        records.write(results, *(f"s{i:02}" for i in range(40)))
        for i in (7, 11, 30):
            results.files.write(f"searches/s{i:02}.parquet", b"PAR1")
    assert remote.read("searches").equals(local.read("searches"))
    assert list(remote.damaged) == list(local.damaged) == [f"searches/s{i:02}.parquet" for i in (7, 11, 30)]
    assert list(remote.damaged.values()) == list(local.damaged.values())
    said = []
    for results in (remote, local):
        newer = pa.table({"search_id": ["s20"]}).replace_schema_metadata({"a4g_schema_version": "9"})
        forge(tmp_path / "newer", newer)
        results.files.write("audits/s20.parquet", (tmp_path / "newer").read_bytes())
        with pytest.raises(StoreError) as caught:
            results.read("audits")
        said.append(str(caught.value).removeprefix(results.root))
    assert said[0] == said[1]
    assert "written with schema version 9" in said[0]


def test_one_run_at_a_time(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(claim, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(claim, "LEASE_SECONDS", 2.0)
    store = Files(root)
    with Claim(store, "here") as mine:
        with pytest.raises(StoreError, match="being written by another run"), Claim(Files(root), "here"):
            pass
        mine.tell({"done": 3})
        _wait_for(lambda: [facts.get("done") for facts in read_claims(store).values()] == [3])
    assert read_claims(store) == {}
    store.write("claims/other.json", json.dumps({"host": "elsewhere", "pid": 1, "born": 0}).encode())
    told: list[str] = []
    with Claim(store, "here", told.append) as mine:
        assert len(read_claims(store)) == len(told) == 1
        for name in read_claims(store):
            store.delete(name)
        _wait_for(lambda: mine.lost)
        with pytest.raises(StoreError, match="taken over by another run"):
            mine.tell({})


@pytest.mark.parametrize("every", [{"503": 3}, {"reset": 3}, {"delay": 5}, {"503": 4, "reset": 5, "delay": 9}])
def test_requests_that_fail_now_and_then_change_nothing(
    root: str, proxy: Proxy, local: Results, every: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAUSES", (0.01,) * 8)
    proxy.every = every
    for results in (Results(root), local):
        records.write(results, "s0", "s1", "s2")
        results.compact(keep=1)
        records.write(results, "s1", attempt=2)
        results.mark("tiny", "0", 3)
    remote = Results(root)
    assert records.contents(remote) == records.contents(local)
    assert records.same(remote.read_search("s1"), records.search("s1", 2))
    assert remote.manifest() == local.manifest()
    assert remote.damaged == {}
    assert len(proxy.failed) > 10


def test_a_server_that_comes_back_is_waited_for(root: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "PAUSES", (0.2, 0.8, 3.0))
    results = Results(root)
    records.write(results, "s1")
    for act in (lambda: records.write(results, "s2"), lambda: results.read("searches")):
        proxy.kill()
        back = threading.Timer(1.5, proxy.start)
        back.start()
        act()
        back.join()
    assert results.identifiers("searches") == {"s1", "s2"}
    assert results.damaged == {}


@pytest.mark.parametrize("user", ["", f"AKIDEXAMPLE:{SECRET}@"])
def test_a_server_that_is_gone_is_one_line_without_a_secret(proxy: Proxy, user: str) -> None:
    results = Results(uri(proxy, "gone", user))
    records.write(results, "s1")
    proxy.kill()
    try:
        for act in (
            lambda: records.write(results, "s2"),
            lambda: results.read("searches"),
            lambda: results.read_search("s1"),
            lambda: results.files.delete("searches/s1.parquet"),
            lambda: results.files.changed("searches/s1.parquet"),
            results.manifest,
        ):
            with pytest.raises(StoreError) as caught:
                act()
            assert str(caught.value).startswith(f"results '{results.root}' cannot be ")
            assert "\n" not in str(caught.value)
            assert SECRET not in f"{caught.value} {caught.value.__cause__}"
    finally:
        proxy.start()
    assert results.damaged == {}
    assert results.identifiers("searches") == {"s1"}


def test_a_server_that_does_not_answer_holds_nobody_for_ever(
    root: str, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "PAUSES", (0.1,))
    monkeypatch.setattr(files, "S3_SILENT_SECONDS", 1)
    store = Files(root)
    store.write("a", b"old")
    proxy.stall = True
    for act in (lambda: store.read("a"), lambda: store.write("a", b"new")):
        begun = time.monotonic()
        with pytest.raises(StoreError, match="too slow"):
            act()
        assert time.monotonic() - begun < 60


@pytest.mark.parametrize("why", ["bucket", "forbidden"])
def test_what_will_not_be_granted_is_not_asked_for_again(root: str, proxy: Proxy, why: str) -> None:
    store = Files(root if why == "forbidden" else root.replace("s3://bench/", "s3://no-such-bucket/"))
    if why == "forbidden":
        proxy.every = {"403": 1}
    with pytest.raises(StoreError, match=r"ACCESS_DENIED|NO_SUCH_BUCKET"):
        store.write("a", b"1")
    assert len(proxy.requests) == 1
    if why == "forbidden":
        with pytest.raises(StoreError):
            store.read("a")
        assert len(proxy.requests) == 2


def test_an_interrupted_write_is_old_or_new(root: str) -> None:
    """Ctrl-C at any moment of a write."""

    def interrupt() -> None:
        signal.pthread_kill(main, signal.SIGINT)

    store, drawn, main = Files(root), random.Random(0), threading.get_ident()
    store.write("a", b"0" * 1000)
    interrupted = 0
    for number in range(1, 41):
        new = str(number % 10).encode() * 1000
        timer = threading.Timer(drawn.uniform(0, 0.008), interrupt)
        try:
            timer.start()
            store.write("a", new)
            interrupted -= 1
            time.sleep(5)
        except KeyboardInterrupt:
            interrupted += 1
        finally:
            timer.join()
        content = store.read("a").to_pybytes()
        assert len(content) == 1000
        assert len(set(content)) == 1
    assert interrupted > -40, "some came while it was being written"


def test_an_upload_of_which_a_piece_fails_replaces_nothing(root: str, proxy: Proxy) -> None:
    store = Files(root)
    store.write("a", b"old")
    content = random.Random(0).randbytes(24 * 2**20)
    proxy.every = {"503": 3}  # the first is the opening; of the pieces one fails, whatever their order
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(files, "PAUSES", ())
        with pytest.raises(StoreError, match="cannot be written"):
            store.write("a", content)
    assert any("partNumber" in line for line in proxy.failed)
    proxy.well()
    assert store.read("a").to_pybytes() == b"old"
    store.write("a", content)
    assert store.read("a").to_pybytes() == content


def test_a_file_that_is_replaced_while_it_is_read_is_not_damaged(root: str, proxy: Proxy) -> None:
    """pyarrow asks for the size first."""
    results, other = Results(root), Results(root)
    results.write_journal("s1", records.search("s1").queries[:1])
    more = [*records.search("s1").queries, *records.search("s1", 2).queries] * 20

    def replace(line: str) -> None:
        if line.startswith("GET"):
            proxy.before = None
            other.write_journal("s1", more)

    proxy.before = replace
    assert len(results.read_journal("s1")) == len(more)
    assert proxy.before is None
    assert results.damaged == {}


def _wait_for(condition: object, seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
