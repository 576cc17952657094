"""One tiny suite with its results, made once: tests copy the folder before they change anything."""

import shutil
from pathlib import Path

import pytest

from tests.support import plan_of, run_inline


@pytest.fixture(autouse=True)
def _trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Modules that suites of these tests may import."""
    monkeypatch.setenv("A4G_ALLOW_IMPORT", "sklearn math fractions nowhere no_such_module")


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    run_inline(plan_of(folder), folder / "results" / "tiny")
    return folder


@pytest.fixture
def finished(_made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working directory: ``tiny.yaml`` and its complete results in ``results/tiny``."""
    shutil.copytree(_made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path
