"""``a4g-bench doctor``: what is wrong with a machine, and what to do."""

from dataclasses import replace
from pathlib import Path

import pytest

from a4g_bench.provenance import locked_versions
from a4g_bench.workflows.doctor import GB, Examined, problems
from tests.support import complaint, said

FINE = Examined(
    host="host",
    versions={"numpy": "2.4.6"},
    cores=2,
    threads={"OMP_NUM_THREADS": "1"},
    memory=8 * GB,
    disk=50 * GB,
    shared=4 * GB,
)


def test_a_fine_machine_has_no_problems() -> None:
    assert problems(FINE, {"numpy": "2.4.6"}, {"numpy": "2.4.6"}) == []
    assert problems(replace(FINE, versions={"torch": "2.13.0+cpu"}), {}, {"torch": "2.13.0"}) == []


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"versions": {"numpy": "2.4.5"}}, "numpy 2.4.5, the driver has 2.4.6"),
        ({"versions": {"scipy": "1.0"}}, "scipy 1.0, the lock has 1.1: pip install -c constraints.txt"),
        ({"threads": {"OMP_NUM_THREADS": "8"}}, "OMP_NUM_THREADS=8"),
        ({"memory": GB}, "1.0 GB of free memory for 2 cores: use fewer workers"),
        ({"disk": 0}, "set RAY_TMPDIR"),
        ({"shared": 64 * 2**20}, "--shm-size"),
        ({"results": {"s3://b": "cannot be written"}}, "cannot be written"),
        ({"data": {"adult": "needs the extra"}}, "needs the extra"),
    ],
)
def test_each_problem_comes_with_its_remedy(changes: dict[str, object], told: str) -> None:
    [line] = problems(replace(FINE, **changes), {"numpy": "2.4.6"}, {"scipy": "1.1"})  # type: ignore[arg-type]
    assert told in line


def test_the_lock_pins_what_results_depend_on() -> None:
    assert {"numpy", "scikit-learn", "lightgbm", "torch", "ray"} <= locked_versions().keys()


def test_this_machine_is_examined(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = said(capsys, "doctor", "--results", tmp_path / "r", "--dataset", "synthetic", "--json")
    [node] = answer.json
    assert node["node"] == "this machine"
    assert node["results"] == {str(tmp_path / "r"): None}
    assert node["data"] == {"synthetic": None}
    assert answer.code == (1 if node["problems"] else 0)
    assert not list(tmp_path.rglob("*.*")), "the probe is gone"


def test_what_fails_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    answer = said(capsys, "doctor", "--results", tmp_path / "file")
    assert answer.code == 1
    assert "cannot be written" in answer.out
    assert "did you mean 'adult'?" in complaint(capsys, "doctor", "--dataset", "adlt")
