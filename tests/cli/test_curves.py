"""``a4g-bench curves`` and ``variance`` on real results."""

from pathlib import Path

import pytest

from tests.support import complaint, plan_of, run_inline, said


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("curves")
    table = {"name": "synthetic", "params": {"rows": 6000}}
    attacks = ["clean", "random-duplicates", "cell-duplication"]
    plan = plan_of(folder, datasets=[table], attacks=attacks, poison_budgets=["1%", "5%"], seeds=3)
    run_inline(plan, folder / "r")
    return folder / "r"


def test_points_are_the_leaderboards(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = said(capsys, "leaderboard", root, "--by", "budget", "--json").json["by"]["rows"]
    board = {(row["entrant"], row["budget_label"]): row["gc"] for row in rows}
    told = said(capsys, "curves", root, "--json").json
    assert {(c["entrant"], p["budget_label"]): p["gc"] for c in told for p in c["points"]} == board


def test_tables_are_printed(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = said(capsys, "curves", root, "--target", "0.1")
    assert printed.code == 0
    assert "rows to 0.1" in printed.out.splitlines()[0]
    assert "clean *" in printed.out
    printed = said(capsys, "variance", root)
    assert printed.code == 0
    shares = [float(word) for word in printed.out.splitlines()[1].split()[-3:]]
    assert sum(shares) == pytest.approx(1, abs=0.02)


def test_an_impossible_target_is_told_in_one_line(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "a share of the gap" in complaint(capsys, "curves", root, "--target", "2")
