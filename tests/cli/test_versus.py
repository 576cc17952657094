"""``a4g-bench versus``: what it prints of real results, and what it says of names that are not there."""

from pathlib import Path

import pytest

from tests.support import complaint, plan_of, run_inline, said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("versus")
    table = {"name": "synthetic", "params": {"rows": 6000}}
    attacks = ["clean", "random-duplicates", "cell-duplication"]
    run_inline(plan_of(folder, datasets=[table], attacks=attacks, poison_budgets=["1%", "5%"], seeds=5), folder / "r")
    return folder / "r"


def test_a_table_over_all_budgets_and_one_per_budget(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "versus", "cell-duplication", root)
    assert answer.code == 0
    assert answer.out.startswith("cell-duplication, all poison budgets\n")
    assert [line for line in answer.out.splitlines() if line.startswith("poison budget")] == [
        "poison budget 1%",
        "poison budget 5%",
    ]


def test_the_difference_is_the_leaderboards(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "versus", "cell-duplication", root, "--json").json
    rows = {row["entrant"]: row["gc"] for row in said(capsys, "leaderboard", root, "--json").json["overall"]}
    found = {comparison["rival"]: comparison["difference"] for comparison in told if comparison["budget_label"] is None}
    assert found == {
        rival: pytest.approx(rows["cell-duplication"] - rows[rival]) for rival in ("clean", "random-duplicates")
    }


def test_who_is_not_there(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "did you mean 'clean'" in complaint(capsys, "versus", "cleen", root)
