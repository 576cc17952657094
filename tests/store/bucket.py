"""An object store in memory, behind a URI as a user would give it, that can fail at any call."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import fsspec
from fsspec.spec import AbstractFileSystem


class PowerFailure(BaseException):
    """What ends a process in the middle: nothing may catch it."""


class _Upload(io.BytesIO):
    """An object that is there once it is closed, as a whole."""

    def __init__(self, bucket: "Bucket", name: str) -> None:
        super().__init__()
        self._bucket, self._name = bucket, name

    def close(self) -> None:
        if self.closed:
            return
        content = self.getvalue()
        super().close()
        self._bucket.called("put", self._name)
        self._bucket.objects[self._name] = content


class Bucket(AbstractFileSystem):  # type: ignore[misc]
    """Flat keys, no folders. ``URI`` is the root to give; ``reset`` empties it."""

    protocol = "bucket"
    cachable = False
    URI = "fsspec+bucket://results"
    objects: ClassVar[dict[str, bytes]] = {}
    #: called before each operation with its name (put, get, list, delete) and path
    before: ClassVar[Callable[[str, str], None] | None] = None

    @classmethod
    def reset(cls) -> None:
        cls.objects.clear()
        cls.before = None

    @classmethod
    def called(cls, what: str, path: str) -> None:
        if cls.before is not None:
            cls.before(what, path)

    def info(self, path: str, **options: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        if path in self.objects:
            return {"name": path, "type": "file", "size": len(self.objects[path])}
        if any(name.startswith(f"{path}/") for name in self.objects):
            return {"name": path, "type": "directory", "size": 0}
        raise FileNotFoundError(path)

    def find(self, path: str, *arguments: Any, **options: Any) -> dict[str, dict[str, Any]]:
        self.called("list", path)
        return {name: self.info(name) for name in sorted(self.objects) if name.startswith(f"{path}/")}

    def open(self, path: str, mode: str = "rb", **options: Any) -> io.BytesIO:
        path = self._strip_protocol(path)
        if "w" in mode:
            return _Upload(self, path)
        self.called("get", path)
        if path not in self.objects:
            raise FileNotFoundError(path)
        return io.BytesIO(self.objects[path])

    def rm(self, path: str, *arguments: Any, **options: Any) -> None:
        path = self._strip_protocol(path)
        self.called("delete", path)
        if self.objects.pop(path, None) is None:
            raise FileNotFoundError(path)


fsspec.register_implementation("bucket", Bucket, clobber=True)


@contextmanager
def failing_at(call: int, error: BaseException) -> Iterator[list[str]]:
    """Raise at the call of that number, counted from 0; yields the calls made so far."""
    calls: list[str] = []

    def count(what: str, path: str) -> None:
        calls.append(f"{what} {path}")
        if len(calls) == call + 1:
            raise error

    Bucket.before = count
    try:
        yield calls
    finally:
        Bucket.before = None
