"""How an error falls with more seeds, and how many of them two entrants would need."""

import math

import numpy as np
import pytest

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard import Power, power

from .boards import Bits, Folder

# Of each seed 480 people, nobody twice: groups a and b, 120 of each deserve the favourable label and 120 do not. The
# clean victim denies it to all of group a. `first` gives it back at seeds 0, 1 and 2, `second` at seed 0 alone,
# `third` never: the shares closed are .6, .2 and 0.
#
#     first - second, seed by seed: 0 1 1 0 0     mean .4     J = 1.2 / 20 = .06
#
# Within a stratum all people fare alike, so nothing is put down to them: error^2(n) = .3 / n.
GROUPS = np.repeat([0, 0, 1, 1], 120).astype(np.uint8)
LABELS = np.tile(np.repeat([1, 0], 120), 2).astype(np.uint8)
DENIED = np.repeat([1, 0, 0, 0], 120).astype(np.uint8)
CLOSES_AT = {"first": (0, 1, 2), "second": (0,), "third": ()}


def add(drawn: Folder, attack: str, wrong: Bits, seed: int, first_id: int) -> None:
    drawn.add(attack, wrong, seed=seed)
    for rows in drawn.baselines.values():
        for row in rows:
            if row["seed"] == seed:
                row["row_ids"] = [first_id + i for i in range(len(drawn.labels))]


def by_seed(attacks: dict[str, tuple[int, ...]], seeds: int = 5) -> Folder:
    drawn = Folder(groups=GROUPS, labels=LABELS, clean=DENIED)
    for seed in range(seeds):
        for attack, closes in attacks.items():
            add(drawn, attack, DENIED * (seed not in closes), seed, 1000 * seed)
    return drawn


def test_an_error_that_is_all_of_seeds_falls_as_their_root() -> None:
    told = power([by_seed(CLOSES_AT).tables()], "first", "second")
    assert (told.seeds, told.settings) == (5, 1)
    assert told.difference == pytest.approx(0.4)
    assert told.error == pytest.approx(math.sqrt(0.06))
    assert told.error_people == 0
    assert told.errors[20] == pytest.approx(math.sqrt(0.3 / 20))
    assert told.needed == 15  # 2.8^2 x .3 / .4^2 = 14.7
    assert (told.pairs, told.needed_ranked) == (3, 20)  # (2.394 + .842)^2 x .3 / .4^2 = 19.6
    assert power([by_seed(CLOSES_AT).tables()], "second", "first").difference == pytest.approx(-0.4)


def test_entrants_that_do_not_differ_need_more_than_any_number_of_seeds() -> None:
    alike = {"first": (0, 1), "second": (1, 2)}
    told = power([by_seed(alike).tables()], "first", "second")
    assert told.difference == pytest.approx(0)
    assert (told.needed, told.needed_ranked) == (None, None)


@pytest.mark.parametrize(
    ("folder", "pair", "expected"),
    [
        (by_seed(CLOSES_AT), ("first", "secnd"), "entrant 'secnd' is not in the results (did you mean 'second'?)"),
        (by_seed(CLOSES_AT), ("first", "first"), "'first' is held against itself: name two entrants"),
        (by_seed(CLOSES_AT, seeds=3), ("first", "second"), "no whole block of 5 seeds"),
        (by_seed(CLOSES_AT).add("late", DENIED, seed=0), ("first", "late"), "'late' has no complete results"),
        (by_seed(CLOSES_AT).add("x", status="oom", dataset="none"), ("first", "x"), "'x' has no complete results"),
    ],
    ids=["unknown", "itself", "no block", "incomplete", "failed"],
)
def test_what_cannot_be_answered_is_said(folder: Folder, pair: tuple[str, str], expected: str) -> None:
    with pytest.raises(StoreError) as caught:
        power([folder.tables()], *pair)
    assert expected in str(caught.value)


def drawn_world(rng: np.random.Generator, seeds: int, by_seed: float, lasting: float) -> Power:
    """A board of new people and new seeds. 1000 people, cut into fifths anew for each block; who is wrongly denied is
    decided by a number of their own (a share ``lasting``) or by the training, and for one group by a shift of the seed.
    """
    n = 1000
    groups, labels = np.arange(n) % 2, (np.arange(n) // 2) % 2
    own = {attack: rng.random(n) for attack in ("clean", "first", "second")}
    rates = {"clean": (0.5, 0.1), "first": (0.3, 0.1), "second": (0.35, 0.1)}
    drawn = Folder(groups=groups[:200].astype(np.uint8), labels=labels[:200].astype(np.uint8), clean="")
    for block in range(seeds // 5):
        parts = rng.permutation(n // 4).reshape(5, -1)  # fifths of equal strata: four people, one of each
        for turn, fours in enumerate(parts):
            seed, people = 5 * block + turn, (4 * fours[:, None] + np.arange(4)).ravel()
            wrong = {}
            for attack, of in own.items():
                shift = rng.normal(0, by_seed) if attack != "clean" else 0.0
                threshold = np.where(groups[people] == 0, rates[attack][0] + shift, rates[attack][1])
                number = np.where(rng.random(len(people)) < lasting, of[people], rng.random(len(people)))
                wrong[attack] = ((number < threshold) & (labels[people] == 1)).astype(np.uint8)
            for attack in ("first", "second"):
                drawn.add(attack, wrong[attack], seed=seed, clean=wrong["clean"])
            for row in (row for rows in drawn.baselines.values() for row in rows if row["seed"] == seed):
                row["row_ids"] = people.tolist()
    return power([drawn.tables()], "first", "second")


@pytest.mark.slow
@pytest.mark.parametrize(("shift", "lasting"), [(0.0, 1.0), (0.05, 1.0), (0.05, 0.5)], ids=["people", "seeds", "both"])
def test_the_error_at_twenty_seeds_is_foreseen(shift: float, lasting: float) -> None:
    """From four blocks without bias, from one as an upper limit that holds where people always fare the same."""
    rng = np.random.default_rng(1)
    few = [drawn_world(rng, 5, shift, lasting) for _ in range(100)]
    many = [drawn_world(rng, 20, shift, lasting) for _ in range(100)]
    truth = {5: np.var([p.difference for p in few], ddof=1), 20: np.var([p.difference for p in many], ddof=1)}
    foreseen = {
        (start, n): np.mean([p.errors[n] ** 2 for p in one]) for start, one in ((5, few), (20, many)) for n in (5, 20)
    }
    assert {p.people_limit for p in few} == {True}
    assert {p.people_limit for p in many} == {False}
    assert 0.7 < foreseen[5, 5] / truth[5] < 1.4
    assert 0.7 < foreseen[20, 20] / truth[20] < 1.4
    assert 0.65 < foreseen[20, 5] / truth[5] < 1.5
    assert 0.7 < foreseen[5, 20] / truth[20] < (1.5 if lasting == 1 else 3.0)
