"""Which pairs can be ranked, who is incomplete, and what the notes say."""

import numpy as np
import pytest

from a4g_bench.leaderboard import Board, build
from a4g_bench.leaderboard.rankability import smallest_resolvable_gain

from .boards import Folder
from .drawn import CLEAN, COSTLY, HALF, NONE, folder, full

FLAT = "10 11110000 00"  # both groups harmed by one half


def note(board: Board, start: str) -> str:
    (found,) = [n for n in board.notes if n.startswith(start)]
    return found


def test_a_pair_without_a_clean_gap_is_not_rankable() -> None:
    drawn = full()
    for seed in range(2):
        drawn.add("closes", NONE, seed=seed, dataset="flat", clean=FLAT)
        drawn.add("random-duplicates", FLAT, seed=seed, dataset="flat", clean=FLAT)
    board = build([drawn.tables()])
    flat, toy = board.pairs
    assert (flat.dataset, flat.rankable, toy.rankable, toy.reason) == ("flat", False, True, "")
    assert flat.gap_clean_low is not None
    assert flat.gap_clean_low <= 0 <= (flat.gap_clean_high or -1)
    assert "covers 0" in note(board, "Not rankable: flat/sex x lr")
    rows = [r for r in board.cells if r.dataset == "flat"]
    assert {(r.status, r.tier) for r in rows} == {("not rankable", None)}
    assert {r.entrant for r in rows if r.fg is not None} == {"closes", "random-duplicates"}
    # what is lacking on a pair that does not count makes nobody incomplete
    assert {r.status for r in board.overall} == {"ok"}
    assert next(r for r in board.overall if r.entrant == "closes").fg == 1
    assert {r.status for r in board.by("dataset") if r.dataset == "flat"} == {"not rankable"}


def test_a_pair_on_which_no_gain_could_be_seen_is_not_rankable() -> None:
    # two fits of `random-duplicates` in ten seeds move the gap from 1 to 1/2: its standard error is large
    drawn = folder()
    for seed in range(4):
        drawn.add("random-duplicates", NONE if seed % 2 else CLEAN, seed=seed)
        drawn.add("closes", NONE, seed=seed)
    board = build([drawn.tables()])
    (pair,) = board.pairs
    assert not pair.rankable
    assert pair.resolvable is not None
    assert pair.resolvable > 0.5
    assert "more than half the clean gap of 100.0 points" in pair.reason
    assert {r.status for r in board.overall} == {"not rankable"}
    assert note(board, "There is no overall score") == "There is no overall score: no pair is rankable."


def test_smallest_resolvable_gain() -> None:
    assert smallest_resolvable_gain([0.01, 0.02], [0.5]) == pytest.approx(2.8 * 0.02)
    assert smallest_resolvable_gain([], [0.5, 0.1, 0.2]) == pytest.approx(2.8 * 0.2)
    assert smallest_resolvable_gain([], []) is None


def test_pair_says_who_is_compared_and_how_many_they_are() -> None:
    (pair,) = build([full().tables()]).pairs
    assert (pair.gap_clean, pair.gap_clean_low, pair.gap_clean_high) == (1, 1, 1)
    assert pair.groups == ("b", "a")
    assert (pair.seeds, pair.audit_rows, pair.sizes) == (2, 12, (("a", 2), ("b", 8)))


def test_an_entrant_that_lacks_a_seed_is_incomplete_and_unranked() -> None:
    drawn = full()
    drawn.add("late", NONE, seed=1)
    drawn.add("late", seed=0, status="oom")
    board = build([drawn.tables()])
    row = next(r for r in board.overall if r.entrant == "late")
    assert (row.status, row.tier, row.rank_low, row.fg, row.seeds) == ("incomplete", None, None, 1, 1)
    assert [r.tier for r in board.overall if r.status == "ok"] == [1, 2, 3, 3, 3]
    assert board.overall[-1] is row
    expected = "Incomplete: late lacks 1 of 2 searches: toy/sex x lr at 1%: seed 0 (MemoryError)."
    assert note(board, "Incomplete") == expected


