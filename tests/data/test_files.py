"""A user's own file: what is inferred, and what every mistake in it is answered with."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from a4g_bench.data.files import FileDescription, load_file
from a4g_bench.data.schema import Cut
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError

LOANS = """age,income,sex,region,approved
23,1000.5,f,north,no
31,2500.0,m,south,yes
45,1800.0,f,south,yes
52,4000.0,m,north,no
"""


def loaded(folder: Path, text: str = LOANS, file: str = "loans.csv", **stated: Any) -> Table:
    (folder / "loans.csv").write_text(text)
    described = {"file": file, "target": "approved", "favourable": "yes", "protected": ["sex"], **stated}
    return load_file("loans", FileDescription.model_validate(described), folder)


def test_types_are_inferred_and_labels_keep_the_order_of_their_values(tmp_path: Path) -> None:
    table = loaded(tmp_path)
    assert [(feature.name, feature.kind) for feature in table.schema.features] == [
        ("age", "integer"),
        ("income", "numeric"),
        ("sex", "categorical"),
        ("region", "categorical"),
    ]
    assert table.schema.label_values == ("no", "yes")
    assert table.schema.favourable == 1
    assert table.labels.tolist() == [0, 1, 1, 0]
    assert table.schema.frame(table.features)["region"].tolist() == ["north", "south", "south", "north"]
    assert table.source == "file loans.csv"


def test_the_favourable_value_may_be_the_lower_one(tmp_path: Path) -> None:
    assert loaded(tmp_path, favourable="no").schema.favourable == 0


@pytest.mark.parametrize("favourable", [1, True, "1", 1.0])
def test_a_boolean_or_number_target_accepts_the_value_as_written_in_yaml(tmp_path: Path, favourable: object) -> None:
    text = LOANS.replace("yes", "1").replace(",no\n", ",0\n")
    if favourable is True:
        text = LOANS.replace("yes", "True").replace(",no\n", ",False\n")
    assert loaded(tmp_path, text, favourable=favourable).schema.favourable == 1


def test_csv_and_parquet_give_the_same_fingerprint(tmp_path: Path) -> None:
    from_csv = loaded(tmp_path)
    pd.read_csv(tmp_path / "loans.csv").to_parquet(tmp_path / "loans.parquet")
    assert loaded(tmp_path, file="loans.parquet").fingerprint == from_csv.fingerprint
    assert loaded(tmp_path, file=f"file://{tmp_path}/loans.csv").fingerprint == from_csv.fingerprint


def test_a_numeric_attribute_with_few_values_is_categorical(tmp_path: Path) -> None:
    table = loaded(tmp_path, protected=["age"])
    assert table.schema["age"].categories == ("23", "31", "45", "52")


def test_a_derived_column_is_added_and_may_be_the_attribute(tmp_path: Path) -> None:
    table = loaded(tmp_path, derived={"band": {"from": "age", "edges": [30, 50]}}, protected=["band"])
    assert table.schema["band"].derived == Cut("age", (30.0, 50.0))
    assert table.schema["band"].categories == ("below 30", "30 to below 50", "50 or more")
    assert table.schema.groups(table.features, "band").tolist() == [0, 1, 1, 2]


def test_a_derived_column_of_the_file_takes_its_names_from_the_file(tmp_path: Path) -> None:
    text = (
        LOANS.replace("region", "band").replace("south", "old").replace(",m,north", ",m,old").replace("north", "young")
    )
    table = loaded(tmp_path, text, derived={"band": {"from": "age", "edges": [30]}})
    assert table.schema["band"].categories == ("young", "old")
    assert table.schema.frame(table.features)["band"].tolist() == ["young", "old", "old", "old"]


def test_protected_attributes_can_be_hidden_from_the_victims(tmp_path: Path) -> None:
    table = loaded(tmp_path, protected_visible=False)
    assert [feature.name for feature in table.schema.features if not feature.visible] == ["sex"]


def test_missing_values_can_drop_rows_or_become_a_category(tmp_path: Path) -> None:
    text = LOANS.replace("2500.0,m,south", "2500.0,m,")
    assert len(loaded(tmp_path, text, missing="drop")) == 3
    kept = loaded(tmp_path, text, missing="category")
    assert kept.schema["region"].categories == ("missing", "north", "south")


def test_whole_numbers_stay_integers_when_rows_with_missing_values_are_dropped(tmp_path: Path) -> None:
    table = loaded(tmp_path, LOANS.replace("31,", ","), missing="drop")
    assert table.schema["age"].kind == "integer"


MISTAKES: dict[str, tuple[str, dict[str, Any], str]] = {
    "no file": (LOANS, {"file": "lones.csv"}, "lones.csv does not exist"),
    "unknown ending": (LOANS, {"file": "loans.xlsx"}, "must end in .csv"),
    "unknown filesystem": (LOANS, {"file": "nowhere://loans.csv"}, "cannot be read"),
    "empty": ("", {}, "is empty"),
    "header only": ("age,sex,approved\n", {}, "no rows"),
    "delimiter": (LOANS.replace(",", ";"), {}, r"separated by a semicolon \(delimiter: ';'\)"),
    "ragged": (LOANS + "1,2,f,north,yes,more\n", {}, "cannot be read"),
    "ragged first row": (LOANS.replace("north,no", "north,no,more"), {}, "names 5 columns but its first row has 6"),
    "duplicate column": (LOANS.replace("region", "age"), {}, "'age' occurs more than once"),
    "no target": (LOANS, {"target": "aproved"}, r"no column 'aproved' \(did you mean 'approved'\?\)"),
    "target missing": (LOANS.replace("south,yes", "south,", 1), {}, "'approved' is missing in 1 rows"),
    "one label": (LOANS.replace(",no\n", ",yes\n"), {}, "must have two values, has 1: yes"),
    "three labels": (LOANS.replace("north,no", "north,maybe", 1), {}, "has 3: maybe, no, yes"),
    "favourable": (LOANS, {"favourable": "yess"}, r"no value 'yess' \(did you mean 'yes'\?\)"),
    "attribute": (LOANS, {"protected": ["sexx"]}, r"no column 'sexx' \(did you mean 'sex'\?\)"),
    "attribute is target": (LOANS, {"protected": ["approved"]}, "cannot be a feature as well"),
    "attribute dropped": (LOANS, {"drop": ["sex"]}, "'sex' is needed"),
    "one group": (LOANS.replace(",f,", ",m,"), {}, "'sex' has one group only"),
    "types": (LOANS, {"types": {"agee": "integer"}}, r"types: there is no column 'agee' \(did you mean 'age'\?\)"),
    "ranges": (LOANS, {"ranges": {"agee": (0, 1)}}, "ranges: there is no column 'agee'"),
    "drop": (LOANS, {"drop": ["regio"]}, r"'regio' \(did you mean 'region'\?\)"),
    "derived": (LOANS, {"derived": {"band": {"from": "agee", "edges": [1]}}}, "derived: there is no column 'agee'"),
    "edges": (LOANS, {"derived": {"band": {"from": "age", "edges": [5, 1]}}}, "must be increasing"),
    "derived of text": (LOANS, {"derived": {"band": {"from": "region", "edges": [1]}}}, "which is not a number"),
    "derived names": (
        LOANS,
        {"derived": {"b": {"from": "age", "edges": [9], "names": ["x"]}}},
        "needs 2 different names",
    ),
    "derived rule": (
        LOANS,
        {"derived": {"region": {"from": "age", "edges": [30]}}},
        "'region' does not follow from 'age'",
    ),
    "text as number": (LOANS, {"types": {"region": "numeric"}}, "'region' is stated as numeric but holds text"),
    "fraction": (LOANS, {"types": {"income": "integer"}}, "stated as integer but has 1000.5"),
    "range": (LOANS, {"ranges": {"age": (25, 60)}}, r"1 rows lie outside 25 .. 60 \(e.g. 23\)"),
    "range of text": (LOANS, {"ranges": {"region": (0, 1)}}, "'region' is not a number"),
    "missing": (LOANS.replace("m,south", "m,"), {}, "'region' has 1 missing values"),
    "missing number": (LOANS.replace("1800.0", ""), {"missing": "category"}, "'income' has 1 missing values"),
    "infinite": (LOANS.replace("1800.0", "inf"), {}, "'income' has infinite values"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_answered_in_one_line_with_name_and_place(tmp_path: Path, mistake: str) -> None:
    text, stated, expected = MISTAKES[mistake]
    with pytest.raises(DataError, match=expected) as error:
        loaded(tmp_path, text, **stated)
    assert "\n" not in str(error.value)
    assert "data set 'loans'" in str(error.value)


def test_a_numeric_attribute_with_many_values_asks_for_edges(tmp_path: Path) -> None:
    rows = "".join(f"{age},{'yes' if age % 2 else 'no'}\n" for age in range(20, 50))
    with pytest.raises(DataError, match="derive one with edges"):
        loaded(tmp_path, "age,approved\n" + rows, protected=["age"])


def test_text_that_identifies_rows_is_refused_unless_its_type_is_stated(tmp_path: Path) -> None:
    rows = "".join(f"person {i},{'fm'[i % 2]},{'yes' if i % 3 else 'no'}\n" for i in range(40))
    with pytest.raises(DataError, match="looks like an identifier"):
        loaded(tmp_path, "name,sex,approved\n" + rows)
    assert len(loaded(tmp_path, "name,sex,approved\n" + rows, types={"name": "categorical"})) == 40


def test_a_column_that_is_no_number_text_or_boolean_is_refused(tmp_path: Path) -> None:
    frame = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=4), "sex": list("fmfm"), "approved": [0, 1, 1, 0]})
    frame.to_parquet(tmp_path / "loans.parquet")
    with pytest.raises(DataError, match="'day' is of type datetime64"):
        loaded(tmp_path, file="loans.parquet", favourable=1)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    (tmp_path / "loans.parquet").write_bytes(b"\x80\x04not parquet")
    with pytest.raises(DataError, match="cannot be read"):
        loaded(tmp_path, file="loans.parquet")


@pytest.mark.parametrize("query", ["", "?secret_key=hunter2"])
def test_a_secret_in_an_address_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DataError, match="bucket") as caught:
        loaded(tmp_path, file=f"s3://AKIA:hunter2@bucket/loans.csv{query}")
    assert "hunter2" not in str(caught.value)


def test_an_unknown_key_of_the_description_is_refused() -> None:
    with pytest.raises(ValidationError, match="favorable"):
        FileDescription.model_validate({"file": "a.csv", "target": "y", "favorable": 1, "protected": ["sex"]})


def test_a_fingerprint_depends_on_content_and_not_on_folder(tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    first, second = loaded(tmp_path), loaded(tmp_path / "other")
    assert first.fingerprint == second.fingerprint
    assert loaded(tmp_path, LOANS.replace("4000.0", "4000.5")).fingerprint != first.fingerprint
    assert np.array_equal(first.features, second.features)
