"""A search's place: the same from a plan, from its row, and in the columns that are stored."""

from pathlib import Path

import pytest

from a4g_bench.store.coordinates import PLACE_COLUMNS, Place
from a4g_bench.store.results import Results
from a4g_bench.store.tables import SEARCHES
from a4g_bench.suite.grid import PATTERN_COLUMNS, offered_coordinates
from a4g_bench.suite.model import Combination
from tests.support import plan_of, run_inline

TOY = Place(
    dataset="toy", attribute="sex", victim="lr", attack="sobol", objective="unfairness", budget="1%", query_budget=4,
    seed=0,
)  # fmt: skip


def test_its_row_is_read_back_whatever_else_the_row_holds() -> None:
    assert Place.of({"status": "ok", **TOY.to_row()}) == TOY
    assert str(TOY) == "toy, sex, lr, sobol, unfairness, 1%, 4, 0"


def test_a_row_without_a_coordinate_has_no_place() -> None:
    with pytest.raises(KeyError, match="seed"):
        Place.of({column: "" for column in PLACE_COLUMNS if column != "seed"})


def test_its_fields_are_columns_of_the_searches_in_their_order() -> None:
    assert [name for name in SEARCHES.names if name in PLACE_COLUMNS] == list(PLACE_COLUMNS)


def test_a_plan_and_its_results_say_the_same_place(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, attacks=["clean", "random-duplicates"], references=["reweighing"])
    run_inline(plan, tmp_path / "r")
    stored = {row["search_id"]: Place.of(row) for row in Results(str(tmp_path / "r")).read("searches").to_pylist()}
    assert stored == {planned.search_id: planned.place for planned in plan.searches}


def test_patterns_name_every_coordinate_that_a_suite_gives(tmp_path: Path) -> None:
    assert set(PATTERN_COLUMNS) == set(Combination.model_fields)
    plan = plan_of(tmp_path, attacks=["sobol"])
    offered = offered_coordinates(plan.suite)
    assert set(offered) == set(PATTERN_COLUMNS.values()) == set(PLACE_COLUMNS) - {"attribute"}
    for planned in plan.searches:
        assert all(value in offered[column] for column, value in planned.spec.coordinates.items())
