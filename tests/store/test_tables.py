"""What was written is what is read; what is damaged or foreign is named."""

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.errors import StoreError
from a4g_bench.store import tables
from a4g_bench.store.results import Results, SearchRecord
from tests.store import records
from tests.store.bucket import Bucket, failing_at
from tests.support import forge


def single(folder: str, identifier: str = "s1") -> str:
    """The file of one search in a table."""
    return f"{folder}/{'b-' if folder == 'baselines' else ''}{identifier}.parquet"


@settings(max_examples=20)
@given(records.searches("s1"), st.lists(records.rows(tables.BASELINES, baseline_id="b1"), min_size=1, max_size=3))
def test_every_table_is_read_as_it_was_written(record: SearchRecord, baseline: list[records.Row]) -> None:
    Bucket.reset()
    results = Results(Bucket.URI)
    results.write_search(record)
    results.write_baseline(baseline)
    assert records.same(results.read_search("s1"), record)
    assert results.read_baseline("b1") == baseline
    written = {
        "searches": [record.search],
        "queries": record.queries,
        "audits": record.audits,
        "metrics": record.metrics,
        "predictions": record.predictions,
        "baselines": baseline,
    }
    assert {name: results.read(name).to_pylist() for name in tables.TABLES} == written
    assert results.damaged == {}


def test_a_table_has_its_schema_even_when_there_is_nothing(local: Results) -> None:
    for name, schema in tables.TABLES.items():
        assert local.read(name).schema.equals(schema)
        assert local.read(name).num_rows == 0
    assert local.read("searches", columns=["seed", "status"]).column_names == ["search_id", "seed", "status"]
    assert local.read_search("s1") is None
    assert local.read_baseline("b1") == []
    assert local.identifiers("poison") == set()


@pytest.mark.parametrize("folder", records.FOLDERS)
def test_a_truncated_file_is_named_and_the_others_stay_usable(local: Results, root: Path, folder: str) -> None:
    records.write(local, "s1", "s2")
    whole = records.contents(local)
    file = root / single(folder)
    file.write_bytes(file.read_bytes()[:100])
    del whole[folder][file.stem]
    assert records.contents(local) == whole
    assert list(local.damaged) == [single(folder)]
    assert local.read_search("s2") is not None


@settings(max_examples=25)
@given(st.sampled_from(records.FOLDERS), st.data())
def test_a_file_of_any_length_is_damaged_unless_whole(folder: str, data: st.DataObject) -> None:
    Bucket.reset()
    results = Results(Bucket.URI)
    records.write(results, "s1", "s2")
    name = f"results/{single(folder)}"
    Bucket.objects[name] = Bucket.objects[name][: data.draw(st.integers(0, len(Bucket.objects[name]) - 1))]
    assert len(results.identifiers(folder.split("/")[0])) == 1
    assert list(results.damaged) == [single(folder)]


