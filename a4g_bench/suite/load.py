"""Finding and reading suites, with errors that name file, line, key and the nearest valid key."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from a4g_bench.errors import SuiteError, nearest
from a4g_bench.suite.model import Combination, DatasetEntry, Fits, Limits, Named, Objective, Resources, Suite
from a4g_bench.suite.yaml_file import Document, parse

_MODELS: dict[str, type[BaseModel]] = {
    "datasets": DatasetEntry,
    "victims": Named,
    "attacks": Named,
    "objectives": Objective,
    "fits": Fits,
    "limits": Limits,
    "resources": Resources,
    "include": Combination,
    "exclude": Combination,
}


@dataclass(frozen=True)
class LoadedSuite:
    """A valid suite, where it came from, the folder its relative paths start at, and a hash of its meaning."""

    suite: Suite
    path: str
    folder: Path

    @property
    def hash(self) -> str:
        """SHA-256 (16 hex digits) of the suite with all defaults written out; comments and order of keys do not count."""
        text = json.dumps(self.suite.model_dump(mode="json", by_alias=True), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def builtin_folder() -> Path:
    """Where the suites that come with the package are: inside the wheel, or beside the package in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_suites"
    return inside if inside.is_dir() else package.parent / "suites"


def builtin_names() -> list[str]:
    """Names of the built-in suites."""
    return sorted(path.stem for path in builtin_folder().glob("*.yaml"))


def load_suite(name_or_path: str) -> LoadedSuite:
    """Read a suite by path, or a built-in one by name. Raises ``SuiteError`` in one line."""
    path = Path(name_or_path)
    if not path.is_file():
        builtin = builtin_folder() / f"{name_or_path}.yaml"
        looks_like_path = path.suffix in (".yaml", ".yml") or len(path.parts) > 1
        if looks_like_path or not builtin.is_file():
            what = "is a folder, not a suite file" if path.is_dir() else "no such file"
            raise SuiteError(f"suite '{name_or_path}': {what}; built-in suites: {', '.join(builtin_names())}")
        path = builtin
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SuiteError(f"suite '{name_or_path}' cannot be read: {error}") from error
    return LoadedSuite(validated(parse(text, name_or_path)), name_or_path, path.resolve().parent)


def validated(document: Document) -> Suite:
    """The suite a document describes. Raises ``SuiteError`` naming line, key and remedy of the first error."""
    try:
        return Suite.model_validate(document.data)
    except ValidationError as error:
        raise SuiteError(_explain(document, error)) from error


def _explain(document: Document, error: ValidationError) -> str:
    errors = error.errors()
    first = errors[0]
    location: tuple[int | str, ...] = first["loc"]
    where = f"{document.path}:{document.line(location)}"
    key = ".".join(str(step) for step in location if step in _file_steps(document.data, location))
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key '{location[-1]}'{nearest(str(location[-1]), _valid_keys(location))}{more}"
    if first["type"] == "missing":
        return f"{where}: key '{location[-1]}' is missing{more}"
    message = str(first.get("ctx", {}).get("error", first["msg"]))
    message = message[0].lower() + message[1:]
    given = "" if first["type"] == "value_error" else f", not {json.dumps(first['input'], default=str)[:60]}"
    return f"{where}: {key}: {message}{given}{more}".replace("\n", " ")


def _file_steps(data: Any, location: tuple[int | str, ...]) -> set[int | str]:
    """Those steps of a location that are keys or positions in the file (the others name types)."""
    steps: set[int | str] = set()
    for step in location:
        if (isinstance(data, dict) and step in data) or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            data = data[step]
            steps.add(step)
    return steps


def _valid_keys(location: tuple[int | str, ...]) -> list[str]:
    model: type[BaseModel] = _MODELS.get(str(location[0]), Suite) if len(location) > 1 else Suite
    if "source" in location[:-1]:
        from a4g_bench.data.files import FileDescription

        model = FileDescription
    return [field.alias or name for name, field in model.model_fields.items()]
