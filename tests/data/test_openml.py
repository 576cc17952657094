"""The sets of OpenML, against recorded answers served where urllib meets the network; one live test."""

import gzip
import hashlib
import io
import json
import os
import urllib.request
from collections.abc import Callable, Iterator
from email.message import Message
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.response import addinfourl

import numpy as np
import pandas as pd
import pytest

from a4g_bench.data import fetched as cache
from a4g_bench.data.openml import OpenMLSource
from a4g_bench.data.openml_sets import (
    AcsIncomeOpenML,
    AdultOpenML,
    BankMarketing,
    CompasTwoYears,
    CreditG,
    DefaultCredit,
    Diabetes130US,
    LawOpenML,
)
from a4g_bench.errors import DataError, DataUnavailableError

SOURCES = [
    CompasTwoYears,
    AdultOpenML,
    BankMarketing,
    DefaultCredit,
    LawOpenML,
    AcsIncomeOpenML,
    Diabetes130US,
    CreditG,
]
SHARED = Path(os.environ.get("A4G_SHARED", Path(__file__).parents[3] / "shared")) / "data" / "compas_two_years.parquet"
needs_shared = pytest.mark.skipif(not SHARED.is_file(), reason="compas_two_years.parquet is not here (A4G_SHARED)")


class OpenML(urllib.request.BaseHandler):
    """Answers every https request from ``pages``, in the form openml.org answers; ``asked`` are the paths."""

    handler_order = 100

    def __init__(self) -> None:
        self.pages: dict[str, bytes | Exception] = {}
        self.asked: list[str] = []

    def https_open(self, request: urllib.request.Request) -> addinfourl:
        self.asked.append(request.selector)
        page = self.pages.get(request.selector, HTTPError(request.full_url, 412, "unknown", Message(), io.BytesIO()))
        if isinstance(page, Exception):
            raise page
        answer = addinfourl(io.BytesIO(page), Message(), request.full_url, 200)
        answer.msg = "OK"  # type: ignore[attr-defined]
        return answer

    def record(self, source: type[OpenMLSource], frame: pd.DataFrame, nominal: dict[str, list[str]]) -> None:
        """Serve ``frame`` as the data set of ``source``; columns not in ``nominal`` are numbers."""
        number = str(source.data_id)
        lines = [f"@RELATION {source.title}", ""]
        for column in frame.columns:
            levels = ",".join(f"'{level}'" for level in nominal.get(column, []))
            lines.append(f"@ATTRIBUTE '{column}' {f'{{{levels}}}' if levels else 'NUMERIC'}")
        text = frame.to_csv(index=False, header=False, na_rep="?", lineterminator="\n")
        arff = "\n".join([*lines, "", "@DATA", text]).encode()
        about = {
            "id": number,
            "name": source.title,
            "version": str(source.version or 1),
            "description": "recorded",
            "format": "ARFF",
            "status": "active",
            "file_id": "1",
            "url": f"https://www.openml.org/data/v1/download/{number}/{source.title}.arff",
            "default_target_attribute": source.recipe.label,
            "md5_checksum": hashlib.md5(arff).hexdigest(),
        }
        features = [
            {
                "index": str(index),
                "name": column,
                "data_type": "nominal" if column in nominal else "numeric",
                "is_target": str(column == source.recipe.label).lower(),
                "is_ignore": "false",
                "is_row_identifier": "false",
                "number_of_missing_values": str(int(frame[column].isna().sum())),
            }
            for index, column in enumerate(frame.columns)
        ]
        quality = [{"name": "NumberOfInstances", "value": f"{len(frame)}.0"}]
        self.pages |= {
            f"/api/v1/json/data/{number}": json.dumps({"data_set_description": about}).encode(),
            f"/api/v1/json/data/features/{number}": json.dumps({"data_features": {"feature": features}}).encode(),
            f"/api/v1/json/data/qualities/{number}": json.dumps({"data_qualities": {"quality": quality}}).encode(),
            f"/data/v1/download/{number}/{source.title}.arff": arff,
        }


