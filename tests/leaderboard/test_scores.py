"""Scores of the drawn board, each derivable by eye (see ``drawn``)."""

import math

import numpy as np
import pytest

from a4g_bench.leaderboard import Board, Row, build
from a4g_bench.metrics.confusion import confusion, unfairness

from .boards import Folder, bits
from .drawn import BLOCK, CLEAN, COSTLY, GROUPS, HALF, LABELS, NONE, folder, full, varying


def overall(board: Board) -> dict[str, Row]:
    return {row.entrant: row for row in board.overall}


def cell(board: Board, entrant: str, **coordinates: str) -> Row:
    (row,) = [
        r
        for r in board.cells
        if r.entrant == entrant and all(getattr(r, name) == value for name, value in coordinates.items())
    ]
    return row


def of_seeds(*wrong: str, clean: tuple[str, ...] = (CLEAN,) * 5) -> Row:
    """The row of an attack that gets these wrong at each seed, where the clean victim gets those wrong."""
    drawn = folder()
    for seed, (before, after) in enumerate(zip(clean, wrong, strict=True)):
        drawn.add("zoo", after, seed=seed, clean=before)
    return cell(build([drawn.tables()]), "zoo")


@pytest.fixture(scope="module")
def board() -> Board:
    return build([full().tables()])


@pytest.mark.parametrize(
    ("attack", "gc", "closed", "poisoned", "cost"),
    [
        ("clean", 0, 0, 1, 0),
        ("random-duplicates", 0, 0, 1, 0),
        ("closes", 1, 1, 0, -8 / 20),
        ("halves", 0.5, 0.5, 0.5, -4 / 20),
        ("costly", 0.1, 1, 0, 2 / 20),
    ],
)
def test_numbers_by_eye(board: Board, attack: str, gc: float, closed: float, poisoned: float, cost: float) -> None:
    row = overall(board)[attack]
    assert row.gc == pytest.approx(gc, abs=1e-12)
    assert row.closed == pytest.approx(closed, abs=1e-12)
    assert row.gap_clean == 1
    assert row.gap_poisoned == pytest.approx(poisoned, abs=1e-12)
    assert row.accuracy_cost == pytest.approx(cost, abs=1e-12)
    assert (row.seeds, row.cells, row.status) == (5, 1, "ok")


def test_what_never_varies_has_an_interval_of_no_width(board: Board) -> None:
    for row in board.overall:
        assert row.gc_low == row.gc == row.gc_high
        assert row.accuracy_cost_low == row.accuracy_cost == row.accuracy_cost_high
        assert row.equalized_odds_low == row.equalized_odds == row.equalized_odds_high


def test_ranks_of_the_drawn_board(board: Board) -> None:
    """Three contenders without any error differ by whatever they differ; controls are listed and not ranked."""
    assert [(row.entrant, row.rank_low, row.rank_high) for row in board.overall] == [
        ("closes", 1, 1),
        ("halves", 2, 2),
        ("costly", 3, 3),
        ("clean", None, None),
        ("random-duplicates", None, None),
    ]


# Pooling --------------------------------------------------------------------------------------------------------------


def test_rates_are_pooled_before_the_difference_is_taken() -> None:
    """Half of b is denied at two seeds, half of a at two others, nobody at the last: 1/5 of either group and no gap.
    The mean of five gaps would be 4/5 * 1/2 = .4, and .6 closed.
    """
    a, b = "10 00000000 0000000000", HALF
    row = of_seeds(b, b, a, a, NONE)
    assert (row.gap_poisoned, row.gc, row.accuracy_cost) == pytest.approx((0, 1, -(8 - 10 / 5) / 20), abs=1e-12)
    assert row.gap_spread == pytest.approx(0.5)  # of 1/2 1/2 -1/2 -1/2 0: four deviations of 1/2, over 4


