"""What ``plan`` says of a suite's settings, its time, and the seeds that two entrants would need."""

from pathlib import Path

import pytest

from tests.support import complaint, plan_of, run_inline, said, write_suite

SUITE = {
    "datasets": [{"name": "synthetic", "params": {"rows": 2000}}],
    "attacks": ["clean", "random-duplicates", "cell-duplication"],
    "seeds": 5,
}


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``tiny.yaml`` and its results over one block of seeds in ``r``."""
    folder = tmp_path_factory.mktemp("measured")
    run_inline(plan_of(folder, **SUITE), folder / "r")
    return folder


def test_a_setting_that_will_not_count_is_named_with_its_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = {"name": "synthetic", "params": {"rows": 400}}  # about a hundred people deserve the label in either group
    told = said(capsys, "plan", write_suite(tmp_path, datasets=[few], seeds=5), "--results", tmp_path / "none")
    assert told.code == 0
    assert "synthetic/group x logistic_regression: inconclusive, " in told.out
    assert "0 of 1 settings count" in told.out


def test_results_take_the_place_of_the_forecast(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("plan", measured / "tiny.yaml", "--results", measured / "r")
    [setting] = said(capsys, *words, "--json").json["settings"]
    board = said(capsys, "leaderboard", measured / "r", "--json").json["settings"]
    assert setting["source"] == "board"
    assert [setting[key] for key in ("counts", "reason", "resolvable")] == [
        board[0][key] for key in ("counts", "reason", "resolvable")
    ]
    assert "(judged by the results)" in said(capsys, *words).out


def test_the_seeds_that_two_entrants_need(measured: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("plan", measured / "tiny.yaml", "--results", measured / "r", "--power")
    one, other = "cell-duplication", "random-duplicates"
    told = said(capsys, *words, one, other, "--json").json["power"]
    [row] = [
        row for row in said(capsys, "leaderboard", measured / "r", "--json").json["overall"] if row["attack"] == one
    ]
    assert told["seeds"] == 5
    assert told["low"] < told["difference"] < told["high"]
    assert told["difference"] == pytest.approx(row["gain_over_random_duplicates"])
    assert told["errors"]["5"] == pytest.approx(told["error"])
    assert told["errors"]["40"] <= told["errors"]["10"] <= told["error"] + 1e-12
    shown = said(capsys, *words, one, other)
    assert shown.code == 0
    assert f"{one} less {other}, GC@1 over 1 settings" in shown.out
    assert "80 % power" in shown.out


def test_power_without_what_it_needs_is_refused(
    measured: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("plan", measured / "tiny.yaml", "--results", measured / "r", "--power")
    assert "entrant 'sobl' is not in the results" in complaint(capsys, *words, "clean", "sobl")
    assert "'clean' is held against itself" in complaint(capsys, *words, "clean", "clean")
    nowhere = ("plan", "tiny.yaml", "--results", "nowhere", "--power", "clean", "sobol")
    assert "'nowhere' holds no results" in complaint(capsys, *nowhere)
    assert "no whole block of 5 seeds" in complaint(capsys, "plan", "tiny.yaml", "--power", "clean", "sobol")
    assert "requires 2 arguments" in complaint(capsys, "plan", "tiny.yaml", "--power", "clean")


def test_time_is_told_with_the_start_of_a_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Ray starts even for one search; a search costs more than its fits; cores beyond the searches are idle."""
    words = ("plan", write_suite(tmp_path, attacks=["sobol"], seeds=1), "--json", "--results", tmp_path / "none")
    told = said(capsys, *words).json
    [setting] = told["settings"]
    assert told["cpu_seconds"] > setting["fits"] * setting["fit_seconds"]
    assert told["cpu_seconds"] == pytest.approx(
        setting["own_seconds"] + setting["fits"] * setting["fit_seconds"], rel=1e-6
    )
    seconds = {cores: 3600 * hours for cores, hours in told["hours_on_cores"].items()}
    assert seconds["2"] == seconds["128"] > 5 + told["cpu_seconds"]
