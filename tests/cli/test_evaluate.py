"""``a4g-bench evaluate``: rows that somebody brought, on a board beside controls."""

from pathlib import Path

import pandas as pd
import pytest

from a4g_bench.data.generated import Synthetic
from a4g_bench.store.results import Results
from tests.support import complaint, said

WORDS = ("--dataset", "synthetic", "--victim", "logistic_regression", "--rows", "900", "--seed", "0")


def table() -> pd.DataFrame:
    """Thirty rows of the table with their labels."""
    from a4g_bench.data.split import subsample

    whole = subsample(Synthetic().load(), 900, "group")
    frame = whole.schema.frame(whole.features[:30])
    return frame.assign(label=whole.labels[:30])


def written(folder: Path, frame: pd.DataFrame, name: str = "rows.csv") -> Path:
    file = folder / name
    frame.to_csv(file, index=False) if name.endswith("csv") else frame.to_parquet(file, index=False)
    return file


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_file_of_rows_is_on_the_board_beside_controls(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = written(tmp_path, table(), name)
    answer = said(capsys, "evaluate", file, *WORDS, "--as", "mine", "--results", tmp_path / "r")
    assert answer.code == 0, answer.err
    assert "mine +" in answer.out
    rows = {row["attack"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert set(rows) == {"clean", "random-duplicates", "cell-duplication", "mine"}
    assert (rows["mine"]["poison_rows"], rows["mine"]["duplicate_share"]) == (30, pytest.approx(0.6, abs=0.3))
    again = said(capsys, "evaluate", file, *WORDS, "--as", "mine", "--results", tmp_path / "r")
    assert "auditing" not in again.err, "nothing twice"


def test_poison_of_a_search_can_be_brought_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Columns as a results folder has them, and the label under the table's own name."""
    frame = table()
    schema = Synthetic().load(rows=600).schema
    named = frame.rename(columns={column: f"x.{column}" for column in schema.names}).drop(columns="label")
    named[schema.label] = [schema.label_values[label] for label in frame["label"]]
    one, other = (
        said(
            capsys, "evaluate", written(tmp_path, f, f"{i}.csv"), *WORDS, "--results", tmp_path / str(i), "--json"
        ).json
        for i, f in enumerate((frame, named))
    )
    figures = [{row["entrant"]: row["gap_poisoned"] for row in board["cells"]} for board in (one, other)]
    assert figures[0] == figures[1]


BROKEN = {
    "no label": (lambda f: f.drop(columns="label"), "a column 'label' of 0 and 1, or"),
    "a label of 2": (lambda f: f.assign(label=2), "a column 'label' of 0 and 1, or"),
    "no feature": (lambda f: f.drop(columns="group"), "column 'group' is missing"),
    "an unknown category": (lambda f: f.assign(group="Z"), "feature 'group' has no category 'Z'"),
    "out of range": (lambda f: f.assign(years=1e6), "infeasible rows beside the training rows of seed 0"),
    "a text": (lambda f: f.assign(years="many"), "column 'years' holds something that is no number"),
    "too many": (lambda f: pd.concat([f] * 40), "1200 poison rows: between 1 and the 540 training rows"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_wrong_is_told_in_one_line(tmp_path: Path, what: str, capsys: pytest.CaptureFixture[str]) -> None:
    change, message = BROKEN[what]
    file = written(tmp_path, change(table()))
    assert message in complaint(capsys, "evaluate", file, *WORDS, "--results", tmp_path / "r")
    assert not (tmp_path / "r").exists()


def test_a_suite_cannot_name_it(tmp_path: Path) -> None:
    from tests.support import plan_of, run_inline

    run_inline(plan_of(tmp_path, attacks=["given"], seeds=1), tmp_path / "r")
    [row] = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert row["status"] == "error"
    assert "use a4g-bench evaluate FILE" in row["error_message"]
