"""Commands that read results: what they print, and what they say of results that are wrong."""

import csv
import io
import json
from pathlib import Path

import pytest

from a4g_bench.store.results import Results
from tests.support import TINY, Said, complaint, plan_of, said, tree, write_suite

ROOT = Path("results/tiny")


def identifiers(capsys: pytest.CaptureFixture[str]) -> list[str]:
    found = said(capsys, "check", "tiny.yaml", "--json").json["searches"]["complete"]
    assert isinstance(found, list)
    return found


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:100])


def test_a_complete_suite_checks_as_complete(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(finished)
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 0
    assert answer.out.split() == ["state", "searches", "complete", "6", "failed", "0", "missing", "0", "stale", "0"]
    assert len(identifiers(capsys)) == 6
    assert tree(finished) == before


def test_a_search_that_lacks_rows_is_missing(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    gone = next(iter(sorted((ROOT / "audits").iterdir())))
    gone.unlink()
    answer = said(capsys, "check", "tiny.yaml", "--json")
    assert answer.code == 3
    assert answer.json["searches"]["missing"] == [gone.stem]


def test_a_changed_suite_finds_its_results_stale_and_says_why(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_suite(finished, batch_size=3)
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 3
    assert answer.out.count("batch_size was 2, is 3") == 2


def test_running_a_complete_suite_prints_the_board_and_does_nothing(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = tree(finished)
    answer = said(capsys, "run", "tiny.yaml")
    assert answer.code == 0
    assert "random-duplicates" in answer.out
    assert "0 searches run" in answer.err
    assert tree(finished) == before
    assert said(capsys, "run", "tiny.yaml", "--json").json["complete"] == 6


def test_plan_tells_what_is_there(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(finished)
    told = said(capsys, "plan", "tiny.yaml", "--json", "--list").json
    assert (told["searches"], told["complete"], told["missing"], told["queries"]) == (6, 6, 0, 0)
    assert {row["state"] for row in told["list"]} == {"complete"}
    elsewhere = said(capsys, "plan", "tiny.yaml", "--json", "--results", "elsewhere").json
    assert (elsewhere["missing"], elsewhere["queries"]) == (6, 8)
    [setting] = elsewhere["settings"]
    assert setting["source"] == ("unknown" if setting["counts"] is None else "forecast")
    assert (setting["counts"] is True) == (setting["reason"] == "")
    assert setting["gap_low"] < setting["gap"] <= setting["gap_high"]
    assert elsewhere["hours_on_cores"]["2"] * 3600 > elsewhere["cpu_seconds"] / 2
    assert told["hours_on_cores"]["2"] == 0
    complete = said(capsys, "plan", "tiny.yaml")
    assert "6 searches: 6 complete" in complete.out
    assert f"{int(setting['counts'] is True)} of 1 settings count" in complete.out
    assert "some seeds are of no whole block of 5" in complete.err
    assert said(capsys, "plan", "tiny.yaml", "--json", "--seeds", 1).json["complete"] == 3
    assert said(capsys, "run", "tiny.yaml", "--json", "--seeds", 1).json["complete"] == 3
    assert tree(finished) == before


@pytest.mark.parametrize("form", ["table", "csv", "json", "md"])
def test_the_leaderboard_prints_in_every_format(finished: Path, capsys: pytest.CaptureFixture[str], form: str) -> None:
    answer = said(capsys, "leaderboard", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    assert "sobol" in answer.out
    if form == "json":
        assert {"protocol_version", "overall", "cells"} <= answer.json.keys()
        assert answer.json == said(capsys, "leaderboard", ROOT, "--json").json
    if form == "csv":
        assert len({len(row) for row in csv.reader(io.StringIO(answer.out))}) == 1


def test_the_leaderboard_is_filtered_and_broken_down(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "leaderboard", "--attack", "sobol", "--budget", "5%", "--json").json
    assert {cell["attack"] for cell in told["cells"]} <= {"sobol", "random-duplicates"}
    for by in ("dataset", "victim", "budget"):
        assert said(capsys, "leaderboard", "--by", by).code == 0
        assert said(capsys, "leaderboard", "--by", by, "--json").json["by"]["what"] == by


FILTERS = {
    ("--dataset", "synthetik"): "(did you mean 'synthetic'?)",
    ("--victim", "svm"): "victim 'svm'",
    ("--attack", "sobel"): "(did you mean 'sobol'?)",
    ("--budget", "abc"): "write a share such as 1%",
    ("--budget", "2%"): "'2%'",
    ("--by", "moon"): "'moon' is not one of 'dataset', 'victim', 'budget'",
    ("--format", "pdf"): "'pdf' is not one of",
    ("nowhere",): "'nowhere' holds no results",
    ("tiny.yaml",): "'tiny.yaml' holds no results",
    ("tiny.yaml/below",): "'tiny.yaml/below' holds no results",
}


@pytest.mark.parametrize("words", FILTERS, ids=" ".join)
def test_a_leaderboard_of_what_is_not_there_is_refused(
    finished: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    assert FILTERS[words] in complaint(capsys, "leaderboard", *words)


def test_a_leaderboard_without_results_says_how_to_get_some(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "a4g-bench run quick" in complaint(capsys, "leaderboard")
    assert tree(tmp_path) == {}


def test_several_results_folders_must_be_named(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Results("results/other").mark("other", "0", 1)
    line = complaint(capsys, "leaderboard")
    assert "results/other" in line
    assert "results/tiny" in line


def test_a_truncated_file_is_named_and_the_rest_is_ranked(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = sorted((ROOT / "searches").iterdir())[0]
    truncate(broken)
    before = tree(finished)
    answer = said(capsys, "leaderboard")
    assert answer.code == 2
    assert "sobol" in answer.out
    assert answer.err.startswith(f"error: {broken} cannot be read")
    assert answer.err.count("\n") == 1
    assert tree(finished) == before
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 3
    assert f"damaged: {broken}" in answer.err


def test_a_folder_of_truncated_files_names_them(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for file in (ROOT / "searches").iterdir():
        truncate(file)
    line = complaint(capsys, "leaderboard")
    assert "no searches in results/tiny" in line
    assert line.count("cannot be read") == 6


def test_a_broken_manifest_is_named(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("{", "[]", "{}", '{"schema_version": "x", "suite": "tiny"}'):
        (ROOT / "manifest.json").write_text(text)
        for words in (["leaderboard"], ["status"], ["merge", ROOT, "--out", "merged"]):
            assert "manifest.json" in complaint(capsys, *words)


def test_results_of_a_newer_version_are_refused_by_name(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (ROOT / "manifest.json").write_text(json.dumps({"schema_version": 99, "suite": "tiny"}))
    assert "schema version 99" in complaint(capsys, "leaderboard")


@pytest.mark.parametrize("command", ["run", "plan", "check"])
def test_another_suites_folder_is_refused(finished: Path, capsys: pytest.CaptureFixture[str], command: str) -> None:
    suite = write_suite(finished, name="mine")
    before = tree(finished)
    line = complaint(capsys, command, suite, "--results", ROOT)
    assert "belong to suite 'tiny', not to 'mine': give another --results folder" in line
    assert tree(finished) == before


def test_a_folder_that_cannot_be_written_is_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(finished)
    for root in ("tiny.yaml", "tiny.yaml/below"):
        assert f"results '{root}' cannot be written" in complaint(capsys, "run", "tiny.yaml", "--results", root)
    assert tree(finished) == before


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--workers", "0"], "--workers 0: at least 1 is needed"),
        (["--workers", "-2"], "--workers -2: at least 1 is needed"),
        (["--workers", "two"], "invalid value for '--workers'"),
        (["--limit", "0"], "--limit 0: at least 1 is needed"),
        (["--seeds", "0"], "--seeds 0: suite 'tiny.yaml' has 2, so 1 to 2 can be run"),
        (["--seeds", "3"], "--seeds 3: suite 'tiny.yaml' has 2, so 1 to 2 can be run"),
        (["--wrkers", "2"], "--workers"),
        (["extra"], "extra"),
        (["--address"], "--address"),
    ],
)
def test_wrong_options_of_run_are_refused(
    finished: Path, capsys: pytest.CaptureFixture[str], options: list[str], expected: str
) -> None:
    line = complaint(capsys, "run", "tiny.yaml", "--results", "elsewhere", *options)
    assert expected in line
    assert not Path("elsewhere").exists()


def test_more_cores_than_workers_are_refused(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_suite(finished, resources={"cores": 4})
    assert "cores" in complaint(capsys, "run", suite, "--results", "elsewhere", "--workers", "1")
    assert not Path("elsewhere").exists()


def showing(capsys: pytest.CaptureFixture[str], attack: str, *options: str) -> Said:
    listed = said(capsys, "plan", "tiny.yaml", "--json", "--list").json["list"]
    found = next(row["search_id"] for row in listed if row["attack"] == attack)
    return said(capsys, "show", found, *options)


def test_show_tells_the_whole_story_of_a_search(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = showing(capsys, "sobol")
    assert (answer.code, answer.err) == (0, "")
    for part in ("configuration", "5% (18 rows)", "provenance", "trajectory: 4 queries", "poison:", "audit of"):
        assert part in answer.out
    assert max(map(len, answer.out.splitlines()[:14])) < 120


def test_show_prints_as_many_rows_as_asked(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "... and 18 more" in showing(capsys, "random-duplicates", "--rows", "0").out
    assert "more (--rows" not in showing(capsys, "random-duplicates", "--rows", "18").out


def test_show_as_json_holds_every_row(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = showing(capsys, "random-duplicates", "--json").json
    assert told.keys() == {"search", "queries", "audits", "poison"}
    assert len(told["poison"]) == 18
    assert told["search"]["budget"] == "5%"


def test_show_finds_a_search_by_its_beginning(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = identifiers(capsys)[0]
    assert said(capsys, "show", found[:-1]).out == said(capsys, "show", found, "--results", str(ROOT)).out
    assert "6 begin so in results/tiny: s1-" in complaint(capsys, "show", "s1-")
    assert "'s1-zz': not found in results/tiny" in complaint(capsys, "show", "s1-zz")
    assert "not found in nowhere" in complaint(capsys, "show", found, "--results", "nowhere")


def test_show_without_results_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "there are no results" in complaint(capsys, "show", "s1-0")


def test_a_failed_search_is_shown_with_its_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from tests.support import run_inline

    victims = [{"name": "sklearn.svm:SVC", "as": "broken", "params": {"kernel": "moon"}}]
    plan = plan_of(tmp_path, victims=victims, attacks=["clean"], seeds=1)
    run_inline(plan, tmp_path / "results")
    answer = said(capsys, "check", tmp_path / "tiny.yaml", "--results", tmp_path / "results")
    assert answer.code == 1
    assert "moon" in answer.out
    answer = said(capsys, "show", "s1-", "--results", tmp_path / "results")
    assert answer.code == 0
    assert ": error (attempt 1)" in answer.out
    assert "moon" in answer.out


def test_labels_name_what_they_stand_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    attacks = [{"name": "sobol", "as": "short", "params": {"finalists": 2}}, "clean"]
    suite = write_suite(tmp_path, attacks=attacks, include=[{"attack": "short", "seed": 0}])
    listed = said(capsys, "plan", suite, "--json", "--list", "--results", tmp_path / "none").json
    assert [(row["attack"], row["seed"]) for row in listed["list"]] == [("short", 0)]
    assert listed["excluded"] == TINY["seeds"] * len(attacks) - 1
