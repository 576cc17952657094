"""Finding and reading suites, with errors that name file, line, key and the nearest valid key."""

import hashlib
import json
import types
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ValidationError

from a4g_bench import plugins
from a4g_bench.errors import A4GError, SuiteError, nearest
from a4g_bench.suite.model import Suite
from a4g_bench.suite.yaml_file import MAX_BYTES, Document, parse


def builtin_folder() -> Path:
    """Where they are: inside the installed package, or beside it in a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "_suites"
    return inside if inside.is_dir() else package.parent / "suites"


def builtin_names() -> list[str]:
    """Their names, sorted."""
    return sorted(path.stem for path in builtin_folder().glob("*.yaml"))


_SHOWN = 60
#: Kinds of plugins whose parameters can have older names.
_RENAMING: tuple[Literal["datasets", "attacks", "references", "defences"], ...] = (
    "datasets", "attacks", "references", "defences",
)  # fmt: skip


@dataclass(frozen=True)
class LoadedSuite:
    """A valid suite, where it came from, the folder its relative paths start at, and a hash of its meaning.

    ``allow_import`` names the modules whose classes the suite may import as victims, ``allow_read`` the paths and URIs
    outside its folder that it may read tables from.
    """

    suite: Suite
    path: str
    folder: Path
    document: Document | None = field(default=None, repr=False, compare=False)
    allow_import: tuple[str, ...] = ()
    allow_read: tuple[str, ...] = ()

    @cached_property
    def hash(self) -> str:
        """SHA-256 (16 hex digits) of what the suite asks for, with all defaults written out.

        Its name, description, labels and resources do not count, nor do comments and the order of keys.
        """
        text = json.dumps(_meaning(self.suite), sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @contextmanager
    def at(self, *location: int | str) -> Iterator[None]:
        """Put file, line and key of ``location`` in front of an error about what the suite says there."""
        try:
            yield
        except A4GError as error:
            if self.document is None:
                raise
            raise type(error)(f"{self.document.place(location)}: {error}") from error


def load_suite(
    name_or_path: str,
    allow_import: Sequence[str] = (),
    seeds: int | None = None,
    allow_read: Sequence[str] = (),
) -> LoadedSuite:
    """Read a suite by path, or a built-in one by name. Raises ``SuiteError`` in one line.

    Reading imports nothing that the suite names. Of victims by import path, only those from the modules
    ``allow_import``, and from modules below them, may be used later; of tables outside its folder, only those below
    ``allow_read``. ``seeds`` leaves the suite only its first so many.
    """
    path = _find(name_or_path)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise SuiteError(f"suite '{name_or_path}': larger than {MAX_BYTES:,} bytes: not a suite")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise SuiteError(f"suite '{name_or_path}': not a text file in UTF-8 (byte {error.start})") from error
    except OSError as error:
        raise SuiteError(f"suite '{name_or_path}' cannot be read: {error.strerror or error}") from error
    document = parse(text, name_or_path)
    suite = _first_seeds(validated(document), name_or_path, seeds)
    return LoadedSuite(suite, name_or_path, path.resolve().parent, document, tuple(allow_import), tuple(allow_read))


def _first_seeds(suite: Suite, name: str, seeds: int | None) -> Suite:
    if seeds is None:
        return suite
    if not 1 <= seeds <= len(suite.seeds):
        raise SuiteError(
            f"--seeds {seeds}: suite '{name}' has {len(suite.seeds)}, so 1 to {len(suite.seeds)} can be run"
        )
    return suite.model_copy(update={"seeds": suite.seeds[:seeds]})


def _meaning(suite: Suite) -> dict[str, Any]:
    """The suite as JSON-able data, in which every label is replaced by what it stands for, and every parameter of a
    newer name stands under the one that it was stored with first.
    """
    data = suite.model_dump(mode="json", exclude={"name", "description", "resources"})
    for kind in _RENAMING:
        for entry in data[kind]:
            entry["params"] = plugins.stored(kind, entry["name"], entry["params"])
    for key in ("references", "defences"):
        for entry in data[key]:
            entry.pop("label")
        if not data[key]:
            del data[key]  # a suite without them means what it meant before there were any
    for key in ("datasets", "victims", "attacks"):
        stands_for: dict[str, str] = {e.pop("label"): json.dumps(e, sort_keys=True) for e in data[key]}
        for combination in (*data["include"], *data["exclude"]):
            labels = combination[key.removesuffix("s")]
            if labels is not None:
                listed = labels if isinstance(labels, list) else [labels]
                combination[key.removesuffix("s")] = sorted(str(stands_for.get(label, label)) for label in listed)
    return data


def _find(name_or_path: str) -> Path:
    path = Path(name_or_path)
    try:
        if path.is_file():
            return path
        what = "is a folder, not a suite file" if path.is_dir() else "no such file"
    except (OSError, ValueError):  # a name that is too long, or holds a null character
        what = "no such file"
    names = builtin_names()
    if name_or_path in names:
        return builtin_folder() / f"{name_or_path}.yaml"
    if path.suffix in (".yaml", ".yml") or len(path.parts) > 1:
        raise SuiteError(f"suite '{name_or_path[:200]}': {what}")
    raise SuiteError(f"suite '{name_or_path[:200]}': {what}, and no built-in suite{nearest(name_or_path, names)}")


def validated(document: Document) -> Suite:
    """The suite a document describes. Raises ``SuiteError`` naming line, key and remedy of the first error."""
    try:
        return Suite.model_validate(document.data)
    except ValidationError as error:
        told = _explain(document, error)  # in which keys and values stand as the suite has them, line breaks and all
        raise SuiteError(" ".join(told.splitlines())) from error


def _explain(document: Document, error: ValidationError) -> str:
    errors = sorted(
        error.errors(), key=lambda one: one["type"] != "extra_forbidden"
    )  # a misspelt key is missing as well
    first = errors[0]
    location: tuple[int | str, ...] = first["loc"]
    where = f"{document.path}:{document.line(location)}"
    elsewhere = {tuple(document.steps(other["loc"])) for other in errors} - {tuple(document.steps(location))}
    more = f" (and {len(elsewhere)} more)" if elsewhere else ""
    if first["type"] == "extra_forbidden":
        return f"{where}: unknown key '{location[-1]}'{nearest(str(location[-1]), _valid_keys(location))}{more}"
    if first["type"] == "missing":
        inside = f" in {'.'.join(map(str, location[:-1]))}" if len(location) > 1 else ""
        return f"{where}: key '{location[-1]}' is missing{inside}{more}"
    message = str(first.get("ctx", {}).get("error", first["msg"])).replace("Input should", "must")
    actual = "" if first["type"] == "value_error" else f", not {_shown(first['input'])}"
    return f"{document.place(location)}: {message}{actual}{more}"


def _shown(value: Any) -> str:
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _valid_keys(location: Sequence[int | str]) -> list[str]:
    """Keys of the model that a location's last key stands in."""
    model: type[BaseModel] = Suite
    for step in location[:-1]:
        for name, described in model.model_fields.items():
            if step in (name, described.alias):
                model = next(_models(described.annotation), model)
                break
    return [str(described.alias or name) for name, described in model.model_fields.items()]


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and not isinstance(annotation, types.GenericAlias):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for part in get_args(annotation):
        yield from _models(part)
