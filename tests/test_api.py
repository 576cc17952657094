"""The library: load, search, audit, leaderboard, register; as a notebook uses them."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import a4g_bench as a4g
from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, Poison, Pool, Threat, copies
from a4g_bench.errors import A4GError
from tests.support import python


@pytest.fixture(scope="module")
def data() -> a4g.Dataset:
    return a4g.load("synthetic", rows=1500)


def test_a_data_set_is_shown_as_people_write_it(data: a4g.Dataset) -> None:
    assert repr(data) == "Dataset('synthetic', attribute='group', 1,500 rows)"
    assert len(data.frame) == 1500
    assert set(data.frame["group"]) == set(data.subject.table.schema.group_names("group"))
    assert set(data.frame.iloc[:, -1]) == set(data.subject.table.schema.label_values)


def test_a_search_gives_rows_queries_and_an_audit(data: a4g.Dataset) -> None:
    found = a4g.search(data, "sobol", victim="logistic_regression", budget="5%", queries=4)
    assert 0 < len(found.rows) <= 0.05 * 900
    assert list(found.queries["query"]) == [0, 1, 2, 3]
    assert found.gap == (found.audit["unfairness"]["clean"], found.audit["unfairness"]["poisoned"])
    assert found.gain == pytest.approx((found.gap[0] - found.gap[1]) / max(found.gap[0], 0.02))
    assert "audit rows" in repr(found)
    again = a4g.search(data, "sobol", victim="logistic_regression", budget="5%", queries=4)
    pd.testing.assert_frame_equal(found.rows, again.rows)


def test_rows_of_a_search_audited_again_give_its_audit(data: a4g.Dataset, tmp_path: Path) -> None:
    found = a4g.search(data, "cell-duplication", victim="logistic_regression", budget="5%")
    board = a4g.audit(data, found.rows, victim="logistic_regression", seeds=[0], results=tmp_path)
    given = board[board["entrant"] == "given"].iloc[0]
    assert (given["gap_clean"], given["gap_poisoned"]) == pytest.approx(found.gap)
    assert set(board["entrant"]) == {"given", "clean", "random-duplicates", "cell-duplication"}
    kept = a4g.board(tmp_path, by="cell")
    assert len(kept) == len(board)


def test_results_that_are_kept_make_a_board(data: a4g.Dataset, tmp_path: Path) -> None:
    for seed in (0, 1):
        for attack in ("clean", "random-duplicates"):
            a4g.search(data, attack, victim="logistic_regression", budget="5%", seed=seed, results=tmp_path)
    board = a4g.board(tmp_path)
    assert set(board["entrant"]) == {"clean", "random-duplicates"}
    assert set(board["seeds"]) <= {0, 2}
    assert list(a4g.board(tmp_path, by="budget")["budget_label"]) == ["5%", "5%"]


class First(Attack):
    name = "first"
    summary = "copies of the first rows"
    threat = Threat("baseline", "data-only", "clean", "duplicate")

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return copies(pool, np.arange(size))


def test_an_attack_of_ones_own(data: a4g.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "_own", {})
    a4g.register("attacks", "first", First)
    assert len(a4g.search(data, "first", budget=7).rows) == 7


def test_a_table_of_ones_own(tmp_path: Path, data: a4g.Dataset) -> None:
    frame = data.frame
    label = str(frame.columns[-1])
    frame.to_csv(tmp_path / "mine.csv", index=False)
    favourable = data.subject.table.schema.label_values[data.subject.table.schema.favourable]
    source = {"file": str(tmp_path / "mine.csv"), "target": label, "favourable": favourable, "protected": ["group"]}
    mine = a4g.load("mine", source=source)
    assert len(mine.frame) == 1500
    assert mine.attribute == "group"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (lambda data: a4g.load("sinthetic"), "did you mean 'synthetic'"),
        (lambda data: a4g.load("synthetic", attribute="age"), "no protected attribute 'age'"),
        (lambda data: a4g.search(data, "sobl"), "did you mean 'sobol'"),
        (lambda data: a4g.search(data, budget="much"), "poison budget 'much'"),
        (lambda data: a4g.search(data, objective="fair"), "unknown metric 'fair'"),
        (lambda data: a4g.audit(data, data.frame.head(3).drop(columns="group")), "column 'group' is missing"),
        (lambda data: a4g.board("/nowhere"), "holds no results"),
    ],
)
def test_bad_input_is_one_line(data: a4g.Dataset, wrong: object, told: str) -> None:
    with pytest.raises(A4GError, match=told) as raised:
        wrong(data)  # type: ignore[operator]
    assert "\n" not in str(raised.value)


def test_importing_the_library_is_cheap() -> None:
    done = python(
        "import sys, a4g_bench; print([m for m in ('pandas', 'ray', 'sklearn', 'pyarrow') if m in sys.modules])"
    )
    assert done.stdout.strip() == "[]"
    assert "load" in python("import a4g_bench; print(dir(a4g_bench))").stdout
