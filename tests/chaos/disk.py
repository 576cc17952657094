"""A small disk that can be filled."""

import contextlib
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self


class SmallDisk:
    """A file system in memory of so many megabytes, mounted at ``path`` while the context lasts.

    Where mounting is not allowed it is a plain folder, and ``can_be_filled`` says so.
    """

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path, self._size = path, megabytes * 2**20

    def __enter__(self) -> Self:
        self.path.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", f"size={self._size}", "tmpfs", self.path]
        self.can_be_filled = subprocess.run(mount, capture_output=True).returncode == 0
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.can_be_filled:
            subprocess.run(["umount", "--lazy", self.path], check=True)
        else:
            shutil.rmtree(self.path)

    def fill(self) -> None:
        """Leave no byte."""
        with contextlib.suppress(OSError), (self.path / "filler").open("wb", buffering=0) as filler:
            while filler.write(b"\0" * 65536):
                pass

    def free(self) -> None:
        """Give the space back."""
        (self.path / "filler").unlink()
