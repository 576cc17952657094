"""Intervals of boards: the jackknife over seeds, worked out in the tests from counts."""

import math
from collections.abc import Callable, Sequence

import pytest
from scipy.stats import t

from a4g_bench.leaderboard import Row, build

from .boards import Folder
from .drawn import CLEAN, COSTLY, NONE, folder, full, varying

EIGHTHS = (0, 2, 4, 6, 8)


def denied(eighths: int) -> str:
    """That many eighths of group b denied, and nobody of a."""
    return f"00 {'1' * eighths}{'0' * (8 - eighths)} 0000000000"


def row_of(drawn: Folder, entrant: str = "zoo") -> Row:
    return next(row for row in build([drawn.tables()]).overall if row.entrant == entrant)


def jackknife(score: Callable[[Sequence[int]], float], seeds: int = 5) -> float:
    """(n-1)/n sum (score_-s - mean)^2, where ``score`` is that of some seeds."""
    without = [score([s for s in range(seeds) if s != gone]) for gone in range(seeds)]
    mean = sum(without) / seeds
    return (seeds - 1) / seeds * sum((one - mean) ** 2 for one in without)


def assert_interval(row: Row, value: float, variance: float, freedom: float = 4) -> None:
    half = t.ppf(0.975, freedom) * math.sqrt(variance)
    assert (row.gc, row.gc_low, row.gc_high) == pytest.approx((value, value - half, value + half), abs=1e-9)


def test_of_equal_seeds_it_is_the_error_of_their_mean() -> None:
    """0, 1/4, 1/2, 3/4 and 1 of b denied: 1/2 closed, and a variance of .625 / 4 over 5 seeds."""
    drawn = varying(folder(), "zoo", *map(denied, EIGHTHS))
    assert_interval(row_of(drawn), 0.5, 0.625 / 4 / 5)


def test_an_interval_is_not_cut_at_1() -> None:
    """.95 closed on average: at four seeds all, at one 3/4."""
    row = row_of(varying(folder(), "zoo", denied(2), *[NONE] * 4))
    assert row.gc == pytest.approx(0.95)
    assert row.gc_high > 1
    assert row.gc_high - row.gc == pytest.approx(row.gc - row.gc_low)


def test_of_unequal_seeds_counts_are_added_before_rates_are_taken() -> None:
    """0, 2, 4 and 6 of 8 and 4 of 4 tens are denied; without poison all are, so what is closed is 1 less the rate."""
    wrong, people = (0, 2, 4, 6, 4), (8, 8, 8, 8, 4)
    drawn = varying(folder(), "zoo", *map(denied, wrong[:4]))
    few = {"groups": "aa bbbb aaaaabbbbb", "labels": "11 1111 0000000000", "clean": "00 1111 0000000000"}
    drawn.add("zoo", "00 1111 0000000000", seed=4, **few)  # type: ignore[arg-type]

    def score(seeds: Sequence[int]) -> float:
        return 1 - sum(wrong[s] for s in seeds) / sum(people[s] for s in seeds)

    assert_interval(row_of(drawn), score(range(5)), jackknife(score))


def test_the_scaling_is_part_of_what_is_jackknifed() -> None:
    """The whole gap at every seed, for 2/20 at three and 3/20 at two: only its price varies, and it is .01 / cost."""
    drawn = varying(folder(), "zoo", *[COSTLY] * 3, *["11 11111111 1000000000"] * 2)
    costs = (2 / 20, 2 / 20, 2 / 20, 3 / 20, 3 / 20)

    def score(seeds: Sequence[int]) -> float:
        return 0.01 / (sum(costs[s] for s in seeds) / len(seeds))

    assert_interval(row_of(drawn), 1 / 12, jackknife(score))


def test_costs_have_the_same_intervals() -> None:
    """0, 2, 4, 6, 8 of 20 fewer wrong than the clean victim's 8."""
    row = row_of(varying(folder(), "zoo", *map(denied, EIGHTHS)))
    half = t.ppf(0.975, 4) * math.sqrt((0.4**2 + 0.3**2 + 0.2**2 + 0.1**2 - 5 * 0.2**2) / 4 / 5)
    found = (row.accuracy_cost, row.accuracy_cost_low, row.accuracy_cost_high)
    assert found == pytest.approx((-0.2, -0.2 - half, -0.2 + half))


def test_tables_add_their_variances_and_degrees_of_freedom() -> None:
    """Two alike: a quarter of either's variance, and twice its degrees of freedom."""
    drawn = varying(folder(), "zoo", *map(denied, EIGHTHS))
    varying(drawn, "zoo", *map(denied, EIGHTHS), dataset="other")
    assert_interval(row_of(drawn), 0.5, 2 * 0.625 / 4 / 5 / 4, freedom=8)


