"""Scores of the drawn board, each derivable by eye (see ``drawn``)."""

import numpy as np
import pytest

from a4g_bench.leaderboard import Board, Row, build
from a4g_bench.metrics.confusion import confusion, unfairness

from .boards import Folder, bits
from .drawn import CLEAN, GROUPS, HALF, LABELS, NONE, folder, full


def overall(board: Board) -> dict[str, Row]:
    return {row.entrant: row for row in board.overall}


def cell(board: Board, entrant: str, **coordinates: str) -> Row:
    (row,) = [
        r
        for r in board.cells
        if r.entrant == entrant and all(getattr(r, name) == value for name, value in coordinates.items())
    ]
    return row


@pytest.fixture(scope="module")
def board() -> Board:
    return build([full().tables()])


@pytest.mark.parametrize(
    ("attack", "fg", "poisoned", "cost"),
    [
        ("clean", 0, 1, 0),
        ("random-duplicates", 0, 1, 0),
        ("closes", 1, 0, -8 / 12),
        ("halves", 0.5, 0.5, -4 / 12),
        ("costly", 0, 0, 2 / 12),
    ],
)
def test_numbers_by_eye(board: Board, attack: str, fg: float, poisoned: float, cost: float) -> None:
    row = overall(board)[attack]
    assert row.fg == pytest.approx(fg, abs=1e-12)
    assert row.gap_clean == 1
    assert row.gap_poisoned == pytest.approx(poisoned, abs=1e-12)
    assert row.accuracy_cost == pytest.approx(cost, abs=1e-12)
    assert row.seeds == 2
    assert row.status == "ok"


def test_what_no_draw_can_change_has_an_interval_of_no_width(board: Board) -> None:
    rows = overall(board)
    assert (rows["closes"].fg_low, rows["closes"].fg_high) == (1, 1)
    assert (rows["clean"].fg, rows["clean"].fg_low, rows["clean"].fg_high) == (0, 0, 0)
    assert (rows["costly"].fg_low, rows["costly"].fg_high) == (0, 0)


def test_interval_of_one_seed_is_the_binomial_one() -> None:
    # the eight rows of group b are redrawn with replacement; 4 are wrong, so the harm rate is Binomial(8, 1/2) / 8,
    # whose 2.5 % and 97.5 % points are 1/8 and 7/8
    row = overall(build([full(range(1)).tables()]))["halves"]
    assert (row.fg, row.fg_low, row.fg_high) == (0.5, 1 / 8, 7 / 8)


def test_tiers_of_the_drawn_board(board: Board) -> None:
    # clean, random-duplicates and costly all score exactly 0 and share the ranks 3 to 5
    standing = {name: (row.tier, row.rank_low, row.rank_high) for name, row in overall(board).items()}
    assert standing == {
        "closes": (1, 1, 1),
        "halves": (2, 2, 2),
        "clean": (3, 3, 5),
        "random-duplicates": (3, 3, 5),
        "costly": (3, 3, 5),
    }
    assert [row.entrant for row in board.overall] == ["closes", "halves", "clean", "costly", "random-duplicates"]


def test_gain_over_random_duplicates_is_paired() -> None:
    drawn = full(attacks=("closes",))
    for seed in range(2):
        drawn.add("random-duplicates", HALF, seed=seed)
    row = overall(build([drawn.tables()]))["closes"]
    assert row.gain_over_random_duplicates == 0.5  # 1 less 1/2
    assert row.gain_over_random_duplicates_low is not None
    assert row.gain_over_random_duplicates_low < 0.5 < (row.gain_over_random_duplicates_high or 0)
    alone = cell(build([full(attacks=("closes",)).tables()]), "closes")
    assert alone.gain_over_random_duplicates is None


def test_score_is_the_mean_over_budgets_and_victims_and_data_sets() -> None:
    # toy: lr (1 at 1%, 1/2 at 5%), rf (0, 0); other: lr (1, 1). Means: ((3/4 + 0) / 2 + 1) / 2 = 11/16
    drawn = folder()
    drawn_at = {
        ("toy", "lr", "1%"): NONE, ("toy", "lr", "5%"): HALF, ("toy", "rf", "1%"): CLEAN,
        ("toy", "rf", "5%"): CLEAN, ("other", "lr", "1%"): NONE, ("other", "lr", "5%"): NONE,
    }  # fmt: skip
    for (dataset, victim, budget), wrong in drawn_at.items():
        for seed in range(2):
            coordinates = {"dataset": dataset, "victim": victim, "budget": budget}
            drawn.add("zoo", wrong, seed=seed, **coordinates)
            drawn.add("random-duplicates", CLEAN, seed=seed, **coordinates)
    board = build([drawn.tables()])
    assert overall(board)["zoo"].fg == pytest.approx(11 / 16)
    assert {(r.dataset, r.fg) for r in board.by("dataset") if r.entrant == "zoo"} == {("toy", 3 / 8), ("other", 1.0)}
    assert {(r.victim, r.fg) for r in board.by("victim") if r.entrant == "zoo"} == {("lr", 7 / 8), ("rf", 0.0)}
    per_budget = {(r.budget_label, r.budget, r.fg) for r in board.by("budget") if r.entrant == "zoo"}
    assert per_budget == {("1%", 0.01, 3 / 4), ("5%", 0.05, 5 / 8)}
    assert board.budgets == ("1%", "5%")
    assert any("0.1%, 0.5% are absent" in note for note in board.notes)
    # and a filter recomputes: without rf and 5 %, every search closes the gap
    filtered = build([drawn.tables()], victims=["lr"], budgets=["1%"])
    assert overall(filtered)["zoo"].fg == 1
    assert filtered.budgets == ("1%",)
    assert {r.victim for r in filtered.cells} == {"lr"}


