"""``a4g-bench run`` on Ray: resuming, equal numbers, failures, Ctrl-C. Each test starts a Ray of its own."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from a4g_bench.attacks.base import Poison
from a4g_bench.store.claim import place
from a4g_bench.store.results import Results
from tests.distributed import runs
from tests.support import write_suite

pytestmark = [pytest.mark.slow, pytest.mark.ray]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tiny suite with an Ax search, run on one worker: suite file and results folder."""
    folder = tmp_path_factory.mktemp("finished")
    suite = write_suite(folder, attacks=["clean", "random-duplicates", "sobol", "ax-allocation"], query_budgets=[14])

    done = runs.run("run", suite, "--results", folder / "results", "--workers", 1)
    assert done.returncode == 0, done.stderr
    assert "sobol" in done.stdout
    return suite, folder / "results"


def test_two_workers_give_the_same_numbers(finished: tuple[Path, Path], tmp_path: Path) -> None:
    suite, results = finished
    assert runs.run("run", suite, "--results", tmp_path / "two", "--workers", 2).returncode == 0
    runs.assert_same(results, tmp_path / "two")


def test_running_again_does_nothing(finished: tuple[Path, Path]) -> None:
    suite, results = finished
    before = {path: path.stat().st_mtime_ns for path in results.rglob("*")}
    again = runs.run("run", suite, "--results", results)
    assert again.returncode == 0
    assert again.stderr.startswith("0 searches run")
    assert {path: path.stat().st_mtime_ns for path in results.rglob("*")} == before


def test_a_deleted_search_is_run_again_alone_and_equal(finished: tuple[Path, Path], tmp_path: Path) -> None:
    suite, results = finished
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", results, copy], check=True)
    victim = next(copy.glob("searches/*.parquet"))
    for path in copy.rglob(victim.name):
        path.unlink()
    assert runs.run("check", suite, "--results", copy).returncode == 3
    again = runs.run("run", suite, "--results", copy, "--json")
    assert again.returncode == 0
    assert json.loads(again.stdout)["ran"] == 1
    runs.assert_same(results, copy)


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


