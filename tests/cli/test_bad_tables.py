"""Wrong tables behind a suite or an audit: one line with file, column and remedy; exit code 2; nothing written."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from a4g_bench.data import file_description
from tests.support import complaint, said, tree, write_suite


def loans(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "age": rng.integers(18, 80, rows),
            "income": rng.normal(3000, 500, rows).round(1),
            "sex": rng.choice(["f", "m"], rows),
            "approved": rng.choice(["no", "yes"], rows),
        }
    )


def suite_of(folder: Path, **stated: Any) -> Path:
    source = {"file": "loans.csv", "target": "approved", "favourable": "yes", "protected": ["sex"], **stated}
    return write_suite(folder, datasets=[{"name": "loans", "source": source}])


def spoil(change: str, frame: pd.DataFrame) -> bytes:
    text = frame.to_csv(index=False)
    if change == "empty":
        return b""
    if change == "header only":
        return text.splitlines()[0].encode()
    if change == "semicolons":
        return text.replace(",", ";").encode()
    if change == "duplicate column":
        return text.replace("income", "age", 1).encode()
    if change == "binary":
        return bytes(range(256)) * 20
    if change == "NaN target":
        frame.loc[7, "approved"] = None
    if change == "one label":
        frame["approved"] = "yes"
    if change == "three labels":
        frame.loc[7, "approved"] = "maybe"
    if change == "a group of one":
        frame.loc[7, "sex"] = "x"
    if change == "one group":
        frame["sex"] = "f"
    return frame.to_csv(index=False).encode()


TABLES = {
    "empty": "file loans.csv is empty",
    "header only": "file loans.csv has a header but no rows",
    "semicolons": "it seems to be separated by a semicolon (delimiter: ';')",
    "duplicate column": "column 'age' occurs more than once; rename one",
    "binary": "file loans.csv cannot be read",
    "NaN target": "target 'approved' is missing in 1 rows; remove them from the file",
    "one label": "target 'approved' must have two values, has 1: yes",
    "three labels": "target 'approved' must have two values, has 3: maybe, no, yes",
    "a group of one": "group 'x' has no rows",
    "one group": "protected attribute 'sex' has one group only",
}


@pytest.mark.parametrize("change", TABLES)
def test_a_wrong_table_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], change: str) -> None:
    (tmp_path / "loans.csv").write_bytes(spoil(change, loans()))
    suite = suite_of(tmp_path)
    before = tree(tmp_path)
    line = complaint(capsys, "run", suite, "--results", tmp_path / "results")
    assert "tiny.yaml:3: datasets.0: data set 'loans'" in line or "of 'loans'" in line
    assert TABLES[change] in line
    assert tree(tmp_path) == before


DESCRIPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "missing file": ({"file": "lones.csv"}, "file lones.csv does not exist"),
    "a folder": ({"file": "folder.csv"}, "file folder.csv cannot be read"),
    "a folder as parquet": ({"file": "folder.parquet"}, "file folder.parquet cannot be read"),
    "a text as parquet": ({"file": "words.parquet"}, "file words.parquet cannot be read"),
    "ending": ({"file": "loans.xlsx"}, "must end in .csv"),
    "attribute": ({"protected": ["sexx"]}, "no column 'sexx' (did you mean 'sex'?)"),
    "no attribute": ({"protected": []}, "datasets.0.source.protected"),
    "target": ({"target": "aproved"}, "no column 'aproved' (did you mean 'approved'?)"),
    "home of nobody": (
        {"file": "~nosuchuser/x.csv"},
        "file ~nosuchuser/x.csv cannot be read: there is no home folder '~nosuchuser'",
    ),
    "favourable": ({"favourable": "yess"}, "has no value 'yess' (did you mean 'yes'?)"),
    "types": ({"types": {"age": "whole"}}, "datasets.0.source.types.age: must be 'numeric'"),
}


@pytest.mark.parametrize("mistake", DESCRIPTIONS)
def test_a_wrong_description_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mistake: str
) -> None:
    loans().to_csv(tmp_path / "loans.csv", index=False)
    for folder in ("folder.csv", "folder.parquet"):
        (tmp_path / folder).mkdir()
    (tmp_path / "words.parquet").write_text("not parquet")
    stated, expected = DESCRIPTIONS[mistake]
    line = complaint(capsys, "validate", suite_of(tmp_path, **stated))
    assert expected in line
    assert "tiny.yaml:" in line


CELLS: dict[str, tuple[list[object], str]] = {
    "structs": ([{"street": "a"}, {"street": "b"}], "column 'extra' holds lists or structs; drop it or turn it into"),
    "lists": ([[1, 2], [3]], "column 'extra' holds lists or structs; drop it or turn it into plain columns"),
    "bytes": (
        [b"\xff\xfe", b"x"],
        "column 'extra' holds bytes that are no text in UTF-8; drop it or turn it into text",
    ),
}


@pytest.mark.parametrize("kind", CELLS)
def test_a_parquet_column_of_neither_numbers_nor_texts_is_refused_unless_dropped(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], kind: str
) -> None:
    cells, expected = CELLS[kind]
    frame = loans()
    frame["extra"] = cells * (len(frame) // len(cells))
    frame.to_parquet(tmp_path / "loans.parquet")
    line = complaint(capsys, "validate", suite_of(tmp_path, file="loans.parquet"))
    assert "tiny.yaml:3: datasets.0: data set 'loans'" in line
    assert expected in line
    assert said(capsys, "validate", suite_of(tmp_path, file="loans.parquet", drop=["extra"])).code == 0


@pytest.mark.parametrize(("groups", "refused"), [(256, False), (257, True)])
def test_more_groups_than_results_can_tell_apart_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], groups: int, refused: bool
) -> None:
    rows = np.arange(groups * 40)
    frame = pd.DataFrame({"age": rows % 50, "sex": [f"g{row % groups}" for row in rows]})
    frame["approved"] = np.where(rows // groups % 2, "yes", "no")
    frame.to_csv(tmp_path / "loans.csv", index=False)
    if refused:
        line = complaint(capsys, "validate", suite_of(tmp_path))
        assert "tiny.yaml:3: datasets.0: data set 'loans'" in line
        assert "protected attribute 'sex' has 257 groups, 256 are allowed" in line
    else:
        assert said(capsys, "validate", suite_of(tmp_path)).code == 0


def test_a_yes_in_a_suite_is_a_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loans().to_csv(tmp_path / "loans.csv", index=False)
    suite = suite_of(tmp_path)
    suite.write_text(suite.read_text().replace("'yes'", "yes").replace("'no'", "no"))
    assert said(capsys, "validate", suite).code == 0


def test_an_openml_set_without_a_network_names_the_offline_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr("a4g_bench.data.openml.urlopen", unreachable)
    monkeypatch.setenv("A4G_DATA_HOME", str(tmp_path / "cache"))
    line = complaint(capsys, "validate", write_suite(tmp_path, datasets=["compas-two-years"]))
    assert "openml.org cannot be reached (Network is unreachable); without a network use 'compas'" in line
    line = complaint(capsys, "inspect", "compas-two-years")
    assert "without a network use 'compas'" in line


AUDITS: dict[str, tuple[tuple[object, ...], str]] = {
    "unknown": (("comps",), "unknown dataset 'comps' (did you mean 'compas'?)"),
    "odd name": (("two words",), "unknown dataset 'two words'"),
    "missing file": (("x.csv", "--target", "y", "--favourable", "1", "--protected", "s"), "x.csv does not exist"),
    "undescribed file": (("x.csv",), "file 'x.csv': say also --target and --favourable and --protected"),
    "described set": (("synthetic", "--target", "y"), "describe a CSV or Parquet file"),
    "victim": (("synthetic", "--victim", "svn"), "unknown victim 'svn' (did you mean 'svm'?)"),
    "victim's path": (("synthetic", "--victim", "nowhere:X"), "'nowhere:X' cannot be imported"),
    "odd victim": (("synthetic", "--victim", "a b"), "'a b': a name may hold letters"),
    "attribute": (("synthetic", "--attribute", "grup"), "attribute 'grup' (did you mean 'group'?)"),
    "rows": (("synthetic", "--rows", "5"), "'--rows': must be greater than or equal to 100"),
    "seeds": (("synthetic", "--seeds", "0"), "'--seeds': must be greater than or equal to 1"),
}


@pytest.mark.parametrize("mistake", AUDITS)
def test_a_wrong_audit_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    monkeypatch.chdir(tmp_path)
    words, expected = AUDITS[mistake]
    assert expected in complaint(capsys, "inspect", *words)
    assert tree(tmp_path) == {}


def test_a_small_file_that_unfolds_to_a_large_table_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_description, "MAX_BYTES", 5_000)
    monkeypatch.setattr(file_description, "MAX_CELLS", 1_000)
    loans().to_csv(tmp_path / "loans.csv.gz", index=False)
    loans().to_parquet(tmp_path / "loans.parquet", index=False)
    told = complaint(capsys, "validate", suite_of(tmp_path, file="loans.csv.gz"))
    assert "file loans.csv.gz is larger than 5,000 bytes uncompressed" in told
    told = complaint(capsys, "validate", suite_of(tmp_path, file="loans.parquet"))
    assert "file loans.parquet has more than 1,000 cells" in told
    suite = write_suite(tmp_path, datasets=[{"name": "synthetic", "params": {"rows": 10**9}}])
    assert "parameter 'rows' must be at most 5000000" in complaint(capsys, "validate", suite)
