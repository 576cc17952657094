"""Which code a result was made with: versions of packages, and a hash of code that has none."""

import hashlib
from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from importlib.util import find_spec
from pathlib import Path


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
