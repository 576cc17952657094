"""Do 95 % intervals hold the truth about 95 % of the time, and do tests leave alone what does not differ?

A sample of what ``python -m benchmarks --only statistics`` measures on the published board: the limits here are those
that a right method leaves once in hundreds of runs, and the stream is fixed.
"""

import pytest

from benchmarks.statistics import Published, Simulation

from ..published import tables


@pytest.mark.slow
@pytest.mark.parametrize("seeds", [5, 10])
def test_intervals_hold_the_truth_and_tests_find_nothing_that_is_not_there(seeds: int) -> None:
    found = Simulation(Published([tables()])).run(seeds, boards=80, old_boards=2)
    assert 0.87 <= found.new["coverage"] <= 1
    assert found.new["size"] <= 0.15
    assert found.new["first-step"] <= 0.15
    assert all(0.8 <= share <= 1 for share in found.others.values())
