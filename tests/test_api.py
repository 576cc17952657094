"""The library: every function, as a notebook uses it."""

import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.main import get_command

import a4g_bench as a4g
from a4g_bench import plugins
from a4g_bench.attacks import Attack, Poison, Pool, Threat, copies
from a4g_bench.cli.app import app
from a4g_bench.errors import A4GError
from a4g_bench.suite.load import load_suite
from a4g_bench.suite.plan import make_plan
from tests.support import forge, python, run_inline, said, write_suite


@pytest.fixture(scope="module")
def data() -> a4g.Dataset:
    return a4g.load("synthetic", rows=1500)


def test_a_data_set_is_shown_as_people_write_it(data: a4g.Dataset) -> None:
    assert repr(data) == "Dataset('synthetic', attribute='group', 1,500 rows)"
    assert len(data.frame) == 1500
    assert set(data.frame["group"]) == set(data.subject.table.schema.group_names("group"))
    assert set(data.frame.iloc[:, -1]) == set(data.subject.table.schema.label_values)


def test_a_search_gives_rows_queries_and_an_audit(data: a4g.Dataset) -> None:
    result = a4g.search(data, "sobol", victim="logistic_regression", budget="5%", queries=4)
    assert 0 < len(result.rows) <= 0.05 * 900
    assert list(result.queries["query"]) == [0, 1, 2, 3]
    assert result.gap == (result.audit["unfairness"]["clean"], result.audit["unfairness"]["poisoned"])
    assert result.gain == pytest.approx((result.gap[0] - result.gap[1]) / max(result.gap[0], 0.02))
    assert repr(result).startswith(f"SearchResult({len(result.rows)} rows; gap ")
    again = a4g.search(data, "sobol", victim="logistic_regression", budget="5%", queries=4)
    pd.testing.assert_frame_equal(result.rows, again.rows)
    assert again.search_id == result.search_id


def test_a_data_set_is_inspected_as_the_command_does(data: a4g.Dataset, capsys: pytest.CaptureFixture[str]) -> None:
    inspection = a4g.inspect(data, victim="logistic_regression", seeds=2)
    words = ("inspect", "synthetic", "--rows", 1500, "--victim", "logistic_regression", "--seeds", 2, "--json")
    told = said(capsys, *words).json
    assert inspection.facts == told
    assert list(inspection.schema.index) == [feature["feature"] for feature in told["schema"]]
    assert inspection.groups["rows"].to_dict() == {group["group"]: group["rows"] for group in told["groups"]}
    assert inspection.groups["fnr_low"].iloc[0] == told["groups"][0]["FNR"]["low"]
    assert inspection.gap == (told["gap"]["value"], told["gap"]["low"], told["gap"]["high"])
    assert (inspection.counts, inspection.accuracy) == (told["counts"], told["accuracy"])
    assert bool(inspection.reason) != inspection.counts
    assert repr(inspection).startswith("Inspection('synthetic', victim='logistic_regression'; gap ")


def test_rows_of_a_search_evaluated_again_give_its_audit(data: a4g.Dataset, tmp_path: Path) -> None:
    result = a4g.search(data, "cell-duplication", victim="logistic_regression", budget="5%")
    board = a4g.evaluate(data, result.rows, victim="logistic_regression", seeds=[0], results=tmp_path)
    given = board[board["entrant"] == "given"].iloc[0]
    assert (given["gap_clean"], given["gap_poisoned"]) == pytest.approx(result.gap)
    assert set(board["entrant"]) == {"given", "clean", "random-duplicates", "cell-duplication"}
    kept = a4g.board(tmp_path, by="cell")
    assert len(kept) == len(board)


