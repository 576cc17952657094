"""The track where victims do not see the protected attribute: its labels, and that no search became another."""

from pathlib import Path
from typing import Any

import pytest

from a4g_bench import api
from a4g_bench.errors import SuiteError
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan
from tests.support import complaint, plan_of, run_inline, said, write_suite

SEEN: dict[str, Any] = {"name": "acs-income-design", "attribute": "SEX", "rows": 2000}
HIDDEN: dict[str, Any] = {**SEEN, "params": {"protected_visible": False}}
KEYS: dict[str, Any] = {"attacks": ["clean", "random-duplicates"], "seeds": 1}


def labels(plan: Plan) -> dict[str, bool]:
    """The label of each data set, and whether a victim sees the attribute."""
    return {s.entry.label: s.table.schema[s.attribute].visible for s in plan.subjects.values()}


def test_both_tracks_of_a_data_set_are_two_data_sets(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, **KEYS, datasets=[SEEN, HIDDEN])
    assert labels(plan) == {"acs-income-design": True, "acs-income-design-hidden": False}
    assert len({planned.search_id for planned in plan.searches}) == 2 * 2


def test_both_tracks_stand_on_one_board(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_inline(plan_of(tmp_path, **KEYS, datasets=[SEEN, HIDDEN]), tmp_path / "r")
    board = said(capsys, "leaderboard", tmp_path / "r", "--json").json
    gaps = {row["dataset"]: row["gap_clean"] for row in board["cells"] if row["entrant"] == "random-duplicates"}
    assert set(gaps) == {"acs-income-design", "acs-income-design-hidden"}
    assert gaps["acs-income-design-hidden"] != gaps["acs-income-design"]
    alone = said(capsys, "leaderboard", tmp_path / "r", "--dataset", "acs-income-design-hidden", "--json").json
    assert {row["dataset"] for row in alone["cells"]} == {"acs-income-design-hidden"}
    assert {path.name for path in (tmp_path / "r" / "poison").iterdir()} == set(gaps)


def test_results_say_the_track_whatever_the_label(tmp_path: Path) -> None:
    run_inline(plan_of(tmp_path, **KEYS, datasets=[SEEN, {**HIDDEN, "as": "unaware"}]), tmp_path / "r")
    rows = Results(str(tmp_path / "r")).read("searches").to_pylist()
    told = {(row["dataset"], row["attribute_hidden"]) for row in rows}
    assert told == {("acs-income-design", False), ("unaware", True)}


def test_a_label_of_ones_own_wins_and_changes_no_search(tmp_path: Path) -> None:
    plain, named = (plan_of(tmp_path, **KEYS, datasets=[entry]) for entry in (HIDDEN, {**HIDDEN, "as": "unaware"}))
    assert labels(named) == {"unaware": False}
    assert [p.search_id for p in plain.searches] == [p.search_id for p in named.searches]
    assert plain.loaded.hash == named.loaded.hash


def test_what_a_data_set_does_unless_told_is_its_name(tmp_path: Path) -> None:
    assert labels(plan_of(tmp_path, **KEYS, datasets=["gaussian-groups"])) == {"gaussian-groups": False}
    assert labels(plan_of(tmp_path, **KEYS, datasets=[{**SEEN, "params": {"protected_visible": True}}])) == {
        "acs-income-design": True
    }


def test_patterns_name_a_track_by_its_label(tmp_path: Path) -> None:
    datasets = [SEEN, HIDDEN]
    plan = plan_of(tmp_path, **KEYS, datasets=datasets, exclude=[{"dataset": "acs-income-design-hidden"}])
    assert {planned.spec.dataset.label for planned in plan.searches} == {"acs-income-design"}
    with pytest.raises(SuiteError, match="'acs-income-design' is not in the suite"):
        plan_of(tmp_path, **KEYS, datasets=[HIDDEN], exclude=[{"dataset": "acs-income-design"}])


def test_the_same_track_twice_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_suite(tmp_path, datasets=[HIDDEN, HIDDEN])
    assert "'acs-income-design-hidden (SEX)' occurs twice" in complaint(capsys, "validate", suite)


def test_a_table_of_ones_own_has_both_tracks(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{'fm'[i % 2]},{'ny'[i % 5 > 1]}\n" for i in range(400))
    (tmp_path / "t.csv").write_text("a,sex,label\n" + rows)
    source = {"file": "t.csv", "target": "label", "favourable": "y", "protected": ["sex"]}
    datasets = [{"name": "t", "source": source}, {"name": "t", "source": {**source, "protected_visible": False}}]
    assert labels(plan_of(tmp_path, **KEYS, datasets=datasets)) == {"t": True, "t-hidden": False}


def test_a_fallback_keeps_the_track(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("a4g_bench.data.openml.urlopen", unreachable)
    monkeypatch.setenv("A4G_DATA_HOME", str(tmp_path / "cache"))
    asked = {"name": "adult-openml", "fallback": "synthetic"}
    assert labels(plan_of(tmp_path, **KEYS, datasets=[asked])) == {"synthetic": True}
    hidden = {**asked, "params": {"protected_visible": False}}
    keys = {**KEYS, "datasets": [hidden]}
    plan = plan_of(tmp_path, **keys)
    assert labels(plan) == {"synthetic-hidden": False}
    run_inline(plan, tmp_path / "r")
    replayed = api.replay(plan.searches[0].search_id, tmp_path / "r", suite=write_suite(tmp_path, **keys))
    assert replayed.verified


def test_the_library_names_the_track_too() -> None:
    assert repr(api.load("acs-income-design", rows=1000, protected_visible=False)).startswith(
        "Dataset('acs-income-design-hidden', attribute='SEX'"
    )


def test_results_under_a_name_of_before_are_complete_and_keep_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A label is no identity: nothing is run again."""
    before = plan_of(tmp_path, **KEYS, datasets=[{**HIDDEN, "as": "acs-income-design"}])
    run_inline(before, tmp_path / "r")
    suite = write_suite(tmp_path, **KEYS, datasets=[HIDDEN])
    assert said(capsys, "check", suite, "--results", tmp_path / "r").code == 0
    stored = Results(str(tmp_path / "r")).read("searches").to_pylist()
    assert {row["dataset"] for row in stored} == {"acs-income-design"}
