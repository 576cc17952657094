"""``validate`` and ``audit`` where nothing is wrong, and the progress of a run."""

import io
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from a4g_bench.cli import progress
from a4g_bench.distributed.options import Progress
from tests.support import complaint, said, tree, write_suite


def test_a_valid_suite_is_valid(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    suite = write_suite(tmp_path)
    before = tree(tmp_path)
    answer = said(capsys, "validate", suite)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("suite 'tiny' is valid: 6 searches on 1 data set\n")
    told = said(capsys, "validate", suite, "--json").json
    assert told["searches"] == 6
    assert told["datasets"][0]["rows"] == 600
    assert tree(tmp_path) == before


def test_a_fallback_is_taken_and_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("a4g_bench.data.openml.urlopen", unreachable)
    monkeypatch.setenv("A4G_DATA_HOME", str(tmp_path / "cache"))
    suite = write_suite(tmp_path, datasets=[{"name": "credit-g", "fallback": "synthetic"}])
    answer = said(capsys, "validate", suite)
    assert answer.code == 0
    assert answer.err.startswith("note: data set 'credit-g'")
    assert answer.err.endswith("taking 'synthetic' instead\n")
    assert answer.err.count("\n") == 1
    synthetic = {"name": "synthetic", "params": {"rows": 600}}
    suite = write_suite(tmp_path, datasets=[{"name": "credit-g", "optional": True}, synthetic])
    answer = said(capsys, "validate", suite)
    assert answer.code == 0
    assert answer.err.endswith("data set 'credit-g' is optional and left out\n")
    assert "6 searches on 1 data set\n" in answer.out
    alone = write_suite(tmp_path, datasets=[{"name": "credit-g", "optional": True}])
    assert "none of its data sets can be had here" in complaint(capsys, "validate", alone)


def test_an_audit_prints_schema_groups_and_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("inspect", "synthetic", "--victim", "logistic_regression", "--rows", "800", "--seeds", "1")
    answer = said(capsys, *words)
    assert answer.code == 0, answer.err
    for part in ("800 rows", "favourable: yes", "experience", "from years", "FNR", "accuracy", "counts"):
        assert part in answer.out
    told = said(capsys, *words, "--json").json
    assert [group["group"] for group in told["groups"]] == ["A", "B"]
    assert 0 <= told["gap"]["value"] <= 1


def test_more_splits_than_five_do_not_count_a_row_twice(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten splits audit each row twice: their intervals are as wide as those of five."""
    words = ("inspect", "synthetic", "--victim", "logistic_regression", "--rows", "300", "--json", "--seeds")
    five, ten = (said(capsys, *words, seeds).json["groups"] for seeds in (5, 10))
    for one, other in zip(five, ten, strict=True):
        for rate in ("FPR", "FNR", "AUC"):
            wide, narrow = (told[rate]["high"] - told[rate]["low"] for told in (one, other))
            assert narrow == pytest.approx(wide, rel=0.15)


def test_an_audit_has_the_auc_of_each_group_and_draws_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("inspect", "synthetic", "--victim", "logistic_regression", "--rows", "800", "--seeds", "2")
    file = tmp_path / "below" / "clean.svg"
    answer = said(capsys, *words, "--json", "--figure", file)
    assert (answer.code, answer.err) == (0, f"figure: {file}\n")
    for group in answer.json["groups"]:
        auc = group["AUC"]
        assert 0.5 < auc["low"] < auc["value"] < auc["high"] < 1
    assert answer.json["no_auc"] == ""
    drawn = file.read_bytes()
    assert b"<!-- AUC -->" in drawn
    assert b"<!-- FNR (%): the harm -->" in drawn
    printed = said(capsys, *words, "--figure", file).out
    [heading] = [line for line in printed.splitlines() if line.startswith("group  rows")]
    assert heading.endswith("  AUC")
    assert file.read_bytes() == drawn


LABELS_ONLY = """
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier


class Oracle(ClassifierMixin, BaseEstimator):
    def fit(self, rows, labels):
        self.tree_ = DecisionTreeClassifier(max_depth=3, random_state=0).fit(rows, labels)
        return self

    def predict(self, rows):
        return self.tree_.predict(rows)
"""


def test_a_victim_without_scores_has_no_auc_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "labels_only.py").write_text(LABELS_ONLY)
    monkeypatch.syspath_prepend(tmp_path)
    words = ("inspect", "synthetic", "--rows", "800", "--seeds", "1", "--victim", "labels_only:Oracle")
    words += ("--allow-import", "labels_only", "--figure", str(tmp_path / "clean.svg"))
    answer = said(capsys, *words)
    assert answer.code == 0, answer.err
    assert "\nno AUC: victim 'labels_only:Oracle' gives labels only" in answer.out
    told = said(capsys, *words, "--json").json
    assert [group["AUC"] for group in told["groups"]] == [None, None]
    drawn = (tmp_path / "clean.svg").read_text()
    assert "<!-- AUC -->" not in drawn
    assert "no AUC" in drawn


def test_a_figure_that_cannot_be_is_refused_before_anything_is_trained(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "name a file that ends in .png or .svg" in complaint(capsys, "inspect", "synthetic", "--figure", "clean.pdf")
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert "pip install 'a4g-bench[figures]'" in complaint(capsys, "inspect", "synthetic", "--figure", "clean.png")


def test_an_audit_takes_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    sex, age = rng.choice(["f", "m"], 600), rng.integers(18, 80, 600)
    approved = np.where(rng.random(600) < age / 100, "yes", "no")
    file = tmp_path / "my loans.csv"
    pd.DataFrame({"age": age, "sex": sex, "approved": approved}).to_csv(file, index=False)
    options = ("--target", "approved", "--favourable", "yes", "--protected", "sex", "--seeds", "1")
    answer = said(capsys, "inspect", file, *options, "--victim", "logistic_regression", "--json")
    assert answer.code == 0, answer.err
    assert answer.json["dataset"] == "my-loans"


def test_progress_without_a_terminal_is_a_few_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    said_to, clock = io.StringIO(), iter(range(0, 100_000, 7))
    monkeypatch.setattr(progress.sys, "stderr", said_to)
    monkeypatch.setattr(progress.time, "monotonic", lambda: float(next(clock)))
    with progress.Reporter() as reporter:
        for done in range(101):
            reporter.report(
                Progress(total=100, done=done, work=done / 100, failed=1, running=2, queries=10 * done, best_gain=0.034)
            )
    lines = said_to.getvalue().splitlines()
    assert lines[0].startswith("0/100 searches, 2 running")
    assert lines[-1].startswith("100/100 searches")
    assert len(lines) < 50
    assert "best gain 3.4 pts" in lines[-1]
    assert "queries/s" in lines[-1]
    assert " left" in lines[1]
