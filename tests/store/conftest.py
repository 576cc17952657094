"""Results folders on a local disk and in an object store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from a4g_bench.store import files
from a4g_bench.store.results import Results
from tests.store.bucket import Bucket


@pytest.fixture
def bucket() -> Iterator[Results]:
    """An empty results folder in an object store."""
    Bucket.reset()
    yield Results(Bucket.URI)
    Bucket.reset()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A local results folder that is not there yet."""
    return tmp_path / "results"


@pytest.fixture
def local(root: Path) -> Results:
    """The same, opened."""
    return Results(str(root))


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What fails is not tried again: tests that mean it set pauses of their own."""
    monkeypatch.setattr(files, "PAUSES", ())
