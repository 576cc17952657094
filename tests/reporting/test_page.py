"""The report as a file: what it holds, without a browser."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.reporting.data import on_page, subsets
from tests.leaderboard.boards import Folder
from tests.leaderboard.drawn import BLOCK, HALF, NONE, full
from tests.support import complaint, forge, plan_of, run_inline, said


def grid() -> Folder:
    """Two victims and two budgets; ``halves`` closes all at 5 %."""
    drawn = full()
    for seed in BLOCK:
        for victim, budget in (("lr", "5%"), ("forest", "1%")):
            for attack, wrong in (("clean", None), ("random-duplicates", None), ("halves", NONE), ("closes", HALF)):
                drawn.add(attack, drawn.clean if wrong is None else wrong, seed=seed, victim=victim, budget=budget)
    return drawn


@pytest.mark.parametrize(
    ("key", "chosen"),
    [
        ("||", {}),
        ("|forest|", {"victims": ["forest"]}),
        ("||5%", {"budgets": ["5%"]}),
        ("toy|lr|1%", {"datasets": ["toy"], "victims": ["lr"], "budgets": ["1%"]}),
    ],
)
def test_every_choice_has_the_board_computed_for_it(key: str, chosen: dict[str, list[str]]) -> None:
    found = subsets(study([grid().tables()], Selection()))[key]
    alone = build([grid().tables()], **chosen)  # type: ignore[arg-type]
    for row in alone.overall:
        assert found["rows"][row.entrant] == [
            pytest.approx(value, abs=1e-5) if isinstance(value, float) else value
            for value in (row.values[column.key] for column in on_page(alone))
        ]
    assert found["notes"] == list(alone.notes)
    assert found["budgets"] == list(alone.budgets)


def test_choices_without_results_are_not_there() -> None:
    assert "|forest|5%" not in subsets(study([grid().tables()], Selection()))


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    run_inline(plan_of(folder, attacks=["clean", "random-duplicates", "sobol"]), folder / "r")
    return folder / "r"


def test_one_file_that_refers_to_nothing(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "report", root, "--out", tmp_path / "page.html", "--title", "Mine <b>&")
    assert answer.code == 0, answer.err
    page = (tmp_path / "page.html").read_text()
    assert "Mine &lt;b&gt;&amp;" in page
    assert not re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', page)
    assert "@import" not in page
    assert "url(" not in page
    held = json.loads(page.split('id="material">')[1].split("</script>")[0])
    assert set(held["entrants"]) == {"clean", "random-duplicates", "sobol"}
    assert held["searched"]["synthetic|logistic_regression|5%"]["sobol"]["all"] == 2 * 4
    # without scripts the overall board is there
    assert '<th scope="row">sobol</th>' in page


def rewritten(root: Path, copy: Path, table: str, column: str, change: Callable[[dict[str, Any]], Any]) -> Path:
    """A copy of a results folder in which one column of one table is another."""
    shutil.copytree(root, copy)
    for file in (copy / table).glob("*.parquet"):
        content = pq.ParquetFile(file).read()
        values = pa.array([change(row) for row in content.to_pylist()], content.schema.field(column).type)
        content = content.set_column(content.column_names.index(column), column, values)
        forge(file, content)
    return copy


@pytest.fixture(scope="module")
def travelled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of a suite whose rows were also audited on another victim."""
    folder = tmp_path_factory.mktemp("travelled")
    forest = {"name": "random_forest", "as": "forest", "params": {"n_estimators": 3}}
    attack = {"name": "random-duplicates", "craft_on": "logistic_regression", "evaluate_on": ["forest"]}
    plan = plan_of(folder, victims=["logistic_regression", forest], attacks=["clean", attack], seeds=1)
    run_inline(plan, folder / "r")
    return folder / "r"


def test_what_was_asked_for_is_a_section(travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "report", travelled, "--out", tmp_path / "page.html").code == 0
    held = json.loads((tmp_path / "page.html").read_text().split('id="material">')[1].split("</script>")[0])
    assert {cell["evaluated_on"] for cell in held["transfer"]} == {"logistic_regression", "forest"}
    assert held["defences"] == {"cells": [], "prices": []}


def test_a_contradiction_in_one_section_is_told(
    travelled: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The two victims of one split cannot have been audited on different rows."""

    def moved(row: dict[str, Any]) -> list[int]:
        return [one + 1 for one in row["row_ids"]] if row["victim"] == "forest" else row["row_ids"]

    wrong = rewritten(travelled, tmp_path / "r", "baselines", "row_ids", moved)
    told = complaint(capsys, "report", wrong, "--dataset", "synthetic", "--out", tmp_path / "page.html")
    assert "audit different rows" in told
    assert not (tmp_path / "page.html").exists()


def test_queries_that_cannot_be_read_are_told(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(root, tmp_path / "r")
    damaged = min((tmp_path / "r" / "queries").glob("*.parquet"))
    damaged.write_bytes(b"PAR1")
    told = complaint(capsys, "report", tmp_path / "r", "--out", tmp_path / "page.html")
    assert f"queries/{damaged.name} cannot be read" in told
    assert not (tmp_path / "page.html").exists()


def test_a_folder_whose_name_is_shown_in_part_is_read_whole(
    root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(root, tmp_path / "r?key=abc")
    answer = said(capsys, "report", tmp_path / "r?key=abc", "--out", tmp_path / "page.html")
    assert answer.code == 0, answer.err
    page = (tmp_path / "page.html").read_text()
    held = json.loads(page.split('id="material">')[1].split("</script>")[0])
    assert held["searched"]["synthetic|logistic_regression|5%"]["sobol"]["all"] == 2 * 4
    assert "abc" not in answer.out + answer.err


def test_bad_input_is_told_in_one_line(root: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "cannot be written" in complaint(capsys, "report", root, "--out", tmp_path / "nowhere" / "page.html")
    assert "is not in the results" in complaint(capsys, "report", root, "--dataset", "adult")
    assert "holds no results" in complaint(capsys, "report", tmp_path)