@settings(max_examples=40, derandomize=True)
@given(st.sampled_from(records.FOLDERS), st.data())
def test_a_flipped_bit_is_never_taken_for_a_result(folder: str, data: st.DataObject) -> None:
    Bucket.reset()
    results = Results(Bucket.URI)
    records.write(results, "s1")
    content = bytearray(Bucket.objects[f"results/{single(folder)}"])
    content[data.draw(st.integers(0, len(content) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    Bucket.objects[f"results/{single(folder)}"] = bytes(content)
    assert results.read(folder, columns=["search_id"] if folder != "baselines" else []).num_rows == 0
    assert list(results.damaged) == [single(folder)]
    assert results.read(folder).num_rows == 0


def test_every_flipped_bit_is_damage(bucket: Results) -> None:
    records.write(bucket, "s1")
    name = f"results/{single('predictions')}"
    good = Bucket.objects[name]
    for position in range(8 * len(good)):
        content = bytearray(good)
        content[position // 8] ^= 1 << position % 8
        Bucket.objects[name] = bytes(content)
        assert bucket.identifiers("predictions") == set(), position
        assert list(bucket.damaged) == [single("predictions")]
        bucket.damaged.clear()


def earlier(file: Path) -> None:
    """Write a file as version 1 did: without a checksum."""
    table = pq.ParquetFile(file).read()
    metadata = {b"a4g_schema_version": b"1"}
    pq.write_table(table.replace_schema_metadata(metadata), file, write_page_checksum=True)


@pytest.mark.parametrize("folder", records.FOLDERS)
def test_a_file_of_the_version_before_is_read_and_told_apart(local: Results, root: Path, folder: str) -> None:
    records.write(local, "s1", "s2")
    whole = records.contents(local)
    earlier(root / single(folder))
    assert records.contents(local) == whole
    assert (local.damaged, local.unsealed) == ({}, {single(folder)})
    local.compact(keep=0)
    assert records.contents(local) == whole
    assert not Results(str(root)).unsealed


def test_in_a_file_of_the_version_before_a_flipped_bit_among_the_values_is_damage(local: Results, root: Path) -> None:
    records.write(local, "s1")
    file = root / single("predictions")
    earlier(file)
    good = file.read_bytes()
    end = len(good) - 8 - int.from_bytes(good[-8:-4], "little")  # where the footer begins
    damaged = 0
    for position in range(end):
        content = bytearray(good)
        content[position] ^= 1 << position % 8
        file.write_bytes(content)
        assert local.identifiers("predictions") == (set() if local.damaged else {"s1"})  # whatever column it is in
        damaged += bool(local.damaged)
        local.damaged.clear()
    assert damaged > end / 2


@pytest.mark.parametrize("folder", records.FOLDERS)
def test_files_that_changed_names_are_believed_by_neither(local: Results, root: Path, folder: str) -> None:
    records.write(local, "s1", "s2", "s3")
    one, other = root / single(folder), root / single(folder, "s2")
    one.rename(root / "aside")
    other.rename(one)
    (root / "aside").rename(other)
    key = tables.key_of(folder)
    assert local.read(folder)[key].unique().to_pylist() == [Path(single(folder, "s3")).stem]
    assert local.damaged == {
        single(folder): f"it holds rows of '{other.stem}'",
        single(folder, "s2"): f"it holds rows of '{one.stem}'",
    }


def test_a_search_with_two_rows_of_its_own_is_damaged(local: Results, root: Path) -> None:
    records.write(local, "s1")
    file = root / "searches" / "s1.parquet"
    table = pq.ParquetFile(file).read()
    forge(file, pa.concat_tables([table, table]))
    assert local.read_search("s1") is None
    assert local.damaged == {"searches/s1.parquet": "it holds several rows of one search"}


def test_a_file_that_is_made_anew_is_no_longer_damaged(local: Results, root: Path) -> None:
    records.write(local, "s1")
    (root / "searches" / "s1.parquet").write_bytes(b"PAR1")
    assert local.identifiers("searches") == set()
    assert list(local.damaged) == ["searches/s1.parquet"]
    records.write(local, "s1")
    assert local.identifiers("searches") == {"s1"}
    assert local.damaged == {}


def rewrite(file: Path, change: str) -> None:
    table = pq.ParquetFile(file).read()
    metadata = dict(table.schema.metadata)
    if change == "newer":
        metadata[b"a4g_schema_version"] = b"99"
    elif change == "unmarked":
        del metadata[b"a4g_schema_version"]
    elif change == "mismarked":
        metadata[b"a4g_schema_version"] = b"one"
    elif change == "lacking":
        table = table.drop_columns([table.column_names[0]])
    elif change == "retyped":
        table = table.set_column(0, table.column_names[0], pa.nulls(len(table), pa.int8()))
    forge(file, table.replace_schema_metadata(metadata))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("unmarked", "not a table of a4g-bench: no schema version in its metadata"),
        ("mismarked", "not a table of a4g-bench: no schema version in its metadata"),
        ("lacking", "column '{}' is missing"),
        ("retyped", "column '{}' is int8, expected string"),
    ],
)
@pytest.mark.parametrize("folder", records.FOLDERS)
def test_a_file_of_another_kind_is_named_and_the_others_stay_usable(
    local: Results, root: Path, folder: str, change: str, expected: str
) -> None:
    records.write(local, "s1", "s2")
    rewrite(root / single(folder), change)
    assert local.read(folder)[tables.key_of(folder)].unique().to_pylist() == [Path(single(folder, "s2")).stem]
    assert local.damaged == {single(folder): expected.format(tables.key_of(folder))}


@pytest.mark.parametrize("folder", records.FOLDERS)
def test_a_file_of_a_newer_version_is_refused_by_name(local: Results, root: Path, folder: str) -> None:
    records.write(local, "s1", "s2")
    rewrite(root / single(folder), "newer")
    with pytest.raises(StoreError) as caught:
        local.read(folder)
    expected = "written with schema version 99, this a4g-bench reads up to 2: upgrade it"
    assert str(caught.value) == f"{root}/{single(folder)}: {expected}"


def test_columns_that_came_later_are_null_where_a_file_lacks_them(local: Results, root: Path) -> None:
    records.write(local, "s1")
    file = root / "searches" / "s1.parquet"
    table = pq.ParquetFile(file).read()
    forge(file, table.drop_columns(list(tables.LATER_COLUMNS)))
    [row] = local.read("searches").to_pylist()
    assert {row[column] for column in tables.LATER_COLUMNS} == {None}
    forge(file, table.drop_columns(["knowledge"]))
    assert local.read("searches").num_rows == 0
    assert local.damaged == {"searches/s1.parquet": "column 'knowledge' is missing"}


def test_columns_beyond_the_known_ones_and_their_order_do_not_matter(local: Results, root: Path) -> None:
    records.write(local, "s1", "s2")
    whole = records.contents(local)
    file = root / "searches" / "s1.parquet"
    table = pq.ParquetFile(file).read()
    reversed_ = table.select(table.column_names[::-1]).append_column("remark", pa.array(["mine"]))
    forge(file, reversed_.replace_schema_metadata(table.schema.metadata))
    assert records.contents(local) == whole
    local.compact(keep=0)
    assert records.contents(local) == whole


def test_a_file_of_its_own_outweighs_the_parts_and_a_later_part_the_earlier(local: Results) -> None:
    for attempt in (1, 2):
        records.write(local, "s1", "s2", attempt=attempt)
        local.compact(keep=0)
    records.write(local, "s1", attempt=3)
    attempts = {row["search_id"]: row["attempt"] for row in local.read("searches").to_pylist()}
    assert attempts == {"s1": 3, "s2": 2}
    assert local.read("searches").num_rows == 2
    for search_id, attempt in attempts.items():
        assert records.same(local.read_search(search_id), records.search(search_id, attempt))


@pytest.mark.parametrize("folder", records.FOLDERS)
def test_behind_a_damaged_file_the_part_is_read(local: Results, root: Path, folder: str) -> None:
    records.write(local, "s1", "s2")
    whole = records.contents(local)
    local.compact(keep=0)
    (root / single(folder)).write_bytes(b"PAR1")
    assert records.contents(local) == whole
    assert records.same(local.read_search("s1"), records.search("s1"))
    assert local.read_baseline("b-s1") == records.baseline("b-s1")
    assert list(local.damaged) == [single(folder)]


def test_a_damaged_part_takes_only_its_own_rows_along(local: Results, root: Path) -> None:
    records.write(local, "s1")
    local.compact(keep=0)
    records.write(local, "s2")
    whole = records.contents(local)
    [part] = (root / "searches").glob("part-*")
    part.write_bytes(part.read_bytes()[:-9])
    del whole["searches"]["s1"]
    assert records.contents(local) == whole
    assert list(local.damaged) == [f"searches/{part.name}"]


def test_a_store_that_does_not_answer_is_not_a_damaged_file(bucket: Results) -> None:
    records.write(bucket, "s1")
    for call in range(2):  # the listing, the file
        with failing_at(call, OSError("no answer")), pytest.raises(StoreError, match="cannot be read: no answer"):
            bucket.read("searches")
    assert bucket.damaged == {}


def test_a_folder_may_be_moved(local: Results, root: Path, tmp_path: Path) -> None:
    records.write(local, "s1", "s2")
    local.compact(keep=1)
    shutil.move(root, tmp_path / "elsewhere")
    assert Results(str(tmp_path / "elsewhere")).identifiers("predictions") == {"s1", "s2"}
