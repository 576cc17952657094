"""Which settings count, on which groups they are judged, who is incomplete, and what the notes say."""

import math

import numpy as np
import pytest
from scipy.stats import t

from a4g_bench.leaderboard import Board, Setting, build

from .boards import Folder, bits
from .drawn import BLOCK, CLEAN, COSTLY, GROUPS, HALF, LABELS, NONE, folder, full, varying

FLAT = "10 11110000 0000000000"  # both groups denied by one half


def denied(eighths: int) -> str:
    """That many eighths of group b denied, and nobody of a."""
    return f"00 {'1' * eighths}{'0' * (8 - eighths)} 0000000000"


def note(board: Board, start: str) -> str:
    (found,) = [n for n in board.notes if n.startswith(start)]
    return found


def setting_of(drawn: Folder) -> Setting:
    (setting,) = build([drawn.tables()]).settings
    return setting


def test_a_setting_says_who_is_compared_and_how_many_they_are() -> None:
    setting = setting_of(full())
    assert (setting.counts, setting.reason) == (True, "")
    assert (setting.gap_clean, setting.gap_clean_low, setting.gap_clean_high) == (1, 1, 1)
    assert setting.groups == ("b", "a")
    assert (setting.seeds, setting.audit_rows, setting.sizes) == (5, 200, (("a", 100), ("b", 400)))
    assert setting.constant_cost == pytest.approx(2 / 20)
    assert (setting.resolvable, setting.provisional) == (None, False)


# A gap that may be none -----------------------------------------------------------------------------------------------


def test_a_setting_without_a_clean_gap_is_inconclusive() -> None:
    drawn = full()
    for seed in BLOCK:
        drawn.add("closes", NONE, seed=seed, dataset="flat", clean=FLAT)
        drawn.add("random-duplicates", FLAT, seed=seed, dataset="flat", clean=FLAT)
    board = build([drawn.tables()])
    flat, toy = board.settings
    assert (flat.dataset, flat.counts, toy.counts, toy.reason) == ("flat", False, True, "")
    assert (flat.gap_clean_low, flat.gap_clean_high) == (0, 0)
    assert "covers 0" in note(board, "Inconclusive: flat/sex x lr")
    rows = [r for r in board.cells if r.dataset == "flat"]
    assert {(r.status, r.rank_low) for r in rows} == {("inconclusive", None)}
    assert {r.entrant for r in rows if r.gc is not None} == {"closes", "random-duplicates"}, "shown with its numbers"
    # what is lacking on a setting that does not count makes nobody incomplete
    assert {r.status for r in board.overall} == {"ok"}
    assert next(r for r in board.overall if r.entrant == "closes").gc == 1
    assert next(r for r in board.overall if r.entrant == "closes").cells == 1
    assert {r.status for r in board.by("dataset") if r.dataset == "flat"} == {"inconclusive"}


@pytest.mark.parametrize(("more", "pairs", "counts"), [("", 1, True), ("cc", 3, False)])
def test_the_level_of_the_clean_gap_is_that_of_all_pairs_of_groups(more: str, pairs: int, counts: bool) -> None:
    """0, 2, 4, 6, 8 of b's 8 denied: a gap of 1/2 with an error of sqrt(.625 / 4 / 5) = .177, and 4 degrees of freedom.
    Of two groups it is 2.78 errors from 0 to .49; of three, that make three pairs, 4.0 errors: .70.
    """
    drawn = Folder(groups=f"{more} {GROUPS}", labels=f"{'1' * len(more)} {LABELS}")
    for seed, eighths in enumerate((0, 2, 4, 6, 8)):
        clean = "0" * len(more) + denied(eighths)
        drawn.add("zoo", clean, seed=seed, clean=clean)
    setting = setting_of(drawn)
    half = t.ppf(1 - 0.05 / pairs / 2, 4) * math.sqrt(0.625 / 4 / 5)
    found = (setting.gap_clean, setting.gap_clean_low, setting.gap_clean_high)
    assert found == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert setting.counts == counts
    assert ("covers 0" in setting.reason) != counts


def test_the_groups_are_named_by_the_pooled_rates() -> None:
    """b is worse off at three seeds, a at two: 3/5 of b against 2/5 of a, a signed gap of 1, -1, 1, -1, 1."""
    drawn = folder()
    for seed in BLOCK:
        clean = "11 00000000 0000000000" if seed % 2 else CLEAN
        drawn.add("zoo", clean, seed=seed, clean=clean)
    setting = setting_of(drawn)
    assert (setting.groups, setting.gap_clean) == (("b", "a"), pytest.approx(0.2))
    assert not setting.counts
    assert "covers 0" in setting.reason


