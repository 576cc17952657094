"""Files that are damaged, missing or elsewhere: named by whoever reads them, and made anew by ``run``."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.engine.local import run_here
from a4g_bench.store.claim import Claim
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.plan import Plan
from a4g_bench.workflows.status import suite_status
from tests.support import complaint, forge, plan_of, run_inline, said

ROOT = Path("results/tiny")
TABLES = ("searches", "queries", "audits", "predictions", "poison/synthetic", "baselines")


def flip(file: Path) -> None:
    """Flip a bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def first(table: str) -> Path:
    return sorted((ROOT / table).glob("*.parquet"))[0]


def mend(plan: Plan) -> None:
    """Run here what is missing, as ``run`` does on Ray."""
    results = Results(str(ROOT))
    for planned in suite_status(plan, results).missing:
        run_here(plan, planned, results)


def board(capsys: pytest.CaptureFixture[str], root: Path) -> object:
    told = said(capsys, "leaderboard", root, "--json").json
    for row in (*told["overall"], *told["cells"]):
        row.pop("cpu_seconds", None)
    return told


@pytest.mark.parametrize("merged", [False, True])
@pytest.mark.parametrize("table", TABLES)
def test_a_flipped_bit_is_told_by_check_and_gone_after_a_run(
    finished: Path, capsys: pytest.CaptureFixture[str], table: str, merged: bool
) -> None:
    before = board(capsys, ROOT)
    if merged:
        Results(str(ROOT)).compact(keep=0)
    flip(first(table))
    name = first(table).relative_to(ROOT)
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 3
    assert f"damaged: results/tiny/{name} (it" in answer.err
    mend(plan_of(finished))
    answer = said(capsys, "run", "tiny.yaml")
    assert answer.code == 0
    assert (f"moved to damaged/{name}" in answer.err) == merged  # a file of its own was written anew
    assert (ROOT / "damaged" / name).exists() == merged
    answer = said(capsys, "check", "tiny.yaml")
    assert (answer.code, answer.err) == (0, "")
    assert board(capsys, ROOT) == before


