"""What a suite spans, and what include and exclude leave of it."""

from pathlib import Path
from typing import Any

import pytest

from a4g_bench.suite.grid import excluded
from a4g_bench.suite.limits import Limits
from a4g_bench.suite.model import PoisonBudget
from tests.support import plan_of

GRID: dict[str, Any] = {
    "attacks": ["clean", "sobol"],
    "poison_budgets": ["1%", "5%"],
    "query_budgets": [4, 6],
    "seeds": 2,
}


def cells(folder: Path, **changes: Any) -> list[tuple[str, str, int, int]]:
    plan = plan_of(folder, **{**GRID, **changes})
    return [(p.spec.attack.label, p.spec.budget.text, p.spec.query_budget, p.spec.seed) for p in plan.searches]


def test_a_search_has_every_query_budget_and_a_control_has_one_search(tmp_path: Path) -> None:
    found = cells(tmp_path)
    assert len(found) == 2 * 2 + 2 * 2 * 2
    assert {queries for attack, _, queries, _ in found if attack == "clean"} == {0}
    assert {queries for attack, _, queries, _ in found if attack == "sobol"} == {4, 6}


def test_exclude_removes_what_all_keys_of_a_pattern_match(tmp_path: Path) -> None:
    kept = cells(tmp_path, exclude=[{"attack": "sobol", "poison_budget": "1%", "query_budget": [4]}, {"seed": 1}])
    everything = cells(tmp_path)
    assert kept == [
        (attack, budget, queries, seed)
        for attack, budget, queries, seed in everything
        if seed != 1 and not (attack == "sobol" and budget == "1%" and queries == 4)
    ]


def test_include_keeps_what_any_pattern_matches_and_exclude_wins(tmp_path: Path) -> None:
    include = [{"attack": "clean"}, {"poison_budget": "5%", "query_budget": 6}]
    kept = cells(tmp_path, include=include, exclude=[{"seed": 0}])
    assert kept == [("clean", "1%", 0, 1), ("clean", "5%", 0, 1), ("sobol", "5%", 6, 1)]


def test_a_pattern_may_name_a_budget_in_any_spelling(tmp_path: Path) -> None:
    assert {budget for _, budget, _, _ in cells(tmp_path, exclude=[{"poison_budget": "5.0 %"}])} == {"1%"}
    counted = cells(tmp_path, poison_budgets=[3, 4], include=[{"poison_budget": [3]}])
    assert {budget for _, budget, _, _ in counted} == {"3"}


def test_what_is_left_out_is_counted(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, **GRID, exclude=[{"seed": 1}])
    assert excluded(plan.suite) == len(plan.searches) == 6


def test_two_attributes_of_one_data_set_are_two_subjects(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{'fm'[i % 2]},{'xyz'[i % 3]},{'ny'[i % 5 > 1]}\n" for i in range(400))
    (tmp_path / "t.csv").write_text("a,sex,race,label\n" + rows)
    source = {"file": "t.csv", "target": "label", "favourable": "y", "protected": ["sex", "race"]}
    both = [{"name": "t", "attribute": attribute, "source": source} for attribute in ("sex", "race")]
    plan = plan_of(tmp_path, datasets=both)
    assert list(plan.subjects) == [("t", "sex"), ("t", "race")]
    assert {len({p.search_id for p in plan.searches}), len(plan.searches)} == {12}


@pytest.mark.parametrize(
    ("written", "rows"), [("1%", 4), ("0.01%", 1), ("100%", 360), (1, 1), (360, 360), ("2.5 %", 9)]
)
def test_a_budget_is_a_share_of_the_training_rows_or_a_count(written: str | int, rows: int) -> None:
    assert PoisonBudget.model_validate(written).rows(360) == rows


def test_limits_are_written_with_units() -> None:
    limits = Limits.model_validate({"time": "1.5m", "memory": "2GB"})
    assert (limits.time, limits.memory) == (90.0, 2_000_000_000)
    assert Limits.model_validate({"time": 90, "memory": "512MiB"}).memory == 512 * 2**20
    assert Limits.model_validate({"time": "90", "memory": None}).time == 90.0
    assert Limits.model_validate({"time": None}).time is None
