"""Do 95 % intervals hold the truth about 95 % of the time, and do tiers leave alone what does not differ?

A sample of what ``python -m benchmarks --only statistics`` measures on 500 boards: the limits here are those that a
right method leaves once in hundreds of runs, and the seeds are fixed.
"""

import pytest

from benchmarks.statistics import DESIGNS, Design, simulate


@pytest.mark.slow
@pytest.mark.parametrize("design", DESIGNS[:3], ids=lambda design: design.name)
def test_intervals_hold_the_truth_and_tiers_nothing_that_is_not_there(design: Design) -> None:
    found = simulate(design, 40)
    assert 0.85 <= found.cells <= 1
    assert 0.85 <= found.board <= 1
    assert found.told_apart <= 0.15
