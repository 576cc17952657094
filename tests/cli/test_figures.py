"""``a4g-bench figures``: which files it makes of which results, what stands in them, and how it refuses."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from a4g_bench.figures.pictures import Picture, pictures
from a4g_bench.figures.trajectories import trajectories
from a4g_bench.leaderboard.charts import CellResults, read_cell_results, trajectory_chart
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.store.tables import Row
from tests.support import complaint, plan_of, run_inline, said, tree

ROOT = "results/tiny"
CELL = "synthetic--group--logistic_regression--5pct"


def shown(**selected: Any) -> list[Picture]:
    return pictures(read_cell_results([Results(ROOT)], Selection(**selected)))


def only(kind: str, **selected: Any) -> Picture:
    [found] = [picture for picture in shown(**selected) if picture.kind == kind]
    return found


def cell_results(**selected: Any) -> CellResults:
    [found] = read_cell_results([Results(ROOT)], Selection(**selected))
    return found


def rewrite(change: Callable[[Row, list[Row]], None], attack: str = "sobol") -> list[str]:
    """Change the searches of an attack and their queries in place; return their identifiers."""
    results = Results(ROOT)
    changed = []
    for row in results.read("searches").to_pylist():
        if row["attack"] == attack:
            record = results.read_search(row["search_id"])
            assert record is not None
            change(record.search, record.queries)
            results.write_search(record)
            changed.append(row["search_id"])
    return changed


def copy(attack: str, label: str, **changes: Any) -> None:
    """Add searches like those of an attack under another label."""
    results = Results(ROOT)
    for row in results.read("searches").to_pylist():
        if row["attack"] == attack:
            record = results.read_search(row["search_id"])
            assert record is not None
            mine = {"search_id": f"{row['search_id']}{label}"}
            victim = {"evaluated_on": changes["victim"]} if "victim" in changes else {}
            search = {**record.search, **mine, "attack": label, **changes}
            queries = [{**query, **mine} for query in record.queries]
            audits = [{**audit, **mine, **victim} for audit in record.audits]
            results.write_search(SearchRecord(search, queries, audits, [], record.poison))


def interrupt(search: Row, queries: list[Row]) -> None:
    del queries[3:]
    search.update(status="interrupted", queries=3, chosen_query=None)
    search.update(validation_gap_poisoned=None, validation_accuracy_poisoned=None)


def test_a_folder_gives_three_pictures_a_cell_and_one_a_search(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answer = said(capsys, "figures", ROOT, "--out", "drawn")
    assert (answer.code, answer.err) == (0, "5 pictures, 10 files\n")
    assert sorted(answer.out.split()) == sorted(f"drawn/{name}" for name in tree(finished / "drawn"))
    names = [Path(line).stem for line in answer.out.split()[::2]]
    assert names[:3] == [f"{CELL}--unfairness", f"{CELL}--accuracy", f"{CELL}--audit"]
    assert [name.rpartition("--s1-")[0] for name in names[3:]] == [f"{CELL}--sobol--seed{s}" for s in (0, 1)]
    for name, content in tree(finished / "drawn").items():
        assert content.startswith(b"\x89PNG" if name.endswith("png") else b"<?xml")


def test_the_same_results_give_the_same_bytes(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = tree(finished / "results")
    for out in ("a", "b"):
        assert said(capsys, "figures", ROOT, "--out", out).code == 0
    assert tree(finished / "a") == tree(finished / "b")
    assert tree(finished / "results") == before


def test_as_json_every_file_says_what_it_shows(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = said(capsys, "figures", "--out", "drawn", "--format", "svg", "--json").json
    assert [file["picture"] for file in files] == ["unfairness", "accuracy", "audit", "search", "search"]
    assert {(f["dataset"], f["attribute"], f["victim"], f["budget"]) for f in files} == {
        ("synthetic", "group", "logistic_regression", "5%")
    }
    assert [(file["attack"], file["seed"]) for file in files[2:]] == [(None, None), ("sobol", 0), ("sobol", 1)]
    assert {file["file"] for file in files} == {f"drawn/{name}" for name in tree(finished / "drawn")}


def test_one_search_is_drawn_alone(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = cell_results(attacks=("sobol",)).contenders[0].searches[1].search.search_id
    answer = said(capsys, "figures", ROOT, "--out", "drawn", "--search", chosen[:-2], "--format", "png")
    assert answer.out == f"drawn/searches/{CELL}--sobol--seed1--{chosen}.png\n"
    quiet = cell_results().contenders[-1].searches[0].search
    assert quiet.entrant.query_budget == 0
    line = complaint(capsys, "figures", ROOT, "--out", "none", "--search", quiet.search_id)
    assert f"search '{quiet.search_id}' made no queries" in line
    assert not Path("none").exists()


REFUSED = {
    ("--dataset", "synthetik"): "(did you mean 'synthetic'?)",
    ("--victim", "svm"): "victim 'svm'",
    ("--attack", "sobel"): "(did you mean 'sobol'?)",
    ("--budget", "2%"): "'2%'",
    ("--budget", "abc"): "write a share such as 1%",
    ("--format", "pdf"): "'pdf' is neither png nor svg",
    ("--format", "png,"): "'' is neither png nor svg",
    ("--search", "s1-zz"): "'s1-zz': not found in results/tiny",
    ("--search", "s1-", "--budget", "5%"): "do not go with it",
    ("--out", "tiny.yaml/below"): "'tiny.yaml/below' cannot be written",
    ("nowhere",): "'nowhere' holds no results",
}


@pytest.mark.parametrize("words", REFUSED, ids=" ".join)
def test_what_is_not_there_is_refused(
    finished: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...]
) -> None:
    folder = () if "nowhere" in words else (ROOT,)
    assert REFUSED[words] in complaint(capsys, "figures", *folder, *words)
    assert not Path("figures").exists()


def test_a_folder_without_searches_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert "a4g-bench run quick" in complaint(capsys, "figures")
    Results("empty").mark("empty", "0", 1)
    assert "no searches in empty" in complaint(capsys, "figures", "empty")


def test_without_matplotlib_the_extra_is_named(
    finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'a4g-bench[figures]'" in complaint(capsys, "figures", ROOT)


def test_a_damaged_file_is_named_and_the_rest_is_drawn(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = sorted((Path(ROOT) / "audits").iterdir())[0]
    broken.write_bytes(broken.read_bytes()[:100])
    answer = said(capsys, "figures", ROOT, "--out", "drawn", "--format", "svg")
    assert answer.code == 2
    assert f"error: {broken} cannot be read" in answer.err
    assert len(tree(finished / "drawn")) == 5


def test_the_trajectory_shows_what_was_promised_beside_what_held(finished: Path) -> None:
    drawn = only("unfairness").figure()
    assert drawn.get_suptitle() == (
        "Unfairness: synthetic (group), victim logistic_regression\npoison budget 5%, seeds 0-1"
    )
    lines, points = drawn.axes
    assert (lines.get_xlabel(), lines.get_ylabel()) == ("queries", "unfairness U: FNR gap (points)")
    assert [tick.get_text() for tick in points.get_xticklabels()] == ["clean", "sobol", "random-duplicates"]
    # clean and the search have both sides, what made no queries promised nothing
    assert len(points.containers) == 5
    [search] = [c for c in cell_results().contenders if c.label == "sobol"]
    for one in search.searches:
        unfairness, accuracy = one.incumbents()
        assert len(unfairness) == len(accuracy) == 5
        assert unfairness[0] == one.row["validation_gap_clean"]
        best = [q["best_objective"] for q in one.queries]
        assert [u for u, b in zip(unfairness[1:], best, strict=True) if b is not None] == [
            b for b in best if b is not None
        ]
    [line] = [line for line in lines.get_lines() if line.get_label() == "sobol"]
    middle = sum(100 * one.incumbents()[0][-1] for one in search.searches) / 2
    assert line.get_ydata()[-1] == pytest.approx(middle)  # type: ignore[index]  # an array


def test_attacks_without_queries_have_points_only(finished: Path) -> None:
    [points] = only("unfairness", attacks=("random-duplicates",)).figure().axes
    assert points.get_ylabel().startswith("unfairness")
    assert [tick.get_text() for tick in points.get_xticklabels()] == ["clean", "random-duplicates"]
    assert not [p for p in shown(attacks=("random-duplicates",)) if p.kind == "search"]


def test_the_bars_are_the_audits_means(finished: Path) -> None:
    drawn = only("audit").figure()
    labels = [axes.get_xlabel().replace("\n", " ").strip() for axes in drawn.axes]
    assert labels == [
        "accuracy (%)",
        "demographic parity difference (points)",
        "average odds difference (points)",
        "FNR per group (%): U is its gap",
        "FPR per group (%)",
    ]
    accuracy, *_, fnr, _ = drawn.axes
    assert [tick.get_text() for tick in accuracy.get_yticklabels()] == ["clean", "sobol", "random-duplicates"]
    clean = [one.clean for one in cell_results().clean if one.clean is not None]
    assert accuracy.patches[0].get_width() == pytest.approx(sum(100 * row["accuracy"] for row in clean) / 2)  # type: ignore[attr-defined]  # a bar
    assert len(accuracy.patches) == 3
    assert len(fnr.patches) == 6
    assert [text.get_text() for text in drawn.legends[0].get_texts()] == ["A", "B"]


def test_a_search_shows_its_queries_and_both_verdicts(finished: Path) -> None:
    picture = next(p for p in shown() if p.kind == "search")
    drawn = picture.figure()
    assert drawn.get_suptitle().endswith("poison budget 5%, seed 0, objective unfairness\n4 of 4 queries")
    labels = [text.get_text() for text in drawn.legends[0].get_texts()]
    assert {"fairest query", "clean, search-validation", "clean, audit", "final set, audit", "accuracy allowance"} <= {
        *labels
    }
    assert sum(len(dots.get_offsets()) for dots in drawn.axes[0].collections) == 4


def test_failed_queries_are_told_and_left_out(finished: Path) -> None:
    def fail(_: Row, queries: list[Row]) -> None:
        queries[0].update(failed="boom", best_objective=None)
        queries[0].update(dict.fromkeys(("objective", "unfairness", "accuracy")))

    rewrite(fail)
    drawn = next(p for p in shown() if p.kind == "search").figure()
    assert drawn.get_suptitle().endswith("4 of 4 queries, 1 failed")
    assert sum(len(dots.get_offsets()) for dots in drawn.axes[0].collections) == 3
    one = cell_results(attacks=("sobol",)).contenders[0].searches[0]
    assert one.incumbents()[0][1] == one.row["validation_gap_clean"]
    only("unfairness").figure()


def test_interrupted_searches_are_drawn_as_far_as_they_got(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(interrupt)
    drawn = only("unfairness").figure()
    [line] = [line for line in drawn.axes[0].get_lines() if line.get_label() == "sobol"]
    assert len(line.get_xdata()) == 4  # type: ignore[arg-type]  # an array
    assert "sobol (unfinished)" in [text.get_text() for text in drawn.legends[0].get_texts()]
    assert "sobol\n(0 of 2 seeds)" in [tick.get_text() for tick in drawn.axes[1].get_xticklabels()]
    drawn = next(p for p in shown() if p.kind == "search").figure()
    assert drawn.get_suptitle().endswith("3 of 4 queries, not finished: interrupted")
    assert said(capsys, "figures", ROOT, "--out", "drawn", "--format", "svg").code == 0


def test_a_folder_in_which_nothing_has_ended_has_its_queries(finished: Path) -> None:
    rewrite(interrupt)
    assert [p.kind for p in shown(attacks=("sobol",))] == ["unfairness", "accuracy", "search", "search"]


def test_the_clean_victim_alone_can_be_drawn(finished: Path) -> None:
    assert [picture.kind for picture in shown(attacks=("clean",))] == ["unfairness", "accuracy", "audit"]
    for picture in shown(attacks=("clean",)):
        assert picture.figure().axes


def test_searches_that_all_failed_leave_nothing_to_draw(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def fail(search: Row, _: list[Row]) -> None:
        search.update(status="error", error_type="VictimError", queries=0)

    for attack in ("clean", "random-duplicates", "sobol"):
        rewrite(fail, attack)
    assert "no search in results/tiny has a query or an audit to draw" in complaint(capsys, "figures", ROOT)


def test_what_is_judged_on_folds_is_not_mixed_with_search_validation(tmp_path: Path) -> None:
    run_inline(plan_of(tmp_path, fits={"folds": 2}, seeds=1), tmp_path / "folds")
    [found] = read_cell_results([Results(str(tmp_path / "folds"))], Selection())
    clean, search, duplicates = (entrant.searches[0] for entrant in (*found.controls, *found.contenders))
    # the search says what the clean victim is on search-validation rows, the controls what it is on folds
    assert (clean.validated("clean"), duplicates.validated("clean"), search.explored_clean()) == (None, None, None)
    assert clean.explored_clean() == duplicates.explored_clean() != search.validated("clean")
    assert None not in (clean.explored_clean(), search.validated("clean"))
    lines, _ = trajectories(trajectory_chart(found, "accuracy")).axes
    assert lines.get_title() == "best so far: explored on 2 folds,\nconfirmed on search-validation rows"


@pytest.mark.parametrize("attacks", [(), ("sobol",), ("random-duplicates",)])
def test_the_legend_lies_within_the_picture(finished: Path, attacks: tuple[str, ...]) -> None:
    drawn = only("unfairness", attacks=attacks).figure()
    drawn.canvas.draw()
    inside, whole = drawn.legends[0].get_window_extent(), drawn.bbox
    assert whole.x0 <= inside.x0 < inside.x1 <= whole.x1
    assert whole.y0 <= inside.y0


def test_twelve_attacks_are_told_apart(finished: Path) -> None:
    for number in range(11):
        copy("sobol", f"sobol-{number}")
    drawn = only("unfairness").figure()
    with_labels = [line for line in drawn.axes[0].get_lines() if line.get_label() != "" and line.get_marker() != "None"]
    looks = {(line.get_color(), line.get_marker(), str(line.get_linestyle())) for line in with_labels}
    assert len({marker for _, marker, _ in looks}) >= 12
    assert len(looks) >= 12
    only("audit").figure()


def test_odd_names_give_plain_file_names_that_do_not_meet(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for attack in ("clean", "sobol"):
        copy(attack, f"{attack}-1", victim="a.b:C $x_1$/../ é", attribute="race & sex")
        copy(attack, f"{attack}-2", victim="a.b:C $x_1$/../ è", attribute="race & sex " + 80 * "x")
    files = said(capsys, "figures", ROOT, "--out", "drawn", "--format", "svg", "--json").json
    assert len({file["file"].lower() for file in files}) == len(files) == 15
    assert {len(Path(file["file"]).parts) for file in files} == {2, 3}
    assert all(file["file"].isascii() and len(Path(file["file"]).name) < 255 for file in files)
    assert len(tree(finished / "drawn")) == 15
