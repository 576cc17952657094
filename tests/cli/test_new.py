"""``a4g-bench new``: a package that works as it is written."""

import importlib
import sys
from pathlib import Path
from typing import Any

import pytest

from a4g_bench import plugins
from a4g_bench.testing import AttackContract, check
from tests.support import complaint, said


@pytest.fixture
def written(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Path:
    answer = said(capsys, "new", "attack", "two-words", "--out", tmp_path)
    assert answer.code == 0
    monkeypatch.syspath_prepend(str(tmp_path / "a4g-two-words"))
    monkeypatch.setattr(plugins, "_own", {})
    return tmp_path / "a4g-two-words"


def test_the_attack_keeps_every_promise(written: Path) -> None:
    module: Any = importlib.import_module("a4g_two_words")
    plugins.register("attacks", "two-words", module.TwoWords)
    contract = type("Named", (AttackContract,), {"name": "two-words"})
    assert [(outcome.promise, outcome.broken) for outcome in check(contract) if outcome.broken] == []
    del sys.modules["a4g_two_words"]


def test_it_is_short_and_registered(written: Path) -> None:
    code = (written / "a4g_two_words" / "__init__.py").read_text()
    assert len([line for line in code.splitlines() if line.strip()]) <= 35
    assert 'two-words = "a4g_two_words:TwoWords"' in (written / "pyproject.toml").read_text()


def test_its_suite_is_valid(written: Path, capsys: pytest.CaptureFixture[str]) -> None:
    module: Any = importlib.import_module("a4g_two_words")
    plugins.register("attacks", "two-words", module.TwoWords)
    assert said(capsys, "validate", written / "suite.yaml").code == 0
    del sys.modules["a4g_two_words"]


def test_bad_names_and_taken_folders_are_refused(
    written: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "exists" in complaint(capsys, "new", "attack", "two-words", "--out", tmp_path)
    assert "lower-case letters" in complaint(capsys, "new", "attack", "My Attack", "--out", tmp_path)
    assert "cannot make 'victim'" in complaint(capsys, "new", "victim", "mine", "--out", tmp_path)