# Judging nobody -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("better", "counts"), [(3, False), (5, True)])
def test_a_constant_classifier_must_cost_two_points(better: int, counts: bool) -> None:
    """Of 200 people the clean victim judges 3 more rightly than a constant, 1.5 points; or 5, 2.5 points."""
    clean = bits(CLEAN)
    clean[-(20 - better) :] = 1  # 80 denied and these let through; a constant judges 100 wrongly
    drawn = folder()
    for seed in BLOCK:
        drawn.add("zoo", NONE, seed=seed, clean=clean)
    setting = setting_of(drawn)
    assert setting.constant_cost == pytest.approx(better / 200)
    assert setting.counts == counts
    assert ("a constant classifier costs 1.5 points" in setting.reason) != counts


def test_either_constant_may_be_the_cheap_one() -> None:
    """Few deserve: whoever denies everybody judges 16 of 20 rightly, as many as the clean victim."""
    drawn = Folder(groups="aabb aaaaaaaabbbbbbbb", labels="1111 0000000000000000", clean="0011 1100000000000000")
    for seed in BLOCK:
        drawn.add("zoo", "0000 0000000000000000", seed=seed)
    setting = setting_of(drawn)
    assert setting.constant_cost == pytest.approx(0)
    assert "judging nobody" in setting.reason


# Changes that could not be seen ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rates", "error", "counts"),
    [((0, 2, 4, 6, 8), math.sqrt(0.625 / 4 / 5), True), ((0, 0, 0, 8, 8), math.sqrt(1.2 / 4 / 5), False)],
)
def test_what_could_not_be_seen_makes_inconclusive(rates: tuple[int, ...], error: float, counts: bool) -> None:
    """The yardstick's change is 1 less a rate whose error is .177 or .245; 2.8 of them are .49 or .69 of a gap of 1."""
    setting = setting_of(varying(full(), "sobol", *map(denied, rates)))
    assert setting.resolvable == pytest.approx(2.8 * error)
    assert setting.counts == counts
    assert ("more than half the clean gap of 100.0 points" in setting.reason) != counts


def test_the_error_is_the_median_of_the_yardsticks() -> None:
    """0, .177 and .245: the middle one; and none of an entrant that is no yardstick."""
    drawn = varying(full(), "cell-duplication", *[HALF] * 5)
    varying(drawn, "leaf-influence", *map(denied, (0, 0, 0, 8, 8)))
    varying(drawn, "influence-duplication", *map(denied, (0, 2, 4, 6, 8)))
    assert setting_of(drawn).resolvable == pytest.approx(2.8 * math.sqrt(0.625 / 4 / 5))
    assert setting_of(varying(full(), "zoo", *map(denied, (0, 0, 0, 8, 8)))).resolvable is None


@pytest.mark.parametrize(("small", "large"), [("1%", "5%"), ("9", "100")])
def test_the_error_is_that_at_the_largest_budget(small: str, large: str) -> None:
    drawn = varying(full(), "sobol", *map(denied, (0, 0, 0, 8, 8)), budget=small, budget_share=0.01)
    varying(drawn, "sobol", *map(denied, (0, 2, 4, 6, 8)), budget=large, budget_share=0.05)
    assert setting_of(drawn).resolvable == pytest.approx(2.8 * math.sqrt(0.625 / 4 / 5))


@pytest.mark.parametrize("dataset", ["toy", "other"])
def test_a_data_set_without_yardsticks_can_be_looked_at_alone(dataset: str) -> None:
    """sobol, a yardstick, was run on toy only."""
    drawn = varying(full(), "sobol", *[HALF] * 5)
    varying(drawn, "closes", *[NONE] * 5, dataset="other")
    [setting] = build([drawn.tables()], datasets=[dataset]).settings
    assert (setting.counts, setting.resolvable) == (True, 0 if dataset == "toy" else None)


def test_no_setting_counts() -> None:
    board = build([varying(full(), "sobol", *map(denied, (0, 0, 0, 8, 8))).tables()])
    assert {(r.status, r.rank_low, r.gc) for r in board.overall} == {("inconclusive", None, None)}
    assert note(board, "There is no overall score") == "There is no overall score: no setting counts."
    assert next(r for r in board.cells if r.entrant == "closes").gc == 1


