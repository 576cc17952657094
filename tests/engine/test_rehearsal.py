"""A rehearsal tells what a search costs beside its fits, and trains nothing."""

from pathlib import Path
from typing import Any

import pytest
from sklearn.linear_model import LogisticRegression

from a4g_bench.engine.rehearsal import Rehearsal, rehearse
from tests.support import plan_of


def rehearsed(folder: Path, **changes: Any) -> Rehearsal:
    plan = plan_of(folder, seeds=1, **changes)
    [planned] = plan.searches
    return rehearse(planned, plan.subjects[planned.key])


@pytest.fixture(autouse=True)
def _nothing_is_trained(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*rows: Any, **more: Any) -> None:
        raise AssertionError("a rehearsal trained the victim")

    monkeypatch.setattr(LogisticRegression, "fit", fit)


@pytest.mark.parametrize("fits", [{}, {"folds": 3}, {"victim_seeds": 2}], ids=str)
def test_four_batches_stand_for_a_search(tmp_path: Path, fits: dict[str, int]) -> None:
    told = rehearsed(tmp_path, attacks=["sobol"], query_budgets=[40], batch_size=3, fits=fits)
    assert (told.queries, told.failed) == (12, None)
    assert 0 < told.per_query < told.seconds
    assert told.of(40) == pytest.approx(told.seconds + 28 * told.per_query)


def test_a_search_that_is_shorter_is_rehearsed_as_it_is(tmp_path: Path) -> None:
    told = rehearsed(tmp_path, attacks=["sobol"], query_budgets=[5], batch_size=3)
    assert told.queries == 5
    assert told.of(5) == told.seconds


@pytest.mark.parametrize("attack", ["clean", "cell-duplication", "threshold-copies", "influence-duplication"])
def test_attacks_without_queries_have_a_cost_of_their_own(tmp_path: Path, attack: str) -> None:
    told = rehearsed(tmp_path, attacks=[attack])
    assert (told.queries, told.failed) == (0, None)
    assert told.seconds > 0


def test_reference_lines_too(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, attacks=["clean"], references=["reweighing"], seeds=1)
    [planned] = [planned for planned in plan.searches if planned.spec.label == "reweighing"]
    told = rehearse(planned, plan.subjects[planned.key])
    assert (told.queries, told.failed) == (0, None)


def test_an_attack_that_breaks_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from a4g_bench.attacks.controls import RandomDuplicates

    def draw(*of: Any) -> Any:
        raise ValueError("no rows today")

    monkeypatch.setattr(RandomDuplicates, "draw", draw)
    told = rehearsed(tmp_path, attacks=["random-duplicates"])
    assert told.failed is not None
    assert "no rows today" in told.failed