def test_attack_filter_keeps_the_control_as_a_reference_only() -> None:
    board = build([full().tables()], attacks=["halves"])
    (row,) = board.overall
    assert (row.entrant, row.tier, row.gain_over_random_duplicates) == ("halves", 1, 0.5)


def test_label_0_favourable_judges_false_positives() -> None:
    # the same people with labels swapped: deserving the favourable label 0 and predicted 1 is a false positive
    drawn = Folder(groups=GROUPS, labels="00 00000000 11", clean=CLEAN, favourable=0)
    for seed in range(2):
        drawn.add("halves", HALF, seed=seed)
    assert cell(build([drawn.tables()]), "halves").gap_poisoned == 0.5


@pytest.mark.parametrize("favourable", [0, 1])
def test_gap_equals_the_metric_of_the_query_loop(favourable: int) -> None:
    rng = np.random.default_rng(favourable)
    n, groups = 90, np.arange(90) % 3
    labels = rng.integers(0, 2, n).astype(np.uint8)
    clean, wrong = ([(rng.random(n) < p).astype(np.uint8) for _ in range(5)] for p in (0.3, 0.2))
    drawn = Folder(groups=groups, labels=labels, clean=clean, favourable=favourable).add("zoo", wrong)
    row = cell(build([drawn.tables()], draws=20), "zoo")
    for found, mistakes in ((row.gap_clean, clean), (row.gap_poisoned, wrong)):
        counts = np.mean([confusion(labels, labels ^ one, groups, 3) for one in mistakes], axis=0)
        assert found == pytest.approx(unfairness(counts, favourable), abs=1e-12)  # type: ignore[arg-type]


def test_mistakes_are_averaged_over_the_audit_victim_seeds_before_the_gap() -> None:
    # a wrong by one fit, b wrong by the other: harm 1/2 each and no gap, though each fit alone has a gap of 1
    drawn = folder().add("zoo", ["11 00000000 00", CLEAN], clean=[CLEAN, CLEAN])
    assert cell(build([drawn.tables()]), "zoo").gap_poisoned == 0


def test_optimism_is_the_gain_promised_less_the_gain_held() -> None:
    drawn = folder()
    for seed, poisoned in enumerate((0.0, 0.4)):  # promised 1 and 0.5, held 0.5 both times
        drawn.add("halves", HALF, seed=seed, validation_gap_clean=0.8, validation_gap_poisoned=poisoned)
        drawn.add("closes", NONE, seed=seed, validation_gap_clean=0.8)
    board = build([drawn.tables()])
    assert cell(board, "halves").optimism == pytest.approx(0.25)
    halves = cell(board, "halves")
    assert (halves.validation_gap_clean, halves.validation_gap_poisoned) == pytest.approx((0.8, 0.2))
    assert cell(board, "closes").optimism is None


def test_what_was_closed_in_points_and_with_how_many_rows() -> None:
    drawn = folder()
    for seed, rows in enumerate((2, 5)):  # harm 1 and 0 before, 1/2 and 0 after, in every resampled row set too
        drawn.add("halves", HALF, seed=seed, poison_rows=rows)
    found = cell(build([drawn.tables()]), "halves")
    assert found.gap_closed == found.gap_clean - found.gap_poisoned > 0  # type: ignore[operator]  # there is a number
    assert found.gap_closed_low <= found.gap_closed <= found.gap_closed_high  # type: ignore[operator]
    assert found.poison_rows == 3.5


def test_levelling_down_is_a_rise_of_some_harm_rate(board: Board) -> None:
    rows = overall(board)
    assert rows["costly"].levelling_down is True  # group a's harm rose from 0 to 1
    assert rows["closes"].levelling_down is False
    assert rows["clean"].levelling_down is False


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


def test_drawn_strings_read_as_arrays() -> None:
    assert bits(LABELS).tolist() == [1] * 10 + [0] * 2
