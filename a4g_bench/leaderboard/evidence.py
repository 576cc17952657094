"""All results behind a board: one per entrant and cell, and the judgement on every pair."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean

from a4g_bench.leaderboard.bootstrap import CleanGap, Series, resample
from a4g_bench.leaderboard.estimates import Estimate, at_allowance, fair_gain, finite
from a4g_bench.leaderboard.inference import p_value
from a4g_bench.leaderboard.outcomes import Family, Outcome, families
from a4g_bench.leaderboard.rankability import Pair, judge, smallest_resolvable_gain
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, PairKey, Search
from a4g_bench.leaderboard.selection import REFERENCE_LINE
from a4g_bench.protocol import CEILING, UNINFORMED_CONTROL
from a4g_bench.store.tables import DETECTABILITY, OFF_TARGET

#: The poison budget of reference lines.
NO_ROWS = Budget(False, 0.0)


@dataclass(frozen=True)
class Competitor:
    """An entrant as shown: ``label`` names objective and query budget only where the attack alone is ambiguous."""

    entrant: Entrant
    label: str
    role: str
    attack_name: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Result:
    """What is known of one entrant at one cell: means over its seeds, with draws where they are estimates.

    ``fg`` is FG@1_b, ``gain`` G, ``cost`` dA, ``change`` U before less U after, ``gap_signed`` the clean gap's signed
    difference. ``rise_p`` is the smallest p-value over the groups of a rise of the harm rate. ``off_target`` says how
    far each metric of the audit moved, poisoned less clean.
    """

    seeds: frozenset[int]
    fg: Estimate
    gain: Estimate
    cost: Estimate
    gap_signed: Estimate
    gap_clean: float
    gap_poisoned: float
    change: Estimate
    validation_gap_clean: float | None
    validation_gap_poisoned: float | None
    optimism: float | None
    rise_p: float
    groups: int
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
    pairs: Mapping[PairKey, Pair]
    control: Entrant | None
    shares: Mapping[Cell, float | None]
    metrics: tuple[str, ...] = ()
    lines: tuple[Competitor, ...] = ()

    def ceiling(self, entrant: Entrant, cell: Cell) -> Estimate | None:
        """Mean G of the ThresholdOptimizer on the pair at the accuracy allowance; None unless it has the entrant's
        seeds.
        """
        result = self.results.get((cell, entrant))
        for line in self.lines:
            reference = self.results.get((Cell(cell.pair, NO_ROWS), line.entrant))
            if line.attack_name != CEILING or result is None or reference is None:
                continue
            if reference.seeds == result.seeds:
                return at_allowance(reference.gain, reference.cost)
        return None

    def complete(self, entrant: Entrant, cells: Sequence[Cell]) -> bool:
        """Whether an entrant has every seed of every one of the cells."""
        results = [(self.results.get((cell, entrant)), self.required.get(cell, frozenset())) for cell in cells]
        return all(result is not None and result.seeds >= seeds for result, seeds in results)

    def over_control(self, entrant: Entrant, cell: Cell) -> Estimate | None:
        """Mean G less that of the control ``random-duplicates`` at the same cell; None unless their seeds agree."""
        result = self.results.get((cell, entrant))
        control = self.results.get((cell, self.control)) if self.control else None
        if result is None or control is None or result.seeds != control.seeds:
            return None
        return result.gain - control.gain


@dataclass(frozen=True, eq=False)
class Bootstrapped:
    """What a bootstrap found: results per cell and entrant, and each pair's clean gap with its people."""

    results: Mapping[tuple[Cell, Entrant], Result]
    gaps: Mapping[PairKey, CleanGap]
    people: Mapping[PairKey, "People"]


@dataclass(frozen=True)
class People:
    """Whom a pair is judged on: seeds, audit rows of the smallest split, and per group its fewest rows that deserve the
    favourable label.
    """

    seeds: int
    audit_rows: int
    sizes: tuple[tuple[str, int], ...]


def bootstrap(
    outcomes: Sequence[Outcome], draws: int, changes: Mapping[tuple[str, str], Mapping[str, float]]
) -> Bootstrapped:
    """Resample all families. ``changes`` holds, by folder and search, how far the audit's metrics moved."""
    results: dict[tuple[Cell, Entrant], Result] = {}
    gaps: dict[PairKey, CleanGap] = {}
    people: dict[PairKey, People] = {}
    for family, clean, series in _resampled(outcomes, draws, _place):
        pair = series[0][0][0].search.cell.pair
        for victim, gap in clean.items():
            key = PairKey(pair.dataset, pair.attribute, victim)
            gaps[key], people[key] = gap, _people(family, victim)
        for members, resampled in series:
            place = _place(members[0])
            results[place] = _result(resampled, members, gaps[place[0].pair], changes)
    return Bootstrapped(results, gaps, people)


def results_by(
    outcomes: Sequence[Outcome], draws: int, series_of: Callable[[Outcome], Hashable]
) -> Mapping[Hashable, Result]:
    """A result for each group of outcomes that :func:`series_of` tells apart, all resampled together."""
    return {
        series_of(members[0]): _result(resampled, members, clean[members[0].search.cell.pair.victim], {})
        for _, clean, series in _resampled(outcomes, draws, series_of)
        for members, resampled in series
    }


def _place(outcome: Outcome) -> tuple[Cell, Entrant]:
    return outcome.search.cell, outcome.search.entrant


