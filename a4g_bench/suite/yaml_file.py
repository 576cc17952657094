"""Reading a YAML file so that every complaint can name its line."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

import yaml

from a4g_bench.errors import SuiteError

MAX_BYTES = 1_000_000


class _Loader(yaml.SafeLoader):
    """Plain YAML: aliases are refused (a few lines of them can expand to gigabytes), duplicate keys too."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            event = self.peek_event()
            raise yaml.constructor.ConstructorError(None, None, "aliases (*name) are not allowed", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)  # type: ignore[no-untyped-call]
            if not isinstance(key, Hashable) or key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key '{key}' occurs twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


@dataclass(frozen=True)
class Document:
    """A parsed file: its data, and the node tree that knows the lines."""

    path: str
    data: dict[str, Any]
    root: yaml.Node

    def line(self, location: tuple[int | str, ...]) -> int:
        """Line (from 1) of the deepest part of ``location`` (keys and list positions) that the file has."""
        node: yaml.Node = self.root
        line = node.start_mark.line
        for step in location:
            found: yaml.Node | None = None
            if isinstance(node, yaml.MappingNode):
                for key, value in node.value:
                    if key.value == str(step):
                        line, found = key.start_mark.line, value
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                found = node.value[step]
                line = found.start_mark.line
            if found is None:
                continue  # a step of the type system (which member of a union), not of the file
            node = found
        return int(line) + 1


def parse(text: str, path: str) -> Document:
    """Parse YAML text that must be one mapping. Raises ``SuiteError`` with file and line."""
    if len(text) > MAX_BYTES:
        raise SuiteError(f"{path}: larger than {MAX_BYTES} characters: not a suite")
    try:
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            data = loader.construct_document(root) if root is not None else None  # type: ignore[no-untyped-call]
        finally:
            loader.dispose()  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        problem = (error.problem or "not valid YAML").replace("\n", " ")
        if "'\\t'" in problem:
            problem = "a tab: YAML is indented with spaces"
        raise SuiteError(f"{path}:{line}: {problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SuiteError(f"{path}: not valid YAML: {str(error).splitlines()[0]}") from error
    if not isinstance(data, dict):
        raise SuiteError(f"{path}: a suite is a mapping of keys such as 'name' and 'datasets', not {_kind(data)}")
    return Document(path, data, root)


def _kind(data: Any) -> str:
    return (
        "an empty file"
        if data is None
        else {"list": "a list", "str": "a text"}.get(type(data).__name__, type(data).__name__)
    )
