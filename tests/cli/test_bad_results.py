"""Results folders whose files say what no run writes: one line that names what is wrong; exit code 2."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store.checksums import sealed_json, unsealed_json
from a4g_bench.store.results import Results
from tests.support import complaint, forge, said, tree

ROOT = Path("results/tiny")


def rewrite(table: str, **columns: Any) -> str:
    """Set columns in the first file of a table, with right checksums; returns the identifier in it."""
    file = sorted((ROOT / table).rglob("*.parquet"))[0]
    whole = pq.ParquetFile(file).read()
    rows = [row | columns for row in whole.to_pylist()]
    forge(file, pa.Table.from_pylist(rows, whole.schema))
    return file.stem


@pytest.mark.parametrize(
    "words", [("check", "tiny.yaml"), ("leaderboard",), ("status",), ("report",), ("merge", ROOT, "--out", "merged")]
)
def test_a_file_name_that_is_no_text_is_told(
    finished: Path, capsys: pytest.CaptureFixture[str], words: tuple[object, ...]
) -> None:
    for folder in ("searches", "poison", "claims"):
        (ROOT / folder).mkdir(exist_ok=True)
        Path(os.fsdecode(os.fsencode(ROOT / folder) + b"/\xff.parquet")).touch()
    line = complaint(capsys, *words)
    assert "hold a file whose name is not text in UTF-8: '" in line
    assert "\\xff.parquet'; rename or remove it" in line


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ({"suite_hash"}, "suite_hash"),
        ({"searches"}, "searches"),
        ({"suite_hash", "searches"}, "suite_hash"),
    ],
)
def test_folders_whose_manifest_lacks_a_key_are_not_merged(
    finished: Path, capsys: pytest.CaptureFixture[str], missing: set[str], named: str
) -> None:
    file = ROOT / "manifest.json"
    manifest, _ = unsealed_json(file.read_bytes())
    file.write_bytes(sealed_json({key: value for key, value in manifest.items() if key not in missing}))
    before = tree(finished)
    line = complaint(capsys, "merge", ROOT, "--out", "merged")
    assert f"results '{ROOT}': manifest.json says no '{named}'" in line
    assert tree(finished) == before


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"renewed": None, "started": 1.0}, "renewed"),
        ({"renewed": "now", "started": 1.0}, "renewed"),
        ({"renewed": 2.0, "started": None, "total": 4}, "started"),
        ({"renewed": 2.0, "started": 1.0, "total": 4, "work": "half"}, "work"),
        ({"renewed": 2.0, "started": 1.0, "total": [4]}, "total"),
    ],
)
def test_a_claim_that_says_no_number_is_named(
    finished: Path, capsys: pytest.CaptureFixture[str], facts: dict[str, Any], named: str
) -> None:
    (ROOT / "claims").mkdir(exist_ok=True)
    (ROOT / "claims" / "r1.json").write_text(json.dumps(facts))
    assert f"claims/r1.json cannot be read: '{named}' is no number" in complaint(capsys, "status")


@pytest.mark.parametrize("column", ["status", "started", "ended", "queries", "host"])
def test_a_search_without_a_value_is_named_by_status(
    finished: Path, capsys: pytest.CaptureFixture[str], column: str
) -> None:
    search_id = rewrite("searches", **{column: None})
    line = complaint(capsys, "status")
    assert f"results '{ROOT}': search '{search_id}' has no value of '{column}'" in line


@pytest.mark.parametrize("identity", [None, "[]", "{}", "null", "{", '{"victim": {"params": 1}}', "[" * 100_000])
def test_a_search_that_does_not_say_what_it_was_is_named_by_show(
    finished: Path, capsys: pytest.CaptureFixture[str], identity: str | None
) -> None:
    search_id = rewrite("searches", identity=identity)
    assert f"search '{search_id}': its row does not say what it was" in complaint(capsys, "show", search_id)


@pytest.mark.parametrize("identity", [None, "[]", "{", "[" * 100_000])
def test_a_result_in_the_way_that_does_not_say_what_it_was_is_stale(
    finished: Path, capsys: pytest.CaptureFixture[str], identity: str | None
) -> None:
    old = rewrite("searches", search_id="s1-other", identity=identity)
    file = ROOT / "searches" / f"{old}.parquet"
    file.rename(file.with_stem("s1-other"))
    answer = said(capsys, "check", "tiny.yaml", "--json")
    assert (answer.code, answer.json["stale"]) == (3, {"s1-other": "its row does not say what it was"})


@pytest.mark.parametrize("text", ["[]", "{}", "null", "{", "[" * 100_000, '"at"'])
def test_a_note_of_a_replay_that_does_not_say_when_is_named(
    finished: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    search_id = sorted(Results(str(ROOT)).identifiers("searches"))[0]
    (ROOT / "verified").mkdir(exist_ok=True)
    (ROOT / "verified" / f"{search_id}.json").write_text(text)
    line = complaint(capsys, "show", search_id)
    assert f"results '{ROOT}': verified/{search_id}.json does not say when and of which rows; remove it" in line


@pytest.mark.parametrize("column", ["row_ids", "audit_seed", "group_names", "predicted", "fingerprint"])
@pytest.mark.parametrize("words", [("leaderboard",), ("report",)])
def test_a_clean_audit_without_a_value_is_named(
    finished: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], column: str
) -> None:
    baseline_id = rewrite("baselines", **{column: None})
    line = complaint(capsys, *words)
    assert f"{ROOT}: clean audit '{baseline_id}' has no value of '{column}'" in line


def test_a_clean_audit_without_any_value_is_named(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    names = set(Results(str(ROOT)).read("baselines").column_names) - {"baseline_id"}
    baseline_id = rewrite("baselines", **dict.fromkeys(names))
    for words in (("leaderboard",), ("report",), ("compare", ROOT, ROOT)):
        assert f"clean audit '{baseline_id}' has no value of" in complaint(capsys, *words)


def test_a_folder_in_the_place_of_a_results_file_is_named(finished: Path) -> None:
    results = Results(str(ROOT))
    search_id = sorted(results.identifiers("searches"))[0]
    record = results.read_search(search_id)
    assert record is not None
    file = ROOT / "searches" / f"{search_id}.parquet"
    file.unlink()
    file.mkdir()
    expected = f"results '{ROOT}' cannot be written: searches/{search_id}.parquet is a folder, not a file; remove it"
    with pytest.raises(StoreError, match=f"^{re.escape(expected)}$"):
        results.write_search(record)
