"""Suites and results that were made to harm whoever reads them."""

import pickle
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.cli.output import Printable
from a4g_bench.store.results import Results, SearchRecord
from tests.support import complaint, forge, said, tree, write_suite

ROOT = Path("results/tiny")


@pytest.mark.parametrize("words", [("run",), ("plan",), ("validate",), ("check",)])
def test_nothing_that_a_suite_names_is_imported_unasked(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("A4G_ALLOW_IMPORT", raising=False)
    (tmp_path / "evil.py").write_text("raise SystemExit('imported')\n")
    suite = write_suite(tmp_path, victims=["evil:Model"])
    before = tree(tmp_path)
    told = complaint(capsys, *words, suite, "--allow-import", "evi", "--allow-import", "evil.model")
    assert "if you trust it, say --allow-import evil" in told
    assert "evil" not in sys.modules
    assert tree(tmp_path) == before


def test_a_trusted_module_is_allowed_with_all_below_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("A4G_ALLOW_IMPORT", raising=False)
    suite = write_suite(tmp_path, victims=["sklearn.naive_bayes:GaussianNB"])
    assert "--allow-import sklearn" in complaint(capsys, "validate", suite)
    assert said(capsys, "validate", suite, "--allow-import", "sklearn").code == 0
    assert "allow-import" in complaint(capsys, "inspect", "synthetic", "--victim", "sklearn.naive_bayes:GaussianNB")


def test_yaml_builds_no_objects(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    touched = tmp_path / "touched"
    suite = tmp_path / "suite.yaml"
    suite.write_text(f"name: !!python/object/apply:pathlib.Path.touch [!!python/object:pathlib.Path [{touched}]]\n")
    complaint(capsys, "validate", suite)
    assert not touched.exists()


def test_a_pickle_among_the_results_is_a_damaged_file(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (Path("touched"),)  # type: ignore[return-value]

    (ROOT / "searches" / "s1-evil.parquet").write_bytes(pickle.dumps(Evil()))
    answer = said(capsys, "check", "tiny.yaml")
    assert answer.code == 0
    assert "s1-evil.parquet" in answer.err
    assert not Path("touched").exists()


def test_a_file_that_asks_for_pickled_types_is_only_read_as_data(
    finished: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = sorted((ROOT / "searches").glob("*.parquet"))[0]
    table = pq.ParquetFile(file).read()
    payload = b"cpathlib\nPath\n(Vtouched\ntR."  # what unpickling would call
    fields = [
        field.with_metadata({"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": payload})
        if field.name == "error_message"
        else field
        for field in table.schema
    ]
    forge(file, table.cast(pa.schema(fields, table.schema.metadata)))
    assert said(capsys, "check", "tiny.yaml").code in (0, 3)
    assert not Path("touched").exists()


def test_error_messages_cannot_steer_the_terminal(finished: Path, capsys: pytest.CaptureFixture[str]) -> None:
    results = Results(str(ROOT))
    row = results.read("searches").to_pylist()[0]
    results.write_search(
        SearchRecord({**row, "status": "error", "error_type": "\x1b]0;owned\x07", "error_message": "\x1b[2J\x9b31m"})
    )
    for words in (("check", "tiny.yaml"), ("show", row["search_id"]), ("status",), ("leaderboard",)):
        answer = said(capsys, *words)
        assert answer.code in (0, 1, 3)
        assert not set(answer.out + answer.err) & {"\x1b", "\x07", "\x9b"}


def test_a_suites_name_cannot_leave_the_results_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("../../etc", "/etc", "a/b", ".."):
        assert "name" in complaint(capsys, "validate", write_suite(tmp_path, name=name))


def test_a_table_from_outside_the_suites_folder_is_pointed_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "suites"
    folder.mkdir()
    rows = "".join(f"{i % 7},{'ab'[i % 2]},{(i // 3) % 2}\n" for i in range(600))
    for place in (tmp_path, folder):
        (place / "loans.csv").write_text("x,group,approved\n" + rows)
    about = {"target": "approved", "favourable": 1, "protected": ["group"]}
    for file, noted in (("../loans.csv", True), (str(tmp_path / "loans.csv"), True), ("loans.csv", False)):
        suite = write_suite(folder, datasets=[{"name": "loans", "source": {"file": file, **about}}])
        answer = said(capsys, "validate", suite)
        assert answer.code == 0, answer.err
        assert (f"read from outside the suite: {tmp_path / 'loans.csv'}" in answer.err) is noted


@pytest.mark.parametrize(
    "uri",
    [
        "s3://AKIA:hunter2@bucket/results",
        "s3://bucket/results?secret_key=hunter2&region=x",
        "nosuch://user:hunter2@host/results",
    ],
)
def test_secrets_in_a_uri_are_not_repeated(
    uri: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    told = complaint(capsys, "check", write_suite(tmp_path), "--results", uri)
    assert "hunter2" not in told


def test_printable_leaves_what_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    assert Printable(sys.stdout).write("a\tb\né\x1b[0m\r") == 10
    assert capsys.readouterr().out == "a\tb\né?[0m?"
