"""Do 95 % intervals hold the truth about 95 % of the time?"""

import numpy as np
import pytest

from a4g_bench.leaderboard import build

from .boards import Bits, Folder

SEEDS, BOARDS, ROWS = 20, 200, 240


def one_seed(rng: np.random.Generator) -> tuple[Bits, Bits, Bits]:
    """Groups, and mistakes before and after: harm .1 and .4, of which the attack removes some, varying by seed."""
    groups = (np.arange(ROWS) % 2).astype(np.uint8)
    luck = rng.random(ROWS)
    removed = rng.normal(0.15, 0.06)
    clean = luck < np.where(groups, 0.4, 0.1)
    poisoned = luck < np.where(groups, 0.4 - removed, 0.1)
    return groups, clean.astype(np.uint8), poisoned.astype(np.uint8)


def gain(groups: Bits, clean: Bits, poisoned: Bits) -> float:
    before, after = (abs(wrong[groups == 1].mean() - wrong[groups == 0].mean()) for wrong in (clean, poisoned))
    return float(np.clip((before - after) / max(before, 0.02), -1, 1))


@pytest.mark.slow
def test_intervals_hold_the_truth() -> None:
    rng = np.random.default_rng(1)
    truth = np.mean([gain(*one_seed(rng)) for _ in range(20_000)])
    held = 0
    for number in range(BOARDS):
        drawn = Folder(labels=np.ones(ROWS, dtype=np.uint8))
        for seed in range(SEEDS):
            groups, clean, poisoned = one_seed(rng)
            drawn.add("zoo", poisoned, seed=seed, clean=clean, groups=groups, fingerprint=f"f-{number}")
        (row,) = build([drawn.tables()], draws=400).cells
        assert row.fg_low is not None
        assert row.fg_high is not None
        held += row.fg_low <= truth <= row.fg_high
    assert 0.90 <= held / BOARDS <= 0.99
