"""The paired hierarchical bootstrap: seeds, then audit rows within each (group, label).

All victims of a data set and attribute that were run with the same seeds form a ``Family``, which shares every
draw: the same seeds, and for each seed drawn the same resampled audit rows for the clean and the poisoned victims of
all entrants. A seed that is drawn twice has its rows resampled twice, independently. Rows are resampled with
replacement inside each (group, label), whose sizes therefore stay as they are. With one seed, only rows are
resampled. Beside every draw stands what it is without the rows' resampling: from both the intervals learn how much of
the spread comes from seeds and how much from rows (:class:`a4g_bench.leaderboard.estimates.Part`).

Everything a search is judged by is a function of its mean wrong-prediction rate per (group, label), so a draw is a row
vector of multiplicities times the matrix (audit rows x searches) of wrong counts. The products are of small integers in
float32, hence exact: no result depends on the order of searches or on the number of threads.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench.leaderboard.estimates import Draws, Estimate, Part
from a4g_bench.leaderboard.outcomes import AuditErrors, Family
from a4g_bench.protocol import LEAST_GAP

_PICKS = 128  # seed draws resampled at a time; part of how the random stream is read, so not to be tuned per machine
_COLUMNS = 1024  # searches per matrix product

_Floats = npt.NDArray[np.float64]
_Matrices = Sequence[npt.NDArray[np.float32]]  # per stratum


@dataclass(frozen=True, eq=False)
class Series:
    """Means over seeds for one entrant at one cell; rates, not percent.

    ``gain`` is G, ``cost`` dA, ``change`` U_clean - U_poisoned, ``rises`` the change m_g(poisoned) - m_g(clean) per
    group.
    """

    gain: Estimate
    cost: Estimate
    change: Estimate
    rises: tuple[Estimate, ...]
    gap_clean: float
    gap_poisoned: float


@dataclass(frozen=True, eq=False)
class CleanGap:
    """A victim's gap without poison: ``gap`` is the mean over seeds of U.

    ``signed`` is m_a - m_b for the groups a and b whose mean harm rates over all seeds are the highest and the lowest.
    U is never negative, so only the signed difference can say whether there is a gap.
    """

    gap: float
    signed: Estimate
    groups: tuple[str, str]


def resample(family: Family, draws: int) -> tuple[tuple[Series, ...], Mapping[str, CleanGap]]:
    """Bootstrap a family: the series in their order, and the clean gap per victim."""
    names = family.people(family.seeds[0]).group_names
    sums = _Sums(family, len(names), draws)
    picks = seed_picks(family, draws)
    with threadpool_limits(limits=1, user_api="blas"):  # the products are small: more threads only wait for each other
        for position, seed in enumerate(family.seeds):
            block = _Block(family, seed)
            sums.add_seed(block, picks[:, position])
            chosen = np.repeat(np.arange(draws), picks[:, position])
            rng = _generator(family, f"rows {seed}")
            for start in range(0, len(chosen), _PICKS):
                some = chosen[start : start + _PICKS]
                block.add_to(sums.draws, some, block.multiplicities(rng, len(some)))
    sums.divide()
    return sums.series(), dict(zip(family.victims, sums.clean_gaps(names), strict=True))


def seed_picks(family: Family, draws: int) -> npt.NDArray[np.int64]:
    """How often each draw picks each seed, (draws, seeds); every row sums to the number of seeds."""
    n = len(family.seeds)
    return _generator(family, "seeds").multinomial(n, np.full(n, 1 / n), size=draws)


def _generator(family: Family, purpose: str) -> np.random.Generator:
    text = "\n".join([family.fingerprint, family.attribute, " ".join(map(str, family.seeds)), purpose])
    entropy = int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(entropy)))


def reuse(family: Family) -> float:
    """How many seeds audit a person, averaged over the audits: 1 where no two seeds audit the same people."""
    ids = np.concatenate([family.people(seed).row_ids for seed in family.seeds])
    times = np.unique(ids, return_counts=True)[1]
    return float((times**2).sum() / times.sum())


class _Totals:
    """Running sums over the seeds picked, ``width`` draws wide (1 for the data themselves)."""

    def __init__(self, series: int, victims: int, groups: int, width: int) -> None:
        self.values = {name: np.zeros((series, width)) for name in ("gain", "cost", "change", "clean", "poisoned")}
        self.values |= {f"rise {g}": np.zeros((series, width)) for g in range(groups)}
        if width > 1:  # only ever used as plain numbers
            del self.values["clean"], self.values["poisoned"]
        self.weight = np.zeros((series, width))
        self.harm = np.zeros((victims, groups, width))
        self.gap = np.zeros((victims, width))
        self.victim_weight = np.zeros((victims, width))

    def add(self, other: "_Totals", times: npt.NDArray[np.int64]) -> None:
        """Add another's sums, one draw wide, ``times[b]`` times to draw b."""
        for name, values in self.values.items():
            values += other.values[name] * times
        self.weight += other.weight * times
        self.harm += other.harm * times
        self.gap += other.gap * times
        self.victim_weight += other.victim_weight * times

    def divide(self) -> None:
        """Turn sums into means."""
        for values in self.values.values():
            _divide(values, self.weight)
        _divide(self.harm, self.victim_weight[:, None, :])
        _divide(self.gap, self.victim_weight)