def test_the_ratio_is_of_sums_and_not_the_mean_of_ratios() -> None:
    """All of b denied at seed 0 and a quarter at the others: 2 in 5. An attack that heals seed 0 alone leaves 1 in 5
    and closes half of the gap; the mean of 1, 0, 0, 0, 0 would be 1/5.
    """
    quarter = "00 11000000 0000000000"
    row = of_seeds(NONE, *[quarter] * 4, clean=(CLEAN, *[quarter] * 4))
    assert (row.gap_clean, row.gap_poisoned, row.gc) == pytest.approx((0.4, 0.2, 0.5))


def test_a_seed_with_more_people_counts_for_more() -> None:
    """Of 8 + 8 + 8 + 8 + 4 tens of group b, the 4 are denied: 4/36, where the mean of rates is 1/5."""
    drawn = folder()
    for seed in range(4):
        drawn.add("zoo", NONE, seed=seed)
    few = {"groups": "aa bbbb aaaaabbbbb", "labels": "11 1111 0000000000", "clean": "00 1111 0000000000"}
    drawn.add("zoo", "00 1111 0000000000", seed=4, **few)  # type: ignore[arg-type]
    assert cell(build([drawn.tables()]), "zoo").gap_poisoned == pytest.approx(4 / 36)


def test_mistakes_are_averaged_over_the_audit_victim_seeds_before_the_gap() -> None:
    """a is denied by one fit, b by the other: 1/2 each and no gap, though each fit alone has a gap of 1."""
    drawn = folder()
    for seed in BLOCK:
        drawn.add("zoo", ["11 00000000 0000000000", CLEAN], seed=seed, clean=[CLEAN, CLEAN])
    assert cell(build([drawn.tables()]), "zoo").gap_poisoned == 0


@pytest.mark.parametrize("favourable", [0, 1])
def test_gap_equals_the_metric_of_the_query_loop(favourable: int) -> None:
    rng = np.random.default_rng(favourable)
    n, groups = 300, np.arange(300) % 3
    labels = rng.integers(0, 2, n).astype(np.uint8)
    clean, wrong = ([(rng.random(n) < p).astype(np.uint8) for _ in range(5)] for p in (0.3, 0.2))
    drawn = Folder(groups=groups, labels=labels, clean=clean, favourable=favourable).add("zoo", wrong)
    row = cell(build([drawn.tables()]), "zoo")
    for found, mistakes in ((row.gap_clean, clean), (row.gap_poisoned, wrong)):
        counts = np.mean([confusion(labels, labels ^ one, groups, 3) for one in mistakes], axis=0)
        assert found == pytest.approx(unfairness(counts, favourable), abs=1e-12)  # type: ignore[arg-type]


def test_label_0_favourable_judges_false_positives() -> None:
    """The same people with labels swapped: deserving the favourable label 0 and predicted 1 is a false positive."""
    drawn = Folder(groups=GROUPS, labels="00 00000000 1111111111", clean=CLEAN, favourable=0)
    for seed in BLOCK:
        drawn.add("halves", HALF, seed=seed)
    assert cell(build([drawn.tables()]), "halves").gap_poisoned == 0.5


# Scaling to the allowance ---------------------------------------------------------------------------------------------


def test_the_cost_that_scales_is_the_mean_over_seeds() -> None:
    """The whole gap for 2/20 at four seeds and 7/20 at one: 15 points on average, so a fifteenth; a mean of scaled
    seeds would be .8 / 10 + .2 / 35.
    """
    row = of_seeds(*[COSTLY] * 4, "11 11111111 1111100000")
    assert (row.closed, row.accuracy_cost, row.gc) == pytest.approx((1, 0.15, 1 / 15))


def test_a_gap_that_widens_is_not_scaled() -> None:
    """From 1/2 to 3/4 is -1/2 of the gap, whatever it costs: here 2/20 too."""
    row = of_seeds(*["00 11111100 0000000000"] * 5, clean=(HALF,) * 5)
    assert (row.closed, row.accuracy_cost, row.gc) == pytest.approx((-0.5, 0.1, -0.5))