@pytest.fixture
def openml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenML]:
    """A recorded openml.org and an empty cache folder."""
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "cache"))
    site = OpenML()
    before = urllib.request._opener  # type: ignore[attr-defined]
    urllib.request.install_opener(urllib.request.build_opener(site))
    yield site
    urllib.request.install_opener(before)


def credit_g() -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """A thousand made-up loans in the form of credit-g; the levels are a part of its own."""
    rng = np.random.default_rng(0)
    nominal = {column: ["none", "some more"] for column in CreditG.recipe.categorical}
    nominal |= {"personal_status": list(map(str, CreditG.recipe.coded["personal_status"])), "class": ["good", "bad"]}
    frame = pd.DataFrame({column: rng.choice(levels, 1000) for column, levels in nominal.items() if column != "class"})
    frame = frame.assign(**{column: rng.integers(1, 60, 1000) for column in CreditG.recipe.integers})
    return frame.assign(**{"class": rng.choice(nominal["class"], 1000)}), nominal


def test_a_recorded_answer_becomes_a_table_and_is_kept(openml: OpenML) -> None:
    frame, nominal = credit_g()
    openml.record(CreditG, frame, nominal)
    assert CreditG().state() == "needs the network"
    table = CreditG().load()
    assert table.features.shape == (1000, 20)
    assert table.schema.label_values == ("bad", "good")
    assert table.schema.favourable == 1
    assert table.labels.tolist() == (frame["class"] == "good").astype(int).tolist()
    assert table.schema.group_names("sex") == ("Female", "Male")
    female = frame["personal_status"] == "female div/dep/mar"
    assert (table.schema.groups(table.features, "sex") == np.where(female, 0, 1)).all()
    assert table.schema["purpose"].categories == ("none", "some more")
    assert table.source == "OpenML 31 (credit-g)"

    openml.pages.clear()
    openml.asked.clear()
    again = CreditG().load()
    assert CreditG().state() == "cached"
    assert again.fingerprint == table.fingerprint
    assert again.source == table.source
    assert openml.asked == []
    assert sorted(path.name for path in cache.cache_folder().iterdir()) == ["credit_g.parquet"]


def test_a_missing_level_is_a_category(openml: OpenML) -> None:
    frame, nominal = credit_g()
    openml.record(CreditG, frame.assign(purpose=frame["purpose"].where(frame["age"] > 20)), nominal)
    assert CreditG().load().schema["purpose"].categories == ("missing", "none", "some more")


@needs_shared
@pytest.mark.parametrize("one_is", ["female", "male"])
@pytest.mark.parametrize("levels", ["nominal", "numeric"])
def test_compas_from_openml_and_from_a_file_put_by_hand_are_the_same(openml: OpenML, one_is: str, levels: str) -> None:
    frame = pd.read_parquet(SHARED)
    served = frame.assign(sex=frame["sex"] if one_is == "female" else 1 - frame["sex"])
    numbers = ["age", "juv_fel_count", "juv_misd_count", "juv_other_count", "priors_count"]
    indicators = [column for column in frame.columns if column not in numbers]
    kept = indicators if levels == "nominal" else ["twoyearrecid"]
    openml.record(CompasTwoYears, served, {column: ["0", "1"] for column in kept})
    fetched = CompasTwoYears().load()

    cache.cached_file("compas-two-years").unlink()
    cache.cached_file("compas-two-years").write_bytes(SHARED.read_bytes())
    openml.pages.clear()
    by_hand = CompasTwoYears().load()
    assert by_hand.fingerprint == fetched.fingerprint
    assert by_hand.features.tobytes() == fetched.features.tobytes()
    assert by_hand.source == "compas_two_years.parquet in the cache folder"

    assert fetched.features.shape == (5278, 9)
    assert fetched.labels.mean() == pytest.approx(0.4704, abs=5e-5)
    groups = fetched.schema.groups(fetched.features, "sex")
    assert (groups == fetched.schema.group_names("sex").index("Female")).sum() == 1031
    assert fetched.schema.group_names("race") == ("African-American", "Caucasian")
    assert fetched.schema["age_cat"].derived is not None
    assert "Bao" in fetched.cautions[0]


