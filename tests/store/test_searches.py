"""A search is what its row says; the journal is its checkpoint; a folder is one suite's."""

import json
from pathlib import Path

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.store.results import Results
from a4g_bench.store.tables import QUERIES
from a4g_bench.suite.plan import Plan
from a4g_bench.workflows.status import SuiteStatus, suite_status
from tests.store import records
from tests.store.bucket import Bucket, PowerFailure, failing_at
from tests.support import plan_of, run_inline, tree

DONE = records.search("s1")


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    return plan_of(tmp_path_factory.mktemp("suite"), attacks=["random-duplicates"], seeds=1)


def counts(state: SuiteStatus) -> tuple[int, int, int]:
    """Complete, failed, missing."""
    return len(state.complete), len(state.failed), len(state.missing)


@pytest.mark.parametrize("error", [PowerFailure(), OSError("no answer")])
def test_a_search_is_there_once_its_row_is(bucket: Results, error: BaseException) -> None:
    with failing_at(-1, error) as calls:
        bucket.write_search(DONE)
    row_written = calls.index("put results/searches/s1.parquet")
    assert row_written == 5
    for call in range(len(calls)):
        Bucket.reset()
        bucket.write_journal("s1", DONE.queries)
        with failing_at(call, error), pytest.raises((PowerFailure, StoreError)):
            bucket.write_search(DONE)
        assert (bucket.read_search("s1") is None) == (call <= row_written)
        assert len(bucket.read_journal("s1")) == 2
        bucket.write_search(DONE)
        assert records.same(bucket.read_search("s1"), DONE)
        assert bucket.read_journal("s1") == []


def test_a_search_is_complete_when_its_row_says_so_and_not_because_of_its_files(
    plan: Plan, local: Results, root: Path
) -> None:
    run_inline(plan, root)
    assert counts(suite_status(plan, local)) == (1, 0, 0)
    record = local.read_search(plan.searches[0].search_id)
    assert record is not None
    for status, expected in (("interrupted", (0, 0, 1)), ("timeout", (0, 1, 0)), ("ok", (1, 0, 0))):
        said = {**record.search, "status": status, "error_type": "X", "error_message": "y"}
        local.write_search(records.SearchRecord(said, record.queries, record.audits, record.predictions, record.poison))
        assert counts(suite_status(plan, local)) == expected
    (root / "searches" / f"{record.search['search_id']}.parquet").unlink()
    assert counts(suite_status(plan, local)) == (0, 0, 1)


@pytest.mark.parametrize("table", ["audits", "predictions", "poison", "baselines"])
def test_a_search_whose_row_says_ok_is_missing_without_its_rows(
    plan: Plan, local: Results, root: Path, table: str
) -> None:
    run_inline(plan, root)
    for file in (root / table).rglob("*.parquet"):
        file.write_bytes(file.read_bytes()[:-1])
    assert counts(suite_status(plan, local)) == (0, 0, 1)
    run_inline(plan, root)
    assert counts(suite_status(plan, local)) == (1, 0, 0)


@pytest.mark.parametrize("merged", [False, True])
def test_what_an_earlier_attempt_left_is_not_shown_with_a_later_one(local: Results, merged: bool) -> None:
    local.write_search(DONE)
    if merged:
        local.compact(keep=0)
    died = {**DONE.search, "status": "error", "attempt": 3, "queries": 0}
    local.write_search(records.SearchRecord(died))
    found = local.read_search("s1")
    assert found is not None
    assert (found.search, found.queries, found.audits, found.predictions, found.poison) == (died, [], [], [], None)


def test_the_journal_keeps_the_queries_until_the_search_is_finished(bucket: Results) -> None:
    so_far = [records.row(QUERIES, search_id="s1", query=i, harm=[0.1, i / 3], parameters='{"x": 1}') for i in range(5)]
    assert bucket.read_journal("s1") == []
    for number in (2, 5):
        bucket.write_journal("s1", so_far[:number])
        assert bucket.read_journal("s1") == so_far[:number]
    bucket.write_search(records.search("s1", status="interrupted"))
    assert bucket.read_journal("s1") == so_far
    assert bucket.read("queries").num_rows == 2  # a journal is no result
    bucket.write_search(records.search("s1"))
    assert bucket.read_journal("s1") == []
    assert "results/journal/s1.parquet" not in Bucket.objects