def test_bad_victims_fail_alone(tmp_path: Path) -> None:
    victims = ["logistic_regression", *(f"bad_victims:{kind}" for kind in ("Raises", "PredictsNaN", "Hangs", "Dies"))]
    suite = write_suite(
        tmp_path,
        victims=victims,
        attacks=["random-duplicates"],
        seeds=1,
        limits={"time": "4s"},
    )
    done = runs.run("run", suite, "--results", tmp_path / "r", "--json")
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    rows = {row["victim"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert {name: row["status"] for name, row in rows.items()} == {
        "logistic_regression": "ok",
        "bad_victims:Raises": "error",
        "bad_victims:PredictsNaN": "error",
        "bad_victims:Hangs": "timeout",
        "bad_victims:Dies": "error",
    }
    assert "this victim does not train" in rows["bad_victims:Raises"]["error_message"]
    assert "not one label 0 or 1 per row" in rows["bad_victims:PredictsNaN"]["error_message"]
    assert runs.run("check", suite, "--results", tmp_path / "r").returncode == 1
    again = runs.run("run", suite, "--results", tmp_path / "r", "--json")
    assert (again.returncode, json.loads(again.stdout)["ran"]) == (1, 0)
    retried = runs.run("run", suite, "--results", tmp_path / "r", "--json", "--retry-errors")
    assert (retried.returncode, json.loads(retried.stdout)["ran"]) == (1, 4)
    rows = {row["victim"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert {row["attempt"] for row in rows.values()} == {1, 2}


def test_a_greedy_fit_is_ended_as_oom(tmp_path: Path) -> None:
    suite = write_suite(
        tmp_path, victims=["bad_victims:Greedy"], attacks=["clean"], seeds=1, limits={"time": "60s", "memory": "1GB"}
    )
    assert runs.run("run", suite, "--results", tmp_path / "r").returncode == 1
    [row] = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert row["status"] == "oom"


def test_a_limit_leaves_the_rest_for_later(tmp_path: Path) -> None:
    suite = write_suite(tmp_path)
    first = runs.run("run", suite, "--results", tmp_path / "r", "--limit", 2, "--json")
    assert first.returncode == 3
    assert json.loads(first.stdout)["complete"] == 2
    second = runs.run("run", suite, "--results", tmp_path / "r", "--json")
    assert second.returncode == 0
    assert json.loads(second.stdout)["ran"] == 4


def test_progress_is_live_on_a_terminal(tmp_path: Path) -> None:
    suite = write_suite(tmp_path, query_budgets=[40])
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        runs.words("run", suite, "--results", tmp_path / "r"), env=runs.environment(), stderr=theirs, stdout=theirs
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux says that the other end is closed
        while piece := os.read(ours, 65536):
            shown += piece
    os.close(ours)
    assert process.wait(timeout=60) == 0
    text = shown.decode()
    assert "2 running" in text
    assert "queries/s" in text
    assert "6 searches run" in text


def test_results_that_cannot_be_written_midway_end_the_run_in_one_line(tmp_path: Path) -> None:
    """The folder of a table is a file: the manifest can be written, a search cannot."""
    suite = write_suite(tmp_path, attacks=["clean"], seeds=1)
    (tmp_path / "r" / "poison").mkdir(parents=True)
    (tmp_path / "r" / "poison" / "synthetic").write_text("in the way")
    done = runs.run("run", suite, "--results", tmp_path / "r")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].startswith(f"error: results '{tmp_path / 'r'}' cannot be written: ")


def test_cores_of_a_search_change_no_number(tmp_path: Path) -> None:
    """Two cores a search: the fits of a batch run in two processes, with folds and victim seeds to share out."""
    changes = {
        "victims": [{"name": "random_forest", "params": {"n_estimators": 5}}],
        "attacks": ["random-duplicates", "sobol"],
        "fits": {"victim_seeds": 2, "folds": 2},
    }
    one = write_suite(tmp_path, **changes)
    assert runs.run("run", one, "--results", tmp_path / "one").returncode == 0
    two = write_suite(tmp_path, **changes, resources={"cores": 2})
    assert runs.run("run", two, "--results", tmp_path / "two", "--workers", 2).returncode == 0
    runs.assert_same(tmp_path / "one", tmp_path / "two")


def test_an_interrupted_search_goes_on_from_its_queries(tmp_path: Path) -> None:
    changes = {"attacks": ["sobol"], "seeds": 1, "query_budgets": [60], "batch_size": 3}
    changes |= {"victims": [{"name": "random_forest", "params": {"n_estimators": 150}}]}
    suite = write_suite(tmp_path, **changes)
    root = tmp_path / "r"
    process = subprocess.Popen(
        runs.words("run", suite, "--results", root, "--workers", 1),
        env=runs.environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    _wait_for(lambda: any(root.glob("journal/*.parquet")))
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 3, errors
    [row] = Results(str(root)).read("searches").to_pylist()
    assert row["status"] == "interrupted"
    assert 0 < row["queries"] < 60
    assert runs.run("run", suite, "--results", root).returncode == 0
    assert runs.run("run", suite, "--results", tmp_path / "whole").returncode == 0
    runs.assert_same(tmp_path / "whole", root)
    assert not list(root.glob("journal/*"))


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_does_not_wait_for_a_fit_that_never_ends(tmp_path: Path, times: int) -> None:
    suite = write_suite(tmp_path, victims=["bad_victims:Hangs"], attacks=["random-duplicates"], seeds=1)
    process = subprocess.Popen(
        runs.words("run", suite, "--results", tmp_path / "r"), env=runs.environment(), stderr=subprocess.DEVNULL
    )
    _wait_for(lambda: any("FitWorker.run" in line for line in runs.titles(process)))
    started = psutil.Process(process.pid).children(recursive=True)
    assert not [p for p in started if "PL_DISABLE_FORK" in p.environ()], "not one of those that Ray keeps ready"
    for _ in range(times):
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
    assert process.wait(timeout=30) == 3
    psutil.wait_procs(started, timeout=20)
    assert not [p for p in started if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert runs.run("check", suite, "--results", tmp_path / "r").returncode == 3


def test_a_killed_driver_loses_at_most_the_batch_in_flight(tmp_path: Path) -> None:
    changes = {"attacks": ["sobol"], "seeds": 1, "query_budgets": [60], "batch_size": 3}
    changes |= {"victims": [{"name": "random_forest", "params": {"n_estimators": 150}}]}
    suite = write_suite(tmp_path, **changes)
    root = tmp_path / "r"
    process = subprocess.Popen(
        runs.words("run", suite, "--results", root, "--workers", 1), env=runs.environment(), stderr=subprocess.DEVNULL
    )
    _wait_for(lambda: any(root.glob("journal/*.parquet")))
    process.kill()
    process.wait()
    torn = root / "journal" / ".torn.parquet.0.tmp"
    torn.touch()
    folders = set(Path(tempfile.gettempdir()).glob(f"a4g-bench-{process.pid}-*"))
    assert Results(str(root)).read("searches").num_rows == 0
    again = runs.run("run", suite, "--results", root)
    assert again.returncode == 0, again.stderr
    assert not torn.exists(), "what was left unfinished is swept"
    assert folders
    assert not any(folder.exists() for folder in folders)
    assert runs.run("run", suite, "--results", tmp_path / "whole").returncode == 0
    runs.assert_same(tmp_path / "whole", root)


def test_what_a_run_left_that_was_killed_when_all_was_done_is_swept(tmp_path: Path) -> None:
    suite, root = write_suite(tmp_path, attacks=["sobol"], seeds=1), tmp_path / "r"
    assert runs.run("run", suite, "--results", root).returncode == 0
    [search] = Results(str(root)).read("searches").to_pylist()
    gone = {"host": "here", "place": place(), "pid": 2**22 + 1, "born": 0.0}
    left = [root / "claims" / "gone.json", root / "journal" / f"{search['search_id']}.parquet"]
    left.append(root / "searches" / ".torn.parquet.0.tmp")
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.write_text(json.dumps(gone))
    assert runs.run("run", suite, "--results", root).returncode == 0
    assert not any(file.exists() for file in left)
    assert Results(str(root)).read("searches").to_pylist() == [search]


def _wait_for(condition: object, seconds: float = 90) -> None:
    until = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
