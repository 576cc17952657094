"""Where the time of a run went: from its searches' rows, kept in the folder, shown by ``status``."""

from datetime import timedelta
from pathlib import Path

import pytest

from a4g_bench.distributed.options import Progress
from a4g_bench.store.results import Results
from a4g_bench.workflows.profile import Clock, Profile, last_profile, profile, write_profile
from tests.support import complaint, plan_of, run_inline, said


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    """The tiny suite on two victims, run in this process."""
    folder = tmp_path_factory.mktemp("profiled")
    run_inline(plan_of(folder, victims=["logistic_regression", "lightgbm"]), folder / "r")
    return Results(str(folder / "r"))


def profiled(results: Results, wall: float, slots: int) -> Profile:
    """Of all searches, by a run that began ten seconds before the first."""
    rows = results.read("searches").to_pylist()
    clock = Clock()
    clock.begun = min(row["started"] for row in rows) - timedelta(seconds=10)
    clock.hear(Progress(len(rows), running=slots))
    clock.hear(Progress(len(rows), writing=0.25))
    clock.wall = wall
    made = profile(results, [row["search_id"] for row in rows], clock)
    assert made is not None
    return made


def test_the_parts_are_the_whole(results: Results) -> None:
    made = profiled(results, wall=500.0, slots=2)
    inside = sum(one.fits + one.proposing + one.beside for one in made.settings)
    assert made.starting == pytest.approx(20)
    assert made.starting + inside + made.between == pytest.approx(1000)
    assert (made.slots, made.writing) == (2, 0.25)


def test_each_setting_has_its_own_searches(results: Results) -> None:
    rows = results.read("searches").to_pylist()
    one, other = profiled(results, wall=500.0, slots=1).settings
    assert (one.victim, one.searches, other.victim, other.searches) == ("lightgbm", 6, "logistic_regression", 6)
    for spent in (one, other):
        own = [row for row in rows if row["victim"] == spent.victim]
        assert spent.fits == pytest.approx(sum(row["fit_cpu_seconds"] for row in own))
        assert spent.proposing == pytest.approx(sum(row["propose_seconds"] for row in own))


def test_a_run_that_ended_no_search_has_none(results: Results) -> None:
    assert profile(results, [], Clock()) is None


def test_the_last_one_is_kept_and_shown(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    assert last_profile(results.files) is None
    made = profiled(results, wall=500.0, slots=2)
    name = write_profile(results, made)
    assert last_profile(results.files) == made
    shown = said(capsys, "status", results.root).out
    assert f"the run of {made.at}: 8 min on 2 slots, whose time went (%)" in shown
    assert "synthetic/group x lightgbm" in shown
    assert said(capsys, "status", results.root, "--json").json["profile"]["slots"] == 2
    file = Path(results.root) / name
    file.write_text(file.read_text().replace('"slots": 2', '"slots": 3'))
    assert f"{name} cannot be read (its checksum does not hold" in complaint(capsys, "status", results.root)
    file.unlink()