class _Sums:
    """Totals on the data, in the draws, and in the draws of seeds with all their rows as they are."""

    def __init__(self, family: Family, groups: int, draws: int) -> None:
        self._shape = (len(family.series), len(family.victims), groups)
        self.point, self.draws, self.reseeded = (_Totals(*self._shape, width) for width in (1, draws, draws))
        self._family, self._reuse = f"{family.fingerprint} {family.attribute} {family.seeds}", reuse(family)
        self._seeds = len(family.seeds)

    def add_seed(self, block: "_Block", times: npt.NDArray[np.int64]) -> None:
        """Add a seed with all its rows to the data, and to each draw as often as that picks it."""
        seed_totals = _Totals(*self._shape, 1)
        block.add_to(seed_totals, np.zeros(1, dtype=np.intp), block.whole())
        self.point.add(seed_totals, np.ones(1, dtype=np.int64))
        self.reseeded.add(seed_totals, times)

    def _estimate(self, value: float, draws: Draws, reseeded: Draws) -> Estimate:
        part = Part(self._seeds, self._reuse, draws - value, reseeded - value)
        return Estimate(float(value), draws, {self._family: part})

    def divide(self) -> None:
        """Turn all sums into means: once, at the end."""
        for totals in (self.point, self.draws, self.reseeded):
            totals.divide()

    def series(self) -> tuple[Series, ...]:
        n, groups = len(self.point.weight), self.point.harm.shape[1]

        def estimate(name: str, i: int) -> Estimate:
            return self._estimate(
                self.point.values[name][i, 0], self.draws.values[name][i], self.reseeded.values[name][i]
            )

        return tuple(
            Series(
                gain=estimate("gain", i),
                cost=estimate("cost", i),
                change=estimate("change", i),
                rises=tuple(estimate(f"rise {g}", i) for g in range(groups)),
                gap_clean=float(self.point.values["clean"][i, 0]),
                gap_poisoned=float(self.point.values["poisoned"][i, 0]),
            )
            for i in range(n)
        )

    def clean_gaps(self, names: Sequence[str]) -> list[CleanGap]:
        gaps = []
        for victim, mean in enumerate(self.point.harm[:, :, 0]):
            order = np.argsort(mean, kind="stable")  # two different groups even where all are equal
            high, low = int(order[-1]), int(order[0])
            sides = (totals.harm[victim, high] - totals.harm[victim, low] for totals in (self.draws, self.reseeded))
            signed = self._estimate(mean[high] - mean[low], *sides)
            gaps.append(CleanGap(float(self.point.gap[victim, 0]), signed, (names[high], names[low])))
        return gaps


def _divide(values: Draws, weight: Draws) -> None:
    with np.errstate(invalid="ignore"):
        values /= weight  # 0/0 is NaN: nothing was picked