def test_results_that_are_kept_make_a_board(data: a4g.Dataset, tmp_path: Path) -> None:
    for seed in (0, 1):
        for attack in ("clean", "random-duplicates"):
            a4g.search(data, attack, victim="logistic_regression", budget="5%", seed=seed, results=tmp_path)
    board = a4g.board(tmp_path)
    assert set(board["entrant"]) == {"clean", "random-duplicates"}
    assert set(board["seeds"]) <= {0, 2}
    assert list(a4g.board(tmp_path, by="budget")["budget_label"]) == ["5%", "5%"]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_suite(tmp_path_factory.mktemp("suite"))


@pytest.fixture(scope="module")
def finished(suite: Path) -> Path:
    """The folder of the suite, with all of its results."""
    folder = suite.parent / "finished"
    run_inline(make_plan(load_suite(str(suite))), folder)
    return folder


def test_a_suite_that_is_complete_is_not_run_again(suite: Path, finished: Path) -> None:
    result = a4g.run(suite, finished)
    assert (len(result.complete), result.failed, result.missing, result.ran) == (6, (), (), 0)
    assert result.is_complete
    assert not result.interrupted
    assert repr(result) == f"RunResult({str(finished)!r}: 6 complete, 0 failed, 0 missing)"
    pd.testing.assert_frame_equal(result.board(by="cell"), a4g.board(finished, by="cell"))


def test_a_failed_search_is_told_with_its_reason(suite: Path, finished: Path, tmp_path: Path) -> None:
    shutil.copytree(finished, tmp_path / "r")
    file = max((tmp_path / "r" / "searches").glob("*.parquet"))
    row = pq.ParquetFile(file).read()
    for column, value in (("status", "error"), ("error_type", "MemoryError"), ("error_message", "too large")):
        row = row.set_column(row.column_names.index(column), column, pa.array([value]))
    forge(file, row)
    result = a4g.run(suite, tmp_path / "r")
    assert (len(result.complete), result.failed, result.missing) == (5, (file.stem,), ())
    assert not result.is_complete
    assert result.errors == {file.stem: "MemoryError: too large"}


@pytest.mark.slow
@pytest.mark.ray
def test_a_suite_is_run_on_ray_and_goes_on_where_it_stopped(suite: Path, finished: Path, tmp_path: Path) -> None:
    begun = a4g.run(suite, tmp_path, workers=2, limit=2)
    assert (len(begun.complete), len(begun.missing), begun.ran, begun.is_complete) == (2, 4, 2, False)
    result = a4g.run(suite, tmp_path, workers=2)
    assert (len(result.complete), result.ran) == (6, 4)
    times = ["cpu_seconds"]
    pd.testing.assert_frame_equal(result.board().drop(columns=times), a4g.board(finished).drop(columns=times))


