"""``attribute-left-out``: the clean victim of the hidden track, on tables where the victim sees the attribute."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a4g_bench.engine.audit import Audit
from a4g_bench.engine.fits import Job, Trainer, Treatment
from a4g_bench.engine.row_sets import AUDIT, TRAIN
from a4g_bench.store.results import Results
from a4g_bench.suite.model import Audited, DatasetEntry
from a4g_bench.suite.plan import Subject, load_subject
from tests.support import plan_of, run_inline

NAME = "attribute-left-out"
#: Sex is measured; race, with seven columns for its seven groups, is protected and left out as well.
SEEN: dict[str, Any] = {"name": "acs-income-design", "attribute": "SEX", "rows": 3000}
HIDDEN: dict[str, Any] = {**SEEN, "params": {"protected_visible": False}}
VICTIMS = ["logistic_regression", {"name": "lightgbm", "params": {"n_estimators": 20}}]
Predicted = Mapping[tuple[str, str, str, int], bytes]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    folder = tmp_path_factory.mktemp("left-out")
    keys = {"datasets": [SEEN, HIDDEN], "victims": VICTIMS, "attacks": ["clean"], "references": [NAME], "seeds": 1}
    run_inline(plan_of(folder, **keys), folder / "r")
    return Results(str(folder / "r"))


@pytest.fixture(scope="module")
def predicted(results: Results) -> Predicted:
    """Predictions on the audit rows by data set, victim, entrant and audit victim seed."""
    of = {row["search_id"]: row for row in results.read("searches").to_pylist()}
    return {
        (of[row["search_id"]]["dataset"], row["evaluated_on"], of[row["search_id"]]["attack"], row["audit_seed"]): row[
            "predicted"
        ]
        for row in results.read("predictions").to_pylist()
    }


def test_it_is_a_reference_line_like_the_others(results: Results) -> None:
    rows = [row for row in results.read("searches").to_pylist() if row["attack"] == NAME]
    assert {(row["status"], row["role"], row["budget"], row["poison_rows"]) for row in rows} == {
        ("ok", "reference", "0%", 0)
    }
    assert len(rows) == 2 * len(VICTIMS)


@pytest.mark.parametrize("victim", ["logistic_regression", "lightgbm"])
def test_it_is_the_clean_victim_of_the_hidden_track(predicted: Predicted, victim: str) -> None:
    seen, hidden = "acs-income-design", "acs-income-design-hidden"
    for seed in range(5):
        line = predicted[seen, victim, NAME, seed]
        assert line != predicted[seen, victim, "clean", seed]
        assert line == predicted[hidden, victim, "clean", seed]
        assert line == predicted[hidden, victim, NAME, seed], "nothing is left to leave out"


def own_table(folder: Path, features: str) -> dict[str, Any]:
    """Two in three men deserve, one in three women, and nothing else tells."""
    rng = np.random.default_rng(0)
    men = rng.integers(0, 2, 1200)
    deserving = rng.random(1200) < np.where(men == 1, 2 / 3, 1 / 3)
    columns = {"sex": np.array(["f", "m"])[men], "luck": rng.integers(0, 100, 1200), "y": deserving.astype(int)}
    names = [*features.split(), "y"]
    lines = [",".join(names), *(",".join(map(str, row)) for row in zip(*(columns[n] for n in names), strict=True))]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return {
        "name": "t",
        "source": {"file": str(folder / "t.csv"), "target": "y", "favourable": "1", "protected": ["sex"]},
    }


def test_without_the_one_feature_that_tells_nothing_sets_the_groups_apart(tmp_path: Path) -> None:
    keys = {"datasets": [own_table(tmp_path, "sex luck")], "attacks": ["clean"], "references": [NAME], "seeds": 1}
    run_inline(plan_of(tmp_path, **keys), tmp_path / "r")
    results = Results(str(tmp_path / "r"))
    [line] = [row["search_id"] for row in results.read("searches").to_pylist() if row["attack"] == NAME]
    gaps = {
        row["role"]: row["unfairness"]
        for row in results.read("audits").to_pylist()
        if row["search_id"] == line and row["audit_seed"] == -1
    }
    assert gaps["clean"] == 1, "every man is accepted, and no woman"
    assert gaps["poisoned"] < 0.2


def test_a_table_of_protected_attributes_alone_leaves_nothing_to_train_on(tmp_path: Path) -> None:
    keys = {"datasets": [own_table(tmp_path, "sex")], "attacks": ["clean"], "references": [NAME], "seeds": 1}
    run_inline(plan_of(tmp_path, **keys), tmp_path / "r")
    rows = Results(str(tmp_path / "r")).read("searches").to_pylist()
    [line] = [row for row in rows if row["attack"] == NAME]
    assert line["status"] == "error"
    assert "leaves no feature: the victim sees protected attributes alone" in line["error_message"]


def subject(entry: Mapping[str, Any]) -> Subject:
    return load_subject(DatasetEntry.model_validate(entry), Path())[0]


@pytest.mark.parametrize("victim", [Audited.model_validate(victim) for victim in VICTIMS], ids=lambda v: v.name)
def test_what_is_hidden_or_left_out_is_not_seen(victim: Audited) -> None:
    """Everybody's attributes are drawn anew, in training, poison and audit rows: no prediction changes."""
    treatment = Treatment.of("reference", NAME, {}, "SEX", 0.01)

    def answers(given: Subject, *, drawn_anew: bool, treatment: Treatment | None) -> list[Any]:
        material = Audit(given.table, "SEX", victim, 0).training_data()
        features = material.features.copy()
        if drawn_anew:
            for attribute in given.table.schema.protected:
                column = features[:, given.table.schema.index(attribute)]
                np.random.default_rng(0).shuffle(column)
        trainer = Trainer(replace(material, features=features))
        poison = (features[:50], 1 - material.labels[:50])
        fits = [trainer.run(Job(TRAIN, AUDIT, 3, rows, treatment=treatment)) for rows in (None, poison)]
        assert [fit.failed for fit in fits] == [None, None]
        return [fit.values for fit in fits]

    def differ(entry: Mapping[str, Any], treatment: Treatment | None) -> list[bool]:
        given = subject(entry)
        before, after = (answers(given, drawn_anew=anew, treatment=treatment) for anew in (False, True))
        return [not np.array_equal(one, other) for one, other in zip(before, after, strict=True)]

    assert differ(SEEN, None) == [True, True], "the victim sees them where they are not hidden"
    assert differ(SEEN, treatment) == [False, False]
    assert differ(HIDDEN, None) == [False, False]
    assert differ(HIDDEN, treatment) == [False, False]
