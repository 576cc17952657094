"""A study restricted after its bootstrap says what a board of the selection says."""

import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard import build
from a4g_bench.leaderboard.board import Study, board_of, study
from a4g_bench.leaderboard.records import Budget
from a4g_bench.leaderboard.selection import Selection

from .boards import Folder
from .drawn import HALF, NONE, full


def grid() -> Folder:
    """Two data sets, two victims and two budgets; the ceiling on all pairs."""
    drawn = full()
    for seed in range(2):
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
    return study([grid().tables()], Selection(), 200)


@pytest.mark.parametrize("datasets", [(), ("toy",)])
@pytest.mark.parametrize("victims", [(), ("forest",)])
@pytest.mark.parametrize("budgets", [(), ("5%",)])
def test_restricting_is_selecting(
    whole: Study, datasets: tuple[str, ...], victims: tuple[str, ...], budgets: tuple[str, ...]
) -> None:
    restricted = whole.restricted(Selection(datasets, victims, tuple(map(Budget.parse, budgets))))
    alone = build([grid().tables()], datasets=datasets, victims=victims, budgets=budgets, draws=200)
    assert board_of(restricted).to_json() == alone.to_json()


def test_selecting_nothing_is_an_error(whole: Study) -> None:
    with pytest.raises(StoreError, match="no search matches"):
        whole.restricted(Selection(("nowhere",)))
