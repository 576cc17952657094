"""``a4g-bench run --submit``: what travels, what the job runs, and what keeps it from being submitted."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import complaint, said, tree, write_suite

LOANS = {"file": "data/loans.csv", "target": "approved", "favourable": "yes", "protected": ["sex"]}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a job server would have been handed."""
    got: dict[str, Any] = {}

    def submit(address: str, entrypoint: str, folder: Path) -> str:
        got.update(address=address, entrypoint=entrypoint, files=tree(folder))
        return "job-1"

    monkeypatch.setattr("a4g_bench.cluster.submit.submit", submit)
    return got


def own_table(folder: Path, **changes: Any) -> Path:
    (folder / "data").mkdir()
    (folder / "data" / "loans.csv").write_text("sex,approved\nf,yes\nm,no\n")
    (folder / "secrets.txt").write_text("stays here")
    return write_suite(folder, datasets=[{"name": "loans", "source": {**LOANS, **changes}}])


def test_the_suite_and_its_tables_travel_and_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: dict[str, Any]
) -> None:
    suite = own_table(tmp_path)
    answer = said(capsys, "run", suite, "--submit", "--results", "s3://bucket/a b", "--retry-errors", "--seeds", 1)
    assert (answer.code, answer.out) == (0, "job-1\n")
    assert "RAY_AUTH_MODE=token ray job logs --follow --address http://127.0.0.1:8265 job-1" in answer.err
    assert sent["address"] == "http://127.0.0.1:8265"
    assert sent["entrypoint"] == (
        "a4g-bench run suite.yaml --address auto --results 's3://bucket/a b' --retry-errors --seeds 1"
    )
    assert set(sent["files"]) == {"suite.yaml", "data/loans.csv"}
    assert sent["files"]["suite.yaml"] == suite.read_bytes()


def test_a_built_in_suite_travels_too(capsys: pytest.CaptureFixture[str], sent: dict[str, Any]) -> None:
    words = ("run", "quick", "--submit", "--results", "/data/quick", "--address", "http://head:8265", "--json")
    answer = said(capsys, *words).json
    assert (answer["job"], answer["address"], sent["address"]) == ("job-1", "http://head:8265", "http://head:8265")
    assert answer["stop"] == "RAY_AUTH_MODE=token ray job stop --address http://head:8265 job-1"
    assert b"name: quick" in sent["files"]["suite.yaml"]


@pytest.mark.parametrize("words", [(), ("--results", "results/mine"), ("--results", "~/mine")])
def test_results_must_mean_the_same_there(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: dict[str, Any], words: tuple[str, ...]
) -> None:
    assert "--submit needs --results: a URI" in complaint(capsys, "run", write_suite(tmp_path), "--submit", *words)
    assert not sent


@pytest.mark.parametrize("file", ["../loans.csv", "/etc/hosts", "gone.csv"])
def test_a_table_that_cannot_travel_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], sent: dict[str, Any], file: str
) -> None:
    suite = own_table(tmp_path, file=file)
    told = complaint(capsys, "run", suite, "--submit", "--results", "/data/mine")
    assert ("no file gone.csv beside the suite" if file == "gone.csv" else "outside the suite's folder") in told
    assert not sent


def test_without_the_extra_it_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("a4g_bench.cluster.submit.find_spec", lambda module: None)
    told = complaint(capsys, "run", write_suite(tmp_path), "--submit", "--results", "/data/mine")
    assert told == "error: --submit needs Ray's job client: pip install 'a4g-bench[cluster]'"


@pytest.mark.slow
@pytest.mark.ray
def test_where_no_job_server_answers_it_says_how_to_reach_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("aiohttp", reason="needs the extra 'cluster'")
    words = ("run", write_suite(tmp_path), "--submit", "--results", "/data/mine", "--address", "http://127.0.0.1:9")
    assert "no job server answers at http://127.0.0.1:9: `ray dashboard CLUSTER_FILE`" in complaint(capsys, *words)
