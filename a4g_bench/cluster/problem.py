"""What is wrong with a cluster file."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """Where something is wrong (a line or a key of the file), what, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.remedy}"
