"""Reading a YAML file so that every complaint can name its line."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from a4g_bench.errors import SuiteError

MAX_BYTES = 200_000
#: Python writes no number of more digits than 4,300, which an error message may have to.
_MAX_BITS = 14_000
_SHOWN = 60
#: Halves of characters, which an escape such as "\ud800" can name and UTF-8 cannot hold.
_SURROGATE = re.compile("[\ud800-\udfff]")
_BOOLEAN = "tag:yaml.org,2002:bool"


class _Loader(yaml.SafeLoader):
    """Plain YAML: aliases are refused (a few lines of them can expand to gigabytes), duplicate keys too.

    As in YAML 1.2, only true and false are booleans (``favourable: yes`` is a text), and 1e-3 is a number.
    """

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.get_event()  # type: ignore[no-untyped-call]
            raise yaml.constructor.ConstructorError(
                None, None, "aliases (*name) are not allowed: write it out", event.start_mark
            )
        return super().compose_node(parent, index)

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        """A node's value. What its tag does not allow, or no file of results could hold, is refused with its line."""
        try:
            value = super().construct_object(node, deep)
        except (ValueError, TypeError, LookupError, AttributeError, OverflowError) as error:
            kind = node.tag.rpartition(":")[2]
            problem = f"not valid YAML: {str(node.value)[:_SHOWN]!r} is no {kind}"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from error
        if isinstance(value, int) and value.bit_length() > _MAX_BITS:
            problem = f"not valid YAML: a number of more than {_MAX_BITS} bits"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        if isinstance(value, str) and (half := _SURROGATE.search(value)):
            problem = f"a character that is no text by itself (U+{ord(half[0]):04X})"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)
        return value

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, Hashable):
                raise yaml.constructor.ConstructorError(None, None, "a key must be a text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' occurs twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOLEAN]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(_BOOLEAN, re.compile("true|True|TRUE|false|False|FALSE"), list("tTfF"))
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+"), list("-+.0123456789")
)


@dataclass(frozen=True)
class Document:
    """A parsed file: its data, and the node tree that knows the lines."""

    path: str
    data: dict[str, Any]
    root: yaml.Node

    def line(self, location: Sequence[int | str]) -> int:
        """Line (from 1) of the deepest part of ``location`` (keys and list positions) that the file has."""
        node = self.root
        line = node.start_mark.line
        for step in location:
            child: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(step):
                        line, child = key.start_mark.line, value
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                child = node.value[step]
                line = child.start_mark.line
            if child is None:
                continue  # a step of the type system (which member of a union), not of the file
            node = child
        return int(line) + 1

    def steps(self, location: Sequence[int | str]) -> list[int | str]:
        """Those steps of ``location`` that are keys or positions in the file (the others name types)."""
        data: Any = self.data
        kept: list[int | str] = []
        for step in location:
            if (step in data) if isinstance(data, dict) else (isinstance(data, list) and step in range(len(data))):
                data = data[step]
                kept.append(step)
        return kept

    def place(self, location: Sequence[int | str]) -> str:
        """``file:line: key.0.key`` for an error message."""
        steps = self.steps(location)
        key = f": {'.'.join(map(str, steps))}" if steps else ""
        return f"{self.path}:{self.line(location)}{key}"


def parse(text: str, path: str) -> Document:
    """Parse YAML text that must be one mapping. Raises ``SuiteError`` with file and line."""
    if len(text) > MAX_BYTES:
        raise SuiteError(f"{path}: larger than {MAX_BYTES:,} characters: not a suite")
    try:
        root, data = _read(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = (error.problem or "not valid YAML").replace("\n", " ")
        if "'\\t'" in problem:
            problem = "a tab: YAML is indented with spaces"
        elif "but found another document" in problem:
            problem = "a second document (---): a suite is one"
        raise SuiteError(f"{path}:{mark.line + 1 if mark else 1}: {problem}") from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise SuiteError(f"{path}:{line}: a character that no YAML file may hold (U+{error.character:04X})") from error
    except RecursionError:
        raise SuiteError(f"{path}: nested too deeply to be a suite") from None
    except (yaml.YAMLError, ValueError, TypeError) as error:
        raise SuiteError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if not isinstance(data, dict) or root is None:
        raise SuiteError(f"{path}: a suite is a mapping of keys such as 'name' and 'datasets', not {_kind(data)}")
    return Document(path, data, root)


def _read(text: str) -> tuple[yaml.Node | None, Any]:
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        return root, loader.construct_document(root) if root is not None else None
    finally:
        loader.dispose()


def _kind(data: Any) -> str:
    names = {"NoneType": "an empty file", "list": "a list", "str": "a text"}
    return names.get(type(data).__name__, f"a value of type {type(data).__name__}")
