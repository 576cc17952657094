"""``a4g-bench clean``: only what the suite does not ask for goes, and only when told to."""

from pathlib import Path

import pytest

from a4g_bench.store.results import Results, SearchRecord
from tests.support import plan_of, run_inline, said, tree, write_suite


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Results of a suite that has lost a budget since, some of them merged into parts."""
    run_inline(plan_of(tmp_path, attacks=["clean", "random-duplicates"], poison_budgets=["1%", "5%"]), tmp_path / "r")
    Results(str(tmp_path / "r")).compact(keep=0)
    write_suite(tmp_path, attacks=["clean", "random-duplicates"], poison_budgets=["5%"])
    return tmp_path


def words(folder: Path, *more: str) -> tuple[object, ...]:
    return ("clean", folder / "tiny.yaml", "--results", folder / "r", *more)


def test_nothing_goes_without_yes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(folder / "r")
    answer = said(capsys, *words(folder))
    assert (answer.code, answer.out.splitlines()[-1]) == (0, "4 of 8 searches would be removed; --yes removes them")
    assert "not in the suite" in answer.out
    assert tree(folder / "r") == before


def test_what_stays_is_whole_and_its_board_is_that_of_a_fresh_run(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, *words(folder, "--yes"))
    results = Results(str(folder / "r"))
    kept = results.identifiers("searches")
    assert len(kept) == 4
    for table in ("audits", "predictions", "poison"):
        assert results.identifiers(table) <= kept
    assert said(capsys, "check", folder / "tiny.yaml", "--results", folder / "r").code == 0
    fresh = plan_of(folder, attacks=["clean", "random-duplicates"], poison_budgets=["5%"])
    run_inline(fresh, folder / "fresh")
    boards = [said(capsys, "leaderboard", folder / name, "--json").json for name in ("r", "fresh")]
    for board in boards:
        for row in (*board["overall"], *board["cells"]):
            del row["cpu_seconds"]
    assert boards[0] == boards[1]


def test_clean_audits_that_nobody_uses_go_too(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_suite(folder, attacks=["clean"], poison_budgets=["5%"], seeds=1)
    said(capsys, *words(folder, "--yes"))
    assert len(Results(str(folder / "r")).identifiers("baselines")) == 1


def test_failed_searches_go_only_when_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = Results(str(folder / "r"))
    planned = {row["search_id"]: row for row in results.read("searches").to_pylist() if row["budget"] == "5%"}
    row = next(iter(planned.values()))
    results.write_search(SearchRecord({**row, "status": "error", "error_type": "Crash", "error_message": "boom"}))
    said(capsys, *words(folder, "--yes"))
    assert row["search_id"] in results.identifiers("searches")
    assert "failed: Crash: boom" in said(capsys, *words(folder, "--failed", "--yes")).out
    assert results.identifiers("searches") == planned.keys() - {row["search_id"]}
