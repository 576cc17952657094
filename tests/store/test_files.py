"""Bytes on a disk: a write is there as a whole or not at all, and outlasts a power failure."""

import errno
import os
from pathlib import Path

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store.files import Files
from a4g_bench.store.results import Results
from tests.store import records
from tests.store.bucket import PowerFailure
from tests.support import tree


class Disk:
    """Watches what is flushed and renamed, and can refuse; ``log`` names files by what they are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.log: list[str] = []
        self.refused: dict[str, BaseException] = {}
        self.seen_at_rename: list[bytes | None] = []
        fsync, replace = os.fsync, os.replace

        def watched_fsync(descriptor: int) -> None:
            path = Path(f"/proc/self/fd/{descriptor}").readlink()
            if path.is_dir():
                self._call(f"sync folder {path.name}")
            else:
                self._call(f"sync file of {path.stat().st_size} bytes")
            fsync(descriptor)

        def watched_replace(old: str | Path, new: str | Path) -> None:
            self.seen_at_rename.append(Path(new).read_bytes() if Path(new).exists() else None)
            self._call(f"rename to {Path(new).name}")
            replace(old, new)

        monkeypatch.setattr(os, "fsync", watched_fsync)
        monkeypatch.setattr(os, "replace", watched_replace)

    def _call(self, what: str) -> None:
        self.log.append(what)
        for beginning, error in self.refused.items():
            if what.startswith(beginning):
                raise error


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


def test_a_file_is_flushed_before_it_gets_its_name_and_the_folder_after(root: Path, disk: Disk) -> None:
    (root / "searches").mkdir(parents=True)
    Files(str(root)).write("searches/a", b"12345")
    assert disk.log == ["sync file of 5 bytes", "rename to a", "sync folder searches"]


def test_new_folders_outlast_a_power_failure_too(root: Path, disk: Disk) -> None:
    Files(str(root)).write("poison/toy/a", b"1")
    assert disk.log[:3] == [f"sync folder {root.parent.name}", "sync folder results", "sync folder poison"]
    assert disk.log[-1] == "sync folder toy"


def test_a_reader_sees_the_old_content_until_the_new_is_whole(root: Path, disk: Disk) -> None:
    files = Files(str(root))
    files.write("a", b"old")
    files.write("a", b"new")
    assert disk.seen_at_rename == [None, b"old"]
    assert files.read("a").to_pybytes() == b"new"


@pytest.mark.parametrize("when", ["sync file", "rename"])
@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left on device"), PowerFailure()])
def test_a_write_that_fails_leaves_the_old_content_and_nothing_else(
    root: Path, disk: Disk, when: str, error: BaseException
) -> None:
    files = Files(str(root))
    files.write("a", b"old")
    disk.refused = {when: error}
    with pytest.raises((StoreError, PowerFailure)) as caught:
        files.write("a", b"new")
    if isinstance(error, OSError):
        assert str(caught.value) == f"results '{root}' cannot be written: No space left on device"
    assert tree(root) == {"a": b"old"}


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_a_file_system_that_cannot_flush_folders_is_fine(root: Path, disk: Disk, number: int) -> None:
    disk.refused = {"sync folder": OSError(number, "not here")}
    Files(str(root)).write("a", b"1")
    assert tree(root) == {"a": b"1"}


def test_a_disk_that_fails_to_flush_a_folder_is_an_error(root: Path, disk: Disk) -> None:
    disk.refused = {"sync folder results": OSError(errno.EIO, "Input/output error")}
    with pytest.raises(StoreError, match="cannot be written: Input/output error"):
        Files(str(root)).write("a", b"1")


@pytest.mark.parametrize("below", ["", "/below", "/far/below"])
def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").write_text("in the way")
    where = f"{tmp_path}/file{below}"
    with pytest.raises(StoreError) as caught:
        Results(where).mark("tiny", "0", 1)
    assert str(caught.value) == f"results '{where}' cannot be written: Not a directory"
    assert tree(tmp_path) == {"file": b"in the way"}


def test_what_is_still_being_written_is_no_file(root: Path) -> None:
    files = Files(str(root))
    files.write("searches/a.parquet", b"1")
    (root / "searches" / ".b.parquet.0badcafe.tmp").write_bytes(b"half of")
    assert files.names("searches") == files.names("") == ["searches/a.parquet"]
    assert files.names("nowhere") == []


def test_removing_what_is_gone_is_fine(root: Path) -> None:
    files = Files(str(root))
    files.write("a", b"1")
    for _ in range(2):
        files.delete("a")
    assert tree(root) == {}
    with pytest.raises(FileNotFoundError):
        files.read("a")


@pytest.mark.parametrize("form", ["file://{}", "file://{}/"])
def test_a_file_uri_works_as_the_path_does(tmp_path: Path, disk: Disk, form: str) -> None:
    path = tmp_path / "my results"
    by_uri, by_path = Results(form.format(path).replace(" ", "%20")), Results(str(path))
    by_uri.mark("tiny", "0", 2)
    records.write(by_uri, "s1", "s2")
    by_uri.compact(keep=1)
    assert "rename to s1.parquet" in disk.log
    assert by_path.manifest() == by_uri.manifest()
    assert records.contents(by_path) == records.contents(by_uri)
    assert by_path.identifiers("searches") == {"s1", "s2"}


@pytest.mark.parametrize("uri", ["file://relative/path", "nosuch://here", "file:///a b"])
def test_a_uri_that_means_nothing_is_refused_in_one_line(uri: str) -> None:
    with pytest.raises(StoreError) as caught:
        Results(uri)
    assert str(caught.value).startswith(f"results '{uri}': ")
    assert "\n" not in str(caught.value)