def test_a_journal_that_is_torn_is_ignored_and_named(local: Results, root: Path) -> None:
    local.write_journal("s1", DONE.queries)
    others = [{**query, "search_id": "s2"} for query in DONE.queries]
    local.write_journal("s2", others)
    file = root / "journal" / "s1.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    assert local.read_journal("s1") == []
    assert local.read_journal("s2") == others
    assert list(local.damaged) == ["journal/s1.parquet"]
    local.write_journal("s1", DONE.queries)
    assert local.read_journal("s1") == DONE.queries


def test_a_journal_that_could_not_be_replaced_is_the_one_before(bucket: Results) -> None:
    bucket.write_journal("s1", DONE.queries[:1])
    with failing_at(0, OSError("no answer")), pytest.raises(StoreError, match="cannot be written: no answer"):
        bucket.write_journal("s1", DONE.queries)
    assert bucket.read_journal("s1") == DONE.queries[:1]


def test_a_baseline_is_found_in_a_file_and_in_a_part(local: Results) -> None:
    for name in ("b1", "b2"):
        local.write_baseline(records.baseline(name, audit_seeds=5))
    for _ in range(2):
        assert local.read_baseline("b2") == records.baseline("b2", audit_seeds=5)
        assert local.read_baseline("b3") == []
        local.compact(keep=1)


def test_removing_a_search_that_is_cut_short_leaves_no_half_one(bucket: Results) -> None:
    kept = records.search("s2")

    def folder() -> None:
        Bucket.reset()
        for record in (DONE, kept):
            bucket.write_search(record)
        bucket.write_journal("s1", DONE.queries)

    folder()
    with failing_at(-1, PowerFailure()) as calls:
        bucket.drop({"s1"})
    whole = 0
    for call in range(len(calls)):
        folder()
        with failing_at(call, PowerFailure()), pytest.raises(PowerFailure):
            bucket.drop({"s1"})
        there = bucket.read_search("s1")
        assert there is None or records.same(there, DONE), f"half a search after {calls[:call]}"
        whole += there is not None
        assert records.same(bucket.read_search("s2"), kept)
        bucket.drop({"s1"})
        assert bucket.read_search("s1") is None
        assert not any("s1" in bucket.identifiers(table) for table in ("searches", "queries", "predictions", "poison"))
    assert 0 < whole < len(calls)


def test_a_folder_is_one_suites(local: Results, root: Path) -> None:
    local.require("tiny")
    assert not root.exists()
    local.mark("tiny", "0", 6)
    local.mark("tiny", "1", 8)
    manifest = local.manifest()
    assert manifest == {"schema_version": 2, "suite": "tiny", "suite_hash": "1", "searches": 8}
    before = tree(root)
    for act in (lambda: local.mark("other", "0", 1), lambda: local.require("other")):
        with pytest.raises(StoreError, match="belong to suite 'tiny', not to 'other': give another --results folder"):
            act()
    assert tree(root) == before


def test_a_plan_is_not_held_against_another_suites_folder(plan: Plan, local: Results) -> None:
    local.mark("other", "0", 1)
    with pytest.raises(StoreError, match="belong to suite 'other'"):
        suite_status(plan, local)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps({"schema_version": 99, "suite": "tiny"}), "schema version 99, this a4g-bench reads up to 2"),
        ('{"schema_version": 1, "sui', "manifest.json cannot be read"),
        ('{"suite": "tiny"}', "manifest.json cannot be read: 'schema_version'"),
        ("[1]", "manifest.json cannot be read"),
    ],
)
def test_a_manifest_that_is_none_of_ours_is_refused(local: Results, root: Path, text: str, expected: str) -> None:
    root.mkdir()
    (root / "manifest.json").write_text(text)
    for act in (local.manifest, lambda: local.mark("tiny", "0", 1), lambda: local.require("tiny")):
        with pytest.raises(StoreError, match=f"results '{root}': .*{expected}"):
            act()
    assert (root / "manifest.json").read_text() == text