@pytest.mark.parametrize("dataset", ["flat", "toy"])
def test_an_entrant_added_later_changes_no_setting(dataset: str) -> None:
    """Not even one that varies so that nothing could be seen of it."""

    def drawn() -> Folder:
        made = varying(full(), "sobol", *map(denied, (0, 2, 4, 6, 8)))
        for seed in BLOCK:
            made.add("closes", NONE, seed=seed, dataset="flat", clean=FLAT)
        return made

    more = varying(drawn(), "new", *map(denied, (0, 0, 0, 8, 8)), dataset=dataset)
    assert build([more.tables()]).settings == build([drawn().tables()]).settings


# Groups ---------------------------------------------------------------------------------------------------------------


def test_one_group_is_none() -> None:
    """50 deserving people of a are too few, and nobody else is to be put together with them."""
    drawn = Folder(groups="a bbbbbbbb aaaabbbb", labels="1 11111111 00000000", clean="0 11110000 00000000")
    for seed in BLOCK:
        drawn.add("zoo", "0 00000000 00000000", seed=seed)
    board = build([drawn.tables()])
    [setting] = board.settings
    assert (setting.counts, setting.sizes) == (False, (("b", 400),))
    assert "fewer than two groups have 100 people" in setting.reason
    [row] = board.cells
    assert (row.status, row.gc, row.gap_clean, row.accuracy_cost) == ("inconclusive", None, 0, pytest.approx(-4 / 17))


def test_small_groups_are_put_together() -> None:
    """c and d have 50 each: one denied and one not are an `other` of 100, of whom half are denied."""
    drawn = Folder(
        groups="aa bbbbbbbb cd aaaaabbbbb", labels="11 11111111 11 0000000000", clean="00 00000000 10 0000000000"
    )
    for seed in BLOCK:
        drawn.add("zoo", "00 00000000 00 0000000000", seed=seed)
    board = build([drawn.tables()])
    [setting] = board.settings
    assert setting.sizes == (("a", 100), ("b", 400), ("other", 100))
    assert (setting.gap_clean, setting.groups[0], setting.counts) == (0.5, "other", True)
    assert board.overall[0].gc == 1


def test_others_that_are_too_few_count_for_accuracy_alone() -> None:
    """c has 50: healing c changes no gap, and costs -1 of 21."""
    drawn = Folder(
        groups="aa bbbbbbbb c aaaaabbbbb", labels="11 11111111 1 0000000000", clean="00 11110000 1 0000000000"
    )
    for seed in BLOCK:
        drawn.add("zoo", "00 11110000 0 0000000000", seed=seed)
    board = build([drawn.tables()])
    [setting] = board.settings
    assert (setting.sizes, setting.gap_clean, setting.groups) == ((("a", 100), ("b", 400)), 0.5, ("b", "a"))
    [row] = board.overall
    assert (row.gc, row.accuracy_cost) == (0, pytest.approx(-1 / 21))


def test_equalized_odds_are_judged_on_groups_with_100_of_either_label() -> None:
    """b has 40 * 10 deserving people and none who is not: alone a group for the harm, none for equalized odds."""
    drawn = Folder(groups="aa bbbbbbbb aaaaaaaaaa", labels=LABELS, clean=CLEAN)
    for seed in BLOCK:
        drawn.add("zoo", NONE, seed=seed)
    [row] = build([drawn.tables()]).overall
    assert (row.gc, row.equalized_odds) == (1, None)


def test_where_nobody_is_undeserving_there_are_no_equalized_odds() -> None:
    """No group has 100 people of either label: there is nobody to hold anybody against."""
    drawn = Folder(groups="aabbbbbbbb", labels="1111111111", clean="0011110000")
    for seed in BLOCK:
        drawn.add("zoo", "0000000000", seed=seed)
    [row] = build([drawn.tables()]).cells
    assert (row.status, row.gc, row.equalized_odds) == ("inconclusive", 1, None)


def test_more_than_two_groups() -> None:
    groups = np.repeat([0, 1, 2], 40)
    clean = ((np.arange(120) % 40) < np.array([4, 12, 20])[groups]).astype(np.uint8)
    labels = np.tile(np.repeat([1, 0], 20), 3).astype(np.uint8)  # 100 deserve of each, in the table
    drawn = Folder(groups=groups, labels=labels, clean=clean * labels)
    for seed in BLOCK:
        drawn.add("zoo", clean * labels * (groups < 2), seed=seed)
    board = build([drawn.tables()])
    assert board.settings[0].groups == ("g2", "g0")
    assert board.settings[0].gap_clean == pytest.approx(20 / 20 - 4 / 20)
    [row] = board.overall
    assert row.gap_poisoned == pytest.approx(12 / 20)  # of g1 against none of g2
    assert row.who_pays == 0, "g0 is where it was"


