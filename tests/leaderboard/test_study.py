"""A study restricted after it was pooled says what a board of the selection says."""

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.board import Study, board_of, study
from a4g_bench.leaderboard.records import Budget
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import BLOCK, HALF, NONE, full


def grid() -> Folder:
    """Two data sets, one with a seed of no whole block, two victims and two budgets; the reference on all settings."""
    drawn = full()
    drawn.add("halves", HALF, seed=5, dataset="other", victim="forest", budget="5%")
    for seed in BLOCK:
        for victim in ("lr", "forest"):
            for dataset in ("toy", "other"):
                at = {"seed": seed, "victim": victim, "dataset": dataset}
                drawn.add("threshold-optimizer", NONE, role="reference", budget="0%", query_budget=0, **at)
                for budget in ("1%", "5%"):
                    for attack in ("clean", "random-duplicates", "halves"):
                        if (victim, dataset, budget) != ("lr", "toy", "1%"):
                            drawn.add(attack, HALF if attack == "halves" else NONE, budget=budget, **at)
    return drawn


@pytest.fixture(scope="module")
def whole() -> Study:
    return study([grid().tables()], Selection())


@pytest.mark.parametrize("datasets", [(), ("toy",)])
@pytest.mark.parametrize("victims", [(), ("forest",)])
@pytest.mark.parametrize("budgets", [(), ("5%",)])
def test_restricting_is_selecting(
    whole: Study, datasets: tuple[str, ...], victims: tuple[str, ...], budgets: tuple[str, ...]
) -> None:
    restricted = whole.restricted(Selection(datasets, victims, tuple(map(Budget.parse, budgets))))
    alone = build([grid().tables()], datasets=datasets, victims=victims, budgets=budgets)
    assert board_of(restricted).to_json() == alone.to_json()


def test_seeds_left_out_are_those_of_the_selected_data_sets(whole: Study) -> None:
    notes = {d: board_of(whole.restricted(Selection((d,)))).notes for d in ("toy", "other")}
    assert [d for d, told in notes.items() if any("no whole block: seed 5 of other" in n for n in told)] == ["other"]


def test_selecting_nothing_is_an_error(whole: Study) -> None:
    with pytest.raises(StoreError, match="no search matches"):
        whole.restricted(Selection(("nowhere",)))
