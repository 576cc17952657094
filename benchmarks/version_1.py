"""The score of protocol version 1 with its intervals, to be held against version 2 on the same boards.

    G     = clip((U_clean - U_poisoned) / max(U_clean, 0.02), -1, 1)      of each seed
    FG@1  = mean over seeds of G where the one-sided 95 % upper bound of the mean cost is at most .01, else
            min(0, mean G); plain means over budgets, over victims and over data sets

Intervals and tests come from a paired hierarchical bootstrap of seeds and then of their people within (group, label),
its draws scaled to the variance that either makes up and to the tails of Student's t.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri, stdtr, stdtrit

from a4g_bench.leaderboard.outcomes import Family, Outcome, families
from a4g_bench.leaderboard.records import Cell, Entrant
from a4g_bench.protocol import ACCURACY_ALLOWANCE, LEAST_GAP, LEVEL

_Floats = npt.NDArray[np.float64]
#: By cell and entrant.
Gains = Mapping[tuple[Cell, Entrant], float]


@dataclass(frozen=True, eq=False)
class Draws:
    """A ``value`` with the deviations of its bootstrap draws from it, (tables, draws), each table resampled alone:
    ``resampled`` seeds and then people, ``reseeded`` seeds alone. ``reuse`` are the audits of a person per table.
    """

    value: float
    resampled: _Floats
    reseeded: _Floats
    seeds: int
    reuse: _Floats

    def __sub__(self, other: "Draws") -> "Draws":
        return Draws(
            self.value - other.value,
            self.resampled - other.resampled,
            self.reseeded - other.reseeded,
            self.seeds,
            self.reuse,
        )

    @property
    def sampling(self) -> tuple[float, float]:
        """The standard error and its degrees of freedom."""
        between = self.reseeded.var(axis=1) * self.seeds / (self.seeds - 1)
        people = (self.resampled - self.reseeded).var(axis=1) * (self.reuse - 1)
        total, uncertain = float((between + people).sum()), float((between**2).sum()) / (self.seeds - 1)
        return math.sqrt(total), total**2 / uncertain if uncertain > 0 else 1e9

    def quantile(self, share: float) -> float:
        """An end of an interval: the draws' percentile, scaled."""
        draws = self.resampled.sum(axis=0)
        spread = float(draws.std())
        if spread == 0:
            return self.value
        error, freedom = self.sampling
        tails = float(stdtrit(min(freedom, 1e9), share) / ndtri(share))
        return self.value + float(np.quantile(draws, share)) * error / spread * tails

    def interval(self) -> tuple[float, float]:
        """The 95 % interval."""
        return self.quantile(LEVEL / 2), self.quantile(1 - LEVEL / 2)

    def p_value(self, null: float = 0.0) -> float:
        """Of the value being ``null``."""
        error, freedom = self.sampling
        if error == 0:
            return float(self.value == null)
        return 2 * float(stdtr(min(freedom, 1e9), -abs(self.value - null) / error))


def scores(
    outcomes: Sequence[Outcome], known: Gains, rng: np.random.Generator, draws: int
) -> dict[Entrant, tuple[Draws, float]]:
    """FG@1 of each entrant over all cells, and what it would be if the ``known`` gains took the place of those that are
    measured, behind the same gates. Every entrant must be at every cell, at every seed.
    """
    tables = []
    for members, gains, passed in _gated(outcomes, rng, draws):
        found: dict[Entrant, list[tuple[Draws, float]]] = {}
        for own, gain, free in zip(members, gains, passed, strict=True):
            search = own[0].search
            true = known[search.cell, search.entrant]
            found.setdefault(search.entrant, []).append((gain, true if free else min(0.0, true)))
        tables.append(
            {entrant: (_mean([g for g, _ in some]), np.mean([t for _, t in some])) for entrant, some in found.items()}
        )
    return {
        entrant: (_over_tables([t[entrant][0] for t in tables]), float(np.mean([t[entrant][1] for t in tables])))
        for entrant in tables[0]
    }


def cells(outcomes: Sequence[Outcome], rng: np.random.Generator, draws: int) -> Gains:
    """FG@1 of each entrant at each cell."""
    return {
        (own[0].search.cell, own[0].search.entrant): gain.value
        for members, gains, _ in _gated(outcomes, rng, draws)
        for own, gain in zip(members, gains, strict=True)
    }


def noise_free(outcomes: Sequence[Outcome]) -> Gains:
    """G of each entrant at each cell if every seed had the rates of all seeds together."""
    return {
        (own[0].search.cell, own[0].search.entrant): float(gain)
        for family, members in families(outcomes, lambda o: (o.search.cell, o.search.entrant))
        for own, gain in zip(members, _Table(family, members).whole(), strict=True)
    }


