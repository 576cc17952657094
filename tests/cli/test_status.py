"""``a4g-bench status``: what a folder says of itself, without its suite."""

import json
import os
from pathlib import Path

import pytest

from a4g_bench.provenance import host_hash
from a4g_bench.store.claim import Claim
from a4g_bench.store.files import Files
from tests.support import complaint, said

ROOT = "results/tiny"


def test_status_of_a_finished_run(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tiny.yaml").unlink()
    told = said(capsys, "status", "--json").json
    assert (told["planned"], told["statuses"], told["missing"], told["run"]) == (6, {"ok": 6}, 0, None)
    assert sum(told["hosts"].values()) == 6
    answer = said(capsys, "status", ROOT)
    assert answer.code == 0
    assert "nobody is writing into this folder" in answer.out


def test_status_tells_failures_by_type(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from a4g_bench.store.results import Results, SearchRecord

    results = Results(ROOT)
    for row in results.read("searches").to_pylist()[:2]:
        results.write_search(SearchRecord({**row, "status": "timeout", "error_type": "Timeout"}))
    told = said(capsys, "status", "--json").json
    assert (told["statuses"], told["failures"]) == ({"ok": 4, "timeout": 2}, {"timeout: Timeout": 2})
    assert "2  timeout: Timeout" in said(capsys, "status").out


def test_status_of_a_run_that_goes_on(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = Files(ROOT)
    with Claim(files, host_hash()):
        answer = said(capsys, "status")
        assert f"a run is starting: process {os.getpid()}" in answer.out
        [name] = files.names("claims")
        facts = json.loads(files.read(name).to_pybytes())
        facts |= {"total": 9, "done": 3, "work": 0.5, "failed": 1, "running": 2, "queries": 40, "best_gain": 0.0417}
        facts |= {"started": 1000.0, "renewed": 1010.0}
        files.write(name, json.dumps(facts).encode())
        answer = said(capsys, "status")
    assert "3/9 searches of this run, 2 running, 1 failed, 4.0 queries/s, 10 s left, best gain 4.2 pts" in answer.out


def test_status_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no results below results/" in complaint(capsys, "status")
    assert "holds no results" in complaint(capsys, "status", "elsewhere")
