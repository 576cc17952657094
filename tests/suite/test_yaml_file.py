"""Whatever bytes a suite file holds, the answer is a document or one line."""

import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from a4g_bench.errors import SuiteError
from a4g_bench.suite.load import validated
from a4g_bench.suite.yaml_file import Document, parse
from tests.support import TINY

YAML_LIKE = st.text(st.sampled_from(list("ab:- \n\t[]{}'\"&*!|>%@`?,#0127.~\x00\xe9")), max_size=60)


def answer(text: str) -> Document | str:
    try:
        document = parse(text, "x.yaml")
        validated(document)
    except SuiteError as error:
        return str(error)
    return document


@given(YAML_LIKE | st.text(max_size=60))
@example("? {a: 1}\n: 2")
@example("!!set {a, b}")
@example("!!binary x: 1")
@example("=: 1")
@example("<<: {a: 1}")
@example("<<: [1]")
@example("a: 2024-99-99")
@example("1: 2")
@example("~: 2")
@example(".nan: 1")
@example("a: !!float x")
def test_any_text_is_answered_in_one_line(text: str) -> None:
    said = answer(text)
    assert isinstance(said, str)
    assert "\n" not in said
    assert said.startswith("x.yaml")


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ANYTHING = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner))


@given(st.sampled_from([*TINY, "objectives", "fits", "limits", "resources", "include", "exclude"]), ANYTHING)
@example("fits", {"\n": None})
def test_any_value_under_any_key_is_accepted_or_answered_in_one_line(key: str, value: object) -> None:
    said = answer(yaml.safe_dump({**TINY, key: value}, allow_unicode=True))
    assert isinstance(said, Document) or "\n" not in said


def test_only_true_and_false_are_booleans() -> None:
    data = parse("a: yes\nb: no\nc: on\nd: true\ne: False\nf: 1e-3\ng: 5E2", "x.yaml").data
    assert data == {"a": "yes", "b": "no", "c": "on", "d": True, "e": False, "f": 0.001, "g": 500.0}
