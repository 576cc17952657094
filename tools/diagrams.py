"""The diagrams of ``docs/architecture.md``, as Mermaid text made from the import contract and from the code.

``python -m benchmarks.pages`` puts them into the page, ``--check`` holds the page to them.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


@cache
def contracts() -> list[dict[str, Any]]:
    """The contracts of import-linter in ``pyproject.toml``, in their order."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    stated: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    return stated


def rooms() -> list[list[str]]:
    """The packages of each layer, from the top down."""
    [contract] = [contract for contract in contracts() if contract["type"] == "layers"]
    return [[room.strip() for room in layer.split("|")] for layer in contract["layers"]]


def layers() -> str:
    """The layers as a flow chart: a box per layer, its rooms side by side, an arrow to the next one below."""
    return _fenced(_layer_lines())


def _layer_lines() -> Iterator[str]:
    yield "flowchart TB"
    for number, names in enumerate(rooms()):
        yield f'    subgraph layer{number}[" "]'
        yield "        direction LR"
        yield from (f"        {name}" for name in names)
        yield "    end"
    yield from (f"    layer{number} --> layer{number + 1}" for number in range(len(rooms()) - 1))


def forbidden() -> str:
    """The contracts beside the layers, one line each."""
    return "".join(f"- {contract['name']}.\n" for contract in contracts() if contract["type"] != "layers")


@dataclass(frozen=True)
class Call:
    """A method of the class ``callee`` that the class ``caller`` calls, what with, and what comes back (or nothing)."""

    caller: str
    callee: str
    method: str
    given: str
    answer: str = ""


#: Who takes part in a search, and where each class is.
CLASSES: Mapping[str, str] = {
    "Task": "a4g_bench.engine.task",
    "Search": "a4g_bench.engine.search",
    "Attack": "a4g_bench.attacks",
    "Oracle": "a4g_bench.engine.oracle",
    "Fitter": "a4g_bench.engine.fits",
    "Services": "a4g_bench.engine.task",
}
BEFORE = (
    Call("Task", "Services", "open", "one search", "train and search-validation rows"),
    Call("Search", "Attack", "start", "the problem"),
)
EACH_BATCH = (
    Call("Task", "Search", "step", ""),
    Call("Search", "Attack", "ask", "how many", "candidates"),
    Call("Search", "Oracle", "evaluate", "candidates"),
    Call("Oracle", "Attack", "draw", "parameters, pool", "poison rows"),
    Call("Oracle", "Fitter", "run", "train + poison", "predictions"),
    Call("Search", "Attack", "tell", "measurements"),
    Call("Task", "Services", "keep", "the queries so far"),
)
AFTER = (
    Call("Task", "Search", "finish", ""),
    Call("Search", "Attack", "choose", "", "the final set"),
    Call("Task", "Services", "audit", "the final set", "rates on rows that no search saw"),
    Call("Task", "Services", "write", "queries, rows, audit"),
)


def search_loop() -> str:
    """The calls between search, oracle and audit as a sequence diagram.

    Raises ``AttributeError`` if one of the classes or methods is not there (any more).
    """
    return _fenced(_loop_lines())


def _loop_lines() -> Iterator[str]:
    yield "sequenceDiagram"
    yield from (f"    participant {name}" for name in CLASSES)
    yield from _calls(BEFORE, "    ")
    yield "    loop until the queries are spent"
    yield from _calls(EACH_BATCH, "        ")
    yield "    end"
    yield from _calls(AFTER, "    ")


def _calls(calls: tuple[Call, ...], indent: str) -> Iterator[str]:
    for call in calls:
        _check(call)
        yield f"{indent}{call.caller}->>{call.callee}: {call.method}({call.given})"
        if call.answer:
            yield f"{indent}{call.callee}-->>{call.caller}: {call.answer}"


def _check(call: Call) -> None:
    """Raise ``AttributeError`` unless both classes, and the method, are there."""
    for name in (call.caller, call.callee):
        getattr(import_module(CLASSES[name]), name)
    getattr(getattr(import_module(CLASSES[call.callee]), call.callee), call.method)


def _fenced(lines: Iterator[str]) -> str:
    return "\n".join(["```mermaid", *lines, "```", ""])
