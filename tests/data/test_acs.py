"""The census samples: four halves, what their codes became, and that a damaged file is refused."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from a4g_bench.data import acs
from a4g_bench.data.acs import AcsIncome, AcsIncomeDesign, AcsPublicCoverage, AcsPublicCoverageDesign, CensusSample
from a4g_bench.data.split import split
from a4g_bench.errors import DataError
from a4g_bench.suite.model import DatasetEntry
from a4g_bench.suite.plan import load_subject

FOLDER = Path(acs.__file__).parent / "census"
SOURCES: list[type[CensusSample]] = [AcsIncome, AcsIncomeDesign, AcsPublicCoverage, AcsPublicCoverageDesign]
FINGERPRINTS = {
    "acs-income": "3eb068ec3b0de0ba",
    "acs-income-design": "6e93bd9f6f588997",
    "acs-public-coverage": "4f9b9598059a647d",
    "acs-public-coverage-design": "3d3d408f88449d17",
}


@pytest.mark.parametrize("source", SOURCES)
def test_a_name_means_the_same_rows_for_good(source: type[CensusSample]) -> None:
    table = source().load()
    assert table.fingerprint == FINGERPRINTS[source.name]
    assert (table.name, table.schema.protected) == (source.name, source.attributes)
    assert table.schema.favourable == 1
    assert "Retiring Adult" in table.cautions[0]
    assert source().state() == "installed"


def test_the_datasheet_states_what_is_loaded() -> None:
    text = (FOLDER / "README.md").read_text()
    for source in SOURCES:
        assert FINGERPRINTS[source.name] in text
        assert source.checksum in text


@pytest.mark.parametrize(
    ("source", "shape", "ones", "groups"),
    [
        (AcsIncome, (50_000, 10), 18_452, {"Male": 26_090, "Female": 23_910}),
        (AcsIncomeDesign, (50_000, 10), 18_497, {"Male": 25_775, "Female": 24_225}),
        (AcsPublicCoverage, (50_000, 18), 14_961, {"Native": 42_601, "Foreign born": 7_399}),
        (AcsPublicCoverageDesign, (50_000, 18), 14_901, {"Native": 42_471, "Foreign born": 7_529}),
    ],
)
def test_rows_labels_and_groups(
    source: type[CensusSample], shape: tuple[int, int], ones: int, groups: dict[str, int]
) -> None:
    table = source().load()
    attribute = table.schema.protected[0]
    sizes = np.bincount(table.schema.groups(table.features, attribute))
    assert table.features.shape == shape
    assert table.labels.sum() == ones
    assert dict(zip(table.schema.group_names(attribute), sizes.tolist(), strict=True)) == groups


@pytest.mark.parametrize("source", SOURCES)
def test_every_group_has_100_people_who_deserve_the_favourable_label(source: type[CensusSample]) -> None:
    table = source().load()
    for attribute in source.attributes:
        groups = table.schema.groups(table.features, attribute)
        names = table.schema.group_names(attribute)
        deserving = np.bincount(groups[table.labels == table.schema.favourable], minlength=len(names))
        assert deserving.min() >= 100, dict(zip(names, deserving.tolist(), strict=True))


@pytest.mark.parametrize("source", SOURCES)
def test_all_people_of_the_file_are_in_one_half_in_its_order(source: type[CensusSample]) -> None:
    table = source().load()
    raw = pd.read_parquet(FOLDER / source.file)[source.first : source.first + 50_000].reset_index(drop=True)
    rows = table.schema.frame(table.features)
    assert (rows["AGEP"] == raw["AGEP"]).all()
    assert (rows["SCHL"] == raw["SCHL"]).all()
    assert np.array_equal(table.labels, raw[source.recipe.label])
    assert ((rows["RAC1P"] == "Asian") == (raw["RAC1P"] == 6)).all()
    assert ((rows["RAC1P"] == "Other race") == raw["RAC1P"].isin((3, 4, 5, 7, 8))).all()


def test_codes_become_the_groups_of_the_data_dictionary() -> None:
    codes = {"OCCP": [10, 440, 500, 3550, 3601, 9760, 9830], "POBP": [1, 56, 72, 169, 303, 399, 554]}
    merged = acs.grouped(pd.DataFrame({**codes, "RELP": [0, 1, 8, 14, 15, 16, 17]}))
    assert merged["OCCP"].tolist() == [10, 10, 500, 3000, 3601, 9005, 9800]
    assert merged["POBP"].tolist() == [1, 1, 60, 100, 303, 360, 501]
    assert merged["RELP"].tolist() == [0, 1, 8, 15, 15, 16, 17]


def test_readable_categories_of_single_people() -> None:
    table = AcsIncomeDesign().load()
    rows = table.schema.frame(table.features)
    raw = pd.read_parquet(FOLDER / AcsIncomeDesign.file)[50_000:].reset_index(drop=True)
    expected = {
        ("OCCP", 2310): "education and libraries",
        ("OCCP", 9130): "transportation",
        ("POBP", 303): "Mexico",
        ("POBP", 6): "US state",
        ("COW", 5): "federal government",
        ("MAR", 4): "separated",
        ("RELP", 7): "grandchild",
    }
    for (column, code), name in expected.items():
        assert set(rows[column][raw[column] == code]) == {name}


@pytest.mark.parametrize("source", SOURCES)
def test_every_seed_splits_by_every_attribute(source: type[CensusSample]) -> None:
    table = source().load()
    for attribute in source.attributes:
        for seed in range(15):
            parts = split(table, attribute, seed)
            assert len(parts.train) + len(parts.validation) + len(parts.audit) == 50_000


@pytest.mark.parametrize("source", SOURCES)
def test_features_are_what_their_kind_says(source: type[CensusSample]) -> None:
    table = source().load()
    for position, feature in enumerate(table.schema.features):
        values = table.features[:, position]
        assert np.array_equal(values, np.rint(values)), feature.name
        if feature.kind == "categorical":
            assert set(values) == set(range(len(feature.categories))), feature.name
    assert {feature.name for feature in table.schema.features if feature.kind == "integer"} == set(
        source.recipe.integers
    )


@pytest.mark.parametrize("source", SOURCES)
def test_protected_attributes_can_be_hidden_and_are_still_there(source: type[CensusSample]) -> None:
    seen, hidden = source().load(), source().load(protected_visible=False)
    assert {feature.name for feature in hidden.schema.features if not feature.visible} == set(source.attributes)
    assert np.array_equal(seen.features, hidden.features)
    assert seen.fingerprint != hidden.fingerprint


def test_a_changed_or_missing_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(FOLDER, tmp_path / "census")
    monkeypatch.setattr(acs, "__file__", str(tmp_path / "acs.py"))
    assert len(AcsIncomeDesign().load()) == 50_000
    file = tmp_path / "census" / AcsIncomeDesign.file
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    with pytest.raises(DataError, match=r"acs_income_2018\.parquet should have the SHA-256 9ff39241\w+, has .*again"):
        AcsIncomeDesign().load()
    file.unlink()
    with pytest.raises(DataError, match=r"acs_income_2018\.parquet is missing or unreadable; install a4g-bench again"):
        AcsIncomeDesign().load()


def test_a_code_that_the_dictionary_does_not_know_is_an_error() -> None:
    raw = pd.read_parquet(FOLDER / AcsIncomeDesign.file)[50_000:]
    raw.loc[raw.index[0], "POBP"] = 0
    with pytest.raises(DataError, match="'POBP' should have the values"):
        acs.INCOME.build("census", acs.grouped(raw), source="a test")


@pytest.mark.parametrize("name", ["acs-income", "acs-public-coverage"])
def test_what_is_kept_for_boards_is_foreseen_from_the_other_half(name: str) -> None:
    subject, _ = load_subject(DatasetEntry(name=name, rows=5000), Path())
    other, _ = load_subject(DatasetEntry(name=f"{name}-design", rows=5000), Path())
    tried = subject.to_try_on()
    assert tried.table.fingerprint == other.table.fingerprint != subject.table.fingerprint
    assert tried.key == subject.key
    assert other.to_try_on() is other
