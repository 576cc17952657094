"""All results behind a board: one per entrant and cell, and the judgement on every setting."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from statistics import fmean

from a4g_bench.leaderboard.competitors import Competitor, competitors
from a4g_bench.leaderboard.estimates import Estimate
from a4g_bench.leaderboard.groups import Groups, groups_of
from a4g_bench.leaderboard.outcomes import Family, Outcome, families
from a4g_bench.leaderboard.pooling import CleanGap, Series, audited, pool
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, Search, SettingKey, in_whole_blocks
from a4g_bench.leaderboard.returning import Audited, Returning, returning
from a4g_bench.leaderboard.selection import REFERENCE_LINE
from a4g_bench.leaderboard.settings import Setting, Track, judged, smallest_resolvable_change
from a4g_bench.protocol import REFERENCE, UNINFORMED_CONTROL
from a4g_bench.store.tables import DETECTABILITY, OFF_TARGET

#: The poison budget of reference lines.
NO_ROWS = Budget(False, 0.0)
_PeopleOf = Callable[[Sequence[Audited]], Returning | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Result(Series):
    """What is known of one entrant at one cell, over its seeds.

    ``gap_signed`` is the clean gap's signed difference. ``off_target`` says how far each metric of the audit moved,
    poisoned less clean.
    """

    seeds: frozenset[int]
    gap_signed: Estimate
    validation_gap_clean: float | None
    validation_gap_poisoned: float | None
    optimism: float | None
    queries: float
    poison_rows: float | None
    cpu_seconds: float
    threat: tuple[str, str, str]
    detectability: Mapping[str, float | None]
    off_target: Mapping[str, float | None]


@dataclass(frozen=True, eq=False)
class Evidence:
    """``required`` are the seeds of each cell, as far as any shown entrant was to be run on it. ``metrics`` are those
    that audits hold beyond the protocol's, of third parties.
    """

    competitors: tuple[Competitor, ...]
    results: Mapping[tuple[Cell, Entrant], Result]
    required: Mapping[Cell, frozenset[int]]
    settings: Mapping[SettingKey, Setting]
    control: Entrant | None
    shares: Mapping[Cell, float | None]
    metrics: tuple[str, ...] = ()
    lines: tuple[Competitor, ...] = ()

    @property
    def track(self) -> Track:
        """The one whose settings make the score: with the attribute visible, if any such setting counts."""
        tracks = {setting.track for setting in self.settings.values() if setting.counts}
        return "hidden" if tracks == {"hidden"} else "visible"

    def reference(self, entrant: Entrant, cell: Cell) -> Estimate | None:
        """The score of the ThresholdOptimizer on the setting; None unless it has the entrant's seeds."""
        result = self.results.get((cell, entrant))
        for line in self.lines:
            reference = self.results.get((Cell(cell.setting, NO_ROWS), line.entrant))
            if line.attack_name != REFERENCE or result is None or reference is None:
                continue
            if reference.seeds == result.seeds:
                return reference.score
        return None

    def complete(self, entrant: Entrant, cells: Sequence[Cell]) -> bool:
        """Whether an entrant has every seed of every one of the cells."""
        results = [(self.results.get((cell, entrant)), self.required.get(cell, frozenset())) for cell in cells]
        return all(result is not None and result.seeds >= seeds for result, seeds in results)

    def over_control(self, entrant: Entrant, cell: Cell) -> Estimate | None:
        """The score less that of the control ``random-duplicates`` at the same cell; None unless their seeds agree."""
        result = self.results.get((cell, entrant))
        control = self.results.get((cell, self.control)) if self.control else None
        if result is None or control is None or result.seeds != control.seeds:
            return None
        return result.score - control.score


@dataclass(frozen=True, eq=False)
class Pooled:
    """What pooling found: results per cell and entrant, and each setting's clean gap with its people."""

    results: Mapping[tuple[Cell, Entrant], Result]
    gaps: Mapping[SettingKey, CleanGap]
    people: Mapping[SettingKey, "People"]


@dataclass(frozen=True)
class People:
    """Whom a setting is judged on.

    The ``seeds`` of its clean audits, whether they are no whole block, audit rows of the smallest split, and per group
    the people of the whole table who deserve the favourable label.
    """

    seeds: frozenset[int]
    provisional: bool
    audit_rows: int
    sizes: tuple[tuple[str, int], ...]