def test_an_entrant_that_lacks_a_cell_has_a_row_there_and_no_score() -> None:
    drawn = full()
    for seed in range(2):
        drawn.add("closes", NONE, seed=seed, victim="rf")
    board = build([drawn.tables()])
    missing = next(r for r in board.cells if r.victim == "rf" and r.entrant == "halves")
    assert (missing.status, missing.fg, missing.seeds, missing.levelling_down) == ("incomplete", None, 0, None)
    row = next(r for r in board.overall if r.entrant == "halves")
    assert (row.status, row.fg) == ("incomplete", None)
    assert any("halves lacks 2 of 4 searches: toy/sex x rf at 1%: seeds 0, 1 (not run)" in n for n in board.notes)


@pytest.mark.parametrize("damage", ["gone", "short", "seeds", "baseline", "fingerprint", "no deserving"])
def test_unusable_predictions_are_a_note_and_not_a_crash(damage: str) -> None:
    drawn = full().add("late", NONE, seed=1)
    if damage == "no deserving":
        drawn.add("late", NONE, seed=0, victim="other", labels="11 00000000 00")
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
    board = build([drawn.tables()], draws=50)
    reasons = {
        "gone": "its predictions are missing",
        "short": "its predictions cover 3 rows of 12 audited",
        "seeds": "not of the same audit victim seeds",
        "baseline": "its baseline is missing",
        "fingerprint": "its baseline is of another fingerprint",
        "no deserving": "group 'b' has no audit rows that deserve the favourable label",
    }
    assert any(n.startswith("Incomplete: late") and reasons[damage] in n for n in board.notes)


def test_a_damaged_baseline_makes_incomplete() -> None:
    drawn = full()
    drawn.baselines["b-toy-sex-lr-0-f-toy"][0]["groups"] = b"\0"
    board = build([drawn.tables()], draws=50)
    assert {r.status for r in board.overall} == {"incomplete"}
    assert "its baseline is of the wrong length" in board.notes[0]


def test_a_board_of_failures_is_still_a_board() -> None:
    drawn = folder().add("zoo", status="error").add("bo", status="timeout")
    board = build([drawn.tables()])
    assert [(r.entrant, r.status, r.fg) for r in board.overall] == [
        ("bo", "not rankable", None),
        ("zoo", "not rankable", None),
    ]
    assert board.pairs[0].reason == "no search on it yielded a result"


def test_budgets_that_not_every_pair_has_stay_out_of_the_score() -> None:
    drawn = full()
    for seed in range(2):
        for attack, wrong in (("clean", CLEAN), ("random-duplicates", CLEAN), ("closes", HALF), ("halves", HALF)):
            drawn.add(attack, wrong, seed=seed, budget="50")
        drawn.add("costly", COSTLY, seed=seed, budget="50")
        for attack in ("clean", "random-duplicates", "closes", "halves", "costly"):
            drawn.add(attack, NONE if attack == "closes" else CLEAN, seed=seed, victim="rf")
    board = build([drawn.tables()])
    assert board.budgets == ("1%",)
    assert "Poison budgets 50 do not enter the score" in note(board, "Poison budgets")
    assert next(r for r in board.overall if r.entrant == "closes").fg == 1
    assert next(r for r in board.by("budget") if r.entrant == "closes" and r.budget_label == "50").fg == 0.5


def test_cautions_and_single_seeds_are_noted() -> None:
    drawn = Folder(groups="ab", labels="11", clean="01").add("zoo", "00", cautions=["Not for judging methods."])
    board = build([drawn.tables()])
    assert "toy: Not for judging methods." in board.notes
    assert note(board, "One seed only").endswith("toy/sex x lr.")


def test_rows_used_are_noted_so_that_a_cap_shows() -> None:
    drawn = folder().add("zoo", NONE, train_rows=1800, validation_rows=600, audit_rows=600)
    assert note(build([drawn.tables()], draws=20), "Rows used") == "Rows used of each data set: toy 3,000."


def test_more_than_two_groups() -> None:
    groups = np.repeat([0, 1, 2], 20)
    clean = ((np.arange(60) % 20) < np.array([2, 8, 14])[groups]).astype(np.uint8)
    drawn = Folder(groups=groups, labels=np.ones(60, dtype=np.uint8), clean=clean)
    for seed in range(3):
        drawn.add("zoo", clean * (groups < 2), seed=seed)
        drawn.add("random-duplicates", clean, seed=seed)
    board = build([drawn.tables()])
    assert board.pairs[0].groups == ("g2", "g0")
    assert board.pairs[0].gap_clean == pytest.approx(0.6)
    row = next(r for r in board.overall if r.entrant == "zoo")
    assert row.gap_poisoned == pytest.approx(0.4)  # 8/20 of g1 against none of g2
