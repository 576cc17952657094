"""``a4g-bench compare``: what it prints, and the exit code that CI reads."""

from pathlib import Path

import pytest

from tests.support import complaint, plan_of, run_inline, said

TABLE = {"name": "synthetic", "params": {"rows": 6000}}


def results(folder: Path, name: str) -> Path:
    """An entrant of that kind, under one name whatever it is, with many rows to add."""
    folder.mkdir(exist_ok=True)
    attacks = ["clean", {"name": name, "as": "mine"}]
    run_inline(plan_of(folder, datasets=[TABLE], attacks=attacks, poison_budgets=["5%"], seeds=5), folder / name)
    return folder / name


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("compare")
    return results(folder, "cell-duplication"), results(folder, "random-duplicates")


def test_worse_is_exit_code_1_and_better_is_0(both: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = both
    answer = said(capsys, "compare", good, bad)
    assert answer.code == 1
    assert "worse" in answer.out
    assert "1 of 2 cells differ beyond noise" in answer.out
    assert said(capsys, "compare", bad, good).code == 0
    assert said(capsys, "compare", good, good).code == 0


def test_json_holds_every_change(both: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "compare", *both, "--json").json
    assert [change["entrant"] for change in told["overall"]] == ["clean", "mine"]
    assert [change["verdict"] for change in told["overall"]] == ["no difference", "worse"]
    assert len(told["cells"]) == 2


def test_what_is_no_results_folder_is_told_in_one_line(
    both: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "holds no results" in complaint(capsys, "compare", both[0], tmp_path / "nowhere")
    assert "is not in the results" in complaint(capsys, "compare", *both, "--dataset", "adult")