def test_a_table_that_does_not_vary_adds_nothing() -> None:
    drawn = varying(folder(), "zoo", *map(denied, EIGHTHS))
    varying(drawn, "zoo", *[NONE] * 5, dataset="other")
    assert_interval(row_of(drawn), 0.75, 0.625 / 4 / 5 / 4, freedom=4)


@pytest.mark.parametrize("other", [{"victim": "rf"}, {"attribute": "race"}, {"budget": "5%"}])
def test_seeds_are_deleted_everywhere_in_a_table(other: dict[str, str]) -> None:
    """One victim, attribute or budget has 0 ... 8 of 8, another 8 ... 0: their mean is 1/2 at every seed."""
    drawn = varying(folder(), "zoo", *map(denied, EIGHTHS))
    varying(drawn, "zoo", *map(denied, reversed(EIGHTHS)), **other)
    assert_interval(row_of(drawn), 0.5, 0)


def test_ten_seeds_of_other_people_have_nine_degrees_of_freedom() -> None:
    """Two blocks of a table twice as long, so that nobody returns."""
    drawn = folder()
    for seed in range(10):
        drawn.add("zoo", denied(EIGHTHS[seed % 5]), seed=seed, row_ids=range(seed, 2000, 10))
    assert_interval(row_of(drawn), 0.5, 2 * 0.625 / 9 / 10, freedom=9)


def test_a_share_of_the_reference_is_jackknifed_as_a_ratio() -> None:
    """The reference closes 1/2 or, at seed 4, all; the entrant 1/2 everywhere: .5 / .6, and without a seed 1 or .8."""
    drawn = varying(folder(), "zoo", *map(denied, [4] * 5))
    line = {"role": "reference", "budget": "0%", "query_budget": 0}
    varying(drawn, "threshold-optimizer", *map(denied, [4, 4, 4, 4, 0]), **line)
    row = row_of(drawn)
    reference = (0.5, 0.5, 0.5, 0.5, 1.0)

    def score(seeds: Sequence[int]) -> float:
        return 0.5 / (sum(reference[s] for s in seeds) / len(seeds))

    half = t.ppf(0.975, 4) * math.sqrt(jackknife(score))
    found = (row.of_reference, row.of_reference_low, row.of_reference_high)
    assert found == pytest.approx((5 / 6, 5 / 6 - half, 5 / 6 + half))


# Whole blocks ---------------------------------------------------------------------------------------------------------


def test_seeds_of_no_whole_block_are_left_out_and_named() -> None:
    """Seeds 5 and 6 are of a block that lacks three: the board is that of the others."""
    seven = full(range(5))
    for seed in (5, 6):
        for attack in ("closes", "halves"):
            seven.add(attack, CLEAN, seed=seed)
    board, alone = build([seven.tables()]), build([full().tables()])
    assert board.overall == alone.overall
    assert board.settings == alone.settings
    [note] = [note for note in board.notes if "no whole block" in note]
    assert "5, 6 of toy" in note
    assert not any("no whole block" in note for note in alone.notes)


def test_the_block_that_is_whole_need_not_be_the_first() -> None:
    board = build([full(range(3, 10)).tables()])
    assert {row.seeds for row in board.overall} == {5}
    assert any("3, 4 of toy" in note for note in board.notes)


def test_less_than_a_block_has_numbers_without_intervals_and_ranks() -> None:
    board = build([full(range(3)).tables()])
    assert {row.entrant: row.gc for row in board.overall} == {
        "closes": 1, "halves": 0.5, "costly": pytest.approx(0.1), "clean": 0, "random-duplicates": 0,
    }  # fmt: skip
    for row in board.overall:
        assert row.status == "provisional"
        assert (row.seeds, row.rank_low, row.rank_high) == (3, None, None)
        ends = [row.values[key] for key in row.values if key.endswith(("_low", "_high"))]
        assert ends == [None] * len(ends)
    [setting] = board.settings
    assert (setting.counts, setting.provisional) == (True, True)
    assert (setting.gap_clean, setting.gap_clean_low, setting.gap_clean_high) == (1, None, None)
    assert setting.sizes == (("a", 100), ("b", 400)), "of the whole table, of which three fifths were audited"
    assert any(note.startswith("Provisional") and "toy 3" in note for note in board.notes)


def test_one_table_without_a_block_makes_the_mean_provisional() -> None:
    drawn = full()
    for seed in range(2):
        drawn.add("closes", NONE, seed=seed, dataset="other")
    board = build([drawn.tables()])
    assert {row.status for row in board.overall if row.entrant == "closes"} == {"provisional"}
    assert next(row for row in board.overall if row.entrant == "closes").gc_low is None
    toy = next(row for row in board.by("dataset") if (row.dataset, row.entrant) == ("toy", "closes"))
    assert (toy.status, toy.rank_low, toy.gc_low) == ("ok", 1, 1)
