"""Boards drawn from the people of a published board: its labels, groups and wrong judgements, at its own settings.

A family is a data set with an attribute. Its people, all that were audited, are the population: in each (group, label)
a new table draws as many of them with replacement, and keeps together how each is judged by all victims of all
entrants at all budgets. The table is cut into fifths anew for every block of five seeds, each fifth is audited once per
block, and two things vary from seed to seed:

- who is wrong about a person. Whoever returns in a later block is judged as somebody alike: one of the ``ALIKE`` people
  of the same (group, label) who come next in how often all victims of the board judge them wrongly.
- training. Every rate of a seed moves by a normal effect with the covariance, over all entrants, budgets, victims,
  groups and labels together, of the published seeds' rates, less what people alone explain of it: of the clean victims,
  and of the differences that poison makes, each scaled to its own share. Rates move by people who are judged wrongly,
  or rightly, in all fits; who they are is the same for all entrants.

Every published rate is therefore the expectation of its drawn ones, and the published score the noise-free truth.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from a4g_bench.leaderboard.outcomes import AuditErrors, AuditRows, Baseline, Counts, Family, Outcome, families
from a4g_bench.protocol import FIFTHS

#: How many people a returning person's judgements are drawn from.
ALIKE = 20

_Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class People:
    """The population of a family.

    ``wrong`` (columns, people) counts the fits, of ``fits``, that judge a person wrongly: first of the ``victims``,
    then of each series, whose victim is ``victim_of``. People are in the order of their (group, label), which begin at
    ``starts``, and then of how often they are judged wrongly. ``effects`` (published seeds, columns, strata) are what
    training moves rates by, ``rates`` (columns, strata) those that they move.
    """

    family: Family
    searches: tuple[Outcome, ...]
    victims: tuple[str, ...]
    victim_of: _Ints
    wrong: Counts
    fits: int
    groups: Counts
    labels: Counts
    starts: _Ints
    effects: _Floats
    rates: _Floats

    @classmethod
    def of(cls, family: Family, members: Sequence[Sequence[Outcome]]) -> "People":
        """The people that a family audited. Every entrant must have been audited at every seed."""
        victims = tuple(family.victims)
        audits = [
            [by_seed[seed].audit for by_seed in family.victims.values()]
            + [next(o.poisoned for o in own if o.search.seed == seed) for own in members]
            for seed in family.seeds
        ]
        victim_of = np.array([victims.index(own[0].search.cell.setting.victim) for own in members])
        wrong = np.concatenate([np.array([audit.wrong for audit in at]) for at in audits], axis=1)
        rows = [family.people[seed] for seed in family.seeds]
        groups, labels = (np.concatenate([getattr(r, name) for r in rows]) for name in ("groups", "labels"))
        seed_of = np.repeat(np.arange(len(rows)), [len(r.labels) for r in rows])
        order = np.lexsort((wrong.mean(axis=0), labels, groups))
        wrong, groups, labels, seed_of = wrong[:, order], groups[order], labels[order], seed_of[order]
        stratum = 2 * groups.astype(np.int64) + labels
        starts = np.append(np.flatnonzero(np.diff(stratum, prepend=-1)), len(stratum))
        fits = audits[0][0].fits
        rates = np.array([wrong[:, a:b].mean(axis=1) for a, b in pairwise(starts)]).T / fits
        effects = np.stack(
            [_effects(wrong[:, a:b] / fits, seed_of[a:b], len(rows), victim_of) for a, b in pairwise(starts)],
            axis=2,
        )
        first = tuple(own[0] for own in members)
        return cls(family, first, victims, victim_of, wrong, fits, groups, labels, starts, effects, rates)

    def draw(self, rng: np.random.Generator, seeds: int, alike: int = ALIKE) -> "Iterator[tuple[AuditRows, Counts]]":
        """A new table, audited at ``seeds`` seeds: who is audited, and their ``wrong`` (columns, people)."""
        sizes = np.diff(self.starts)
        places = [rng.integers(0, size, size) for size in sizes]
        for seed in range(seeds):
            fifth = seed % FIFTHS
            if fifth == 0:
                orders = [rng.permutation(size) for size in sizes]
                donors = [_alike(rng, at, size, alike) for at, size in zip(places, sizes, strict=True)]
            moved = self._moved(rng)
            rows, wrong = [], []
            for stratum, (start, order, donor) in enumerate(zip(self.starts, orders, donors, strict=False)):
                # the fifth that is one larger is another in each stratum
                audited = order[(fifth + stratum) % FIFTHS :: FIFTHS]
                judged = np.take(self.wrong, start + donor[audited], axis=1)
                rows.append(start + audited)
                wrong.append(self._pushed(judged, rng.random(len(audited)), stratum, moved[:, stratum]))
            ids = np.concatenate(rows)
            names, favourable = self.family.people[self.family.seeds[0]].group_names, self._favourable
            people = AuditRows(names, favourable, self.labels[ids], self.groups[ids], ids.astype(np.int32))
            yield people, np.concatenate(wrong, axis=1)

    @property
    def _favourable(self) -> int:
        return self.family.people[self.family.seeds[0]].favourable

    def _moved(self, rng: np.random.Generator) -> _Floats:
        """What training moves each rate by at one seed, (columns, strata)."""
        seeds = len(self.effects)
        by = np.tensordot(rng.standard_normal(seeds) / np.sqrt(seeds - 1), self.effects, axes=1)
        return np.clip(by, -self.rates, 1 - self.rates)

    def _pushed(self, wrong: Counts, luck: _Floats, stratum: int, moved: _Floats) -> Counts:
        rates = self.rates[:, stratum]
        with np.errstate(invalid="ignore", divide="ignore"):
            up = np.where(moved > 0, moved / (1 - rates), 0.0)
            down = np.where(moved < 0, -moved / rates, 0.0)
        wrong[luck < up[:, None]] = self.fits
        wrong[luck > 1 - down[:, None]] = 0
        return wrong


def _alike(rng: np.random.Generator, places: _Ints, size: int, alike: int) -> _Ints:
    first = places - places % alike
    found: _Ints = first + rng.integers(0, np.minimum(alike, size - first))
    return found


def _effects(shares: _Floats, seed_of: _Ints, seeds: int, victim_of: _Ints) -> _Floats:
    """How far training moves the rates of a stratum at each seed, (seeds, columns)."""
    victims = len(shares) - len(victim_of)
    clean, poison = shares[:victims], shares[victims:] - shares[:victims][victim_of]
    of_clean, of_poison = _beyond_people(clean, seed_of, seeds), _beyond_people(poison, seed_of, seeds)
    return np.concatenate([of_clean, of_clean[:, victim_of] + of_poison], axis=1)


def _beyond_people(values: _Floats, seed_of: _Ints, seeds: int) -> _Floats:
    """Deviations of the seeds' means, scaled to the variance that they have beyond that of their people."""
    at = [values[:, seed_of == seed] for seed in range(seeds)]
    if any(v.shape[1] < 2 for v in at):
        return np.zeros((seeds, len(values)))
    means = np.array([v.mean(axis=1) for v in at])
    by_people = np.mean([v.var(axis=1, ddof=1) / v.shape[1] for v in at], axis=0)
    deviations = means - means.mean(axis=0)
    between = (deviations**2).sum(axis=0) / (seeds - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where(between > by_people, 1 - by_people / between, 0.0)
    scaled: _Floats = deviations * np.sqrt(share)
    return scaled


class Population:
    """The people behind a published board's outcomes."""

    def __init__(self, outcomes: Sequence[Outcome]) -> None:
        self.people = [
            People.of(family, members)
            for family, members in families(outcomes, lambda o: (o.search.cell, o.search.entrant))
        ]
        self._searches: dict[int, list[list[list[Outcome]]]] = {}

    def draw(self, rng: np.random.Generator, seeds: int, alike: int = ALIKE) -> list[Outcome]:
        """The outcomes of a board of new people, audited at seeds from 0."""
        return [outcome for people in self.people for outcome in _outcomes(people, rng, seeds, alike)]


def _outcomes(people: People, rng: np.random.Generator, seeds: int, alike: int) -> Iterator[Outcome]:
    audit_seeds = tuple(range(people.fits))
    number = len(people.victims)
    series: list[list[Outcome]] = [[] for _ in people.searches]
    for seed, (rows, wrong) in enumerate(people.draw(rng, seeds, alike)):
        clean = [Baseline(people.family.fingerprint, rows, AuditErrors(audit_seeds, w)) for w in wrong[:number]]
        for own, first, victim, w in zip(series, people.searches, people.victim_of, wrong[number:], strict=True):
            search = replace(first.search, seed=seed)
            own.append(Outcome(clean[victim], AuditErrors(audit_seeds, w), search))
    for own in series:
        yield from own
