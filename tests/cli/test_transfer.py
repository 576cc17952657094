"""``craft_on`` and ``evaluate_on`` in a suite, and the matrix that ``a4g-bench transfer`` makes of them."""

import csv
import io
from pathlib import Path

import pytest

from a4g_bench.store.results import Results
from tests.support import complaint, plan_of, run_inline, said, write_suite

VICTIMS = ["logistic_regression", {"name": "random_forest", "as": "forest", "params": {"n_estimators": 5}}]
BOTH = ["logistic_regression", "forest"]
ATTACKS = [
    {"name": "clean", "evaluate_on": BOTH},
    {"name": "random-duplicates", "evaluate_on": BOTH},
    {"name": "threshold-copies", "craft_on": "logistic_regression", "evaluate_on": ["forest"]},
    "cell-duplication",
]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("transfer")
    run_inline(plan_of(folder, victims=VICTIMS, attacks=ATTACKS, seeds=2), folder / "r")
    return folder / "r"


def cells(capsys: pytest.CaptureFixture[str], *words: object) -> dict[tuple[str, str, str], dict[str, object]]:
    rows = said(capsys, "transfer", *words, "--json").json
    return {(row["attack"], row["crafted_on"], row["evaluated_on"]): row for row in rows}


def test_every_set_is_audited_on_every_victim_that_was_asked_for(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = cells(capsys, root)
    everywhere = {(one, other) for one in BOTH for other in BOTH}
    assert {key[1:] for key in found if key[0] == "random-duplicates"} == everywhere
    assert {key[1:] for key in found if key[0] == "threshold-copies"} == {
        ("logistic_regression", "logistic_regression"),
        ("logistic_regression", "forest"),
    }
    assert not any(key[0] == "cell-duplication" for key in found), "audited on its own victim only"


def test_a_set_that_does_not_depend_on_the_victim_does_the_same_wherever_it_was_crafted(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = cells(capsys, root, "--attack", "random-duplicates", "--attack", "clean")
    for on in BOTH:
        one, other = (
            {k: v for k, v in found["random-duplicates", crafted, on].items() if k != "crafted_on"} for crafted in BOTH
        )
        assert one == other
        assert found["clean", "forest", on]["gc"] == 0


def test_the_diagonal_is_the_leaderboard(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = cells(capsys, root)
    board = said(capsys, "leaderboard", root, "--json").json
    own = {(row["attack"], row["victim"], row["victim"]): row for row in board["cells"] if row["gc"] is not None}
    for key, row in found.items():
        if key in own:
            assert {name: row[name] for name in ("gc", "gap_clean", "gap_poisoned", "seeds")} == {
                name: own[key][name] for name in ("gc", "gap_clean", "gap_poisoned", "seeds")
            }
    assert len(found.keys() & own.keys()) == 5


def test_who_is_audited_elsewhere_is_part_of_a_search_and_of_its_cost(tmp_path: Path) -> None:
    changes = {"victims": VICTIMS, "seeds": 1}
    alone = plan_of(tmp_path, **changes, attacks=["random-duplicates"]).searches[0]
    itself = plan_of(tmp_path, **changes, attacks=[{"name": "random-duplicates", "evaluate_on": BOTH[:1]}]).searches[0]
    plan = plan_of(tmp_path, **changes, attacks=[{"name": "random-duplicates", "evaluate_on": BOTH}])
    both = plan.searches[0]
    assert alone.search_id == itself.search_id != both.search_id
    run_inline(plan, tmp_path / "r")
    row = next(r for r in Results(str(tmp_path / "r")).read("searches").to_pylist() if r["search_id"] == both.search_id)
    assert row["fits"] == 1 + 5, "one for the regression, which no seed changes; one per audit seed for the forest"


def test_text_and_csv(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "transfer", root, "--attack", "threshold-copies").out.splitlines()
    assert text[0] == "synthetic/group at 5%: threshold-copies, GC@1 [95 % interval]"
    assert text[1].split() == ["crafted", "on", "\\", "audited", "on", "forest", "logistic_regression"]
    assert len(text) == 3
    rows = list(csv.DictReader(io.StringIO(said(capsys, "transfer", root, "--csv", "--craft-on", "forest").out)))
    assert {row["crafted_on"] for row in rows} == {"forest"}


@pytest.mark.parametrize(
    ("attack", "expected"),
    [
        (
            {"name": "gradient", "craft_on": "forest"},
            "craft_on: attack 'gradient' needs gradients, which 'forest' has not: name a logistic_regression",
        ),
        ({"craft_on": "forrest"}, "craft_on: 'forrest' is not among the suite's victims (did you mean 'forest'?)"),
        ({"evaluate_on": ["svm"]}, "evaluate_on: 'svm' is not among the suite's victims"),
        ({"evaluate_on": ["forest", "forest"]}, "evaluate_on: 'forest' occurs twice; remove one"),
    ],
)
def test_bad_suites(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], attack: dict[str, object], expected: str
) -> None:
    suite = write_suite(tmp_path, victims=VICTIMS, attacks=[{"name": "clean"} | attack])
    assert expected in complaint(capsys, "validate", suite)


def test_results_of_one_victim_only(root: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    run_inline(plan_of(tmp_path, seeds=1, attacks=["clean"]), tmp_path / "r")
    assert "nothing was audited on another victim" in complaint(capsys, "transfer", tmp_path / "r")
    assert "nothing that is selected was audited on another victim" in complaint(
        capsys, "transfer", root, "--attack", "cell-duplication"
    )


def test_the_picture_shows_each_victim_clean_and_poisoned(root: Path) -> None:
    from a4g_bench.figures.pictures import pictures
    from a4g_bench.leaderboard.charts import read_cell_results
    from a4g_bench.leaderboard.selection import Selection

    results = Results(str(root))
    drawn = [one for one in pictures(read_cell_results([results], Selection())) if one.kind == "transfer"]
    assert [(one.cell.setting.victim, one.attack) for one in drawn] == [
        ("forest", "random-duplicates"),
        ("logistic_regression", "random-duplicates"),
        ("logistic_regression", "threshold-copies"),
    ]
    accuracy = drawn[2].figure().axes[0]
    assert [tick.get_text() for tick in accuracy.get_yticklabels()] == [
        "logistic_regression: clean", "crafted on it", "forest: clean", "crafted elsewhere",
    ]  # fmt: skip
    ids = [s["search_id"] for s in results.read("searches").to_pylist() if s["attack"] == "threshold-copies"]
    audits = [a for a in results.read("audits").to_pylist() if a["search_id"] in ids and a["audit_seed"] == -1]
    for bar, (victim, role) in zip(
        accuracy.patches, [(v, r) for v in BOTH for r in ("clean", "poisoned")], strict=True
    ):
        mine = [100 * a["accuracy"] for a in audits if (a["evaluated_on"], a["role"]) == (victim, role)]
        assert len(mine) == 2
        assert bar.get_width() == pytest.approx(sum(mine) / 2)  # type: ignore[attr-defined]  # a bar


def test_audits_behind_defences_alone_give_no_picture_of_transfer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    attacks = ["clean", "random-duplicates"]
    run_inline(plan_of(tmp_path, attacks=attacks, defences=["deduplication"], seeds=1), tmp_path / "r")
    files = said(capsys, "figures", tmp_path / "r", "--out", tmp_path / "drawn", "--format", "svg", "--json").json
    assert [file["picture"] for file in files] == ["unfairness", "accuracy", "audit"]
