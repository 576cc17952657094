"""Bytes under a results root: a local folder, or any pyarrow filesystem URI."""

import os
import uuid
from pathlib import Path

import pyarrow as pa
from pyarrow import fs

from a4g_bench.errors import StoreError


class Files:
    """Atomic reads and writes of small files, by path relative to the root.

    On a local disk a write goes to a temporary name in the same folder, is flushed to the disk and then renamed, so
    that a reader sees the old content or the new, and never a part. Object stores replace a key in one step already.
    """

    def __init__(self, root: str) -> None:
        self.root = root
        try:
            if "://" in root:
                self._fs, self._base = fs.FileSystem.from_uri(root)
            else:
                self._fs, self._base = fs.LocalFileSystem(), str(Path(root).absolute())
        except (pa.ArrowException, OSError, ValueError) as error:
            raise StoreError(f"results '{root}': {error}") from error
        self.local = isinstance(self._fs, fs.LocalFileSystem)

    def _path(self, name: str) -> str:
        return f"{self._base.rstrip('/')}/{name}" if name else self._base

    def names(self, folder: str) -> list[str]:
        """Paths of the files below ``folder`` (recursively), sorted; temporary files left out."""
        selector = fs.FileSelector(self._path(folder), recursive=True, allow_not_found=True)
        cut = len(self._path("")) + 1
        try:
            infos = self._fs.get_file_info(selector)
        except OSError as error:
            raise StoreError(f"results '{self.root}' cannot be read: {str(error).splitlines()[0]}") from error
        found = (info.path[cut:] for info in infos if info.type == fs.FileType.File)
        return sorted(name for name in found if not name.endswith(".tmp"))

    def exists(self, name: str = "") -> bool:
        """Whether a file or folder is there."""
        return bool(self._fs.get_file_info(self._path(name)).type != fs.FileType.NotFound)

    def changed(self, name: str) -> float | None:
        """When a file was last written, in seconds by the clock of its file system; None if it is not there."""
        info = self._fs.get_file_info(self._path(name))
        return None if info.mtime_ns is None else info.mtime_ns / 1e9

    def read(self, name: str) -> pa.Buffer:
        """Content of a file. Raises ``OSError``."""
        with self._fs.open_input_stream(self._path(name)) as stream:
            return stream.read_buffer()

    def write(self, name: str, content: bytes | pa.Buffer) -> None:
        """Write a file as a whole. Raises ``StoreError`` naming the root if it cannot be written."""
        path = self._path(name)
        try:
            if self.local:
                _write_local(path, content)
            else:
                with self._fs.open_output_stream(path) as stream:
                    stream.write(content)
        except OSError as error:
            raise StoreError(f"results '{self.root}' cannot be written: {error.strerror or error}") from error

    def delete(self, name: str) -> None:
        """Remove a file; one that is gone already is fine."""
        try:
            self._fs.delete_file(self._path(name))
        except FileNotFoundError:
            return


def _write_local(path: str, content: bytes | pa.Buffer) -> None:
    folder = Path(path).parent
    folder.mkdir(parents=True, exist_ok=True)
    temporary = folder / f".{Path(path).name}.{uuid.uuid4().hex[:8]}.tmp"
    try:
        with temporary.open("wb") as handle:
            handle.write(content)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
