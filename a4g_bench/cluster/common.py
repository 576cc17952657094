"""What is wrong with a cluster file, and versions held against the constraints file."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version


@dataclass(frozen=True)
class Problem:
    """Where something is wrong (a line or a key of the file), what, and what to do about it."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}: {self.remedy}"


_PIN = re.compile(r"(?<![\w.-])([A-Za-z0-9][\w.-]*)(?:\[[\w,.-]*\])?==([\w.!+]+)")
_INSTALL = re.compile(r"\bpip3? install\b|\buv pip install\b|\buv add\b")
_LOCKED = re.compile(r"(?:-c|--constraint|--constraints|-r|--requirement)[ =]\S*constraints\.txt")


def pins_of(text: str) -> dict[str, str]:
    """Package (normalised name) -> version, from the lines of a constraints file."""
    matches = (re.match(r"\s*" + _PIN.pattern, line) for line in text.splitlines())
    return {_normal(match.group(1)): match.group(2) for match in matches if match}


def version_problems(commands: Mapping[str, Sequence[str]], pins: Mapping[str, str]) -> Iterator[Problem]:
    """Where commands install something else than ``pins``, and where those differ from what is installed here."""
    for key, listed in commands.items():
        for command in listed:
            for name, stated in _PIN.findall(command):
                wanted = pins.get(_normal(name))
                if wanted is not None and wanted != stated:
                    yield Problem(key, f"{name}=={stated}, but constraints.txt has {wanted}", "leave the version out")
            if _INSTALL.search(command) and not _LOCKED.search(command):
                yield Problem(key, "installs without the locked versions", "pip install -c .../constraints.txt")
    if not any(_INSTALL.search(command) for listed in commands.values() for command in listed):
        yield Problem("setup_commands", "nothing installs a4g-bench on the nodes", "take the shipped file's commands")
    yield from same_ray(pins.get("ray"), "constraints.txt")


def same_ray(stated: str | None, where: str) -> Iterator[Problem]:
    """The nodes' Ray must be this machine's: `ray up` and the nodes speak to each other."""
    try:
        here = version("ray")
    except PackageNotFoundError:
        return
    if stated is not None and stated != here:
        yield Problem(where, f"the nodes get ray {stated}, this machine has {here}", f"pip install ray=={stated}")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
