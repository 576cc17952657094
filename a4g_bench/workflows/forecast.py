"""What a suite will cost and which settings will count, from timed fits and rehearsed searches. Starts no Ray."""

import heapq
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from statistics import median
from typing import Literal

from a4g_bench.engine.audit import Audit, distinct_seeds
from a4g_bench.engine.clean import clean_baseline_key
from a4g_bench.engine.fits import Fit, InlineFitter, Job, Treatment
from a4g_bench.engine.rehearsal import Rehearsal, rehearse
from a4g_bench.engine.row_sets import TRAIN, VALIDATION
from a4g_bench.engine.view import View
from a4g_bench.engine.workload import Workload, shared_fits, workload
from a4g_bench.errors import VictimError
from a4g_bench.leaderboard.records import SettingKey
from a4g_bench.leaderboard.settings import Setting
from a4g_bench.seeds import Purpose, generator
from a4g_bench.store.tables import ResultTables
from a4g_bench.suite.model import Audited, Named
from a4g_bench.suite.plan import Plan, Planned, Subject
from a4g_bench.suite.spec import Mitigation, PoisonSearch
from a4g_bench.workflows.outlook import fits_of, largest_budget, look_ahead, on_board
from a4g_bench.workflows.run import in_order

#: Seconds that pass before the first search begins and after the last one ended: Ray's own start and end, and that of
#: the processes of a search, which import what they need (docs/speed.md; ``plan`` starts no Ray, so it cannot time it).
START_SECONDS = 15.0
#: Core time of Ray, Tune and the writer per search, whatever it does (docs/speed.md).
SEARCH_SECONDS = 0.1
#: The same per query: its jobs and their results pass from process to process, and its journal is written.
QUERY_SECONDS = 0.01
#: A setting is foreseen only if that takes no longer.
_AFFORDABLE_SECONDS = 30.0
#: Fits this short are timed several times: the first one is slower.
_SHORT_SECONDS = 0.5

#: Where a judgement is from: the results, a forecast, or nowhere.
Source = Literal["board", "forecast", "unknown"]


