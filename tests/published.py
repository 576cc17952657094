"""A small published board to draw others from: two tables of 800 people, who are in as many seeds as there are."""

from typing import Any

import numpy as np
import numpy.typing as npt

from a4g_bench.store.tables import ResultTables

from .leaderboard.boards import Bits, Folder

PEOPLE = 800
ATTACKS = {"random-duplicates": 0.0, "halves": 0.15, "closes": 0.25}


def tables(seeds: int = 5) -> ResultTables:
    """Harm is .1 in group 0, and .4 in group 1 less what an attack closes, give or take .03 from seed to seed."""
    rng = np.random.default_rng(0)
    groups, labels = (np.arange(PEOPLE) % 2).astype(np.uint8), (np.arange(PEOPLE) % 3 > 0).astype(np.uint8)
    folder = Folder(groups=groups, labels=labels)
    for dataset in ("one", "two"):
        for seed in range(seeds):
            luck = rng.random(PEOPLE)

            def wrong(closed: float, luck: npt.NDArray[np.float64] = luck) -> list[Bits]:
                moved = np.where(groups == 1, 0.4 - closed + 0.03 * rng.standard_normal(), 0.1)
                return [(luck + 0.02 * fit < moved).astype(np.uint8) for fit in range(5)]

            clean = wrong(0.0)
            at: dict[str, Any] = {"dataset": dataset, "seed": seed, "clean": clean, "queries": 0, "query_budget": 0}
            folder.add("threshold-optimizer", wrong(0.25), role="reference", budget="0%", **at)
            for attack, closed in ATTACKS.items():
                folder.add(attack, wrong(closed), **at)
    return folder.tables()
