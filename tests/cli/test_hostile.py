"""Suites and results that were made to harm whoever reads them."""

import pickle
import socket
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from a4g_bench.cli.output import Printable
from a4g_bench.errors import DataError
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.model import DatasetEntry
from a4g_bench.suite.reading import check_readable
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


def source(file: str) -> DatasetEntry:
    about = {"file": file, "target": "approved", "favourable": 1, "protected": ["group"]}
    return DatasetEntry.model_validate({"name": "loans", "source": about})


@pytest.mark.parametrize(
    ("file", "allowed", "fine"),
    [
        ("loans.csv", "", True),
        ("below/loans.csv", "", True),
        ("../loans.csv", "", False),
        ("below/../../loans.csv", "", False),
        ("/data/loans.csv", "/data", True),
        ("/data/loans.csv", "/data/loans.csv", True),
        ("/data/loans.csv", "/dat", False),
        ("/data/../etc/passwd.csv", "/data", False),
        ("s3://bucket/loans.csv", "", False),
        ("s3://bucket/loans.csv", "/", False),
        ("s3://bucket/loans.csv", "s3://bucket", True),
        ("s3://bucket/loans.csv", "s3://bucket/loans.csv", True),
        ("s3://bucket/loans.csv", "s3://buck", False),
        ("s3://AKIA:secret@bucket/loans.csv", "s3://bucket", True),
        ("s3://bucket@elsewhere/loans.csv", "s3://bucket", False),
        ("s3://bucket/../other/loans.csv", "s3://bucket", False),
        ("s3://bucket/%2e%2e/loans.csv", "s3://bucket", False),
        ("s3://bucket/loans.csv?endpoint_override=127.0.0.1", "s3://bucket", False),
        ("s3://bucket/loans.csv?region=x#.csv", "s3://bucket/loans.csv?region=x#.csv", True),
        ("file:///data/loans.csv", "/data", False),
        ("file:///data/loans.csv", "file:///data", True),
    ],
)
def test_what_may_be_read_is_the_suites_folder_and_what_is_allowed(
    tmp_path: Path, file: str, allowed: str, fine: bool
) -> None:
    given = [allowed] if allowed else []
    if fine:
        check_readable(source(file), tmp_path, given)
        return
    with pytest.raises(DataError, match="if you trust that, say --allow-read"):
        check_readable(source(file), tmp_path, given)


def test_a_link_out_of_the_suites_folder_leads_outside(tmp_path: Path) -> None:
    folder = tmp_path / "suites"
    folder.mkdir()
    (tmp_path / "loans.csv").touch()
    (folder / "loans.csv").symlink_to(tmp_path / "loans.csv")
    with pytest.raises(DataError, match="--allow-read"):
        check_readable(source("loans.csv"), folder, [])


@pytest.mark.parametrize("words", [("run",), ("plan",), ("validate",), ("check",), ("clean",)])
def test_a_suite_asks_nobody_before_it_is_allowed_to(
    words: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address may name any host, which would get the user's signed request with the session's token."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        port = server.getsockname()[1]
        file = f"s3://bucket/loans.csv?scheme=http&endpoint_override=127.0.0.1:{port}&region=x#.csv"
        about = {"file": file, "target": "approved", "favourable": 1, "protected": ["group"]}
        suite = write_suite(tmp_path, datasets=[{"name": "loans", "source": about}])
        assert "to be read from outside the suite's folder" in complaint(capsys, *words, suite)
        with pytest.raises(TimeoutError):
            server.accept()


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
        if noted:
            assert f"loans.csv; if you trust that, say --allow-read {file}" in complaint(capsys, "validate", suite)
        answer = said(capsys, "validate", suite, "--allow-read", tmp_path)
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