def test_no_closing_is_below_minus_1() -> None:
    """From a quarter to all is -3 of the gap."""
    assert of_seeds(*[CLEAN] * 5, clean=("00 11000000 0000000000",) * 5).gc == -1


def test_cells_over_the_allowance_are_counted(board: Board) -> None:
    assert {row.entrant for row in board.overall if row.cells_over} == {"costly"}
    assert overall(board)["costly"].cells_over == 1


# Means ----------------------------------------------------------------------------------------------------------------

WEIGHTS = [  # of .1, 1 and 5 %: half the distance to each neighbour, over the whole, on the logarithm
    math.log(10) / 2 / math.log(50),
    (math.log(10) + math.log(5)) / 2 / math.log(50),
    math.log(5) / 2 / math.log(50),
]


@pytest.mark.parametrize("labels", [("0.1%", "1%", "5%"), ("3", "30", "150")])
@pytest.mark.parametrize("position", range(3))
def test_budgets_weigh_by_the_trapezoid_rule_on_their_logarithm(labels: tuple[str, ...], position: int) -> None:
    """Who closes the gap at one of three budgets scores its weight; a count of rows is the share it came to."""
    assert [round(weight, 2) for weight in WEIGHTS] == [0.29, 0.5, 0.21]
    drawn = folder()
    for i, (label, share) in enumerate(zip(labels, (0.001, 0.01, 0.05), strict=True)):
        for seed in BLOCK:
            drawn.add("zoo", NONE if i == position else CLEAN, seed=seed, budget=label, budget_share=share)
    board = build([drawn.tables()])
    row = overall(board)["zoo"]
    assert (row.gc, row.cells) == (pytest.approx(WEIGHTS[position]), 3)
    assert row.accuracy_cost == pytest.approx(-8 / 20 * WEIGHTS[position]), "costs have the score's weights"
    assert {r.budget_label: r.gc for r in board.by("budget")} == {
        label: float(i == position) for i, label in enumerate(labels)
    }


def test_counts_of_rows_are_weighed_by_the_shares_of_each_setting() -> None:
    """10, 100 and 200 rows came to 1, 10 and 20 % of a small table, and to .1, 1 and 10 % of a large one."""
    drawn = folder()
    for dataset, shares in (("small", (0.01, 0.1, 0.2)), ("large", (0.001, 0.01, 0.1))):
        for rows, share in zip(("10", "100", "200"), shares, strict=True):
            for seed in BLOCK:
                at = {"dataset": dataset, "budget": rows, "budget_share": share, "seed": seed}
                drawn.add("zoo", NONE if rows == "200" else CLEAN, **at)  # type: ignore[arg-type]
    scores = {r.dataset: r.gc for r in build([drawn.tables()]).by("dataset")}
    assert scores["small"] == pytest.approx(math.log(2) / 2 / math.log(20))
    assert scores["large"] == pytest.approx(1 / 4)


def test_score_is_the_mean_over_tables_of_attributes_of_victims() -> None:
    """toy: sex lr 1, rf 0; race lr 1. other: sex lr 1. ((1 + 0) / 2 + 1) / 2 = 3/4 of toy, with the other 7/8; a mean
    of settings would be 3/4, one of tables without attributes 5/6.
    """
    drawn = folder()
    drawn_at = {
        ("toy", "sex", "lr"): NONE, ("toy", "sex", "rf"): CLEAN, ("toy", "race", "lr"): NONE,
        ("other", "sex", "lr"): NONE,
    }  # fmt: skip
    for (dataset, attribute, victim), wrong in drawn_at.items():
        for seed in BLOCK:
            at = {"dataset": dataset, "attribute": attribute, "victim": victim, "seed": seed}
            drawn.add("zoo", wrong, **at)  # type: ignore[arg-type]
    board = build([drawn.tables()])
    assert overall(board)["zoo"].gc == pytest.approx(7 / 8)
    assert {(r.dataset, r.attribute): r.gc for r in board.by("dataset")} == {
        ("toy", "sex"): 0.5, ("toy", "race"): 1.0, ("other", "sex"): 1.0,
    }  # fmt: skip
    assert {r.victim: r.gc for r in board.by("victim")} == {"lr": 1.0, "rf": 0.0}
    filtered = build([drawn.tables()], victims=["lr"])
    assert overall(filtered)["zoo"].gc == 1
    assert {r.victim for r in filtered.cells} == {"lr"}


