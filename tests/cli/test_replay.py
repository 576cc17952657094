"""``a4g-bench replay``: stored rows trained on again, verified or told apart."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.store.results import Results
from tests.support import complaint, forge, plan_of, run_inline, said, write_suite


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, Path, dict[str, str]]:
    """Suite, results, and an identifier per attack."""
    keys = {"attacks": ["clean", "cell-duplication"], "references": ["reweighing"], "seeds": 1}
    run_inline(plan_of(tmp_path, **keys), tmp_path / "r")
    rows = Results(str(tmp_path / "r")).read("searches").to_pylist()
    return write_suite(tmp_path, **keys), tmp_path / "r", {row["attack"]: row["search_id"] for row in rows}


@pytest.mark.parametrize("attack", ["clean", "cell-duplication", "reweighing"])
def test_the_same_code_gives_the_same_predictions_and_they_are_noted(
    made: tuple[Path, Path, dict[str, str]], attack: str, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, root, ids = made
    words = (ids[attack], "--results", root)
    assert "verified" not in said(capsys, "show", *words).out
    answer = said(capsys, "replay", *words, "--suite", suite)
    assert answer.code == 0
    assert answer.out.startswith("verified: all 600 predictions")
    assert "verified" in said(capsys, "show", *words).out
    told = said(capsys, "replay", *words, "--suite", suite, "--json").json
    assert told["verified"]
    assert told["flipped"] == {"clean": 0, "poisoned": 0}
    assert all(row["stored"] == row["replayed"] for row in told["figures"])
    assert told["versions"] == {}


def test_rows_that_were_changed_since_are_told(
    made: tuple[Path, Path, dict[str, str]], capsys: pytest.CaptureFixture[str]
) -> None:
    suite, root, ids = made
    file = root / "poison" / "synthetic" / f"{ids['cell-duplication']}.parquet"
    table = pq.read_table(file)
    flipped = pa.array([1 - label for label in table["label"].to_pylist()], pa.int64())
    forge(file, table.set_column(table.column_names.index("label"), "label", flipped))
    answer = said(capsys, "replay", ids["cell-duplication"], "--results", root, "--suite", suite)
    assert answer.code == 1
    assert answer.out.startswith("differs: 0 predictions of the clean and ")
    assert not (root / "verified").exists()


def test_what_cannot_be_replayed_is_told_in_one_line(
    made: tuple[Path, Path, dict[str, str]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    suite, root, ids = made
    words = ("replay", ids["clean"], "--results", root, "--suite")
    assert "unknown suite 'tiny'" in complaint(capsys, *words, "tiny") or "tiny" in complaint(capsys, *words, "tiny")
    other = tmp_path / "other"
    other.mkdir()
    assert "has no search like" in complaint(capsys, *words, write_suite(other, attacks=["sobol"], seeds=1))
    changed = {"datasets": [{"name": "synthetic", "params": {"rows": 800}}], "attacks": ["clean"], "seeds": 1}
    assert "it is another table" in complaint(capsys, *words, write_suite(other, **changed))
    assert "not found" in complaint(capsys, "replay", "s1-nothing", "--results", root, "--suite", suite)
