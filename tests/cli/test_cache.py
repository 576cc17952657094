"""What commands remember of an unchanged folder: only what this user's machine made of these very files."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from a4g_bench.leaderboard import board
from tests.support import said


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Grows with every board that is computed; this user's key is one of the test's own."""
    made: list[str] = []
    true: Callable[..., board.Study] = board.study

    def counting(*args: object, **named: object) -> board.Study:
        made.append("study")
        return true(*args, **named)

    monkeypatch.setattr(board, "study", counting)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "user"))
    return made


def entries(folder: Path) -> list[Path]:
    return sorted((folder / "cache").iterdir())


@pytest.mark.parametrize("command", [("leaderboard",), ("versus", "clean"), ("curves",), ("report",)])
def test_a_second_call_computes_nothing_and_says_the_same(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    first = said(capsys, *command, "results/tiny")
    after_one = len(computed)
    assert said(capsys, *command, "results/tiny") == first
    assert after_one in (0, 1)
    assert len(computed) == (after_one if first.code == 0 else 2 * after_one)


def test_other_arguments_are_other_entries(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "leaderboard", "results/tiny").out
    assert said(capsys, "leaderboard", "results/tiny", "--format", "csv").out != text
    assert len(computed) == 2


def test_a_changed_file_is_never_answered_from_what_was_kept(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "leaderboard", "results/tiny")
    [old] = entries(finished / "results" / "tiny")
    part = min((finished / "results" / "tiny" / "searches").iterdir())
    moment = part.stat()
    content = part.read_bytes()
    part.write_bytes(content.replace(b"ok", b"oK", 1))
    os.utime(part, ns=(moment.st_atime_ns, moment.st_mtime_ns))  # neither its size nor its time tells
    said(capsys, "leaderboard", "results/tiny")
    assert len(computed) == 2
    part.write_bytes(content)
    said(capsys, "leaderboard", "results/tiny")
    assert old in entries(finished / "results" / "tiny")


def test_entries_of_others_are_not_believed(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    truth = said(capsys, "leaderboard", "results/tiny").out
    [entry] = entries(finished / "results" / "tiny")
    signature, _, text = entry.read_text().partition("\n")
    entry.write_text(f"{signature}\n{text.replace('clean', 'mine!')}")
    assert said(capsys, "leaderboard", "results/tiny").out == truth
    monkeypatch.setenv("XDG_CACHE_HOME", str(finished / "somebody-else"))
    assert said(capsys, "leaderboard", "results/tiny").out == truth
    assert len(computed) == 3


def test_what_was_made_beside_damage_is_not_kept(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    part = max((finished / "results" / "tiny" / "audits").iterdir())
    part.write_bytes(b"nothing")
    for _ in range(2):
        answer = said(capsys, "leaderboard", "results/tiny")
        assert answer.code == 2
        assert "cannot be read" in answer.err
    assert not (finished / "results" / "tiny" / "cache").exists()


def test_the_folder_may_be_removed(finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    truth = said(capsys, "leaderboard", "results/tiny").out
    shutil.rmtree(finished / "results" / "tiny" / "cache")
    assert said(capsys, "leaderboard", "results/tiny").out == truth


def test_what_is_behind_a_link_is_not_remembered(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    searches = finished / "results" / "tiny" / "searches"
    searches.rename(finished / "elsewhere")
    searches.symlink_to(finished / "elsewhere")
    for _ in range(2):
        said(capsys, "leaderboard", "results/tiny")
    assert len(computed) == 2


def test_an_entry_that_is_no_entry_is_none(
    finished: Path, computed: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    truth = said(capsys, "leaderboard", "results/tiny").out
    [entry] = entries(finished / "results" / "tiny")
    for content in ("ü\nforged".encode(), b"\xff\xfe\nforged", b""):
        entry.write_bytes(content)
        assert said(capsys, "leaderboard", "results/tiny").out == truth
    entry.unlink()
    os.mkfifo(entry)
    assert said(capsys, "leaderboard", "results/tiny").out == truth
