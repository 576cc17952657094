"""The list of licences that goes with a release."""

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
