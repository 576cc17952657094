"""``references``, ``defences`` and ``spend`` in a suite: what is run, stored and shown."""

from pathlib import Path

import pytest

from a4g_bench.store.results import Results
from tests.support import complaint, plan_of, run_inline, said, write_suite

DEFENCES = ["deduplication", {"name": "cap-identical", "as": "twice", "params": {"copies": 2}}]
REFERENCES = ["threshold-optimizer", "reweighing"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("treatments")
    attacks = ["clean", "random-duplicates", "cell-duplication"]
    run_inline(plan_of(folder, attacks=attacks, references=REFERENCES, defences=DEFENCES), folder / "r")
    return folder / "r"


def test_every_line_has_a_row_per_pair_and_seed_and_no_poison(root: Path) -> None:
    rows = Results(str(root)).read("searches").to_pylist()
    lines = [row for row in rows if row["role"] == "reference"]
    assert {(row["attack"], row["seed"], row["budget"]) for row in lines} == {
        (name, seed, "0%") for name in REFERENCES for seed in (0, 1)
    }
    assert {(row["status"], row["poison_rows"], row["queries"]) for row in lines} == {("ok", 0, 0)}
    assert len(rows) == 3 * 2 + len(lines)


def test_lines_are_audited_against_the_clean_victim(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    board = said(capsys, "leaderboard", root, "--json").json
    lines = {row["entrant"]: row for row in board["references"] if row["dataset"]}
    assert set(lines) == set(REFERENCES)
    clean = next(row for row in board["cells"] if row["entrant"] == "clean")
    assert lines["reweighing"]["gap_clean"] == clean["gap_clean"] != lines["reweighing"]["gap_poisoned"]
    assert all(row["entrant"] not in REFERENCES for row in board["overall"])


def test_every_set_is_audited_behind_every_defence(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told = said(capsys, "defences", root, "--json").json
    cells = {(row["attack"], row["defence"]): row for row in told["cells"]}
    assert set(cells) == {
        (attack, defence)
        for attack in ("clean", "random-duplicates", "cell-duplication")
        for defence in (None, "deduplication", "twice")
    }
    assert cells["clean", "deduplication"]["gc"] == 0
    # one copy of each row is left, which is what there was: no row of the synthetic table occurs twice
    assert cells["random-duplicates", "deduplication"]["gap_poisoned"] == cells["clean", None]["gap_clean"]
    assert {price["defence"]: price["accuracy_cost"] for price in told["prices"]} == {"deduplication": 0, "twice": 0}
    assert said(capsys, "defences", root).out.count("undefended") == 1


def test_defences_are_no_victims_that_sets_travel_to(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "nothing was audited on another victim" in complaint(capsys, "transfer", root)


def test_results_without_defences_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run_inline(plan_of(tmp_path, attacks=["clean"], seeds=1), tmp_path / "r")
    assert "nothing was audited behind a defence: give the suite 'defences'" in complaint(
        capsys, "defences", tmp_path / "r"
    )


def test_a_search_that_may_add_nothing_changes_nothing(tmp_path: Path) -> None:
    attacks = [{"name": "sobol", "as": "nothing", "spend": 0}, {"name": "sobol", "as": "half", "spend": 0.5}]
    plan = plan_of(tmp_path, attacks=attacks, seeds=1)
    run_inline(plan, tmp_path / "r")
    rows = {row["attack"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert (rows["nothing"]["budget_rows"], rows["nothing"]["poison_rows"]) == (0, 0)
    assert rows["half"]["budget_rows"] == 9, "half of 5 % of 360"
    assert len({planned.search_id for planned in plan.searches}) == 2


def test_a_suite_without_treatments_keeps_its_identities(tmp_path: Path) -> None:
    plain = plan_of(tmp_path, seeds=1)
    more = plan_of(tmp_path, seeds=1, references=REFERENCES)
    assert {p.search_id for p in plain.searches} < {p.search_id for p in more.searches}
    assert not {p.search_id for p in plain.searches} & {
        p.search_id for p in plan_of(tmp_path, seeds=1, defences=DEFENCES).searches
    }
    assert plain.loaded.hash == plan_of(tmp_path, seeds=1, references=[], defences=[]).loaded.hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"references": ["threshold"]}, "unknown reference 'threshold'"),
        ({"defences": [{"name": "class-distance", "params": {"removed": 2}}]}, "removed must be at least 0"),
        ({"references": [{"name": "reweighing", "as": "clean"}]}, "'clean' is also an attack"),
        ({"defences": ["deduplication", "deduplication"]}, "'deduplication' occurs twice"),
        ({"attacks": [{"name": "sobol", "spend": 2}]}, "spend"),
    ],
)
def test_bad_treatments_are_answered_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], changes: dict[str, object], message: str
) -> None:
    assert message in complaint(capsys, "validate", write_suite(tmp_path, **changes))


def test_a_line_that_a_victim_cannot_have_is_a_failed_row(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, victims=[{"name": "sklearn.svm:LinearSVC", "as": "svc"}, "knn"][:1], attacks=["clean"],
        references=["threshold-optimizer", {"name": "exponentiated-gradient", "params": {"max_iter": 1}}], seeds=1,
    )  # fmt: skip
    run_inline(plan, tmp_path / "r")
    rows = {row["attack"]: row for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert rows["threshold-optimizer"]["status"] == "ok", "a decision function is a score"
    neighbours = plan_of(
        tmp_path, victims=[{"name": "sklearn.neighbors:KNeighborsClassifier", "as": "knn"}], attacks=["clean"],
        references=["reweighing"], seeds=1,
    )  # fmt: skip
    run_inline(neighbours, tmp_path / "k")
    rows = {row["attack"]: row for row in Results(str(tmp_path / "k")).read("searches").to_pylist()}
    assert rows["reweighing"]["status"] == "error"
    assert "sample_weight" in rows["reweighing"]["error_message"]
