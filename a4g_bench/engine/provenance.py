"""Where and with what a result was made."""

import hashlib
import platform
import socket
import subprocess
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from a4g_bench import __version__
from a4g_bench.suite.versions import versions

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
    root = Path(__file__).resolve().parents[2]
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