def test_absent_budgets_are_noted(board: Board) -> None:
    assert board.budgets == ("1%",)
    assert any("0.1%, 5% are absent" in note for note in board.notes)


def test_attack_filter_keeps_the_control_as_a_reference_only() -> None:
    board = build([full().tables()], attacks=["halves"])
    (row,) = board.overall
    assert (row.entrant, row.rank_low, row.rank_high, row.gain_over_random_duplicates) == ("halves", 1, 1, 0.5)


# Beside the score -----------------------------------------------------------------------------------------------------


def test_gain_over_random_duplicates_is_paired() -> None:
    """At every seed 1/2 better than the control, which varies as the entrant does: .9 less .4, and nothing to doubt."""
    drawn = varying(folder(), "zoo", HALF, *[NONE] * 4)
    varying(drawn, "random-duplicates", CLEAN, *[HALF] * 4)
    row = overall(build([drawn.tables()]))["zoo"]
    assert row.gc == pytest.approx(0.9)
    assert row.gc_low < 0.89 < 0.91 < row.gc_high
    found = (
        row.gain_over_random_duplicates,
        row.gain_over_random_duplicates_low,
        row.gain_over_random_duplicates_high,
    )
    assert found == pytest.approx((0.5, 0.5, 0.5))
    alone = cell(build([full(attacks=("closes",)).tables()]), "closes")
    assert alone.gain_over_random_duplicates is None


def test_equalized_odds_look_at_the_other_error_too() -> None:
    """The harm is gone from b and all of b's undeserving pass: a gap of 1 in the other rate, as large as before."""
    row = of_seeds(*["00 00000000 0000011111"] * 5)
    assert (row.gc, row.equalized_odds) == (1, 0)


def test_equalized_odds_follow_the_rule_of_the_score(board: Board) -> None:
    shares = {row.entrant: row.equalized_odds for row in board.overall}
    assert shares == {"closes": 1, "halves": 0.5, "costly": pytest.approx(0.1), "clean": 0, "random-duplicates": 0}


def test_balanced_accuracy_weighs_labels_alike() -> None:
    """4 of 16 deserve. Denying the two of a too costs 2/16 of accuracy, and half of label 1's: 1/4 of the balanced."""
    drawn = Folder(groups="aa bb aaaaaabbbbbb", labels="11 11 000000000000", clean="00 11 000000000000")
    for seed in BLOCK:
        drawn.add("zoo", "11 11 000000000000", seed=seed)
    row = cell(build([drawn.tables()]), "zoo")
    assert (row.accuracy_cost, row.balanced_accuracy_cost) == pytest.approx((2 / 16, 1 / 4))


def test_who_pays_by_eye(board: Board) -> None:
    """``costly`` closes the gap by denying all of a; ``closes`` and ``halves`` at nobody's cost."""
    paid = {row.entrant: row.who_pays for row in board.overall}
    assert paid == {"closes": 0, "halves": 0, "costly": 1, "clean": None, "random-duplicates": None}


def test_who_pays_is_a_ratio_of_sums_over_cells() -> None:
    """Both groups meet at 1/2 on one victim: a's rise is 1/2 of 1. ``halves`` on the other: 0 of 1/2. 1/2 of 3/2."""
    drawn = folder()
    for seed in BLOCK:
        drawn.add("zoo", "10 11110000 0000000000", seed=seed).add("zoo", HALF, seed=seed, victim="rf")
    row = overall(build([drawn.tables()]))["zoo"]
    assert row.who_pays == pytest.approx(1 / 3)
    assert (row.cells_worse, row.cells) == (1, 2)


