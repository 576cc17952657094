"""Whoever calls a public function reads what it takes, gives and raises, without its code."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

import pytest

PACKAGES = (
    "a4g_bench", "a4g_bench.attacks", "a4g_bench.data", "a4g_bench.defences", "a4g_bench.leaderboard",
    "a4g_bench.metrics", "a4g_bench.references", "a4g_bench.reporting", "a4g_bench.testing", "a4g_bench.victims",
)  # fmt: skip
#: Arguments that a module's own docstring explains once for all of its functions.
EXPLAINED = {"a4g_bench.metrics.confusion": {"counts", "favourable"}}


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Functions that a package exports, and the public methods of classes that it exports."""
    for package in PACKAGES:
        module = import_module(package)
        for name in module.__all__:
            exported = getattr(module, name)
            if inspect.isfunction(exported):
                yield f"{package}.{name}", exported
            elif inspect.isclass(exported) and exported.__module__.startswith("a4g_bench"):
                for method, function in vars(exported).items():
                    function = getattr(function, "__func__", function)  # of a class method
                    if inspect.isfunction(function) and not method.startswith("_"):
                        yield f"{package}.{name}.{method}", function


PUBLIC = dict(public())


def section(docstring: str, title: str) -> str:
    """The indented lines below a title, dedented; empty if there is no such section."""
    body = re.search(rf"^{title}:\n((?:(?: {{4}}.*)?\n?)*)", docstring, re.MULTILINE)
    return inspect.cleandoc("\n" + body.group(1)) if body else ""


def raised(function: Callable[..., Any]) -> set[str]:
    """Names of the errors that the function's own code raises."""
    tree = ast.parse(inspect.cleandoc("\n" + inspect.getsource(function)))
    calls = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise)]
    return {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)}


def test_the_public_surface_is_looked_at() -> None:
    assert len(PUBLIC) > 60
    assert {"a4g_bench.run", "a4g_bench.attacks.Attack.draw", "a4g_bench.leaderboard.build"} <= set(PUBLIC)


@pytest.mark.parametrize("name", PUBLIC)
def test_arguments_results_and_errors_are_described(name: str) -> None:
    function = PUBLIC[name]
    docstring = inspect.cleandoc(function.__doc__ or "")
    assert docstring, "no docstring"
    signature = inspect.signature(function)
    explained = EXPLAINED.get(function.__module__, set())
    arguments = set(signature.parameters) - {"self", "cls"} - explained
    described = set(re.findall(r"^\*{0,2}(\w+):", section(docstring, "Args"), re.MULTILINE))
    assert described - explained == arguments
    if arguments and signature.return_annotation not in (None, "None"):
        assert section(docstring, "Returns") or section(docstring, "Yields")
    told = set(re.findall(r"^(\w+):", section(docstring, "Raises"), re.MULTILINE))
    assert raised(function) <= told