def _resampled(
    outcomes: Sequence[Outcome], draws: int, series_of: Callable[[Outcome], Hashable]
) -> Iterator[tuple[Family, Mapping[str, CleanGap], list[tuple[tuple[Outcome, ...], Series]]]]:
    """Each family with its victims' clean gaps, and the outcomes of each series with what they resample to."""
    for family, members in families(outcomes, series_of):
        series, clean = resample(family, draws)
        yield family, clean, list(zip(members, series, strict=True))


def weigh(searches: Sequence[Search], bootstrapped: Bootstrapped, shown: Sequence[Entrant]) -> Evidence:
    """The evidence that some searches give, whatever became of them; every pair is judged by these alone."""
    places = {(s.cell, s.entrant) for s in searches}
    results = {place: result for place, result in bootstrapped.results.items() if place in places}
    names = {s.entrant: s.attack_name for s in searches if s.role != REFERENCE_LINE}
    errors: dict[PairKey, dict[Entrant, float]] = defaultdict(dict)
    for (cell, entrant), result in results.items():
        if entrant in names:
            errors[cell.pair][entrant] = max(errors[cell.pair].get(entrant, 0.0), result.change.error())
    required: dict[Cell, set[int]] = defaultdict(set)
    for s in searches:
        if s.entrant in shown:
            required[s.cell].add(s.seed)
    keys = sorted({cell.pair for cell in required})
    return Evidence(
        competitors=competitors(searches, shown),
        results=results,
        required={cell: frozenset(seeds) for cell, seeds in sorted(required.items())},
        pairs={
            key: _pair(key, bootstrapped.gaps.get(key), bootstrapped.people.get(key), errors[key], names)
            for key in keys
        },
        control=_control(searches),
        shares={cell: _share(cell, searches_at) for cell, searches_at in _by_cell(searches).items()},
        metrics=tuple(sorted({name for r in results.values() for name in r.off_target} - set(OFF_TARGET))),
        lines=competitors(searches, sorted({s.entrant for s in searches if s.role == REFERENCE_LINE})),
    )


def _people(family: Family, victim: str) -> People:
    people = [baseline.rows for baseline in family.victims[victim].values()]
    fewest = [min(column) for column in zip(*(p.deserving().tolist() for p in people), strict=True)]
    return People(
        len(family.seeds),
        min(len(p.labels) for p in people),
        tuple(zip(people[0].group_names, fewest, strict=True)),
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
        seeds=frozenset(s.seed for s in searches),
        fg=fair_gain(series.gain, series.cost),
        gain=series.gain,
        cost=series.cost,
        gap_signed=gap.signed,
        gap_clean=series.gap_clean,
        gap_poisoned=series.gap_poisoned,
        change=series.change,
        validation_gap_clean=promised[0],
        validation_gap_poisoned=promised[1],
        optimism=fmean(measured) - series.gain.value if len(measured) == len(searches) else None,
        rise_p=min(p_value(rise) if rise.value > 0 else 1.0 for rise in series.rises),
        groups=len(series.rises),
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


def _pair(
    key: PairKey,
    gap: CleanGap | None,
    people: People | None,
    errors: Mapping[Entrant, float],
    names: Mapping[Entrant, str],
) -> Pair:
    coordinates = asdict(key)
    if gap is None or people is None:
        return Pair(**coordinates, reason="no search on it yielded a result")
    resolvable = smallest_resolvable_gain(
        [e for entrant, e in errors.items() if names[entrant] == UNINFORMED_CONTROL],
        [e for entrant, e in errors.items() if names[entrant] != "clean"],
    )
    low, high = gap.signed.interval()
    reason = judge(gap, resolvable)
    return Pair(
        **coordinates,
        gap_clean=gap.gap,
        gap_clean_low=finite(low),
        gap_clean_high=finite(high),
        groups=gap.groups,
        resolvable=resolvable,
        rankable=not reason,
        reason=reason,
        seeds=people.seeds,
        audit_rows=people.audit_rows,
        sizes=people.sizes,
    )


def _control(searches: Sequence[Search]) -> Entrant | None:
    entrants = sorted(
        {s.entrant for s in searches if s.attack_name == UNINFORMED_CONTROL},
        key=lambda e: (e.attack != UNINFORMED_CONTROL, e),
    )
    return entrants[0] if entrants else None


def _by_cell(searches: Sequence[Search]) -> Mapping[Cell, list[Search]]:
    at: dict[Cell, list[Search]] = defaultdict(list)
    for s in searches:
        at[s.cell].append(s)
    return at


def _share(cell: Cell, searches: Sequence[Search]) -> float | None:
    if not cell.budget.is_count:
        return cell.budget.number
    known = [s.budget_share for s in searches if s.budget_share is not None]
    return fmean(known) if known else None


def competitors(searches: Sequence[Search], shown: Sequence[Entrant]) -> tuple[Competitor, ...]:
    """The shown entrants with the shortest labels that tell them apart, in a fixed order."""
    first: dict[Entrant, Search] = {}
    for s in searches:
        first.setdefault(s.entrant, s)
    objectives = Counter(attack for attack, _ in {(e.attack, e.objective) for e in shown})
    queries = Counter(
        (attack, objective) for attack, objective, _ in {(e.attack, e.objective, e.query_budget) for e in shown}
    )

    def label(e: Entrant) -> str:
        extra = [e.objective] if objectives[e.attack] > 1 else []
        extra += [f"{e.query_budget} queries"] if queries[e.attack, e.objective] > 1 else []
        return f"{e.attack} ({', '.join(extra)})" if extra else e.attack

    return tuple(Competitor(e, label(e), first[e].role, first[e].attack_name) for e in sorted(shown))