def test_a_damaged_manifest_is_told_and_written_anew(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = ROOT / "manifest.json"
    good = file.read_bytes()
    file.write_bytes(good.replace(b'"searches": 6', b'"searches": 7'))
    assert "manifest.json cannot be read: its checksum does not hold" in complaint(capsys, "leaderboard")
    answer = said(capsys, "check", "tiny.yaml")
    assert "damaged: results/tiny/manifest.json" in answer.err
    assert said(capsys, "run", "tiny.yaml").code == 0
    assert file.read_bytes() == good
    assert said(capsys, "check", "tiny.yaml").err == ""


def test_results_of_the_version_before_are_told_and_merging_seals_them(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for file in (*(ROOT / "audits").glob("*"), *(ROOT / "baselines").glob("*")):
        pq.write_table(pq.ParquetFile(file).read().replace_schema_metadata({"a4g_schema_version": "1"}), file)
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 0
    assert answer.err.startswith("8 files are of an earlier version and bear no checksum: a4g-bench merge results/tiny")
    assert said(capsys, "merge", ROOT, "--out", "sealed").code == 0
    answer = said(capsys, "check", "tiny.yaml", "--results", "sealed")
    assert (answer.code, answer.err) == (0, "")
    assert board(capsys, Path("sealed")) == board(capsys, ROOT)


def test_merging_names_what_is_damaged_and_takes_the_whole_copy(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_inline(plan_of(finished), finished / "copy")
    flip(first("predictions"))
    name = first("predictions").relative_to(ROOT)
    answer = said(capsys, "merge", ROOT, "copy", "--out", "merged")
    assert answer.code == 0
    assert answer.err.startswith(f"damaged: results/tiny/{name} (")
    assert board(capsys, Path("merged")) == board(capsys, Path("copy"))


@pytest.mark.parametrize("table", ["searches", "audits", "poison/synthetic", "baselines"])
def test_merging_says_what_no_folder_has_whole(finished: Path, capsys: pytest.CaptureFixture[str], table: str) -> None:
    flip(first(table))
    answer = said(capsys, "merge", ROOT, "--out", "merged")
    assert answer.code == 3
    assert f"damaged: results/tiny/{first(table).relative_to(ROOT)}" in answer.err
    lost = 3 if table == "baselines" else 1  # the searches of a seed share a clean audit
    assert answer.err.count("left out: s1-") == (0 if table == "searches" else lost)
    assert answer.out == f"{6 - lost} searches of 1 folder in merged\n"
    assert "run the suite with --results merged" in answer.err
    mend_in = Results("merged")
    for planned in suite_status(plan_of(finished), mend_in).missing:
        run_here(plan_of(finished), planned, mend_in)
    assert board(capsys, Path("merged"))


def test_clean_audits_that_changed_names_are_not_judged_by(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, other = sorted((ROOT / "baselines").iterdir())
    content = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(content)
    answer = said(capsys, "check", "tiny.yaml", "--json")
    assert answer.code == 3
    assert answer.json["missing"] == 6
    assert sorted(answer.json["damaged"].values()) == sorted(f"it holds rows of '{f.stem}'" for f in (one, other))


def test_an_audit_that_is_gone_is_told_on_the_board(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    row = Results(str(ROOT)).read("searches").to_pylist()[0]
    (ROOT / "audits" / f"{row['search_id']}.parquet").unlink()
    notes = said(capsys, "leaderboard", "--json").json["notes"]
    [note] = [note for note in notes if "its clean audit is missing" in note]
    assert note.startswith(f"Incomplete: {row['attack']} lacks 1 of 2 searches: ")
    assert f"seed {row['seed']} (its clean audit is missing)" in note


@pytest.mark.parametrize("whole", [False, True])
def test_a_reference_line_that_lacks_a_seed_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], whole: bool
) -> None:
    run_inline(plan_of(tmp_path, attacks=["clean"], references=["reweighing"]), tmp_path / "r")
    rows = Results(str(tmp_path / "r")).read("searches").to_pylist()
    [line] = [row for row in rows if row["attack"] == "reweighing" and row["seed"] == 0]
    for table in ("predictions", *(["searches"] if whole else [])):
        (tmp_path / "r" / table / f"{line['search_id']}.parquet").unlink()
    notes = said(capsys, "leaderboard", tmp_path / "r", "--json").json["notes"]
    reason = "not run" if whole else "its predictions are missing"
    assert any(
        note.startswith("Incomplete: reweighing lacks 1 of 2 searches: ") and f"seed 0 ({reason})" in note
        for note in notes
    )


def test_a_note_of_a_replay_holds_for_the_rows_that_were_replayed(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A forged row passes every checksum; what was verified was another."""
    search_id = min(Results(str(ROOT)).identifiers("poison"))
    assert said(capsys, "replay", search_id, "--suite", "tiny.yaml").code == 0
    assert "changed since" not in said(capsys, "show", search_id).out
    file = ROOT / "predictions" / f"{search_id}.parquet"
    table = pq.ParquetFile(file).read()
    inverted = [bytes(255 ^ byte for byte in blob) for blob in table["predicted"].to_pylist()]
    forge(file, table.set_column(table.column_names.index("predicted"), "predicted", pa.array(inverted, pa.binary())))
    assert said(capsys, "check", "tiny.yaml").err == ""
    assert "but its rows have changed since: replay it again" in said(capsys, "show", search_id).out


def test_a_search_that_a_run_finishes_meanwhile_is_not_cleaned(
    finished: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clean waits for the claim of a run, which makes the failed search whole before it leaves."""
    results = Results(str(ROOT))
    row = results.read("searches").to_pylist()[0]
    record = results.read_search(row["search_id"])
    assert record is not None
    results.write_search(SearchRecord({**row, "status": "error", "error_type": "Crash", "error_message": "boom"}))
    enter = Claim.__enter__

    def waiting(claim: Claim) -> Claim:
        results.write_search(record)
        return enter(claim)

    monkeypatch.setattr(Claim, "__enter__", waiting)
    answer = said(capsys, "clean", "tiny.yaml", "--failed", "--yes")
    assert "failed: Crash: boom" in answer.out
    assert answer.out.endswith("0 of 6 searches removed\n")
    assert said(capsys, "check", "tiny.yaml").code == 0


def test_a_note_of_a_replay_that_is_damaged_is_named(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    search_id = min(Results(str(ROOT)).identifiers("poison"))
    assert said(capsys, "replay", search_id, "--suite", "tiny.yaml").code == 0
    file = ROOT / "verified" / f"{search_id}.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"at": "2020-01-01"}))
    assert "does not say when and of which rows; remove it" in complaint(capsys, "show", search_id)
