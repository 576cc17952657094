"""Wrong suites: one line that says what, where and what would be right; exit code 2; nothing written."""

from pathlib import Path
from typing import Any

import pytest

from tests.support import complaint, said, tree, write_suite

SYNTHETIC = {"name": "synthetic", "params": {"rows": 600}}


@pytest.fixture(autouse=True)
def _nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Any:
    monkeypatch.chdir(tmp_path)
    yield
    allowed = {"tiny.yaml", "loans.csv", "loans.parquet", "naming.py"}
    assert {name for name in tree(tmp_path) if "__pycache__" not in name} <= allowed


def dataset(**more: Any) -> dict[str, Any]:
    return {"datasets": [{**SYNTHETIC, **more}]}


# what is changed in the suite -> what the line must hold
SUITES: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "unknown key": ({"victms": ["svm"]}, ("tiny.yaml:18: unknown key 'victms' (did you mean 'victims'?)",)),
    "unknown inner key": ({"fits": {"fold": 2}}, (":19: unknown key 'fold' (did you mean 'folds'?)",)),
    "unknown data set key": (dataset(row=200), ("unknown key 'row' (did you mean 'rows'?)", "tiny.yaml:6:")),
    "unknown limit": ({"limits": {"tme": 5}}, ("unknown key 'tme' (did you mean 'time'?)",)),
    "unknown pattern key": ({"exclude": [{"attak": "clean"}]}, ("unknown key 'attak' (did you mean 'attack'?)",)),
    "missing key": ({"victims": None}, ("tiny.yaml:1: key 'victims' is missing",)),
    "missing name": ({"datasets": [{"rows": 300}]}, ("tiny.yaml:3: key 'name' is missing in datasets.0",)),
    "unknown data set": ({"datasets": ["synthetik"]}, ("tiny.yaml:3: datasets.0", "unknown dataset", "'synthetic'?")),
    "unknown fallback": (dataset(fallback="adlt"), ("datasets.0.fallback", "'adlt' (did you mean 'adult'?)")),
    "unknown victim": ({"victims": ["svn"]}, ("victims.0: unknown victim 'svn' (did you mean 'svm'?)",)),
    "dotted victim": ({"victims": ["sklearn.svm.SVC"]}, ("a class by import path is written 'sklearn.svm:SVC'",)),
    "unknown attack": (
        {"attacks": ["sobel"]},
        ("tiny.yaml:9: attacks.0: unknown attack 'sobel' (did you mean 'sobol'?)",),
    ),
    "objective of an attack": (
        {"attacks": [{"name": "gradient", "params": {"objective": "eror"}}]},
        ("tiny.yaml:9: attacks.0: attack 'gradient': unknown objective 'eror' (did you mean 'error'?)",),
    ),
    "label of an attack": (
        {"attacks": [{"name": "gradient", "params": {"label": 2}}]},
        ("attacks.0: attack 'gradient': label must be 0, 1 or 'chosen', not 2",),
    ),
    "unknown metric": (
        {"objectives": ["unfairnes"]},
        ("objectives.0", "unknown metric", "(did you mean 'unfairness'?)"),
    ),
    "budget 0 %": (
        {"poison_budgets": ["0%"]},
        ("poison_budgets.0: poison budget '0%'", "more than 0% and at most 100%"),
    ),
    "budget 101 %": ({"poison_budgets": ["1%", "101%"]}, ("tiny.yaml:14: poison_budgets.1: poison budget '101%'",)),
    "budget negative": ({"poison_budgets": ["-5%"]}, ("poison budget '-5%': write a share such as 1%",)),
    "budget of -5 rows": ({"poison_budgets": [-5]}, ("poison budget -5: must be at least 1 row",)),
    "budget in words": ({"poison_budgets": ["abc"]}, ("poison budget 'abc': write a share such as 1%, or a count",)),
    "budget as a number": ({"poison_budgets": [0.05]}, ("poison budget '0.05': write a share such as 1%",)),
    "budget as a mapping": ({"poison_budgets": [{"share": 9, "text": "x"}]}, ("write a share such as 1%",)),
    "budget above the training rows": ({"poison_budgets": [361]}, ("'361' exceeds the 360 training rows",)),
    "budget twice": ({"poison_budgets": ["5%", "5.0 %"]}, ("'5%' occurs twice; remove one",)),
    "attribute": (dataset(attribute="grup"), ("tiny.yaml:3: datasets.0", "attribute 'grup' (did you mean 'group'?)")),
    "data set parameter": (dataset(params={"row": 5}), ("no parameter 'row' (did you mean 'rows'?)",)),
    "data set parameter's type": (dataset(params={"rows": "many"}), ("'rows' must be of type int",)),
    "data set parameter's value": (dataset(params={"bias": 2.0}), ("'bias' is a share and must be at most 1",)),
    "group missing from a split": (
        dataset(params={"rows": 100, "groups": 26}),
        ("group '", "merge groups or use more"),
    ),
    "too few rows": (dataset(rows=10), ("datasets.0.rows: must be greater than or equal to 100, not 10",)),
    "data set twice": ({"datasets": ["synthetic", "synthetic"]}, ("occurs twice; give one of them another name",)),
    "same search twice": (
        {"attacks": ["sobol", {"name": "sobol", "as": "again"}]},
        ("asks twice for the same search", "again"),
    ),
    "victim parameter": ({"victims": [{"name": "svm", "params": {"gama": 1}}]}, ("victims.0", "gama", "'gamma'?")),
    "LightGBM parameter": (
        {"victims": [{"name": "lightgbm", "params": {"num_leavs": 5}}]},
        ("victim 'lightgbm' has no parameter 'num_leavs' (did you mean 'num_leaves'?)",),
    ),
    "LightGBM parameter's value": (
        {"victims": [{"name": "lightgbm", "params": {"num_leaves": -5}}]},
        ("victim 'lightgbm' cannot be trained with num_leaves: -5",),
    ),
    "victim parameter's value": (
        {"victims": [{"name": "svm", "params": {"C": -1}}]},
        ("cannot be trained with C: -1",),
    ),
    "victim parameter named self": ({"victims": [{"name": "svm", "params": {"self": 1}}]}, ("self",)),
    "victim's module": ({"victims": ["no_such_module:Thing"]}, ("'no_such_module:Thing' cannot be imported",)),
    "victim's class": ({"victims": ["sklearn.svm:SVX"]}, ("'sklearn.svm:SVX' cannot be imported", "SVX")),
    "victim is no class": ({"victims": ["math:pi"]}, ("victims.0: victim 'math:pi' cannot be built",)),
    "victim is no classifier": (
        {"victims": ["fractions:Fraction"]},
        ("is no scikit-learn-compatible classifier: it has no 'fit'",),
    ),
    "victim cannot be built": (
        {"victims": [{"name": "sklearn.svm:SVC", "params": {"gama": 1}}]},
        ("victim 'sklearn.svm:SVC' has no parameter 'gama' (did you mean 'gamma'?)",),
    ),
    "victim's path as a parameter": ({"victims": [{"name": "sklearn.svm:SVC", "params": {"path": 1}}]}, ("path",)),
    "attack parameter": (
        {"attacks": [{"name": "sobol", "params": {"finalist": 2}}]},
        ("attacks.0: attack 'sobol' has no parameter 'finalist' (did you mean 'finalists'?)",),
    ),
    "attack parameter's value": ({"attacks": [{"name": "sobol", "params": {"confirm": 2}}]}, ("between 0 and 1",)),
    "attack parameter's type": ({"attacks": [{"name": "sobol", "params": {"confirm": "x"}}]}, ("attacks.0",)),
    "seeds -1": ({"seeds": -1}, ("seeds: -1: between 1 and",)),
    "seeds of -1": ({"seeds": [0, -1]}, ("seeds.1: must be greater than or equal to 0, not -1",)),
    "seeds in words": ({"seeds": "three"}, ("seeds: must be a number of seeds such as 5, or a list",)),
    "seeds true": ({"seeds": [True]}, ("seeds.0: must be a whole number, not true",)),
    "seeds without end": ({"seeds": 10**9}, ("seeds: 1000000000: between 1 and 10000 seeds",)),
    "seed beyond all measure": ({"seeds": [10**30]}, ("seeds.0: must be less than 2147483648",)),
    "no seeds": ({"seeds": []}, ("seeds: ", "at least 1")),
    "batch size": ({"batch_size": "x"}, ("batch_size: must be a valid integer", 'not "x"')),
    "batch size 0": ({"batch_size": 0}, ("batch_size: must be greater than or equal to 1, not 0",)),
    "time": ({"limits": {"time": "soon"}}, ("limits.time: 'soon' is not understood: write it as 90s, 5m or 1h",)),
    "time 0": ({"limits": {"time": 0}}, ("limits.time: must be greater than 0",)),
    "time without end": ({"limits": {"time": float("inf")}}, ("limits.time: must be a finite number",)),
    "memory": ({"limits": {"memory": "2 cats"}}, ("limits.memory: '2 cats' is not understood",)),
    "memory too small": ({"limits": {"memory": "2kB"}}, ("limits.memory: must be greater than or equal to 100000000",)),
    "accuracy loss": ({"max_accuracy_loss": float("nan")}, ("max_accuracy_loss: must be",)),
    "no list": ({"datasets": "synthetic"}, ("datasets: must be a list, not 'synthetic'",)),
    "list of numbers": ({"victims": [5]}, ("victims.0: must be a name, or a mapping with 'name', not '5'",)),
    "name with a slash": ({"name": "../up"}, ("name: '../up': a suite's name becomes a folder's",)),
    "name that is a number": ({"name": 5}, ("name: '5': a suite's name becomes a folder's",)),
    "label with a slash": ({"attacks": [{"name": "sobol", "as": "a/b"}]}, ("attacks.0", "'a/b': a name may hold")),
    "include": (
        {"include": [{"attack": "sobel"}]},
        ("include.0.attack: 'sobel' is not in the suite (did you mean 'sobol'",),
    ),
    "exclude": ({"exclude": [{"seed": 9}]}, ("exclude.0.seed: '9' is not in the suite",)),
    "exclude a budget": ({"exclude": [{"poison_budget": "2%"}]}, ("'2%' is not in the suite (valid: 5%)",)),
    "exclude everything": ({"exclude": [{"dataset": "synthetic"}]}, ("leave no search",)),
    "empty pattern": ({"exclude": [{}]}, ("exclude.0: an empty combination matches everything",)),
    "too many searches": ({"seeds": 10_000, "query_budgets": list(range(200))}, ("the suite spans up to",)),
    "own table and parameters": (
        {
            "datasets": [
                {
                    "name": "x",
                    "params": {"rows": 5},
                    "source": {"file": "x.csv", "target": "y", "favourable": 1, "protected": ["s"]},
                }
            ]
        },
        ("datasets.0: data set 'x': 'params' belong to registered sets",),
    ),
    "a data set called here": (dataset(**{"as": "."}), ("tiny.yaml:3: datasets.0: '.' cannot name a data set",)),
    "a data set called above": (dataset(**{"as": ".."}), ("datasets.0: '..' cannot name a data set",)),
    "a long label": (dataset(**{"as": "x" * 101}), ("datasets.0", "a name of 101 characters is too long, 100")),
    "a label of many bytes": (
        dataset(**{"as": "\u4e2d" * 90}),
        ("datasets.0", "90 characters is too long", "255 bytes"),
    ),
    "a victim's long label": (
        {"victims": [{"name": "svm", "as": "x" * 300}]},
        ("victims.0", "a name of 300 characters is too long"),
    ),
    "unknown key of a table": (
        {"datasets": [{"name": "x", "source": {"file": "x.csv", "target": "y", "favorable": 1, "protected": ["s"]}}]},
        ("unknown key 'favorable' (did you mean 'favourable'?)", "(and 1 more)"),
    ),
    "unknown key of a derived column": (
        {
            "datasets": [
                {
                    "name": "x",
                    "source": {
                        "file": "x.csv",
                        "target": "y",
                        "favourable": 1,
                        "protected": ["s"],
                        "derived": {"band": {"frm": "age", "edges": [1]}},
                    },
                }
            ]
        },
        ("unknown key 'frm' (did you mean 'from'?)",),
    ),
}


