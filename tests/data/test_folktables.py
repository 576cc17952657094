"""The full tables of the Census, from made-up files in place of its own."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import pytest

from a4g_bench.data import acs, folktables
from a4g_bench.data import fetched as cache
from a4g_bench.data.acs import AcsIncomeDesign
from a4g_bench.data.folktables import AcsIncomeFull, AcsPublicCoverageFull, FolktablesSource
from a4g_bench.errors import DataError, DataUnavailableError

PEOPLE = 50_000  # as many as have every code


class SmallIncome(AcsIncomeFull):
    """The task on as many people as the made-up files have."""

    recipe = replace(AcsIncomeFull.recipe, shape=(PEOPLE, 11))


def people() -> pd.DataFrame:
    """The design half of the sample, as the Census has it: incomes in dollars, and columns that the task leaves out."""
    file = Path(acs.__file__).parent / "census" / AcsIncomeDesign.file
    frame = pd.read_parquet(file)[PEOPLE:].reset_index(drop=True).astype("float64")
    return frame.assign(PINCP=np.where(frame["PINCP"] == 1, 50_001, 50_000), PWGTP=1, SERIALNO="2018GQ", ST=1)


class Task:
    """Does what a task of folktables does: features, a target as a frame of its own, and a group."""

    def df_to_pandas(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame, None]:
        features = frame.drop(columns=["PINCP", "PWGTP", "SERIALNO"]).reset_index(drop=True)
        return features, pd.DataFrame(frame["PINCP"] > 50_000).reset_index(drop=True), None


class Census:
    """Two states; ``asked`` are those that were asked for, ``lost`` those that cannot be had."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lost: dict[str, Exception] = {}
        self.folders: list[str] = []

    def source(self, year: str, horizon: str, survey: str, root_dir: str) -> "Census":
        assert (year, horizon, survey) == ("2018", "1-Year", "person")
        self.folders.append(root_dir)
        return self

    def get_data(self, states: Sequence[str], download: bool) -> pd.DataFrame:
        assert download
        [state] = states
        self.asked.append(state)
        print(f"Downloading {state}")
        if state in self.lost:
            raise self.lost[state]
        half = PEOPLE // 2
        return people()[:half] if state == "AL" else people()[half:]


@pytest.fixture
def census(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Census:
    """A recorded folktables and an empty cache folder."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    recorded = Census()
    module: Any = ModuleType("folktables")
    module.state_list, module.ACSIncome, module.ACSDataSource = ["AL", "AK"], Task(), recorded.source
    monkeypatch.setitem(sys.modules, "folktables", module)
    monkeypatch.setattr(folktables, "find_spec", lambda _: object())
    return recorded


def test_states_are_put_together_and_kept(census: Census, capsys: pytest.CaptureFixture[str]) -> None:
    assert SmallIncome().state() == "needs the network"
    fetched = SmallIncome().load()
    assert census.asked == ["AL", "AK"]
    assert census.folders == [str(cache.cache_folder() / "folktables")]
    assert SmallIncome().state() == "cached"
    again = SmallIncome().load(protected_visible=False)
    assert census.asked == ["AL", "AK"]
    assert np.array_equal(fetched.features, again.features)
    assert "US Census Bureau" in fetched.source
    assert fetched.source == again.source
    assert capsys.readouterr().out == ""  # what folktables prints is no result


def test_the_same_people_make_the_same_table_as_the_sample(census: Census) -> None:
    design, fetched = AcsIncomeDesign().load(), SmallIncome().load()
    assert census.asked
    columns = [fetched.schema.index(name) for name in design.schema.names]
    assert np.array_equal(fetched.features[:, columns], design.features)
    assert np.array_equal(fetched.labels, design.labels)


def test_without_the_extra_the_remedy_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    monkeypatch.setattr(folktables, "find_spec", lambda _: None)
    assert AcsIncomeFull().state() == "needs the extra 'folktables'"
    with pytest.raises(DataUnavailableError, match=r"a4g-bench\[folktables\]'.*'acs-public-coverage-design'"):
        AcsPublicCoverageFull().load()


def test_a_state_that_cannot_be_had_is_an_error(census: Census) -> None:
    census.lost["AK"] = FileNotFoundError(2, "No such file", "psam_p02.csv")
    with pytest.raises(DataUnavailableError, match=r"psam_p02\.csv.*without a network use 'acs-income-design'"):
        SmallIncome().load()
    assert not cache.cached_file(SmallIncome.name).exists()


def test_a_file_that_cannot_be_read_is_an_error(census: Census) -> None:
    census.lost["AL"] = pd.errors.ParserError("Expected 286 fields")
    with pytest.raises(DataError, match=r"a file in .*folktables cannot be read \(Expected 286 fields\); delete it"):
        SmallIncome().load()


def test_fewer_people_are_an_error_that_shows_both_and_nothing_is_kept(census: Census) -> None:
    with pytest.raises(DataError, match=r"expected 1664500 rows x 11 columns, got 50000 .*; delete .*folktables to"):
        AcsIncomeFull().load()
    assert census.asked
    assert not cache.cached_file(AcsIncomeFull.name).exists()


def test_another_table_in_the_cache_is_named_with_the_remedy(census: Census) -> None:
    cache.keep(SmallIncome.name, people().head(10), "a test")
    with pytest.raises(DataError, match=r"got 10 rows .*; delete .*acs_income_full\.parquet to fetch it again"):
        SmallIncome().load()
    assert census.asked == []


def test_folktables_reads_files_in_the_cache_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed = pytest.importorskip("folktables")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    folder = tmp_path / "folktables" / "2018" / "1-Year"
    folder.mkdir(parents=True)
    monkeypatch.setattr(installed, "state_list", ["AL", "AK"])
    half = PEOPLE // 2
    people()[:half].to_csv(folder / "psam_p01.csv", index=False)
    people()[half:].to_csv(folder / "psam_p02.csv", index=False)
    assert np.array_equal(SmallIncome().load().labels, AcsIncomeDesign().load().labels)


@pytest.mark.network
@pytest.mark.parametrize("source", [AcsIncomeFull, AcsPublicCoverageFull])
def test_live(source: type[FolktablesSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("folktables")
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    try:
        fetched = source().load()
    except DataUnavailableError as error:
        pytest.skip(str(error))
    assert source().state() == "cached"
    assert len(fetched) == source.recipe.shape[0]