class _Table:
    """The judgements of a family: per seed the share of fits that was wrong, clean victims first, (columns, people)."""

    def __init__(self, family: Family, members: Sequence[Sequence[Outcome]]) -> None:
        names = list(family.victims)
        self._victim = np.array([names.index(own[0].search.cell.setting.victim) for own in members])
        self._shares = []
        for seed in family.seeds:
            audits = [by_seed[seed].audit for by_seed in family.victims.values()]
            audits += [next(o.poisoned for o in own if o.search.seed == seed) for own in members]
            self._shares.append(np.array([audit.wrong for audit in audits], dtype=np.float32) / audits[0].fits)
        people = [family.people[seed] for seed in family.seeds]
        self._strata = [[rows for rows in one.strata() if len(rows)] for one in people]
        self._deserving = [
            [np.flatnonzero((one.groups == g) & (one.labels == one.favourable)) for g in range(len(one.group_names))]
            for one in people
        ]
        ids = np.concatenate([one.row_ids for one in people])
        times = np.unique(ids, return_counts=True)[1]
        self._reuse = float((times**2).sum() / times.sum())

    def whole(self) -> _Floats:
        """The gain of each series, of the mean rates of all seeds."""
        everybody = [self._rates(s, np.ones((1, shares.shape[1]))) for s, shares in enumerate(self._shares)]
        gain: _Floats = self._judged(np.mean(everybody, axis=0))[0][0]
        return gain

    def bootstrap(self, rng: np.random.Generator, draws: int) -> tuple[list[Draws], list[Draws]]:
        """The mean over seeds of gain and of cost, per series."""
        seeds = len(self._shares)
        picks = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=draws)
        point = np.zeros((2, 1, len(self._victim)))
        reseeded, resampled = (np.zeros((2, draws, len(self._victim))) for _ in range(2))
        for s, shares in enumerate(self._shares):
            own = np.array(self._judged(self._rates(s, np.ones((1, shares.shape[1])))))
            point += own / seeds
            reseeded += own * picks[:, s, None] / seeds
            chosen = np.repeat(np.arange(draws), picks[:, s])
            drawn = np.array(self._judged(self._rates(s, self._multiplicities(rng, s, len(chosen)))))
            for kind in (0, 1):
                np.add.at(resampled[kind], chosen, drawn[kind] / seeds)
        gain, cost = (
            [
                Draws(float(at), (some - at)[None], (few - at)[None], seeds, np.array([self._reuse]))
                for at, some, few in zip(point[kind, 0], resampled[kind].T, reseeded[kind].T, strict=True)
            ]
            for kind in (0, 1)
        )
        return gain, cost

    def _multiplicities(self, rng: np.random.Generator, seed: int, draws: int) -> npt.NDArray[np.float32]:
        times = np.zeros((draws, self._shares[seed].shape[1]), dtype=np.float32)
        for rows in self._strata[seed]:
            n = len(rows)
            drawn = rng.integers(0, n, size=(draws, n)) + np.arange(draws)[:, None] * n
            times[:, rows] = np.bincount(drawn.ravel(), minlength=draws * n).reshape(draws, n)
        return times

    def _rates(self, seed: int, times: npt.NDArray[np.floating]) -> _Floats:
        """Harm rates per group, then the error rate, (groups + 1, draws, columns)."""
        shares = self._shares[seed]
        of_whom = [*self._deserving[seed], np.arange(shares.shape[1])]
        return np.array([times[:, rows] @ shares[:, rows].T / len(rows) for rows in of_whom], dtype=np.float64)

    def _judged(self, rates: _Floats) -> tuple[_Floats, _Floats]:
        """Gain and cost per series, (draws, series)."""
        victims = rates.shape[2] - len(self._victim)
        gaps = rates[:-1].max(axis=0) - rates[:-1].min(axis=0)
        before, after = gaps[:, self._victim], gaps[:, victims:]
        cost = rates[-1][:, victims:] - rates[-1][:, self._victim]
        return np.clip((before - after) / np.maximum(before, LEAST_GAP), -1, 1), cost


def _gated(
    outcomes: Sequence[Outcome], rng: np.random.Generator, draws: int
) -> Iterator[tuple[list[tuple[Outcome, ...]], list[Draws], list[bool]]]:
    """Per family its series, the gain of each behind the gate, and whether it passed."""
    for family, members in families(outcomes, lambda o: (o.search.cell, o.search.entrant)):
        gains, costs = _Table(family, members).bootstrap(rng, draws)
        passed = [cost.quantile(1 - LEVEL) <= ACCURACY_ALLOWANCE for cost in costs]
        gated = [gain if free else _nothing_gained(gain) for gain, free in zip(gains, passed, strict=True)]
        yield members, gated, passed


def _nothing_gained(gain: Draws) -> Draws:
    value = min(0.0, gain.value)
    return replace(
        gain,
        value=value,
        resampled=np.minimum(0.0, gain.value + gain.resampled) - value,
        reseeded=np.minimum(0.0, gain.value + gain.reseeded) - value,
    )


def _mean(of_table: Sequence[Draws]) -> Draws:
    return replace(
        of_table[0],
        value=float(np.mean([one.value for one in of_table])),
        resampled=np.mean([one.resampled for one in of_table], axis=0),
        reseeded=np.mean([one.reseeded for one in of_table], axis=0),
    )


def _over_tables(tables: Sequence[Draws]) -> Draws:
    return Draws(
        float(np.mean([one.value for one in tables])),
        np.concatenate([one.resampled for one in tables]) / len(tables),
        np.concatenate([one.reseeded for one in tables]) / len(tables),
        tables[0].seeds,
        np.concatenate([one.reuse for one in tables]),
    )
