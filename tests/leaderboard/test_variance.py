"""Where the spread over seeds comes from, on boards where there is one source of it."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from a4g_bench.leaderboard.analyses.variance import VarianceShares, variance_shares
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.store.tables import AUDITS, OFF_TARGET

from .boards import Folder
from .drawn import BLOCK, CLEAN, GROUPS, LABELS, NONE


def found(drawn: Folder, audits: list[dict[str, object]] | None = None) -> VarianceShares:
    rows = [{name: row.get(name) for name in AUDITS.names} for row in audits or []]
    table = replace(drawn.tables(), audits=pa.Table.from_pylist(rows, schema=AUDITS) if rows else None)
    [spread] = [s for s in variance_shares(study([table], Selection()), [table]) if s.entrant == "sobol"]
    return spread


def board(helped: list[float], people: int) -> Folder:
    """Half of group b is wronged; at each seed the attack helps that share of them, whoever they are."""
    groups = np.repeat([0, 1], people // 2)
    clean = np.concatenate([np.zeros(people // 2), np.tile([0, 1], people // 4)]).astype(np.uint8)
    drawn = Folder(groups=groups, labels=np.ones(people, dtype=np.uint8), clean=clean)
    for seed, share in enumerate(helped):
        wrong = clean.copy()
        wronged = np.flatnonzero(wrong)
        wrong[wronged[: round(share * len(wronged))]] = 0
        drawn.add("clean", clean, seed=seed).add("sobol", wrong, seed=seed)
    return drawn


def test_an_attack_that_differs_by_seed_on_many_people() -> None:
    spread = found(board([0.0, 1.0, 0.0, 1.0], 4000))
    assert spread.sd == pytest.approx(np.std([0, 0.5, 0, 0.5], ddof=1), rel=0.1)
    assert spread.split_and_search == pytest.approx(1, abs=0.05)
    assert spread.audit_rows == pytest.approx(0, abs=0.05)


def test_an_attack_that_does_much_the_same_at_every_seed_on_few_people() -> None:
    """10, 10, 10 and 11 of group b's 40 are helped, so other 40 would give p (1 - p) / 40: more than seeds differ."""
    spread = found(board([0.5, 0.5, 0.5, 0.55], 80))
    assert spread.variance == pytest.approx(np.var([10, 10, 10, 11], ddof=1) / 40**2)
    of_rows = (3 * 0.25 * 0.75 + 0.275 * 0.725) / 4 / 40
    assert spread.audit_rows == pytest.approx(of_rows / spread.variance)
    assert spread.split_and_search == pytest.approx(1 - of_rows / spread.variance)
    assert spread.split_and_search < 0, "nothing is cut off"


def test_only_the_groups_worst_and_best_off_are_looked_at() -> None:
    """b is helped at two seeds of five, which is 1 of 1: .3 over seeds; c, in between, is not counted."""
    drawn = Folder(groups=f"cc {GROUPS}", labels=f"11 {LABELS}")
    for seed in BLOCK:
        wrong = f"{'11' if seed == 1 else '00'} {NONE if seed < 2 else CLEAN}"
        drawn.add("clean", f"10 {CLEAN}", seed=seed, clean=f"10 {CLEAN}").add("sobol", wrong, seed=seed)
    spread = found(drawn)
    assert spread.variance == pytest.approx(0.3)
    assert (spread.audit_rows, spread.split_and_search) == (0, 1), "all of b, or none: who is asked makes no difference"


def test_the_victims_own_luck() -> None:
    """Two fits of each search close 0 and .5: variance .125, of their mean half of that."""
    drawn = board([0.0, 1.0, 0.0, 1.0], 4000)
    means = [
        {
            "search_id": row["search_id"], "evaluated_on": row["victim"], "audit_seed": -1, "role": role,
            **dict.fromkeys(OFF_TARGET, 0.0),
            "unfairness": 0.0 if helped else 0.5, "accuracy": 1.0 if helped else 0.75,
        }
        for row in drawn.searches
        for role in ("clean", "poisoned")
        for helped in (row["attack"] == "sobol" and role == "poisoned" and row["seed"] % 2,)
    ]  # fmt: skip
    audits = means + [
        {
            "search_id": row["search_id"], "evaluated_on": row["victim"], "audit_seed": fit, "role": role,
            "unfairness": 0.5 * (role == "clean") * fit,
        }
        for row in drawn.searches
        for fit in (0, 1)
        for role in ("clean", "poisoned")
    ]  # fmt: skip
    spread = found(drawn, audits)
    assert spread.victim_seeds == pytest.approx((0.125 / 2) / spread.sd**2)
    assert spread.victim_seeds + (spread.audit_rows or 0) + (spread.split_and_search or 0) == pytest.approx(1)


def test_what_never_varies_has_no_shares() -> None:
    drawn = Folder(groups="aabb", labels="1111", clean="0011")
    for seed in range(3):
        drawn.add("clean", "0011", seed=seed).add("sobol", "0011", seed=seed)
    spread = found(drawn)
    assert (spread.sd, spread.audit_rows, spread.victim_seeds, spread.split_and_search) == (0, None, None, None)


def test_small_groups_vary_as_the_one_group_that_they_are_judged_as() -> None:
    """c and d, half of the others, are all denied; at every second seed they are not: U falls by 1 there."""
    people = {"groups": "aa bbbbbbbb cd aaaaabbbbb", "labels": "11 11111111 11 0000000000"}
    clean = "00 00000000 11 0000000000"
    drawn = Folder(clean=clean, **people)
    for seed in BLOCK:
        drawn.add("sobol", clean if seed % 2 else "00 00000000 00 0000000000", seed=seed)
    spread = found(drawn)
    assert spread.variance == pytest.approx(np.var([1, 0, 1, 0, 1], ddof=1))
    assert spread.audit_rows == 0
