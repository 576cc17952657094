"""People who are audited more than once: P of the protocol, term by term in loops, against the board's intervals.

P = max(0, sum_i [(sum_s psi_is)^2 - sum_s psi_is^2])
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from scipy.stats import t

from a4g_bench.leaderboard import build

from .boards import Folder

ALLOWANCE = 0.01


@dataclass(frozen=True)
class Person:
    """One person in one audit: the share of fits that judged them wrongly, without poison and with it."""

    row: int
    group: str
    label: int
    clean: float
    poisoned: float


Audits = Mapping[int, Sequence[Person]]  # by seed


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def denial(people: Sequence[Person], group: str, side: str) -> float:
    return mean([getattr(p, side) for p in people if p.group == group and p.label == 1])


def gaps_and_cost(audits: Audits) -> tuple[float, float, float]:
    """U without poison and with it, b being worse off in both, and the mean over seeds of the cost."""
    everybody = [person for people in audits.values() for person in people]
    before, after = (denial(everybody, "b", side) - denial(everybody, "a", side) for side in ("clean", "poisoned"))
    assert min(before, after) > 0
    cost = mean([mean([p.poisoned - p.clean for p in people]) for people in audits.values()])
    return before, after, cost


def score(audits: Audits) -> float:
    before, after, cost = gaps_and_cost(audits)
    closed = (before - after) / before
    assert 0 < closed < 1
    return closed * min(1, ALLOWANCE / cost) if cost > 0 else closed


def without(audits: Audits, seed: int) -> Audits:
    return {s: people for s, people in audits.items() if s != seed}


def effects(audits: Audits) -> dict[tuple[int, int], float]:
    """psi of one setting: the slopes of the score, times what a person adds to each rate beyond the stratum's mean."""
    before, after, cost = gaps_and_cost(audits)
    scale = min(1, ALLOWANCE / cost) if cost > 0 else 1.0
    by_before, by_after = scale * after / before**2, -scale / before
    by_cost = -(before - after) / before * ALLOWANCE / cost**2 if scale < 1 else 0.0
    people = sum(map(len, audits.values()))
    deserving = {
        g: sum(p.group == g and p.label == 1 for some in audits.values() for p in some) for g in ("a", "b")
    }  # fmt: skip
    psi = {}
    for seed, some in audits.items():
        for person in some:
            alike = [p for p in some if (p.group, p.label) == (person.group, person.label)]
            clean = person.clean - mean([p.clean for p in alike])
            poisoned = person.poisoned - mean([p.poisoned for p in alike])
            effect = by_cost * (poisoned - clean) / people
            if person.label == 1:
                sign = 1 if person.group == "b" else -1
                effect += sign * (by_before * clean + by_after * poisoned) / deserving[person.group]
            psi[person.row, seed] = effect
    return psi


def expected(settings: Sequence[Audits]) -> tuple[float, float, float]:
    """The mean score of a table's settings, J and P."""
    seeds = list(settings[0])
    value = mean([score(audits) for audits in settings])
    deleted = [mean([score(without(audits, seed)) for audits in settings]) for seed in seeds]
    n = len(seeds)
    jackknife = (n - 1) / n * sum((one - mean(deleted)) ** 2 for one in deleted)
    psi: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for audits in settings:
        for (row, seed), effect in effects(audits).items():
            psi[row][seed] += effect / len(settings)
    people = sum(sum(own.values()) ** 2 - sum(one**2 for one in own.values()) for own in psi.values())
    return value, jackknife, max(0.0, people)


@dataclass(frozen=True)
class Table:
    """500 people; some are denied whatever the victim learnt from, so that who returns errs alike."""

    groups: np.ndarray
    labels: np.ndarray
    denied: np.ndarray  # the probability, without poison

    @classmethod
    def drawn(cls, key: int) -> "Table":
        rng = np.random.default_rng(key)
        groups, labels = np.arange(500) % 2, (np.arange(500) % 10 < 6).astype(np.uint8)
        stubborn = rng.random(500) < np.where(groups == 1, 0.4, 0.1)
        return cls(groups, labels, np.where(stubborn & (labels == 1), 0.9, 0.02))

    def audits(self, rng: np.random.Generator, seeds: range, help_: float, harm: float) -> Audits:
        """Two fits per audit; poison helps some of b, and harms some of the undeserving, mostly the same each time."""
        made = {}
        reached = (rng.random(500) < help_) & (self.groups == 1)
        hurt = (rng.random(500) < harm) & (self.labels == 0)
        for seed in seeds:
            if seed % 5 == 0:
                order = rng.permutation(500)
            rows = order[seed % 5 :: 5]
            chance = self.denied[rows]
            clean = rng.random((2, len(rows))) < chance
            helped = (rng.random((2, len(rows))) < 0.8) & reached[rows]
            harmed = (rng.random((2, len(rows))) < 0.8) & hurt[rows]
            poisoned = (clean & ~helped) | harmed
            made[seed] = [
                Person(int(row), "ab"[self.groups[row]], int(self.labels[row]), float(c), float(p))
                for row, c, p in zip(rows, clean.mean(axis=0), poisoned.mean(axis=0), strict=True)
            ]
        return made


