"""Bytes under a results root: a local folder, or any pyarrow filesystem URI."""

import errno
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from a4g_bench.errors import StoreError
from a4g_bench.uri import without_secrets


class Files:
    """Atomic reads and writes of small files, by path relative to the root.

    On a local disk a write goes to a temporary name in the same folder, is flushed to the disk and then renamed, so
    that a reader sees the old content or the new, and never a part. Object stores replace a key in one step already.
    """

    def __init__(self, root: str) -> None:
        #: for messages: without what may be secret in a URI
        self.root = without_secrets(root)
        try:
            if "://" in root:
                self._fs, self._base = fs.FileSystem.from_uri(root)
            else:
                self._fs, self._base = fs.LocalFileSystem(), str(Path(root).absolute())
        except (pa.ArrowException, OSError, ValueError) as error:
            raise StoreError(f"results '{self.root}': {first_line(error)}") from error
        self._base = self._base.rstrip("/")
        self.local = isinstance(self._fs, fs.LocalFileSystem)

    def _path(self, name: str) -> str:
        return f"{self._base}/{name}" if name else self._base or "/"

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Turn what the file system says into a ``StoreError`` that names the root."""
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            raise StoreError(f"results '{self.root}' cannot be {what}: {first_line(error)}") from error

    def names(self, folder: str) -> list[str]:
        """Paths of the files below ``folder`` (recursively), sorted; temporary files left out."""
        selector = fs.FileSelector(self._path(folder), recursive=True, allow_not_found=True)
        cut = len(self._base) + 1
        with self._told("read"):
            infos = self._fs.get_file_info(selector)
        found = (info.path[cut:] for info in infos if info.type == fs.FileType.File)
        return sorted(name for name in found if not name.endswith(".tmp"))

    def sweep(self) -> None:
        """Remove what writers that were killed left unfinished. For whoever holds the folder alone."""
        if self.local and Path(self._base).is_dir():
            for unfinished in Path(self._base).rglob(".*.tmp"):
                with suppress(OSError):
                    unfinished.unlink()

    def exists(self, name: str = "") -> bool:
        """Whether a file or folder is there."""
        with self._told("read"):
            return bool(self._fs.get_file_info(self._path(name)).type != fs.FileType.NotFound)

    def changed(self, name: str) -> float | None:
        """When a file was last written, in seconds by the clock of its file system; None if it is not there."""
        with self._told("read"):
            info = self._fs.get_file_info(self._path(name))
        return None if info.mtime_ns is None else info.mtime_ns / 1e9

    def read(self, name: str) -> pa.Buffer:
        """Content of a file. Raises ``FileNotFoundError``; for what a disk says of one file ``OSError``; and
        ``StoreError`` where a remote file system does not answer, which says nothing about the file.
        """
        try:
            with self._fs.open_input_stream(self._path(name)) as stream:
                return stream.read_buffer()
        except FileNotFoundError:
            raise
        except OSError:
            if self.local:
                raise
            with self._told("read"):
                raise

    def write(self, name: str, content: bytes | pa.Buffer) -> None:
        """Write a file as a whole. Raises ``StoreError`` naming the root if it cannot be written."""
        path = self._path(name)
        with self._told("written"):
            if self.local:
                _write_local(path, content)
            else:
                with self._fs.open_output_stream(path) as stream:
                    stream.write(content)

    def delete(self, name: str) -> None:
        """Remove a file; one that is gone already is fine."""
        with self._told("written"), suppress(FileNotFoundError):
            self._fs.delete_file(self._path(name))


def first_line(error: Exception) -> str:
    """What an error says, in one line and without secrets."""
    said = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return without_secrets(said.splitlines()[0])


def _write_local(path: str, content: bytes | pa.Buffer) -> None:
    folder = Path(path).parent
    _make_folder(folder)
    temporary = folder / f".{Path(path).name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        with temporary.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(folder)


def _make_folder(folder: Path) -> None:
    """Make a folder with its parents, so that they outlast a power failure as the files in them do."""
    if not folder.exists():
        _make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """Flush a folder's list of files to the disk, where its file system knows of such a thing."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)
