"""Where and with what a result was made: versions of packages and code, commit, machine."""

import hashlib
import platform
import re
import socket
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path

from a4g_bench import __version__


def versions(packages: Sequence[str]) -> dict[str, str]:
    """Version per package: by the name of its distribution or its import name.

    A module that belongs to no distribution, such as a user's own file, has ``source-<hash of its Python files>``, and
    what is not here at all ``none``.
    """
    return {package: _version(package) for package in sorted(set(packages))}


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        pass
    distributions = packages_distributions().get(package)
    if distributions:
        return version(distributions[0])
    return _source(package) or "none"


def _source(module: str) -> str | None:
    """Hash of a top-level module's Python files, without importing it; None where there is no such module."""
    try:
        spec = find_spec(module)
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    if spec.submodule_search_locations:
        roots = [Path(root) for root in spec.submodule_search_locations]
        files = [(file.relative_to(root).as_posix(), file) for root in roots for file in root.rglob("*.py")]
    elif spec.origin is not None and Path(spec.origin).is_file():
        files = [(Path(spec.origin).name, Path(spec.origin))]
    else:
        return None
    digest = hashlib.sha256()
    for name, file in sorted(files):
        digest.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return f"source-{digest.hexdigest()[:12]}"


_PACKAGES = (
    "ax-platform", "botorch", "fairlearn", "gpytorch", "lightgbm", "numpy", "pandas", "pyarrow", "ray",
    "scikit-learn", "scipy", "torch",
)  # fmt: skip


@cache
def package_versions() -> dict[str, str]:
    """Versions of this package, of what it is built on, and of Python."""
    return {"a4g-bench": __version__, "python": platform.python_version(), **versions(_PACKAGES)}


@cache
def git_state() -> tuple[str | None, bool | None]:
    """Commit of the checkout the package runs from and whether it has uncommitted changes; None outside a checkout."""
    root = Path(__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return None, None
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return commit, bool(_git(root, "status", "--porcelain", "--untracked-files=no"))
    except (OSError, subprocess.SubprocessError):
        return None, None


def _git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True)
    return done.stdout.strip()


@cache
def cpu_model() -> str:
    """The processor as the system names it."""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


@cache
def host_hash() -> str:
    """A hash of the host's name: tells hosts apart without naming them."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


@cache
def locked_versions() -> dict[str, str]:
    """The versions that the shipped constraints file pins; empty where there is no such file."""
    package = Path(__file__).resolve().parent
    for file in (package / "_constraints.txt", package.parent / "constraints.txt"):
        if file.is_file():
            return dict(re.findall(r"^([\w.-]+)==([\w.]+)", file.read_text(), flags=re.MULTILINE))
    return {}
