"""``a4g-bench merge``: one folder of several, with every search once and the same board."""

from pathlib import Path

import pytest

from a4g_bench.engine.local import run_here
from a4g_bench.store.results import Results
from tests.support import complaint, plan_of, said, tree


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path, Path]:
    """A whole run, and its searches divided between two folders, one of them in both and failed in the second."""
    plan = plan_of(tmp_path, attacks=["clean", "random-duplicates", "cell-duplication"], seeds=2)
    whole, one, other = (tmp_path / name for name in ("whole", "one", "other"))
    for root, searches in ((whole, plan.searches), (one, plan.searches[:4]), (other, plan.searches[4:])):
        results = Results(str(root))
        results.mark(plan.suite.name, plan.loaded.hash, len(plan.searches))
        for planned in searches:
            run_here(plan, planned, results)
    Results(str(one)).compact(keep=0)
    row = Results(str(one)).read("searches").to_pylist()[0]
    Results(str(other)).write_search(_failed(row))
    return whole, one, other


def _failed(row: dict[str, object]) -> "object":
    from a4g_bench.store.results import SearchRecord

    return SearchRecord({**row, "status": "error", "attempt": 2, "error_type": "Crash"})


def test_the_board_of_the_whole_is_that_of_its_parts(
    parts: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, one, other = parts
    before = tree(one), tree(other)
    answer = said(capsys, "merge", one, other, "--out", tmp_path / "merged")
    assert answer.code == 0, answer.err
    assert answer.out.startswith("6 searches of 2 folders in ")
    assert (tree(one), tree(other)) == before
    boards = [said(capsys, "leaderboard", root, "--json").json for root in (whole, tmp_path / "merged")]
    for board in boards:
        for row in (*board["overall"], *board["cells"]):
            row.pop("cpu_seconds")
    assert boards[0] == boards[1]
    search_id = Results(str(one)).read("searches").to_pylist()[0]["search_id"]
    record = Results(str(tmp_path / "merged")).read_search(search_id)
    assert record is not None
    assert record.search["status"] == "ok"
    assert record.poison is not None


def test_what_cannot_be_merged_is_told_in_one_line(
    parts: tuple[Path, Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    whole, one, _ = parts
    assert "holds results already" in complaint(capsys, "merge", whole, one, "--out", one)
    assert "holds no results" in complaint(capsys, "merge", whole, tmp_path / "nothing", "--out", tmp_path / "m")
    Results(str(tmp_path / "foreign")).mark("another", "hash", 1)
    told = complaint(capsys, "merge", whole, tmp_path / "foreign", "--out", tmp_path / "m")
    assert "holds results of suite 'another'" in told