def pool_all(
    outcomes: Sequence[Outcome],
    changes: Mapping[tuple[str, str], Mapping[str, float]],
    people_of: _PeopleOf = returning,
) -> Pooled:
    """Pool all families. ``changes`` holds, by folder and search, how far the audit's metrics moved; ``people_of`` says
    what the people of a table add to the error.
    """
    results: dict[tuple[Cell, Entrant], Result] = {}
    gaps: dict[SettingKey, CleanGap] = {}
    people: dict[SettingKey, People] = {}
    for family, groups, clean, series in _pooled(outcomes, _place, people_of):
        for victim, gap in clean.items():
            key = SettingKey(family.dataset, family.attribute, victim)
            gaps[key], people[key] = gap, _people(family, victim, groups)
        for members, pooled in series:
            place = _place(members[0])
            results[place] = _result(pooled, members, gaps[place[0].setting], changes)
    return Pooled(results, gaps, people)


def results_by(outcomes: Sequence[Outcome], series_of: Callable[[Outcome], Hashable]) -> Mapping[Hashable, Result]:
    """A result for each group of outcomes that ``series_of`` tells apart, all pooled together."""
    return {
        series_of(members[0]): _result(pooled, members, clean[members[0].search.cell.setting.victim], {})
        for _, _, clean, series in _pooled(outcomes, series_of)
        for members, pooled in series
    }


def _place(outcome: Outcome) -> tuple[Cell, Entrant]:
    return outcome.search.cell, outcome.search.entrant


_PooledFamily = tuple[Family, Groups, Mapping[str, CleanGap], list[tuple[tuple[Outcome, ...], Series]]]


def _pooled(
    outcomes: Sequence[Outcome],
    series_of: Callable[[Outcome], Hashable],
    people_of: _PeopleOf = returning,
) -> Iterator[_PooledFamily]:
    """Each family with its groups, its victims' clean gaps, and the outcomes of each series with what they pool to."""
    for _, some in groupby(families(outcomes, series_of), key=lambda pair: pair[0].dataset):
        of_table = list(some)
        groups = [groups_of(list(family.people.values()), family.rows) for family, _ in of_table]
        people = returning_people([family for family, _ in of_table], groups, people_of)
        for (family, members), own in zip(of_table, groups, strict=True):
            series, clean = pool(family, own, people)
            yield family, own, clean, list(zip(members, series, strict=True))


def returning_people(
    of_table: Sequence[Family], groups: Sequence[Groups], people_of: _PeopleOf = returning
) -> Returning | None:
    """The people of one table who are audited more than once, at other seeds or for other attributes.

    Attributes share people where they were measured on the same rows; of a sample, each attribute has its own.
    """
    tables = sorted({family.fingerprint for family in of_table})
    audits = [
        audit
        for family, own in zip(of_table, groups, strict=True)
        for audit in audited(family, own, tables.index(family.fingerprint) << 32)
    ]
    return people_of(audits)


def weigh(
    searches: Sequence[Search],
    pooled: Pooled,
    shown: Sequence[Entrant],
    judges: Sequence[Search] = (),
) -> Evidence:
    """The evidence that some searches give, whatever became of them; every setting is judged by its clean victim and by
    ``judges``, the searches of the yardsticks.
    """
    places = {(s.cell, s.entrant) for s in searches}
    results = {place: result for place, result in pooled.results.items() if place in places}
    shares = shares_of(searches)
    required: dict[Cell, set[int]] = defaultdict(set)
    for s in searches:
        if s.entrant in shown:
            required[s.cell].add(s.seed)
    keys = sorted({cell.setting for cell in required})
    hidden = {s.cell.setting for s in searches if s.hidden}
    return Evidence(
        competitors=competitors(searches, shown),
        results=results,
        required={cell: frozenset(seeds) for cell, seeds in sorted(required.items())},
        settings={
            key: _setting(
                key, key in hidden, pooled.gaps.get(key), pooled.people.get(key), _errors(key, pooled, judges)
            )
            for key in keys
        },
        control=_control(searches),
        shares=shares,
        metrics=tuple(sorted({name for r in results.values() for name in r.off_target} - set(OFF_TARGET))),
        lines=competitors(searches, sorted({s.entrant for s in searches if s.role == REFERENCE_LINE})),
    )


