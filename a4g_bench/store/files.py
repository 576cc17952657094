"""Bytes under a results root: a local folder, or any pyarrow filesystem URI."""

import errno
import os
import random
import re
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
from pyarrow import fs

from a4g_bench.errors import StoreError, without_secrets

#: A remote file system that fails is asked again after pauses of about these seconds.
PAUSES = (0.5, 2.0, 8.0)
#: Seconds that S3 may take to connect, or may send and take nothing, and how often the client itself tries at once.
S3_CONNECT_SECONDS, S3_SILENT_SECONDS, S3_ATTEMPTS = 5.0, 10.0, 2
#: What every URI says if it says nothing else: an S3 object is sent in one request, without one that opens it and one
#: that ends it, and the client of Google Cloud Storage tries for seconds, not for its own 15 minutes.
_QUERY = {
    "s3": {"allow_delayed_open": "true"},
    "gs": {"retry_limit_seconds": "30"},
    "gcs": {"retry_limit_seconds": "30"},
}
#: Parts of an S3 URI that pyarrow knows but does not hand on; with them its own timeouts hold.
_LOST = ("tls_verify_certificates", "smart_defaults")
#: What S3 says to a request that will not be granted next time either.
_FINAL = re.compile(
    r"AWS Error (ACCESS_DENIED|INVALID_\w+|MISSING_AUTHENTICATION_TOKEN|NO_SUCH_BUCKET|SIGNATURE_DOES_NOT_MATCH"
    r"|UNRECOGNIZED_CLIENT)\b|HTTP status (?!408|429)[34]\d\d"
)
_chance = random.Random()  # not the global one, whose state victims may depend on
_T = TypeVar("_T")


class Files:
    """Atomic reads and writes of small files, by path relative to the root.

    On a local disk a write goes to a temporary name in the same folder, is flushed to the disk and then renamed, so
    that a reader sees the old content or the new, and never a part. Object stores replace a key in one step already:
    the key itself is written, in one request unless the content is of many megabytes. An object is put in place by
    being closed, and pyarrow closes it even when an exception leaves a ``with`` block or drops the stream. So no
    Python code that could fail runs between the opening and the closing, signals (Ctrl-C) are kept out, and an upload
    of which a piece failed is not completed: a failed or interrupted write leaves the old object or the new one.

    What a remote file system refuses for a moment is tried again after :data:`PAUSES`; what is not there, or is
    forbidden, is not.
    """

    def __init__(self, root: str) -> None:
        #: for messages: without what may be secret in a URI
        self.root = without_secrets(root)
        self.local = "://" not in root or root.startswith("file:")
        try:
            if "://" in root:
                self._fs, self._base = self._again(lambda: _from_uri(root))
            else:
                self._fs, self._base = fs.LocalFileSystem(), str(Path(root).absolute())
        except (pa.ArrowException, OSError, ValueError) as error:
            raise StoreError(f"results '{self.root}': {first_line(error)}") from error
        self._base = self._base.rstrip("/")
        self.local = isinstance(self._fs, fs.LocalFileSystem)

    def _path(self, name: str) -> str:
        return f"{self._base}/{name}" if name else self._base or "/"

    def _again(self, act: Callable[[], _T]) -> _T:
        """Do something, and on a remote file system do it again if it fails for a reason that may pass."""
        for pause in () if self.local else PAUSES:
            try:
                return act()
            except (OSError, pa.ArrowException) as error:
                if _is_final(error):
                    raise
            time.sleep(pause * _chance.uniform(1, 1.5))  # many nodes that were refused do not come back at once
        return act()

    def _told(self, what: str, act: Callable[[], _T]) -> _T:
        """The same, with what the file system says turned into a ``StoreError`` that names the root."""
        try:
            return self._again(act)
        except (OSError, pa.ArrowException) as error:
            raise StoreError(f"results '{self.root}' cannot be {what}: {first_line(error)}") from error

    def names(self, folder: str) -> list[str]:
        """Paths of the files below ``folder`` (recursively), sorted; temporary files left out."""
        selector = fs.FileSelector(self._path(folder), recursive=True, allow_not_found=True)
        cut = len(self._base) + 1
        try:
            infos = self._told("read", lambda: self._fs.get_file_info(selector))
            paths = [info.path[cut:] for info in infos if info.type == fs.FileType.File]
        except UnicodeDecodeError as error:
            name = error.object.decode("utf-8", "backslashreplace")
            raise StoreError(
                f"results '{self.root}' hold a file whose name is not text in UTF-8: '{name}'; rename or remove it"
            ) from None
        return sorted(name for name in paths if not name.endswith(".tmp"))

    def sweep(self) -> None:
        """Remove what writers that were killed left unfinished. For whoever holds the folder alone."""
        if self.local and Path(self._base).is_dir():
            for unfinished in Path(self._base).rglob(".*.tmp"):
                with suppress(OSError):
                    unfinished.unlink()

    def exists(self, name: str = "") -> bool:
        """Whether a file or folder is there."""
        return bool(self._info(name).type != fs.FileType.NotFound)

    def changed(self, name: str) -> float | None:
        """When a file was last written, in seconds by the clock of its file system; None if it is not there."""
        info = self._info(name)
        return None if info.mtime_ns is None else info.mtime_ns / 1e9

    def _info(self, name: str) -> Any:
        return self._told("read", lambda: self._fs.get_file_info(self._path(name)))

    def read(self, name: str) -> pa.Buffer:
        """Content of a file. Raises ``FileNotFoundError``; for what a disk says of one file ``OSError``; and
        ``StoreError`` where a remote file system does not answer, which says nothing about the file.
        """
        path = self._path(name)

        def get() -> pa.Buffer | None:
            with suppress(FileNotFoundError), self._fs.open_input_stream(path) as stream:
                return stream.read_buffer()
            return None

        content = get() if self.local else self._told("read", get)
        # an object is read up to the size it had when it was opened: one that has grown since is read again
        while not self.local and content is not None and self._info(name).size not in (None, len(content)):
            content = self._told("read", get)
        if content is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
        return content

    def write(self, name: str, content: bytes | pa.Buffer) -> None:
        """Write a file as a whole. Raises ``StoreError`` naming the root if it cannot be written."""
        path = self._path(name)
        if self.local and Path(path).is_dir():
            raise StoreError(f"results '{self.root}' cannot be written: {name} is a folder, not a file; remove it")
        if self.local:
            self._told("written", lambda: _write_local(path, content))
        else:
            self._told("written", lambda: _beyond_signals(lambda: _put(self._fs, path, content)))

    def move(self, name: str, to: str) -> None:
        """Give a file another name, in another folder if need be; one that is gone already is fine."""

        def put() -> None:
            if self.local:
                _make_folder(Path(self._path(to)).parent)
            with suppress(FileNotFoundError):
                self._fs.move(self._path(name), self._path(to))

        self._told("written", put)

    def delete(self, name: str) -> None:
        """Remove a file; one that is gone already is fine."""

        def remove() -> None:
            with suppress(FileNotFoundError):
                self._fs.delete_file(self._path(name))

        self._told("written", remove)


