"""The suites that come with the package."""

from pathlib import Path


def builtin_folder() -> Path:
    """Where they are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_suites"
    return inside if inside.is_dir() else package.parent / "suites"


def builtin_names() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in builtin_folder().glob("*.yaml"))