def folder_of(settings: Mapping[str, Audits]) -> Folder:
    """The results that say so, an attribute per setting; which of two fits erred makes no difference."""
    drawn = Folder()
    for attribute, audits in settings.items():
        for seed, people in audits.items():
            sides = [[[float(getattr(p, side) > fit / 2) for p in people] for fit in (0, 1)]
                     for side in ("clean", "poisoned")]  # fmt: skip
            clean, wrong = ([np.array(fit, dtype=np.uint8) for fit in side] for side in sides)
            drawn.add(
                "zoo", wrong, attribute=attribute, seed=seed, clean=clean, row_ids=[p.row for p in people],
                groups=[int(p.group == "b") for p in people],
                labels=np.array([p.label for p in people], dtype=np.uint8),
            )  # fmt: skip
    return drawn


def check(settings: Mapping[str, Audits]) -> float:
    """The board's score and interval are those of the definition; P over J."""
    value, jackknife, people = expected(list(settings.values()))
    board = build([folder_of(settings).tables()])
    [row] = board.overall
    assert all(one.counts for one in board.settings), board.notes
    total = jackknife + people
    half = math.sqrt(total) * t.ppf(0.975, total**2 / (jackknife**2 / (row.seeds - 1)))
    assert (row.gc, row.gc_low, row.gc_high) == pytest.approx((value, value - half, value + half), rel=1e-9)
    return people / jackknife


@pytest.mark.parametrize("harm", [0.0, 0.5])
def test_two_blocks_audit_everybody_twice(harm: float) -> None:
    """Without harm accuracy rises and nothing is scaled; with it the score is .01 / cost of what is closed."""
    rng = np.random.default_rng(5)
    audits = Table.drawn(1).audits(rng, range(10), 0.3, harm)
    assert (gaps_and_cost(audits)[2] > ALLOWANCE) == (harm > 0)
    assert check({"sex": audits}) > 0.1, "enough to be missed"


def test_one_block_audits_everybody_once() -> None:
    assert check({"sex": Table.drawn(2).audits(np.random.default_rng(6), range(5), 0.3, 0.0)}) == 0


def test_attributes_of_one_table_share_people() -> None:
    """Each attribute audits everybody once, but at other seeds: then a person's two effects are of different audits."""
    rng = np.random.default_rng(7)
    table = Table.drawn(3)
    settings = {attribute: table.audits(rng, range(5), 0.3, 0.0) for attribute in ("race", "sex")}
    assert check(settings) > 0.05


def test_attributes_of_one_split_share_no_audits_but_the_same() -> None:
    """Audited at the same seed for both attributes, a person's effects are of one audit, which the jackknife has."""
    audits = Table.drawn(3).audits(np.random.default_rng(8), range(5), 0.3, 0.0)
    assert check({"race": audits, "sex": audits}) == 0


def test_by_hand() -> None:
    """All of b are denied, and poison heals half of them: the same people in both blocks.

    Seeds are alike, so J = 0; but who is asked is asked twice. b's rate after is 1/2, and closed falls by as much:
    of the 200 judgements on the table's 100 people of b each has psi = -(w - 1/2) / 200 = -+1/400, where w is 1 for who
    is denied. So each person adds (2 / 400)^2 - 2 (1 / 400)^2 = 2 / 400^2, and P = 100 * 2 / 400^2 = 1/800. Without
    poison all of b are alike, and of a in both.
    """
    drawn = Folder(groups="aabbaaa", labels="1111000", clean="0011000")
    for seed in range(10):
        drawn.add("zoo", "0010000", seed=seed)
    row = build([drawn.tables()]).overall[0]
    half = math.sqrt(1 / 800) * t.ppf(0.975, math.inf)
    assert (row.gc, row.gc_low, row.gc_high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
