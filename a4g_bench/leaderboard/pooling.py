"""Harm rates pooled over all audits of a setting before any difference is taken, with every seed left out in turn.

Everything a search is judged by is a function of how many people of each (group, label) were judged wrongly, summed
over seeds and divided by the people audited. Replicate 0 has all seeds, replicate s + 1 all but seed s.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from a4g_bench.leaderboard.estimates import Estimate, Floats, Part
from a4g_bench.leaderboard.groups import Groups
from a4g_bench.leaderboard.outcomes import AuditErrors, Family, Paired
from a4g_bench.leaderboard.records import in_whole_blocks
from a4g_bench.leaderboard.returning import Audited, Coefficients, Returning
from a4g_bench.leaderboard.score import closed_slopes, gap_closed, scaled_to_allowance

_Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, kw_only=True)
class Series:
    """One entrant at one cell, over its seeds; rates, not percent.

    ``closed`` is the share of the gap closed, ``change`` U_clean - U_poisoned, ``cost`` the mean over seeds of the
    accuracy cost, ``score`` the share scaled to the allowance; ``odds_score`` is the same rule for equalized odds.
    ``rises`` are the changes of the groups' rates, ``best_rise`` that of the group best off before. ``spread`` is the
    standard deviation over seeds of the signed gap after.
    """

    closed: Estimate
    change: Estimate
    cost: Estimate
    score: Estimate
    odds_score: Estimate
    gap_clean: float
    gap_poisoned: float
    rises: tuple[float, ...]
    best_rise: float
    spread: float | None
    balanced_cost: float


@dataclass(frozen=True, eq=False, kw_only=True)
class CleanGap:
    """A victim's gap without poison.

    ``gap`` is U of the pooled rates, ``signed`` the difference between the groups whose rates are the highest and the
    lowest: U is never negative, so only the signed difference can say whether there is a gap. ``constant_cost`` is what
    the best constant classifier would cost in accuracy.
    """

    gap: float
    signed: Estimate
    groups: tuple[str, ...]
    constant_cost: float


def pool(family: Family, groups: Groups, people: Returning | None) -> tuple[tuple[Series, ...], Mapping[str, CleanGap]]:
    """Pool the audits of an attribute: its series in their order, and the clean gap of each victim.

    ``people`` are those of the whole table, all its attributes, who are audited more than once.
    """
    pooled = _Pooled(family, groups, people)
    return pooled.series(), {victim: pooled.clean_gap(victim) for victim in family.victims}


def audited(family: Family, groups: Groups, first: int) -> list[Audited]:
    """All audits of a family in the order of its columns; its people are numbered by their rows, from ``first``."""
    columns = columns_of(family)
    made = []
    for seed, people in family.people.items():
        nobody = np.zeros(len(people.labels), dtype=np.uint8)
        audits = [by_seed.get(seed) for by_seed in columns.values()]
        made.append(
            Audited(
                family.attribute,
                seed,
                people.row_ids.astype(np.int64) + first,
                groups.of(people),
                np.array([nobody if audit is None else audit.wrong for audit in audits]),
                np.array([1.0 if audit is None else audit.fits for audit in audits]),
            )
        )
    return made


_Key = tuple[str, str, int]


def columns_of(family: Family) -> dict[_Key, dict[int, AuditErrors]]:
    """All that was audited, by seed: the clean victims, each series, and the clean audits of a series that are not all
    of its victim's: of a series that lacks seeds, or is another folder's.
    """
    columns: dict[_Key, dict[int, AuditErrors]] = {}
    for victim, by_seed in family.victims.items():
        columns["victim", victim, 0] = {seed: baseline.audit for seed, baseline in by_seed.items()}
    for position, series in enumerate(family.series):
        columns["series", "", position] = {seed: paired.poisoned for seed, paired in series.items()}
        if _victim_of(family, series) is None:
            columns["clean", "", position] = {seed: paired.clean.audit for seed, paired in series.items()}
    return columns


def _victim_of(family: Family, series: Mapping[int, Paired]) -> str | None:
    """The victim whose clean audits are those of a series, if there is one."""
    for victim, by_seed in family.victims.items():
        if by_seed.keys() == series.keys() and all(by_seed[seed] is paired.clean for seed, paired in series.items()):
            return victim
    return None


class _Pooled:
    """Sums of wrong judgements of a family: ``wrong`` (columns, replicates, strata) and ``people`` alike."""

    def __init__(self, family: Family, groups: Groups, returning: Returning | None) -> None:
        self._family, self._groups, self._returning = family, groups, returning
        columns = columns_of(family)
        self._position = {key: position for position, key in enumerate(columns)}
        self._seeds = len(family.seeds)
        by_seed = np.zeros((len(columns), self._seeds, groups.strata))
        people = np.zeros_like(by_seed)
        for s, seed in enumerate(family.seeds):
            if seed not in family.people:
                continue
            strata = groups.of(family.people[seed])
            sizes = np.bincount(strata, minlength=groups.strata)
            present = [(c, audits[seed]) for c, audits in enumerate(columns.values()) if seed in audits]
            for (c, audit), counts in zip(
                present, _counts([a for _, a in present], strata, groups.strata), strict=True
            ):
                by_seed[c, s], people[c, s] = counts / audit.fits, sizes
        self._wrong_by_seed, self._people_by_seed = by_seed, people
        self._wrong, self._people = _replicates(by_seed), _replicates(people)

    # rates, (replicates, groups or labels) ----------------------------------------------------------------------------

    def _harm(self, column: int) -> Floats:
        strata = [stratum for [stratum] in self._harm_strata]
        return _divided(self._wrong[column][:, strata], self._people[column][:, strata])

    def _odds(self, column: int) -> Floats:
        """Error rates per label of the groups of equalized odds, (replicates, labels, groups)."""
        strata = self._odds_strata
        shape = 2, len(strata) // 2, self._seeds + 1
        wrong, people = (
            np.array([values[column][:, members].sum(axis=1) for members in strata]).reshape(shape)
            for values in (self._wrong, self._people)
        )
        return _divided(wrong, people).transpose(2, 0, 1)

    @cached_property
    def _odds_strata(self) -> list[list[int]]:
        """Per label and group of equalized odds, its strata."""
        odds = self._groups.odds
        return [
            [self._groups.stratum(int(g), label) for g in np.flatnonzero(odds == of)]
            for label in (0, 1)
            for of in range(int(odds.max()) + 1)
        ]

    def _error(self, column: int) -> Floats:
        """Error rates per label, (replicates, labels)."""
        wrong, people = (values[column].reshape(-1, len(self._groups.names) + 1, 2).sum(axis=1)
                         for values in (self._wrong, self._people))  # fmt: skip
        return _divided(wrong, people)

    def _cost(self, clean: int, poisoned: int) -> Floats:
        """Mean over seeds of the accuracy cost, (replicates,)."""
        present = self._people_by_seed[poisoned].sum(axis=1)
        lost = (self._wrong_by_seed[poisoned] - self._wrong_by_seed[clean]).sum(axis=1)
        per_seed, counted = np.where(present > 0, _divided(lost, present), 0.0), (present > 0).astype(np.float64)
        return _divided(_replicates(per_seed[None, :, None])[0, :, 0], _replicates(counted[None, :, None])[0, :, 0])

    # estimates --------------------------------------------------------------------------------------------------------

    def _estimate(self, values: Floats, coefficients: Coefficients, column: int) -> Estimate:
        """An estimate with the seeds that a column has."""
        has = self._people_by_seed[column].sum(axis=1) > 0
        own = {seed for seed, audited_ in zip(self._family.seeds, has, strict=True) if audited_}
        part = Part(
            np.where(has, np.nan_to_num(values[1:] - values[0]), np.nan),
            coefficients if self._returning is not None else {},
            self._returning,
            not own or in_whole_blocks(own) != own,
        )
        return Estimate(float(values[0]), {self._family.dataset: part})

    @cached_property
    def _harm_strata(self) -> list[list[int]]:
        """Per group the stratum that its harm rate is about."""
        return [[self._groups.stratum(g, self._groups.favourable)] for g in range(len(self._groups.names))]

    def _effects(self, column: int, slopes: Sequence[tuple[Sequence[int], float]], times: float = 1.0) -> Coefficients:
        """The effect of a person judged wrongly, where a rate over some strata has a slope."""
        if self._returning is None:
            return {}
        effects = np.zeros(self._groups.strata)
        for strata, slope in slopes:
            effects[list(strata)] += times * slope / max(self._people[column][0, list(strata)].sum(), 1.0)
        return {(self._family.attribute, column): effects}

    def series(self) -> tuple[Series, ...]:
        return tuple(self._one(position, members) for position, members in enumerate(self._family.series))

    def _one(self, position: int, members: Mapping[int, Paired]) -> Series:
        poisoned = self._position["series", "", position]
        victim = _victim_of(self._family, members)
        clean = self._position["clean", "", position] if victim is None else self._position["victim", victim, 0]
        before, after = self._harm(clean), self._harm(poisoned)
        everybody = [(range(self._groups.strata), 1.0)]
        cost = self._estimate(
            self._cost(clean, poisoned),
            {**self._effects(clean, everybody, -1.0), **self._effects(poisoned, everybody)},
            poisoned,
        )
        closed, change = self._closed(
            clean, poisoned, _Rates(before[:, None], self._harm_strata), _Rates(after[:, None], self._harm_strata)
        )
        odds_closed, _ = self._closed(
            clean,
            poisoned,
            _Rates(self._odds(clean), self._odds_strata),
            _Rates(self._odds(poisoned), self._odds_strata),
        )
        rises = after[0] - before[0]
        return Series(
            closed=closed,
            change=change,
            cost=cost,
            score=scaled_to_allowance(closed, cost),
            odds_score=scaled_to_allowance(odds_closed, cost),
            gap_clean=_range(before[0]),
            gap_poisoned=_range(after[0]),
            rises=tuple(map(float, rises)),
            best_rise=float(rises[int(before[0].argmin())]) if len(rises) else 0.0,
            spread=self._spread(poisoned, before[0]),
            balanced_cost=float((self._error(poisoned)[0] - self._error(clean)[0]).mean()),
        )

    def _closed(self, clean: int, poisoned: int, before: "_Rates", after: "_Rates") -> tuple[Estimate, Estimate]:
        """The share of a gap that is closed, and U before less U after."""
        worst, best = before.gap, after.gap
        change = self._estimate(
            worst - best,
            {**self._effects(clean, before.slopes), **self._effects(poisoned, after.slopes, -1.0)},
            poisoned,
        )
        of_before, of_after = closed_slopes(float(worst[0]), float(best[0]))
        closed = self._estimate(
            gap_closed(worst, best),
            {
                **self._effects(clean, before.slopes, of_before),
                **self._effects(poisoned, after.slopes, of_after),
            },
            poisoned,
        )
        return closed, change

    def _spread(self, column: int, clean: Floats) -> float | None:
        """Standard deviation over seeds of the difference between the groups worst and best off before."""
        if len(clean) < 2:
            return None
        rates = _divided(self._wrong_by_seed[column], self._people_by_seed[column])
        worst, best = (self._groups.stratum(int(g), self._groups.favourable) for g in (clean.argmax(), clean.argmin()))
        signed = rates[:, worst] - rates[:, best]
        signed = signed[np.isfinite(signed)]
        return float(signed.std(ddof=1)) if len(signed) > 1 else None

    def clean_gap(self, victim: str) -> CleanGap:
        """The gap of a victim without poison."""
        column = self._position["victim", victim, 0]
        rates = self._harm(column)
        people, wrong = (values[column][0] for values in (self._people, self._wrong))
        by_label = people.reshape(-1, 2).sum(axis=0)
        constant_cost = float((people.sum() - wrong.sum() - by_label.max()) / people.sum())
        if rates.shape[1] < 2:
            return CleanGap(gap=0.0, signed=Estimate(0.0), groups=(), constant_cost=constant_cost)
        order = np.argsort(rates[0], kind="stable")  # two different groups even where all are equal
        worst, best = int(order[-1]), int(order[0])
        strata = self._harm_strata
        signed = self._estimate(
            rates[:, worst] - rates[:, best],
            self._effects(column, [(strata[worst], 1.0), (strata[best], -1.0)]),
            column,
        )
        names = self._groups.names[worst], self._groups.names[best]
        return CleanGap(gap=_range(rates[0]), signed=signed, groups=names, constant_cost=constant_cost)


class _Rates:
    """Rates of some kinds and groups, (replicates, kinds, groups); ``strata`` are those behind each rate, in order."""

    def __init__(self, rates: Floats, strata: Sequence[Sequence[int]]) -> None:
        self._rates, self._strata = rates, strata

    @property
    def gap(self) -> Floats:
        """The largest difference between two groups in any kind, (replicates,)."""
        if self._rates.shape[2] < 2:
            return np.full(len(self._rates), np.nan)  # nobody to hold anybody against
        return (self._rates.max(axis=2) - self._rates.min(axis=2)).max(axis=1)  # type: ignore[no-any-return]  # numpy

    @property
    def slopes(self) -> list[tuple[Sequence[int], float]]:
        """The strata whose rates make the gap, the worst and the best group held fixed, with its derivatives."""
        groups = self._rates.shape[2]
        if groups < 2:
            return []
        kind = int((self._rates[0].max(axis=1) - self._rates[0].min(axis=1)).argmax())
        worst, best = int(self._rates[0, kind].argmax()), int(self._rates[0, kind].argmin())
        return [(self._strata[kind * groups + worst], 1.0), (self._strata[kind * groups + best], -1.0)]


def _counts(audits: Sequence[AuditErrors], strata: _Ints, number: int) -> npt.NDArray[np.int64]:
    """Wrong judgements per audit and stratum, summed over its fits."""
    order = np.argsort(strata, kind="stable")
    present, starts = np.unique(strata[order], return_index=True)
    counts = np.zeros((len(audits), number), dtype=np.int64)
    if audits:
        wrong = np.array([audit.wrong for audit in audits])[:, order]
        counts[:, present] = np.add.reduceat(wrong, starts, axis=1, dtype=np.int64)
    return counts


def _replicates(by_seed: Floats) -> Floats:
    """Sums over all seeds, then over all but each: (columns, seeds, ...) becomes (columns, 1 + seeds, ...)."""
    whole = by_seed.sum(axis=1, keepdims=True)
    return np.concatenate([whole, whole - by_seed], axis=1)


def _divided(wrong: Floats, people: Floats) -> Floats:
    with np.errstate(invalid="ignore", divide="ignore"):
        return wrong / people  # 0/0 is NaN: nobody was audited


def _range(rates: Floats) -> float:
    return float(rates.max() - rates.min()) if len(rates) else 0.0