# Who is incomplete, and notes -----------------------------------------------------------------------------------------


def test_an_entrant_that_lacks_a_seed_is_incomplete_and_unranked() -> None:
    """Its numbers are those of the seeds it has: the cost of 2/20 and a tenth of the score among them."""
    drawn = full()
    for seed in range(1, 5):
        drawn.add("late", COSTLY, seed=seed)
    drawn.add("late", seed=0, status="oom")
    board = build([drawn.tables()])
    row = next(r for r in board.overall if r.entrant == "late")
    assert (row.status, row.rank_low, row.rank_high, row.seeds) == ("incomplete", None, None, 4)
    assert (row.closed, row.accuracy_cost, row.gc) == (1, pytest.approx(0.1), pytest.approx(0.1))
    assert [(r.rank_low, r.rank_high) for r in board.overall if r.rank_low] == [(1, 1), (2, 2), (3, 3)]
    assert board.overall[-1] is row
    expected = "Incomplete: late lacks 1 of 5 searches: toy/sex x lr at 1%: seed 0 (MemoryError)."
    assert note(board, "Incomplete") == expected


def test_an_entrant_that_lacks_a_cell_has_a_row_there_and_no_score() -> None:
    drawn = full()
    for seed in BLOCK:
        drawn.add("closes", NONE, seed=seed, victim="rf")
    board = build([drawn.tables()])
    missing = next(r for r in board.cells if r.victim == "rf" and r.entrant == "halves")
    assert (missing.status, missing.gc, missing.seeds, missing.cells_worse) == ("incomplete", None, 0, None)
    row = next(r for r in board.overall if r.entrant == "halves")
    assert (row.status, row.gc) == ("incomplete", None)
    assert any("halves lacks 5 of 10 searches: toy/sex x rf at 1%: seeds 0, 1, 2, 3, 4 (not run)" in n
               for n in board.notes)  # fmt: skip


@pytest.mark.parametrize("damage", ["gone", "short", "seeds", "baseline", "fingerprint", "no deserving"])
def test_unusable_predictions_are_a_note_and_not_a_crash(damage: str) -> None:
    drawn = full().add("late", NONE, seed=1)
    if damage == "no deserving":
        drawn.add("late", NONE, seed=0, victim="other", labels="11 00000000 0000000000")
    else:
        drawn.add("late", NONE, seed=0)
    (prediction,) = [p for p in drawn.predictions if p["search_id"] == drawn.searches[-1]["search_id"]]
    if damage == "gone":
        drawn.predictions.remove(prediction)
    elif damage == "short":
        prediction |= {"rows": 3, "predicted": b"\0"}
    elif damage == "seeds":
        prediction["audit_seed"] = 3
    elif damage == "baseline":
        drawn.searches[-1]["baseline_id"] = "b-none"
    elif damage == "fingerprint":
        (baseline,) = drawn.baselines["b-toy-sex-lr-0-f-toy"]
        drawn.baselines["b-2"] = [baseline | {"baseline_id": "b-2", "fingerprint": "f-2"}]
        drawn.searches[-1]["baseline_id"] = "b-2"
    board = build([drawn.tables()])
    reasons = {
        "gone": "its predictions are missing",
        "short": "its predictions cover 3 rows of 200 audited",
        "seeds": "not of the same audit victim seeds",
        "baseline": "its baseline is missing",
        "fingerprint": "its baseline is of another fingerprint",
        "no deserving": "group 'b' has no audit rows that deserve the favourable label",
    }
    assert any(n.startswith("Incomplete: late") and reasons[damage] in n for n in board.notes)


def test_a_damaged_baseline_makes_incomplete() -> None:
    drawn = full()
    drawn.baselines["b-toy-sex-lr-0-f-toy"][0]["groups"] = b"\0"
    board = build([drawn.tables()])
    assert {r.status for r in board.overall} == {"incomplete"}
    assert any("its baseline is of the wrong length" in n for n in board.notes)


def test_a_board_of_failures_is_still_a_board() -> None:
    drawn = folder().add("zoo", status="error").add("bo", status="timeout")
    board = build([drawn.tables()])
    assert [(r.entrant, r.status, r.gc) for r in board.overall] == [
        ("bo", "inconclusive", None),
        ("zoo", "inconclusive", None),
    ]
    assert board.settings[0].reason == "no search on it yielded a result"