@pytest.mark.parametrize("source", SOURCES)
def test_without_a_network_the_offline_alternative_is_named(openml: OpenML, source: type[OpenMLSource]) -> None:
    openml.pages[f"/api/v1/json/data/{source.data_id}"] = URLError("no route to host")
    with pytest.raises(DataUnavailableError) as error:
        source().load()
    expected = f"data set '{source.name}': openml.org cannot be reached (no route to host)"
    assert str(error.value) == f"{expected}; without a network use '{source.offline}'"
    assert len(openml.asked) == 1


def test_offline_alternatives() -> None:
    named = {source.name: source.offline for source in SOURCES if source.offline != "synthetic"}
    assert named == {
        "acs-income-openml": "acs-income-design",
        "adult-openml": "adult",
        "compas-two-years": "compas",
        "law-openml": "law",
        "credit-g": "german",
    }


def test_an_answer_that_says_no_is_an_error(openml: OpenML) -> None:
    assert openml.pages == {}
    with pytest.raises(DataUnavailableError, match=r"openml\.org answered 412"):
        CreditG().load()


def test_a_connection_lost_between_the_questions_is_an_error(openml: OpenML, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    openml.record(CreditG, *credit_g())
    openml.pages["/data/v1/download/31/credit-g.arff"] = URLError(TimeoutError("timed out"))
    with pytest.raises(DataUnavailableError, match=r"cannot be reached \(timed out\)"):
        CreditG().load()
    assert not cache.cached_file("credit-g").exists()


def test_a_damaged_file_is_an_error(openml: OpenML) -> None:
    openml.record(CreditG, *credit_g())
    openml.pages["/data/v1/download/31/credit-g.arff"] = b"@RELATION x\n@DATA\n1,2\n"
    with pytest.raises(DataError, match="md5 checksum"):
        CreditG().load()


Change = Callable[[pd.DataFrame], pd.DataFrame]
MISMATCHES: dict[str, tuple[Change, str]] = {
    "rows": (lambda frame: frame.head(990), "expected 1000 rows x 21 columns, got 990 rows x 21 columns"),
    "columns": (lambda frame: frame.drop(columns="age"), "expected 1000 rows x 21 columns, got 1000 rows x 20 columns"),
    "target": (
        lambda frame: frame.rename(columns={"class": "klass"}),
        "no target column 'class'.*did you mean 'klass'",
    ),
    "target levels": (
        lambda frame: frame.replace({"class": {"good": "fine"}}),
        "target 'class' should have the values bad, good, has bad, fine",
    ),
    "column": (lambda frame: frame.rename(columns={"job": "jobs"}), "column 'job' is missing from the source"),
    "levels": (
        lambda frame: frame.replace({"personal_status": {"male single": "male"}}),
        "'personal_status' should have the values .*male single, has female",
    ),
    "whole numbers": (lambda frame: frame.assign(age=frame["age"] + 0.5), "column 'age' should be whole numbers"),
    "missing number": (lambda frame: frame.assign(age=frame["age"].where(frame["age"] > 9)), "'age' has missing"),
}


@pytest.mark.parametrize("mismatch", MISMATCHES)
def test_a_mismatch_is_an_error_that_shows_both(openml: OpenML, mismatch: str) -> None:
    change, expected = MISMATCHES[mismatch]
    frame, nominal = credit_g()
    changed = change(frame)
    levels = {column: sorted(set(changed[column].dropna())) for column in {*nominal, "jobs", "klass"} & set(changed)}
    openml.record(CreditG, changed, levels)
    with pytest.raises(DataError, match=expected) as error:
        CreditG().load()
    assert "\n" not in str(error.value)
    assert not cache.cached_file("credit-g").exists()


@pytest.mark.parametrize(("key", "value"), [("name", "credit"), ("version", "2")])
def test_another_name_or_version_is_an_error_before_any_row_is_fetched(openml: OpenML, key: str, value: str) -> None:
    openml.record(CreditG, *credit_g())
    about = json.loads(openml.pages["/api/v1/json/data/31"])  # type: ignore[arg-type]
    about["data_set_description"][key] = value
    openml.pages["/api/v1/json/data/31"] = json.dumps(about).encode()
    with pytest.raises(DataError, match=f"OpenML 31 should have the {key} .*, has {value}"):
        CreditG().load()
    assert openml.asked == ["/api/v1/json/data/31"]


def test_the_real_form_of_an_answer_is_understood(openml: OpenML) -> None:
    """scikit-learn ships real answers for adult, cut to a few rows: read as far as the check of the shape."""
    folder = Path(pytest.importorskip("sklearn.datasets").__file__).parent / "tests" / "data" / "openml" / "id_1590"
    if not folder.is_dir():
        pytest.skip("this scikit-learn comes without its recorded answers")
    answers = {path.name: gzip.decompress(path.read_bytes()) for path in folder.glob("*.gz")}
    about = json.loads(answers["api-v1-jd-1590.json.gz"])
    rows = next(content for name, content in answers.items() if name.startswith("data"))
    about["data_set_description"]["md5_checksum"] = hashlib.md5(rows).hexdigest()
    url: str = about["data_set_description"]["url"]
    openml.pages = {
        "/api/v1/json/data/1590": json.dumps(about).encode(),
        "/api/v1/json/data/features/1590": answers["api-v1-jdf-1590.json.gz"],
        "/api/v1/json/data/qualities/1590": answers["api-v1-jdq-1590.json.gz"],
        url.removeprefix("https://www.openml.org").removeprefix("http://www.openml.org"): rows,
    }
    with pytest.raises(DataError, match=r"expected 48842 rows x 15 columns, got [0-9]+ rows x 15 columns"):
        AdultOpenML().load()


def test_a_damaged_file_in_the_cache_is_named_with_the_remedy(openml: OpenML) -> None:
    cache.cache_folder().mkdir()
    cache.cached_file("credit-g").write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"credit_g\.parquet is not a readable Parquet file; delete it"):
        CreditG().load()
    credit_g()[0].head(10).to_parquet(cache.cached_file("credit-g"))
    with pytest.raises(DataError, match=r"expected 1000 rows .*; delete .*credit_g\.parquet to fetch it again"):
        CreditG().load()
    assert openml.asked == []