def _from_uri(uri: str) -> tuple[Any, str]:
    """A file system and the path in it, with clients that neither wait nor try for many minutes."""
    scheme = uri.partition("://")[0]
    for key, value in _QUERY.get(scheme, {}).items():
        if f"{key}=" not in uri:
            uri += f"{'&' if '?' in uri else '?'}{key}={value}"
    system, path = fs.FileSystem.from_uri(uri)
    if scheme == "s3" and not any(f"{key}=" in uri for key in _LOST):
        _, [options] = system.__reduce__()
        options |= {"connect_timeout": S3_CONNECT_SECONDS, "request_timeout": S3_SILENT_SECONDS}
        system = fs.S3FileSystem(**options, retry_strategy=fs.AwsStandardS3RetryStrategy(max_attempts=S3_ATTEMPTS))
    return system, path


def _is_final(error: Exception) -> bool:
    """Whether asking again would be in vain."""
    if isinstance(error, FileNotFoundError | PermissionError | pa.ArrowInvalid | pa.ArrowNotImplementedError):
        return True
    return _FINAL.search(str(error)) is not None


def _put(system: Any, path: str, content: bytes | pa.Buffer) -> None:
    stream = system.open_output_stream(path)
    stream.write(content)
    stream.close()


def _beyond_signals(act: Callable[[], None]) -> None:
    """Do something to its end even if a signal wants to interrupt it: only the main thread is told of signals."""
    if threading.current_thread() is not threading.main_thread():
        act()
        return
    with ThreadPoolExecutor(1, "write") as other:
        other.submit(act).result()


def first_line(error: Exception) -> str:
    """What an error says, in one line and without secrets."""
    message = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return without_secrets(message.splitlines()[0])


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