@dataclass(frozen=True, kw_only=True)
class SettingForecast:
    """One setting of a suite. What is to run, to query, to fit and to pay is of the searches that have no result yet.

    ``fit_seconds`` are those of one fit, ``own_seconds`` those of its searches beside fits, ``cpu_seconds`` of both.
    ``counts`` says whether the board will rank it, None if that is not known, and ``reason`` why not. ``gap`` is the
    clean gap and ``resolvable`` the smallest change of it that would probably be seen (5 % test, 80 % power), by the
    yardsticks' errors at the largest budget; rates, not percent.
    """

    dataset: str
    attribute: str
    victim: str
    searches: int
    to_run: int
    queries: int
    fits: int
    fit_seconds: float
    own_seconds: float
    cpu_seconds: float
    counts: bool | None
    reason: str
    source: Source
    gap: float | None
    gap_low: float | None
    gap_high: float | None
    resolvable: float | None
    constant_cost: float | None
    sizes: dict[str, int]


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """``seconds`` are the CPU times of the searches to run, in the order in which they begin; ``once`` what each
    process imports beside what all of them do. ``failed`` has why a rehearsal broke off, by attack.
    """

    settings: tuple[SettingForecast, ...]
    seconds: tuple[float, ...]
    once: float
    cores_per_search: int
    failed: dict[str, str]

    @property
    def cpu_seconds(self) -> float:
        """Of all searches."""
        return sum(self.seconds)

    def wall_seconds(self, cores: int) -> float:
        """From the command to its end on so many cores of this kind: each search begins where one ends first."""
        if not self.seconds:
            return 0.0
        slots = [0.0] * max(1, min(len(self.seconds), cores // self.cores_per_search))
        for seconds in self.seconds:
            heapq.heapreplace(slots, slots[0] + seconds / self.cores_per_search)
        return START_SECONDS + self.once + max(slots)


def forecast(
    plan: Plan,
    to_run: Sequence[Planned],
    done: Sequence[Planned] = (),
    tables: Sequence[ResultTables] = (),
    say: Callable[[str], None] = lambda line: None,
) -> Forecast:
    """What is to be expected of a suite. What is kept for a board is not looked at: its design half stands for it.

    Args:
        plan: The suite with its data.
        to_run: Its searches without a result.
        done: Those with one.
        tables: The results that they are in; settings that these judge for good are not foreseen.
        say: Hears what is being timed.

    Returns:
        A line per setting, and what the searches to run take.

    Raises:
        VictimError: If a victim cannot be trained.
    """
    known = on_board(plan, done, tables)
    plan = replace(plan, subjects={key: subject.to_try_on() for key, subject in plan.subjects.items()})
    clock = _Clock(plan, say)
    lines = {
        (subject.key, victim.label): _Line(subject, victim)
        for subject in plan.subjects.values()
        for victim in plan.suite.victims
    }
    for planned in plan.searches:
        lines[planned.key, planned.spec.victim.label].searches += 1
    counted: set[str] = set()  # what searches share is counted with the first that needs it
    seconds = []
    for planned in in_order(to_run):
        line = lines[planned.key, planned.spec.victim.label]
        load = workload(planned)
        shared = {k: n for k, n in shared_fits([planned], line.subject.table).items() if k not in counted}
        counted |= shared.keys()
        fitting = clock.fits(planned, line.subject, load, shared)
        own = clock.own(planned, line.subject)
        line.to_run += 1
        line.queries += load.queries
        line.fits += load.work + sum(shared.values())
        line.own += own
        line.seconds += fitting + own
        seconds.append(fitting + own)
    settings = [_judged(plan, line, known, clock) for line in lines.values() if line.searches]
    return Forecast(
        settings=tuple(settings),
        seconds=tuple(seconds),
        once=clock.once,
        cores_per_search=plan.suite.resources.cores,
        failed=clock.failed,
    )


@dataclass(eq=False)
class _Line:
    subject: Subject
    victim: Named
    searches: int = 0
    to_run: int = 0
    queries: int = 0
    fits: int = 0
    own: float = 0.0
    seconds: float = 0.0


@dataclass(eq=False)
class _Clock:
    """Times each distinct fit and attack on each data set once."""

    plan: Plan
    say: Callable[[str], None]
    once: float = 0.0
    failed: dict[str, str] = field(default_factory=dict)
    _fits: dict[tuple[object, ...], float] = field(default_factory=dict)
    _own: dict[tuple[object, ...], Rehearsal] = field(default_factory=dict)

    def fit(self, subject: Subject, victim: Named) -> float:
        """CPU seconds of a fit."""
        key = subject.key, victim.name, repr(sorted(victim.params.items()))
        if key not in self._fits:
            self.say(f"timing a fit of {victim.label} on {subject.entry.label}")
            self._fits[key] = _fit_seconds(self.plan, subject, victim)
        return self._fits[key]

    def fits(self, planned: Planned, subject: Subject, load: Workload, shared: Mapping[str, int]) -> float:
        """CPU seconds of a search's fits, and of those that it makes for others too (``shared``, by what they make)."""
        spec = planned.spec
        queried = load.query_fits + (shared.get(clean_baseline_key(planned), 0) if shared else 0)
        seconds = queried * self.fit(subject, spec.queried) if queried else 0.0
        for audited in spec.audited:
            audit, clean = Audit(subject.table, subject.attribute, audited, spec.seed), 0
            if shared:  # most searches find it made: the identifier, a hash, is not worked out for them once more
                clean = shared.get(audit.baseline_id, 0)
            poisoned = len(distinct_seeds(audited, spec.seed))
            if isinstance(spec, Mitigation):
                poisoned = load.trainings
            seconds += (clean + poisoned) * self.fit(subject, audited)
            seconds += (1 + bool(clean)) * self.screening(subject, audited)  # the table with the rows, and without
        return seconds

    def screening(self, subject: Subject, audited: Audited) -> float:
        """CPU seconds in which a defence screens a table; none where there is no defence."""
        defence = audited.defence
        if defence is None:
            return 0.0
        key = subject.key, "defence", defence.name, repr(sorted(defence.params.items()))
        if key not in self._fits:
            self.say(f"timing {defence.label} on {subject.entry.label}")
            treatment = Treatment.of("defence", defence.name, defence.params, subject.attribute)
            whole = _timed(self.plan, subject, audited, treatment)[-1].cpu_seconds
            self._fits[key] = max(0.0, whole - self.fit(subject, audited))
        return self._fits[key]

    def own(self, planned: Planned, subject: Subject) -> float:
        """CPU seconds of a search beside its fits."""
        key = _alike(planned)
        if key not in self._own:
            self.say(f"rehearsing {planned.spec.label} on {subject.entry.label}")
            self._own[key] = rehearsal = rehearse(self._examples[key], subject)
            self.once += rehearsal.once
            if rehearsal.failed is not None:
                self.failed.setdefault(planned.spec.label, rehearsal.failed)
        queries = planned.spec.queries
        return SEARCH_SECONDS + queries * QUERY_SECONDS + self._own[key].of(queries)

    @cached_property
    def _examples(self) -> dict[tuple[object, ...], Planned]:
        """Of searches that are alike the one whose poison budget is in the middle."""
        alike: dict[tuple[object, ...], list[Planned]] = {}
        for planned in sorted(self.plan.searches, key=_rows):
            alike.setdefault(_alike(planned), []).append(planned)
        return {key: own[len(own) // 2] for key, own in alike.items()}


def _alike(planned: Planned) -> tuple[object, ...]:
    """What searches have in common that cost about the same beside their fits."""
    spec = planned.spec
    what: tuple[object, ...] = (spec.label,)
    if isinstance(spec, PoisonSearch):
        entry = spec.attack
        what = entry.name, repr(sorted(entry.params.items())), spec.batch_size, entry.spend
    return planned.key, *what, spec.queries, spec.fits.folds, spec.fits.victim_seeds


def _rows(planned: Planned) -> int:
    return planned.spec.rows(1_000_000) if isinstance(planned.spec, PoisonSearch) else 0


def _fit_seconds(plan: Plan, subject: Subject, victim: Named) -> float:
    """CPU seconds of a fit, the median of several where it is short."""
    fits = _timed(plan, subject, victim)
    if sum(fit.cpu_seconds for fit in fits) < _SHORT_SECONDS:
        fits += _timed(plan, subject, victim)
    for fit in fits:
        if fit.values is None:
            raise VictimError(f"victim '{victim.label}' on data set '{subject.entry.label}': {fit.failed}")
    return median(fit.cpu_seconds for fit in fits)


def _timed(plan: Plan, subject: Subject, victim: Named, treatment: Treatment | None = None) -> list[Fit]:
    """Two fits on the rows that a search trains on: clean, and with the largest budget of duplicates."""
    seed = plan.suite.seeds[0]
    view = View.of(subject.table, subject.attribute, seed)
    added = largest_budget(plan.suite).rows(view.n_train)
    rows = generator(seed, Purpose.SEARCH).choice(view.n_train, added, replace=False)
    poison = view.features[rows], view.labels[rows]
    return InlineFitter(view.training_data(victim, 1)).run(
        [
            Job(TRAIN, VALIDATION, 0, treatment=treatment),
            Job(TRAIN, VALIDATION, 0, poison, treatment=treatment),
        ]
    )


def _judged(plan: Plan, line: _Line, known: dict[SettingKey, Setting], clock: _Clock) -> SettingForecast:
    key = SettingKey(*line.subject.key, line.victim.label)
    each = clock.fit(line.subject, line.victim)
    setting = known.get(key)
    counts, reason = (setting.counts, setting.reason) if setting else (None, "")
    source: Source = "board"
    if setting is None:
        fits = fits_of(plan.suite)
        affordable = fits * each <= _AFFORDABLE_SECONDS
        clock.say(f"looking ahead: {key}")
        ahead = look_ahead(plan, line.subject, line.victim, whole=affordable)
        if ahead is None:
            reason = "a group is too small to split the rows that searches see once more"
        elif affordable or ahead.counts is False:
            counts, reason = ahead.counts, ahead.reason
        else:
            reason = f"to foresee it takes {fits} fits of {each:.1f} s: run its yardsticks first"
        setting = ahead.setting if ahead else None
        source = "unknown" if counts is None else "forecast"
    return SettingForecast(
        dataset=key.dataset,
        attribute=key.attribute,
        victim=key.victim,
        searches=line.searches,
        to_run=line.to_run,
        queries=line.queries,
        fits=line.fits,
        fit_seconds=each,
        own_seconds=line.own,
        cpu_seconds=line.seconds,
        counts=counts,
        reason=reason,
        source=source,
        gap=setting.gap_clean if setting else None,
        gap_low=setting.gap_clean_low if setting else None,
        gap_high=setting.gap_clean_high if setting else None,
        resolvable=setting.resolvable if setting else None,
        constant_cost=setting.constant_cost if setting else None,
        sizes=dict(setting.sizes) if setting else {},
    )
