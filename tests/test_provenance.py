"""What identifies the code behind a result."""

import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import pytest

from a4g_bench import provenance as module
from a4g_bench.provenance import versions


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder on the import path, with the names seen so far forgotten."""
    monkeypatch.syspath_prepend(tmp_path)
    module._version.cache_clear()
    yield tmp_path
    module._version.cache_clear()


def of(name: str) -> str:
    module._version.cache_clear()
    importlib.invalidate_caches()
    return versions((name,))[name]


def test_a_distribution_and_its_import_name_have_its_version() -> None:
    assert of("scikit-learn") == of("sklearn") == version("scikit-learn")


def test_what_is_not_here_has_none() -> None:
    assert of("no_such_package_at_all") == "none"


def test_a_users_own_file_is_known_by_its_content_and_not_imported(folder: Path) -> None:
    file = folder / "house_victim.py"
    file.write_text("raise SystemExit('imported')\n")
    first = of("house_victim")
    assert first.startswith("source-")
    file.write_text("raise SystemExit('changed')\n")
    changed = of("house_victim")
    file.write_text("raise SystemExit('imported')\n")
    assert changed != first == of("house_victim")
    assert "house_victim" not in sys.modules


def test_a_users_own_package_is_known_by_all_its_files(folder: Path) -> None:
    package = folder / "house_package"
    (package / "inner").mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "inner" / "model.py").write_text("depth = 3\n")
    before = of("house_package")
    (package / "inner" / "model.py").write_text("depth = 4\n")
    assert of("house_package") != before