def test_two_sets_of_results_are_compared_as_the_command_does(
    suite: Path, finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = a4g.compare(finished, [finished])
    told = said(capsys, "compare", finished, finished, "--json").json
    assert changes.overall.to_dict("records") == [pytest.approx(row) for row in told["overall"]]
    assert set(changes.cells["entrant"]) == {"clean", "random-duplicates", "sobol"}
    assert (len(changes.worse), changes.only_before, changes.only_after) == (0, (), ())
    assert repr(changes) == "Changes(3 entrants; 0 of 3 cells differ beyond noise)"


def test_a_stored_search_is_replayed_by_the_beginning_of_its_name(suite: Path, finished: Path) -> None:
    search_id = max(a4g.run(suite, finished).complete)
    replayed = a4g.replay(search_id[:-1], finished, suite=suite)
    assert (replayed.search_id, replayed.verified, replayed.flipped) == (search_id, True, (0, 0))
    assert (finished / "verified" / f"{search_id}.json").is_file()


def test_a_report_is_the_page_that_the_command_writes(
    finished: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = a4g.report(finished, tmp_path / "page.html", title="Mine", attacks=["sobol"])
    words = ("--title", "Mine", "--attack", "sobol")
    assert said(capsys, "report", finished, "--out", tmp_path / "other.html", *words).code == 0
    assert page == tmp_path / "page.html"
    assert page.read_bytes() == (tmp_path / "other.html").read_bytes()


def test_every_function_is_a_command_and_every_name_is_there() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    functions = {name for name in a4g.__all__ if name.islower()}
    assert functions - {"load", "search", "board", "register"} <= commands
    assert all(getattr(a4g, name).__doc__ for name in a4g.__all__)


class First(Attack):
    name = "first"
    summary = "copies of the first rows"
    threat = Threat("baseline", "data-only", "clean", "duplicate")

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return copies(pool, np.arange(size))


def test_an_attack_of_ones_own(data: a4g.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_own", {})
    a4g.register("attacks", "first", First)
    assert len(a4g.search(data, "first", budget=7).rows) == 7


def test_a_table_of_ones_own(tmp_path: Path, data: a4g.Dataset) -> None:
    frame = data.frame
    label = str(frame.columns[-1])
    frame.to_csv(tmp_path / "mine.csv", index=False)
    favourable = data.subject.table.schema.label_values[data.subject.table.schema.favourable]
    source = {"file": str(tmp_path / "mine.csv"), "target": label, "favourable": favourable, "protected": ["group"]}
    mine = a4g.load("mine", source=source)
    assert len(mine.frame) == 1500
    assert mine.attribute == "group"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda data: a4g.load("sinthetic"), "did you mean 'synthetic'"),
        (lambda data: a4g.load("synthetic", attribute="age"), "no protected attribute 'age'"),
        (lambda data: a4g.search(data, "sobl"), "did you mean 'sobol'"),
        (lambda data: a4g.search(data, budget="much"), "poison budget 'much'"),
        (lambda data: a4g.search(data, objective="fair"), "unknown metric 'fair'"),
        (lambda data: a4g.inspect(data, victim="lightgmb"), "did you mean 'lightgbm'"),
        (lambda data: a4g.evaluate(data, data.frame.head(3).drop(columns="group")), "column 'group' is missing"),
        (lambda data: a4g.run("quik"), "did you mean 'quick'"),
        (lambda data: a4g.run("quick", workers=0), "at least 1 is needed"),
        (lambda data: a4g.compare("/nowhere", "/nowhere"), "holds no results"),
        (lambda data: a4g.replay("s1-0", "/nowhere"), "search 's1-0': not found in /nowhere"),
        (lambda data: a4g.report("/nowhere"), "holds no results"),
        (lambda data: a4g.board("/nowhere"), "holds no results"),
    ],
)
def test_bad_input_is_one_line(data: a4g.Dataset, wrong: object, told: str) -> None:
    with pytest.raises(A4GError, match=told) as raised:
        wrong(data)  # type: ignore[operator]
    assert "\n" not in str(raised.value)


def test_importing_the_library_is_cheap() -> None:
    done = python(
        "import sys, a4g_bench; print([m for m in ('pandas', 'ray', 'sklearn', 'pyarrow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]"
    assert "load" in python("import a4g_bench; print(dir(a4g_bench))").stdout


@pytest.mark.parametrize(
    ("package", "absent"),
    [
        ("data", {"pandas", "sklearn", "ray"}),
        ("metrics", {"pandas", "sklearn", "ray"}),
        ("victims", {"pandas", "sklearn", "lightgbm", "ray"}),
        ("defences", {"pandas", "sklearn", "ray"}),
        ("references", {"pandas", "sklearn", "fairlearn", "ray"}),
        ("attacks", {"sklearn", "lightgbm", "ax", "torch", "ray"}),
    ],
)
def test_importing_a_contract_imports_none_of_its_implementations(package: str, absent: set[str]) -> None:
    done = python(f"import sys, a4g_bench.{package} as p; print(sorted({absent!r} & set(sys.modules)), dir(p))")
    assert done.stdout.startswith("[] "), done.stdout
    assert "__all__" in done.stdout
