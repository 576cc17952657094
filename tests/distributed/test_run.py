"""``a4g-bench run`` on Ray: equal numbers, resuming. A start of Ray is dear: these tests look at the same few runs."""

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from a4g_bench.attacks.base import Poison
from a4g_bench.store.claim import place
from a4g_bench.store.results import Results
from a4g_bench.workflows.profile import last_profile
from tests.distributed import runs
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny suite with an Ax search, run on one worker: suite file and results folder."""
    folder = tmp_path_factory.mktemp("finished")
    suite = write_suite(folder, attacks=["clean", "random-duplicates", "sobol", "ax-allocation"], query_budgets=[14])

    done = runs.run("run", suite, "--results", folder / "results", "--workers", 1, "--profile")
    assert done.returncode == 0, done.stderr
    assert "where the time went: a4g-bench status, and profile/" in done.stderr
    assert "sobol" in done.stdout
    return suite, folder / "results"


@dataclass(frozen=True)
class Resumed:
    """The suite of ``finished`` on two workers, in two runs, with a search that was deleted between them."""

    root: Path
    limited: "subprocess.CompletedProcess[str]"  #: the first run, with --limit 3 --json
    deleted: Path
    kept: dict[Path, int]  #: the other files of searches after the first run -> when they were written
    checked: int  #: exit code of `check` without the deleted search
    code: int  #: of the second run, which was on a terminal
    shown: str


@pytest.fixture(scope="module")
def resumed(finished: tuple[Path, Path]) -> Resumed:
    suite, root = finished[0], finished[0].parent / "resumed"
    words = ("run", suite, "--results", root, "--workers", 2)
    limited = runs.run(*words, "--limit", 3, "--json")
    deleted, *others = sorted(root.glob("searches/*.parquet"))
    for path in root.rglob(deleted.name):
        path.unlink()
    kept = {path: path.stat().st_mtime_ns for path in others}
    checked = runs.run("check", suite, "--results", root).returncode
    code, shown = runs.run_on_a_terminal(*words)
    return Resumed(root, limited, deleted, kept, checked, code, shown)


def test_a_profile_accounts_for_the_time_of_a_run(finished: tuple[Path, Path]) -> None:
    made = last_profile(Results(str(finished[1])).files)
    assert made is not None
    [setting] = made.settings
    assert (made.slots, setting.searches) == (1, 8)
    inside = setting.fits + setting.proposing + setting.beside
    assert made.starting + inside + made.between == pytest.approx(made.wall, rel=0.05)
    assert min(made.starting, setting.fits, setting.proposing, setting.beside, made.writing) > 0


def test_a_limit_leaves_the_rest_for_later(resumed: Resumed) -> None:
    assert resumed.limited.returncode == 3
    assert json.loads(resumed.limited.stdout)["complete"] == 3
    assert len(resumed.kept) == 2
    assert resumed.code == 0, resumed.shown
    assert "6 searches run" in resumed.shown


def test_a_deleted_search_is_missing_and_run_again_while_the_others_are_not(resumed: Resumed) -> None:
    assert resumed.checked == 3
    assert resumed.deleted.exists()
    assert {path: path.stat().st_mtime_ns for path in resumed.kept} == resumed.kept


def test_two_workers_in_two_runs_give_the_same_numbers(finished: tuple[Path, Path], resumed: Resumed) -> None:
    runs.assert_same(finished[1], resumed.root)


def test_progress_is_live_on_a_terminal(resumed: Resumed) -> None:
    assert "2 running" in resumed.shown
    assert "queries/s" in resumed.shown


def test_running_again_does_nothing(finished: tuple[Path, Path]) -> None:
    suite, results = finished
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    again = runs.run("run", suite, "--results", results)
    assert again.returncode == 0
    assert again.stderr.startswith("0 searches run")
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_what_was_audited_is_what_was_evaluated(finished: tuple[Path, Path]) -> None:
    results = Results(str(finished[1]))
    checked = 0
    for search in results.read("searches").to_pylist():
        record = results.read_search(search["search_id"])
        assert record is not None
        assert record.poison is not None
        assert len(record.poison) == search["poison_rows"]
        if search["chosen_query"] is None:
            continue
        evaluated = record.queries[search["chosen_query"]]
        assert evaluated["phase"] == "confirm"
        assert evaluated["poison_rows"] == search["poison_rows"]
        assert _digest(record.poison, search) == evaluated["digest"]
        checked += 1
    assert checked > 0


def _digest(poison: object, search: dict[str, object]) -> str:
    from a4g_bench.suite.model import DatasetEntry
    from a4g_bench.suite.plan import load_subject

    entry = DatasetEntry(name="synthetic", params={"rows": 600})
    schema = load_subject(entry, Path())[0].table.schema
    frame = poison.to_pandas()  # type: ignore[attr-defined]
    rows = frame.rename(columns=lambda name: name.removeprefix("x."))
    return Poison(schema.codes(rows), frame["label"].to_numpy("int8")).digest


def test_no_rows_change_nothing(finished: tuple[Path, Path]) -> None:
    results = Results(str(finished[1]))
    baselines = {(b["baseline_id"], b["audit_seed"]): b["predicted"] for b in results.read("baselines").to_pylist()}
    predictions = results.read("predictions").to_pylist()
    clean = {s["search_id"]: s for s in results.read("searches").to_pylist() if s["attack"] == "clean"}
    mine = [p for p in predictions if p["search_id"] in clean]
    assert len(mine) == 5 * len(clean) > 0
    for row in mine:
        assert row["predicted"] == baselines[clean[row["search_id"]]["baseline_id"], row["audit_seed"]]


def test_cores_of_a_search_change_no_number(tmp_path: Path) -> None:
    """Two cores a search: the fits of a batch run in two processes, with folds and victim seeds to share out."""
    changes = {
        "victims": [{"name": "random_forest", "params": {"n_estimators": 5}}],
        "attacks": ["random-duplicates", "sobol"],
        "fits": {"victim_seeds": 2, "folds": 2},
    }
    runs.run_without_ray(write_suite(tmp_path, **changes), tmp_path / "one")
    two = write_suite(tmp_path, **changes, resources={"cores": 2})
    assert runs.run("run", two, "--results", tmp_path / "two", "--workers", 2).returncode == 0
    runs.assert_same(tmp_path / "one", tmp_path / "two")


def test_what_a_run_left_that_was_killed_when_all_was_done_is_swept(
    finished: tuple[Path, Path], tmp_path: Path
) -> None:
    suite, root = finished[0], tmp_path / "r"
    shutil.copytree(finished[1], root)
    searches = Results(str(root)).read("searches").to_pylist()
    gone = {"host": "here", "place": place(), "pid": 2**22 + 1, "born": 0.0}
    left = [root / "claims" / "gone.json", root / "journal" / f"{searches[0]['search_id']}.parquet"]
    left.append(root / "searches" / ".torn.parquet.0.tmp")
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(gone))
    assert runs.run("run", suite, "--results", root).returncode == 0
    assert not any(file.exists() for file in left)
    assert Results(str(root)).read("searches").to_pylist() == searches