def test_budgets_that_not_every_setting_has_stay_out_of_the_score() -> None:
    drawn = full()
    for seed in BLOCK:
        for attack, wrong in (("clean", CLEAN), ("random-duplicates", CLEAN), ("closes", HALF), ("halves", HALF)):
            drawn.add(attack, wrong, seed=seed, budget="50")
        drawn.add("costly", COSTLY, seed=seed, budget="50")
        for attack in ("clean", "random-duplicates", "closes", "halves", "costly"):
            drawn.add(attack, NONE if attack == "closes" else CLEAN, seed=seed, victim="rf")
    board = build([drawn.tables()])
    assert board.budgets == ("1%",)
    assert "Poison budgets 50 do not enter the score" in note(board, "Poison budgets")
    assert next(r for r in board.overall if r.entrant == "closes").gc == 1
    assert next(r for r in board.by("budget") if r.entrant == "closes" and r.budget_label == "50").gc == 0.5


def test_cautions_are_noted() -> None:
    drawn = folder().add("zoo", NONE, cautions=["Not for judging methods."])
    assert "toy: Not for judging methods." in build([drawn.tables()]).notes


def test_rows_used_are_noted_so_that_a_cap_shows() -> None:
    drawn = folder().add("zoo", NONE, train_rows=1800, validation_rows=600, audit_rows=600)
    assert note(build([drawn.tables()]), "Rows used") == "Rows used of each data set: toy 3,000."


def test_seeds_that_a_filter_leaves_out_are_of_a_whole_block_all_the_same() -> None:
    """Ten seeds of one victim and five of the other: of the other nothing is missing."""
    drawn = full(range(10))
    for seed in BLOCK:
        drawn.add("halves", HALF, seed=seed, victim="rf").add("new", HALF, seed=seed)
    for filters in ({"victims": ["rf"]}, {"attacks": ["new"]}):
        assert not any("no whole block" in n for n in build([drawn.tables()], **filters).notes)  # type: ignore[arg-type]


def test_a_victim_that_was_run_with_fewer_seeds_has_no_interval_from_another_ones() -> None:
    drawn = full()
    for attack in ("clean", "closes"):
        for seed in range(3):
            drawn.add(attack, {"clean": CLEAN, "closes": NONE}[attack], seed=seed, victim="other")
    board = build([drawn.tables()])
    assert [(s.victim, s.seeds, s.provisional) for s in board.settings] == [("lr", 5, False), ("other", 3, True)]
    rows = {(row.victim, row.entrant): row for row in board.cells}
    assert rows["lr", "closes"].gc_low == 1
    short = rows["other", "closes"]
    assert (short.gc, short.gc_low, short.rank_low, short.status) == (1, None, None, "provisional")


def test_a_victim_with_more_seeds_leaves_the_error_of_another_as_it_is() -> None:
    alone = varying(folder(), "zoo", *(HALF, NONE, CLEAN, HALF, NONE))
    both = varying(folder(), "zoo", *(HALF, NONE, CLEAN, HALF, NONE))
    for seed in range(10):
        both.add("zoo", NONE, seed=seed, victim="other")
    [row], [one] = ([r for r in build([drawn.tables()]).cells if r.victim == "lr"] for drawn in (alone, both))
    assert (one.gc_low, one.gc_high) == pytest.approx((row.gc_low, row.gc_high))


def test_a_yardstick_without_all_seeds_does_not_judge() -> None:
    """Half of b is helped at two seeds and nobody at the third: a wide error, by a yardstick that lacks two seeds."""
    drawn = full()
    for seed, wrong in enumerate((NONE, CLEAN, NONE)):
        drawn.add("sobol", wrong, seed=seed)
    [setting] = build([drawn.tables()]).settings
    assert (setting.resolvable, setting.counts) == (None, True)


def test_a_family_is_ranked_by_the_variant_that_was_run_everywhere() -> None:
    drawn = full(attacks=("clean", "closes", "halves"))
    drawn.add("closes", NONE, seed=0, query_budget=280)
    ranked = {row.entrant: row.rank_low for row in build([drawn.tables()]).overall if row.rank_low is not None}
    assert ranked == {"closes (100 queries)": 1, "halves": 2}


def test_a_reference_without_all_seeds_says_so() -> None:
    drawn = full()
    for seed in range(4):
        drawn.add("threshold-optimizer", NONE, seed=seed, role="reference", budget="0%", budget_share=0.0)
    [line] = [row for row in build([drawn.tables()]).references if row.dataset is None]
    assert line.status == "incomplete"
