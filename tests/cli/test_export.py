"""``a4g-bench export``: the rows a search ended with, in a form that ``evaluate`` reads."""

from pathlib import Path

import pandas as pd
import pytest

from a4g_bench.store.results import Results
from tests.support import complaint, plan_of, run_inline, said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    table = {"name": "synthetic"}
    run_inline(plan_of(folder, datasets=[table], attacks=["clean", "cell-duplication"], seeds=1), folder / "r")
    return folder / "r"


def search(root: Path, attack: str) -> str:
    rows = Results(str(root)).read("searches").to_pylist()
    return next(str(row["search_id"]) for row in rows if row["attack"] == attack)


def test_csv_and_parquet_hold_the_stored_rows(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = search(root, "cell-duplication")
    printed = said(capsys, "export", known, "--results", root)
    assert printed.code == 0
    for name in ("rows.csv", "rows.parquet"):
        said(capsys, "export", known, "--results", root, "--out", tmp_path / name)
    frame = pd.read_parquet(tmp_path / "rows.parquet")
    pd.testing.assert_frame_equal(frame, pd.read_csv(tmp_path / "rows.csv"), check_dtype=False)
    assert (tmp_path / "rows.csv").read_text() == printed.out
    record = Results(str(root)).read_search(known)
    assert record is not None
    assert record.poison is not None
    stored = record.poison.to_pandas()
    assert list(frame["label"]) == list(stored["label"])
    features = [column for column in stored if column.startswith("x.")]
    assert [f"x.{column}" for column in frame.columns if column != "label"] == features
    assert len(frame) == record.search["poison_rows"] > 0


def test_evaluate_gives_the_same_audit(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    known = search(root, "cell-duplication")
    said(capsys, "export", known, "--results", root, "--out", tmp_path / "rows.csv")
    words = ("--dataset", "synthetic", "--victim", "logistic_regression", "--seed", "0")
    answer = said(capsys, "evaluate", tmp_path / "rows.csv", *words, "--results", tmp_path / "e", "--json")
    assert answer.code == 0, answer.err
    given = next(row for row in answer.json["cells"] if row["entrant"] == "given")
    [stored] = [
        row for row in said(capsys, "leaderboard", root, "--json").json["cells"] if row["entrant"] == "cell-duplication"
    ]
    for figure in ("gap_clean", "gap_poisoned", "accuracy_cost", "poison_rows"):
        assert given[figure] == stored[figure]


def test_what_cannot_be_exported_is_told_in_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "must end in .csv or .parquet" in complaint(
        capsys, "export", search(root, "clean"), "--results", root, "--out", "rows.doc"
    )
    assert "not found" in complaint(capsys, "export", "s1-none", "--results", root)
