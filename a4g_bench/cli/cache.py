"""What a command said of an unchanged results folder, kept beside its manifest.

An entry is found by the content of everything it was made of: the folders' files, this package's code, the command and
its arguments. It is believed only with the signature of a key that this user alone has: a folder from others may hold
entries, but none that count. The folder ``cache`` may be removed at any time.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout, suppress
from functools import cache
from importlib.metadata import version
from io import StringIO
from pathlib import Path
from typing import Any

import a4g_bench
from a4g_bench import plugins

_FOLDER = "cache"
_BLOCK = 1 << 20
_LARGEST = 100 << 20
_ENTRY = re.compile(r"[0-9a-f]{16}-[0-9a-f]{32}")


def remembered(
    roots: Sequence[str],
    command: str,
    arguments: Sequence[Any],
    make: Callable[[], str],
    keep: Callable[[], bool] = lambda: True,
) -> str:
    """What a command says of some results folders: as it said before, or made now.

    Args:
        roots: The folders. Only local ones are remembered.
        command: The command's name.
        arguments: Everything else that its text depends on, as JSON can write it.
        make: Makes the text.
        keep: Whether what was made may be kept.

    Returns:
        The text.
    """
    if any("://" in root for root in roots) or plugins.names("columns"):
        return make()  # a third party's code may have changed, and there is no telling
    content = _digest(roots)
    if content is None:
        return make()
    name = _hash(content, json.dumps([command, list(roots), arguments], sort_keys=True, default=str))
    place = Path(roots[0]) / _FOLDER / f"{content[:16]}-{name[:32]}"
    key = _key()
    if key is not None and (text := _read(place, key)) is not None:
        return text
    text = make()
    if key is not None and keep() and _digest(roots) == content:
        _write(place, key, text)
    return text


def printed(act: Callable[[], None]) -> str:
    """What something prints to standard output, without the last line's end."""
    with redirect_stdout(StringIO()) as text:
        act()
    return text.getvalue().removesuffix("\n")


def _digest(roots: Sequence[str]) -> str | None:
    """Of the content of all files in the folders, and of this package's code; None where it cannot be told: a file that
    another run takes away, or one behind a link, which may hold more than is seen from here.
    """
    digest = hashlib.blake2b(_code().encode())
    try:
        for root in roots:
            for path in sorted(Path(root).rglob("*")):
                if path.relative_to(root).parts[0] in (_FOLDER, "claims"):
                    continue
                if path.is_symlink():
                    return None
                if path.is_file():
                    _add(digest, f"{root}\0{path.relative_to(root)}", path)
    except OSError:
        return None
    return digest.hexdigest()


def _add(digest: "hashlib.blake2b", name: str, path: Path) -> None:
    digest.update(f"{name}\0{path.stat().st_size}\0".encode("utf-8", "surrogateescape"))
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)


@cache
def _code() -> str:
    root = Path(a4g_bench.__file__).parent
    suffixes = (".py", ".js", ".css", ".html")
    return _hash(
        a4g_bench.__version__,
        *(f"{package} {version(package)}" for package in ("numpy", "scipy", "pyarrow")),
        *(path.read_text(encoding="utf-8") for path in sorted(root.rglob("*")) if path.suffix in suffixes),
    )


def _hash(*texts: str) -> str:
    return hashlib.blake2b("\0".join(texts).encode(errors="surrogateescape")).hexdigest()


def _key() -> bytes | None:
    """This user's key, made at the first need; None where it can neither be read nor kept."""
    base = os.environ.get("XDG_CACHE_HOME")
    with suppress(OSError, RuntimeError):  # a user may have no home
        path = (Path(base) if base else Path.home() / ".cache") / "a4g-bench" / "key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(32))
        key = path.read_bytes()
        return key if len(key) == 32 else None
    return None


def _signed(key: bytes, place: Path, text: str) -> str:
    return hmac.new(key, f"{place.name}\0{text}".encode(), "sha256").hexdigest()


def _read(place: Path, key: bytes) -> str | None:
    with suppress(OSError, ValueError):
        if place.parent.is_symlink() or place.is_symlink() or not place.is_file() or place.stat().st_size > _LARGEST:
            return None
        signature, _, text = place.read_bytes().partition(b"\n")
        if hmac.compare_digest(signature, _signed(key, place, text.decode()).encode()):
            return text.decode()
    return None


def _write(place: Path, key: bytes, text: str) -> None:
    """Keep a text, and drop those of what the folder held before."""
    folder = place.parent
    with suppress(OSError):
        if folder.is_symlink():
            return
        folder.mkdir(exist_ok=True)
        part = folder / f".{place.name}.{secrets.token_hex(4)}"
        part.write_text(f"{_signed(key, place, text)}\n{text}", encoding="utf-8")
        part.replace(place)
        for other in folder.iterdir():
            if _ENTRY.fullmatch(other.name) and other.name[:16] != place.name[:16]:
                other.unlink()
