"""The list of licences that goes with a release, and the diagrams of the code."""

import pkgutil

import pytest

import a4g_bench
from tools import diagrams
from tools.licences import closure, lines


def test_what_an_install_brings_is_listed_with_its_licence() -> None:
    listed = [line.split(" | ") for line in lines(frozenset())][2:]
    names = [line[0].removeprefix("| ") for line in listed]
    assert {"numpy", "ray", "torch", "jinja2"} <= set(names)
    assert "a4g-bench" not in names
    assert names == sorted(names)
    assert all(len(line) == 3 and line[1] for line in listed)


def test_extras_are_left_out_unless_asked_for() -> None:
    bare, tested = closure("a4g-bench", frozenset()), closure("a4g-bench", frozenset({"test"}))
    assert "hypothesis" not in bare
    assert "hypothesis" in tested


def test_every_room_is_drawn_once_below_those_that_may_import_it() -> None:
    drawn = [line.strip() for line in diagrams.layers().splitlines()]
    packages = {module.name for module in pkgutil.iter_modules(a4g_bench.__path__)}
    assert sorted(line for line in drawn if line in packages) == sorted(packages)
    assert drawn.index("cli") < drawn.index("distributed") < drawn.index("store") < drawn.index("errors")
    assert drawn.index("store") < drawn.index(next(line for line in drawn if line.startswith("layer0 -->")))


def test_what_is_forbidden_besides_is_listed() -> None:
    assert "- Ray is known to distributed and to cluster.submit alone.\n" in diagrams.forbidden()


def test_the_loop_is_drawn_in_the_order_of_the_calls() -> None:
    drawn = diagrams.search_loop()
    calls = ["Attack: start(", "Attack: ask(", "Attack: draw(", "Attack: tell(", "Attack: choose(", "Services: audit("]
    assert sorted(calls, key=drawn.index) == calls


def test_a_call_that_is_not_in_the_code_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(diagrams, "AFTER", (diagrams.Call("Task", "Attack", "answer", ""),))
    with pytest.raises(AttributeError, match="answer"):
        diagrams.search_loop()