@pytest.mark.parametrize("mistake", SUITES)
def test_a_wrong_suite_is_refused_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], mistake: str) -> None:
    changes, expected = SUITES[mistake]
    line = complaint(capsys, "validate", write_suite(tmp_path, **changes))
    for part in expected:
        assert part in line, line


@pytest.mark.parametrize("label", ["x" * 100, "...", "\u4e2d" * 85])
def test_a_label_that_can_name_a_folder_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], label: str
) -> None:
    assert said(capsys, "validate", write_suite(tmp_path, **dataset(**{"as": label}))).code == 0


@pytest.mark.parametrize("command", ["run", "plan", "check"])
def test_all_commands_refuse_alike_and_write_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    for changes in ({"attacks": ["sobel"]}, {"poison_budgets": [361]}, {"seeds": -1}):
        suite = write_suite(tmp_path, **changes)
        assert "tiny.yaml:" in complaint(capsys, command, suite, "--results", tmp_path / "results")
        assert not (tmp_path / "results").exists()


BOMB = "a: &a [x, x, x, x]\nb: &b [*a, *a, *a, *a]\nname: tiny\n"
TEXTS: dict[str, tuple[bytes, str]] = {
    "a list": (b"- name: tiny\n", "a suite is a mapping of keys such as 'name' and 'datasets', not a list"),
    "a text": (b"just words", "not a text"),
    "empty": (b"", "not an empty file"),
    "comments only": (b"# nothing\n", "not an empty file"),
    "a tab": (b"name: tiny\nfits:\n\tfolds: 2\n", "tiny.yaml:3: a tab: YAML is indented with spaces"),
    "a duplicate key": (b"name: tiny\nseeds: 2\nseeds: 3\n", "tiny.yaml:3: key 'seeds' occurs twice"),
    "a list as a key": (b"? [a, b]\n: 1\n", "tiny.yaml:1: a key must be a text"),
    "an alias bomb": (BOMB.encode(), "tiny.yaml:2: aliases (*name) are not allowed"),
    "open bracket": (b"name: tiny\nseeds: [1, 2\n", "tiny.yaml:3: "),
    "two documents": (b"name: tiny\n---\nname: tiny\n", "tiny.yaml:2: a second document"),
    "python object": (b"name: !!python/object/apply:os.getcwd []\n", "tiny.yaml:1: could not determine a constructor"),
    "binary": (bytes(range(128, 256)), "not a text file in UTF-8"),
    "null characters": (b"name: tiny\nx: \x00\n", "tiny.yaml:2: a character that no YAML file may hold (U+0000)"),
    "huge": (b"# " + b"x" * 1_100_000, "larger than 200,000 bytes"),
    "deep lists": (b"name: " + b"[" * 20_000, "nested too deeply"),
    "deep parameters": (
        b"name: deep\nattacks: [{name: sobol, params: {confirm: " + b"[" * 150 + b"]" * 150 + b"}}]\n",
        "key 'datasets' is missing",
    ),
    "long number": (b"seeds: " + b"9" * 5000, "tiny.yaml:1: not valid YAML"),
    "long hexadecimal number": (
        b"name: tiny\nseeds: 0x" + b"F" * 5000,
        "tiny.yaml:2: not valid YAML: a number of more than 14000 bits",
    ),
    "no whole number": (b"name: tiny\nseeds: !!int ''\n", "tiny.yaml:2: not valid YAML: '' is no int"),
    "no boolean": (b"name: tiny\nseeds: [!!bool maybe]\n", "tiny.yaml:2: not valid YAML: 'maybe' is no bool"),
    "no moment": (b"name: !!timestamp x\n", "tiny.yaml:1: not valid YAML: 'x' is no timestamp"),
    "half a character": (
        b'name: tiny\ndescription: "\\ud800"\n',
        "tiny.yaml:2: a character that is no text by itself (U+D800)",
    ),
    "half a character in a key": (b'name: tiny\n"\\udfff": 1\n', "tiny.yaml:2: a character that is no text"),
}


def test_a_line_that_repeats_what_a_suite_says_stays_readable(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beginning and end of it: the place, and the remedy."""
    suite = write_suite(tmp_path, **{"x" * 100_000: 1})
    line = complaint(capsys, "validate", suite)
    assert 1_000 < len(line) < 2_100
    assert line.startswith(f"error: {suite}:")
    assert "x ... x" in line


@pytest.mark.parametrize("mistake", TEXTS)
def test_a_file_that_is_no_suite_is_refused_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], mistake: str
) -> None:
    text, expected = TEXTS[mistake]
    (tmp_path / "tiny.yaml").write_bytes(text)
    line = complaint(capsys, "validate", "tiny.yaml")
    assert expected in line
    assert len(line) < 300


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("quik", "suite 'quik': no such file, and no built-in suite (did you mean 'quick'?)"),
        ("nosuch.yaml", "suite 'nosuch.yaml': no such file"),
        (".", "suite '.': is a folder, not a suite file"),
        ("x" * 5000, "no such file"),
        ("nul\0character", "no such file"),
    ],
)
def test_a_suite_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str], name: str, expected: str) -> None:
    assert expected in complaint(capsys, "validate", name)