class _Block:
    """All audits of a family at one seed."""

    def __init__(self, family: Family, seed: int) -> None:
        self._people = family.people(seed)
        self._strata = self._people.strata()
        present = [(i, s[seed]) for i, s in enumerate(family.series) if seed in s]
        cleans = [(v, by_seed[seed]) for v, by_seed in enumerate(family.victims.values()) if seed in by_seed]
        # a search is measured against its own folder's clean audit, which may not be the one its victim is shown with
        distinct = {id(b): b.audit for b in [b for _, b in cleans] + [o.clean for _, o in present]}
        column = {key: c for c, key in enumerate(distinct)}
        self._victims = np.array([v for v, _ in cleans], dtype=np.intp)
        self._victim_columns = np.array([column[id(b)] for _, b in cleans], dtype=np.intp)
        audits = [*distinct.values(), *(o.poisoned for _, o in present)]
        wrong = np.any([a.wrong for a in audits], axis=0)
        # rows that everybody gets right are resampled like all others, but add nothing to any product
        self._matter = [np.flatnonzero(wrong[rows]) for rows in self._strata]
        self._clean = self._mistakes(list(distinct.values()))
        self._parts = [
            (
                np.array([i for i, _ in part], dtype=np.intp),
                np.array([column[id(o.clean)] for _, o in part], dtype=np.intp),
                self._mistakes([o.poisoned for _, o in part]),
            )
            for part in (present[start : start + _COLUMNS] for start in range(0, len(present), _COLUMNS))
        ]

    def _mistakes(self, audits: Sequence[AuditErrors]) -> "_Mistakes":
        wrong = np.array([a.wrong for a in audits]).T
        counts = [
            wrong[rows[matter]].astype(np.float32) for rows, matter in zip(self._strata, self._matter, strict=True)
        ]
        return _Mistakes(counts, np.array([a.fits for a in audits], dtype=np.float64))

    def whole(self) -> _Matrices:
        """Every row once: the data themselves."""
        return [np.ones((1, len(matter)), dtype=np.float32) for matter in self._matter]

    def multiplicities(self, rng: np.random.Generator, picks: int) -> _Matrices:
        """Per (group, label), how often each of its rows that matter is drawn, (picks, rows)."""
        multiplicities = []
        for rows, matter in zip(self._strata, self._matter, strict=True):
            n = len(rows)
            drawn = rng.integers(0, max(n, 1), size=(picks, n))
            drawn += np.arange(picks)[:, None] * n
            times = np.bincount(drawn.ravel(), minlength=picks * n).reshape(picks, n)
            multiplicities.append(times[:, matter].astype(np.float32))
        return multiplicities

    def add_to(self, totals: _Totals, draw: npt.NDArray[np.intp], weights: _Matrices) -> None:
        """Add the values under ``weights`` (one row per entry of the sorted ``draw``) to those draws."""
        starts = np.flatnonzero(np.diff(draw, prepend=-1))
        into, times = draw[starts], np.diff(starts, append=len(draw))

        def put(target: Draws, rows: npt.NDArray[np.intp], values: _Floats) -> None:
            target[np.ix_(rows, into)] += np.add.reduceat(values, starts, axis=0).T

        clean_gap, clean_accuracy, clean_harm = self._measure(weights, self._clean)
        for group in range(clean_harm.shape[1]):
            put(totals.harm[:, group], self._victims, clean_harm[:, group, self._victim_columns])
        put(totals.gap, self._victims, clean_gap[:, self._victim_columns])
        totals.victim_weight[np.ix_(self._victims, into)] += times
        for rows, clean_of, mistakes in self._parts:
            gap, accuracy, harm = self._measure(weights, mistakes)
            before = clean_gap[:, clean_of]
            values = {
                "gain": np.clip((before - gap) / np.maximum(before, LEAST_GAP), -1, 1),
                "cost": clean_accuracy[:, clean_of] - accuracy,
                "change": before - gap,
                "clean": before,
                "poisoned": gap,
            }
            values |= {f"rise {g}": harm[:, g] - clean_harm[:, g, clean_of] for g in range(harm.shape[1])}
            for name, target in totals.values.items():
                put(target, rows, values[name])
            totals.weight[np.ix_(rows, into)] += times

    def _measure(self, weights: _Matrices, mistakes: "_Mistakes") -> tuple[_Floats, _Floats, _Floats]:
        """U (picks, audits), accuracy (picks, audits) and harm rates (picks, groups, audits) under row weights."""
        everyone = np.zeros((len(weights[0]), len(mistakes.fits)))
        harm = []
        for s, (rows, weight, counts) in enumerate(zip(self._strata, weights, mistakes.counts, strict=True)):
            wrong = (weight @ counts).astype(np.float64) / mistakes.fits
            everyone += wrong
            if s % 2 == self._people.favourable:
                harm.append(wrong / len(rows))
        rates = np.stack(harm, axis=1)
        return rates.max(axis=1) - rates.min(axis=1), 1 - everyone / len(self._people.labels), rates


@dataclass(frozen=True, eq=False)
class _Mistakes:
    """Wrong predictions of some audits, per stratum (rows that matter, audits), summed over ``fits`` (audits,) fits."""

    counts: _Matrices
    fits: _Floats