def test_a_cache_that_cannot_be_written_does_not_stop_the_load(openml: OpenML, monkeypatch: pytest.MonkeyPatch) -> None:
    openml.record(CreditG, *credit_g())

    def full(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("pyarrow.parquet.write_table", full)
    with pytest.warns(UserWarning, match="'credit-g' could not be kept for later: disk full"):
        assert len(CreditG().load()) == 1000
    assert list(cache.cache_folder().iterdir()) == []


def test_a_number_target_is_cut_at_its_threshold() -> None:
    tidy = AcsIncomeOpenML().prepared(pd.DataFrame({"PINCP": [49_999.0, 50_000.0, 50_001.0], "SEX": [1.0, 2.0, 1.0]}))
    assert tidy["PINCP"].tolist() == ["0", "0", "1"]
    assert tidy["SEX"].tolist() == ["1", "2", "1"]


def test_the_cache_folder_is_named_by_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path / "here"))
    assert cache.cache_folder() == tmp_path / "here"
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cache.cache_folder() == tmp_path / ".cache" / "a4g-bench"


def test_the_law_set_says_that_its_target_is_not_the_bar_examination() -> None:
    assert "not bar passage" in LawOpenML.summary


@pytest.mark.network
@pytest.mark.parametrize("source", SOURCES)
def test_live(source: type[OpenMLSource], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(cache.VARIABLE, str(tmp_path))
    try:
        fetched = source().load()
    except DataUnavailableError as error:
        pytest.skip(str(error))
    assert source().load().fingerprint == fetched.fingerprint
