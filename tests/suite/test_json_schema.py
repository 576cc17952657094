"""The schema that editors get: all suites of the repository fit, and what the model refuses does not."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from a4g_bench.suite.json_schema import suite_schema
from tests.support import TINY, said

SUITES = sorted((Path(__file__).parents[2] / "suites").glob("*.yaml"))
SCHEMA = suite_schema()


@pytest.mark.parametrize("file", SUITES, ids=lambda file: file.stem)
def test_the_suites_of_the_repository_fit(file: Path) -> None:
    jsonschema.validate(yaml.safe_load(file.read_text()), SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {"poison_budgets": [50, "0.1%"]},
        {"seeds": [3, 4]},
        {"limits": {"time": "5m", "memory": "2GB"}},
        {"limits": {"time": None}},
        {"objectives": ["unfairness", {"metric": "fpr_difference", "invert": True}]},
        {"victims": ["lightgbm", {"name": "sklearn.svm:SVC", "as": "svc", "params": {"C": 2}}]},
        {"attacks": [{"name": "sobol", "spend": 0.5, "fits": {"folds": 2}, "surrogate": "lightgbm"}]},
    ],
)
def test_what_the_model_takes_fits(changes: dict[str, Any]) -> None:
    jsonschema.validate({**TINY, **changes}, SCHEMA)


@pytest.mark.parametrize(
    "changes",
    [
        {"poison_budgets": ["1"]},
        {"poison_budgets": [0]},
        {"seeds": 0},
        {"atacks": []},
        {"objectives": ["unfairnes"]},
        {"attacks": [{"nam": "sobol"}]},
        {"limits": {"time": "soon"}},
        {"victims": []},
    ],
)
def test_what_the_model_refuses_does_not(changes: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**TINY, **changes}, SCHEMA)


def test_the_command_prints_it(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(capsys, "schema").json == SCHEMA
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
