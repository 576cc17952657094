"""Merging small files: what the tables say stays the same, whenever it is interrupted and whoever reads meanwhile."""

import os
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.errors import StoreError
from a4g_bench.store.results import Results
from tests.store import records
from tests.store.bucket import Bucket, PowerFailure, failing_at
from tests.support import tree

#: what happens to a folder, in order: a search is written (again), or files are merged where there are more than that
HISTORIES = st.lists(st.sampled_from(["s1", "s2", "s3", "s4"]) | st.integers(0, 3), max_size=12)


@settings(max_examples=25)
@given(HISTORIES)
def test_the_tables_are_equal_before_and_after(history: list[str | int]) -> None:
    Bucket.reset()
    results = Results(Bucket.URI)
    attempts: dict[str, int] = {}
    for event in history:
        if isinstance(event, str):
            attempts[event] = attempts.get(event, 0) + 1
            records.write(results, event, attempt=attempts[event])
        else:
            results.compact(keep=event)
    for round_ in range(2):
        said = records.contents(results)
        assert {name: rows[0]["attempt"] for name, rows in said["searches"].items()} == attempts
        assert all(len(rows) == 2 for rows in said["queries"].values())
        for search_id, attempt in attempts.items():
            assert records.same(results.read_search(search_id), records.search(search_id, attempt))
        results.compact(keep=round_)
    assert records.contents(results) == said
    assert results.damaged == {}


@pytest.mark.parametrize("error", [PowerFailure(), OSError("no answer")])
def test_an_interruption_at_any_call_loses_and_doubles_nothing(bucket: Results, error: BaseException) -> None:
    records.write(bucket, "s1", "s2", "s3")
    bucket.compact(keep=1)
    records.write(bucket, "s1", "s2", attempt=2)
    whole, before = records.contents(bucket), dict(Bucket.objects)
    with failing_at(-1, error) as calls:
        bucket.compact(keep=1)
    assert [sum(call.startswith(what) for call in calls) for what in ("put", "delete")] == [7, 14]
    for call in range(len(calls)):
        Bucket.objects.clear()
        Bucket.objects.update(before)
        with failing_at(call, error), pytest.raises((PowerFailure, StoreError)):
            Results(Bucket.URI).compact(keep=1)
        again = Results(Bucket.URI)
        assert records.contents(again) == whole, calls[call]
        again.compact(keep=0)
        assert records.contents(again) == whole, calls[call]


def test_an_interruption_on_a_disk_loses_and_doubles_nothing(
    local: Results, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records.write(local, "s1", "s2")
    whole = records.contents(local)
    for name in ("fsync", "replace"):
        for call in range(3):
            left = iter(range(call))

            def failing(*arguments: object, real: object = getattr(os, name), left: object = left) -> None:
                if next(left, None) is None:  # type: ignore[call-overload]
                    raise PowerFailure
                real(*arguments)  # type: ignore[operator]

            with monkeypatch.context() as patched:
                patched.setattr(os, name, failing)
                with pytest.raises(PowerFailure):
                    local.compact(keep=0)
            assert records.contents(Results(str(root))) == whole
            assert not list(root.rglob("*.tmp"))
            records.write(local, "s1", "s2")


def test_a_reader_meanwhile_sees_every_search_once(bucket: Results) -> None:
    """Another process merges all files after this one listed them, before it reads the first."""
    for folder in records.FOLDERS:
        records.write(bucket, "s1", "s2")
        other, wanted = Results(Bucket.URI), sorted(bucket.read(folder).to_pylist(), key=str)

        def merge(what: str, path: str, other: Results = other) -> None:
            if what == "get":
                Bucket.before = None
                other.compact(keep=0)

        Bucket.before = merge
        assert sorted(bucket.read(folder).to_pylist(), key=str) == wanted
        assert Bucket.before is None
        assert bucket.damaged == {}


def test_a_search_that_is_read_while_it_is_merged_is_found(bucket: Results) -> None:
    records.write(bucket, "s1", "s2")
    other = Results(Bucket.URI)

    def merge(what: str, path: str) -> None:
        if path.endswith("searches/s1.parquet"):
            Bucket.before = None
            other.compact(keep=0)

    Bucket.before = merge
    assert records.same(bucket.read_search("s1"), records.search("s1"))
    assert Bucket.before is None


def test_one_part_takes_the_place_of_the_files(local: Results, root: Path) -> None:
    records.write(local, "s1", "s2", "s3")
    before = tree(root)
    local.compact(keep=3)
    assert tree(root) == before
    local.compact(keep=2)
    for folder in records.FOLDERS:
        [part] = (root / folder).iterdir()
        assert part.name.startswith("part-000001-")


def test_damaged_files_stay_where_they_are(local: Results, root: Path) -> None:
    records.write(local, "s1", "s2", "s3")
    broken = {root / "searches" / f"{name}.parquet" for name in ("s1", "s2")}
    for file in broken:
        file.write_bytes(b"PAR1")
    local.compact(keep=0)
    assert {file for file in (root / "searches").iterdir() if not file.name.startswith("part-")} == broken
    local.compact(keep=0)  # with nothing but damaged files
    assert local.identifiers("searches") == {"s3"}
    assert len(local.damaged) == 2


def test_poison_rows_of_unlike_columns_are_merged_apart(local: Results) -> None:
    """A data set of the same label had other features when the older searches were made."""
    drawn = {name: records.search(name, feature=f) for name, f in (("s1", "age"), ("s2", "income"), ("s3", "age"))}
    for record in drawn.values():
        local.write_search(record)
    local.compact(keep=0)
    assert local.identifiers("poison") == set(drawn)
    for name, record in drawn.items():
        assert records.same(local.read_search(name), record)


def test_the_journal_and_foreign_files_are_left_alone(local: Results, root: Path) -> None:
    records.write(local, "s1", "s2")
    local.write_journal("s9", records.search("s9").queries)
    (root / "searches" / "notes.txt").write_text("mine")
    (root / "searches" / "part-0.parquet").write_bytes(b"PAR1")
    local.compact(keep=0)
    left = sorted(file.name[:11] for file in (root / "searches").iterdir())
    assert left == ["notes.txt", "part-0.parq", "part-000001"]
    assert len(local.read_journal("s9")) == 2
    assert local.read("searches").num_rows == 2
    assert list(local.damaged) == ["searches/part-0.parquet"]


def test_a_search_without_poison_rows_keeps_its_empty_table(local: Results) -> None:
    record = records.search("s1")
    assert record.poison is not None
    none = record.poison.slice(0, 0)
    local.write_search(records.SearchRecord(record.search, record.queries, record.audits, record.predictions, none))
    local.compact(keep=0)
    found = local.read_search("s1")
    assert found is not None
    assert isinstance(found.poison, pa.Table)
    assert found.poison.equals(none)