@pytest.mark.parametrize(("denied", "worse"), [(1, 0), (2, 1)])
def test_a_rise_of_more_than_a_point_is_worse(denied: int, worse: int) -> None:
    """Of the 100 deserving people of a, one is a point."""
    wrong = bits(NONE)
    wrong[:denied] = 1
    drawn = folder()
    for seed in BLOCK:
        drawn.add("zoo", wrong if seed == 0 else NONE, seed=seed)
    assert overall(build([drawn.tables()]))["zoo"].cells_worse == worse


def test_optimism_is_the_closing_promised_less_the_closing_held() -> None:
    """Promised 1, 1/2, 1/2, 1/2, 1 of a gap of .8, .7 on average, held .5."""
    drawn = folder()
    for seed, poisoned in enumerate((0.0, 0.4, 0.4, 0.4, 0.0)):
        drawn.add("halves", HALF, seed=seed, validation_gap_clean=0.8, validation_gap_poisoned=poisoned)
        drawn.add("closes", NONE, seed=seed, validation_gap_clean=0.8)
    board = build([drawn.tables()])
    halves = cell(board, "halves")
    assert halves.optimism == pytest.approx(0.2)
    assert (halves.validation_gap_clean, halves.validation_gap_poisoned) == pytest.approx((0.8, 0.24))
    assert cell(board, "closes").optimism is None


def test_what_was_closed_in_points_and_with_how_many_rows() -> None:
    """A gap of 1 that becomes 0, 1/4, 1/2, 3/4 and 1: 1/2 closed."""
    drawn = folder()
    for seed, denied in enumerate((0, 2, 4, 6, 8)):
        drawn.add("zoo", f"00 {'1' * denied}{'0' * (8 - denied)} 0000000000", seed=seed, poison_rows=denied)
    found = cell(build([drawn.tables()]), "zoo")
    assert (found.gap_closed, found.gap_clean, found.gap_poisoned) == (0.5, 1, 0.5)
    assert found.gap_closed - found.gap_closed_low == pytest.approx(found.gap_closed_high - found.gap_closed)
    assert found.gap_closed_low < 0.5
    assert found.poison_rows == 4


def test_queries_and_seconds_are_means_per_search() -> None:
    drawn = folder().add("zoo", NONE, seed=0, queries=10, fit_cpu_seconds=1.0, propose_seconds=1.0)
    drawn.add("zoo", NONE, seed=1, queries=20, fit_cpu_seconds=2.0, propose_seconds=2.0)
    row = cell(build([drawn.tables()]), "zoo")
    assert (row.queries, row.cpu_seconds) == (15, 3)


def test_objectives_and_query_budgets_are_entrants_of_their_own_and_controls_are_not() -> None:
    drawn = folder()
    for objective, queries in (("unfairness", 50), ("unfairness", 200), ("accuracy", 50)):
        drawn.add("zoo", NONE, objective=objective, query_budget=queries)
    drawn.add("random-duplicates", CLEAN, seed=0, objective="unfairness")
    drawn.add("random-duplicates", CLEAN, seed=1, objective="accuracy")
    assert [r.entrant for r in sorted(build([drawn.tables()]).overall, key=lambda r: r.entrant)] == [
        "random-duplicates",
        "zoo (accuracy)",
        "zoo (unfairness, 200 queries)",
        "zoo (unfairness, 50 queries)",
    ]


def test_a_budget_in_rows_shows_the_share_it_came_to() -> None:
    drawn = folder().add("zoo", NONE, seed=0, budget="50", budget_share=0.02)
    drawn.add("zoo", NONE, seed=1, budget="50", budget_share=0.04)
    row = cell(build([drawn.tables()]), "zoo")
    assert (row.budget_label, row.budget) == ("50", pytest.approx(0.03))


def test_drawn_strings_read_as_ten_people_a_character() -> None:
    assert bits(LABELS).tolist() == [1] * 100 + [0] * 100