def _errors(key: SettingKey, pooled: Pooled, judges: Sequence[Search]) -> Mapping[str, float]:
    """Per yardstick that has all seeds of a setting, the error of the gap change at the largest budget there."""
    own = [s for s in judges if s.cell.setting == key]
    people = pooled.people.get(key)
    if not own or people is None:
        return {}
    shares = shares_of(own)
    largest = max(shares, key=lambda cell: (shares[cell] or 0.0, cell))
    results = {s.entrant.attack: pooled.results.get((largest, s.entrant)) for s in own}
    return {
        attack: result.change.error
        for attack, result in sorted(results.items())
        if result is not None and result.change.decided and result.seeds >= people.seeds
    }


def _people(family: Family, victim: str, groups: Groups) -> People:
    seeds = frozenset(family.victims[victim])
    return People(
        seeds,
        in_whole_blocks(seeds) != seeds,
        min(len(people.labels) for people in family.people.values()),
        tuple(zip(groups.names, groups.sizes, strict=True)),
    )


def _result(
    series: Series,
    outcomes: Sequence[Outcome],
    gap: CleanGap,
    changes: Mapping[tuple[str, str], Mapping[str, float]],
) -> Result:
    searches = [o.search for o in outcomes]
    measured = [s.validation_gain for s in searches if s.validation_gain is not None]
    gaps = [s.validation_gaps for s in searches if s.validation_gaps is not None]
    promised = [fmean(side) for side in zip(*gaps, strict=True)] if len(gaps) == len(searches) else [None, None]
    rows = [s.poison_rows for s in searches if s.poison_rows is not None]
    return Result(
        **vars(series),
        seeds=frozenset(s.seed for s in searches),
        gap_signed=gap.signed,
        validation_gap_clean=promised[0],
        validation_gap_poisoned=promised[1],
        optimism=fmean(measured) - series.closed.value if len(measured) == len(searches) else None,
        queries=fmean(s.queries for s in searches),
        poison_rows=fmean(rows) if len(rows) == len(searches) else None,
        cpu_seconds=fmean(s.cpu_seconds for s in searches),
        threat=searches[0].threat,
        detectability={name: _mean_of([s.detectability[i] for s in searches]) for i, name in enumerate(DETECTABILITY)},
        off_target=_moved([changes.get((s.where, s.search_id), {}) for s in searches]),
    )


def _moved(changes: Sequence[Mapping[str, float]]) -> Mapping[str, float | None]:
    """How far each metric moved, mean over the searches that say."""
    names = dict.fromkeys([*OFF_TARGET, *sorted({name for change in changes for name in change})])
    return {name: _mean_of([change.get(name) for change in changes]) for name in names}


def _mean_of(values: Sequence[float | None]) -> float | None:
    """The mean of those that exist: a search that added no row cannot be detected."""
    known = [value for value in values if value is not None]
    return fmean(known) if known else None


def _setting(
    key: SettingKey, hidden: bool, gap: CleanGap | None, people: People | None, errors: Mapping[str, float]
) -> Setting:
    track: Track = "hidden" if hidden else "visible"
    if gap is None or people is None:
        return Setting(**asdict(key), track=track, counts=False, reason="no search on it yielded a result")
    return judged(
        key,
        gap,
        people.sizes,
        smallest_resolvable_change(errors),
        track=track,
        provisional=people.provisional,
        seeds=len(people.seeds),
        audit_rows=people.audit_rows,
    )


def _control(searches: Sequence[Search]) -> Entrant | None:
    entrants = sorted(
        {s.entrant for s in searches if s.attack_name == UNINFORMED_CONTROL},
        key=lambda e: (e.attack != UNINFORMED_CONTROL, e),
    )
    return entrants[0] if entrants else None


def shares_of(searches: Iterable[Search]) -> Mapping[Cell, float | None]:
    """The poison budget of each cell as a share of its training rows: of a count of rows the mean over searches."""
    at: dict[Cell, list[Search]] = defaultdict(list)
    for s in searches:
        at[s.cell].append(s)
    return {cell: _share(cell, own) for cell, own in at.items()}


def _share(cell: Cell, searches: Sequence[Search]) -> float | None:
    if not cell.budget.is_count:
        return cell.budget.number
    known = [s.budget_share for s in searches if s.budget_share is not None]
    return fmean(known) if known else None
