"""What a suite will cost and what it can resolve, from timed clean fits. Starts no Ray."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from a4g_bench.engine.fits import InlineFitter, Job
from a4g_bench.engine.row_sets import TRAIN, VALIDATION
from a4g_bench.engine.view import View
from a4g_bench.engine.workload import shared_fits, workload
from a4g_bench.errors import VictimError
from a4g_bench.metrics.confusion import unfairness
from a4g_bench.metrics.estimate import measure
from a4g_bench.protocol import DETECTABLE_ERRORS
from a4g_bench.seeds import Purpose, generator
from a4g_bench.suite.model import Named, PoisonBudget
from a4g_bench.suite.plan import Plan, Planned, Subject


@dataclass(frozen=True)
class Trial:
    """A clean fit, timed, and one with random duplicates: how far the gap moves when nothing is meant to move it.

    ``gap_error`` is at least the step of a single person in the smallest group that counts: no finer change exists.
    """

    fit_seconds: float
    gap: float
    gap_error: float


@dataclass(frozen=True, kw_only=True)
class Forecast:
    """One data set x victim of a suite. ``cpu_seconds`` and ``fits`` are for the searches that are still to run.

    ``resolvable`` is the smallest change of the gap that the suite's seeds can tell from nothing:
    ``(1.96 + 0.84) * SE / sqrt(seeds)``, with SE the standard error of the paired gap change when random duplicates
    fill the suite's largest poison budget.
    """

    dataset: str
    attribute: str
    victim: str
    searches: int
    to_run: int
    queries: int
    fits: int
    fit_seconds: float
    cpu_seconds: float
    gap: float
    resolvable: float


def forecast(plan: Plan, to_run: Sequence[Planned], say: Callable[[str], None] = lambda line: None) -> list[Forecast]:
    """One line per data set x victim that the plan has searches for. ``say`` hears what is being timed."""
    waiting = {planned.search_id for planned in to_run}
    largest = max(plan.suite.poison_budgets, key=lambda budget: budget.rows(1_000_000))
    lines = []
    counted: set[str] = set()  # what lines share is counted with the first that needs it
    for key, subject in plan.subjects.items():
        for victim in plan.suite.victims:
            searches = [p for p in plan.searches if p.key == key and p.spec.victim.label == victim.label]
            if not searches:
                continue
            say(f"timing a clean fit of {victim.label} on {subject.entry.label}")
            trial = try_victim(subject, victim, plan.suite.seeds[0], largest)
            todo = [p for p in searches if p.search_id in waiting]
            loads = [workload(planned) for planned in todo]
            shared = {k: fits for k, fits in shared_fits(todo, subject.table).items() if k not in counted}
            counted |= shared.keys()
            fits = sum(shared.values()) + sum(load.work for load in loads)
            seconds = fits * trial.fit_seconds
            for surrogate, queries in _surrogates(todo).values():
                say(f"timing a clean fit of {surrogate.label} on {subject.entry.label}")
                instead = try_victim(subject, surrogate, plan.suite.seeds[0], largest)
                seconds += queries * (instead.fit_seconds - trial.fit_seconds)
            lines.append(
                Forecast(
                    dataset=subject.entry.label,
                    attribute=subject.attribute,
                    victim=victim.label,
                    searches=len(searches),
                    to_run=len(todo),
                    queries=sum(load.queries for load in loads),
                    fits=fits,
                    fit_seconds=trial.fit_seconds,
                    cpu_seconds=seconds,
                    gap=trial.gap,
                    resolvable=DETECTABLE_ERRORS * trial.gap_error / np.sqrt(len(plan.suite.seeds)),
                )
            )
    return lines


def try_victim(subject: Subject, victim: Named, seed: int, budget: PoisonBudget) -> Trial:
    """Fit the victim clean and with ``budget`` random duplicates, on the search's rows. Raises ``VictimError`` if it
    fails.
    """
    view = View.of(subject.table, subject.attribute, seed)
    training_data = view.training_data(victim, 1)
    rows = generator(seed, Purpose.SEARCH).choice(view.n_train, budget.rows(view.n_train), replace=False)
    fitter = InlineFitter(training_data)
    poison = (view.features[rows], view.labels[rows])
    clean, moved = fitter.run([Job(TRAIN, VALIDATION, 0), Job(TRAIN, VALIDATION, 0, poison)])
    if clean.values is None or moved.values is None:
        raise VictimError(
            f"victim '{victim.label}' on data set '{subject.entry.label}': {clean.failed or moved.failed}"
        )
    sample = view.sample(training_data.sets[VALIDATION])
    measured = measure(sample, [moved.values], [clean.values], unfairness)
    deserving = np.bincount(sample.groups[sample.labels == sample.favourable], minlength=len(sample.group_names))
    error = max(measured.unfairness.sem, 1 / deserving.min())
    gap = unfairness(sample.counts([clean.values]), sample.favourable)
    return Trial((clean.cpu_seconds + moved.cpu_seconds) / 2, gap, error)


def _surrogates(todo: Sequence[Planned]) -> dict[str, tuple[Named, int]]:
    """Victims that are queried in place of the audited one, each with the fits of its queries."""
    surrogates: dict[str, tuple[Named, int]] = {}
    for planned in todo:
        surrogate = planned.spec.queried
        if surrogate is not planned.spec.victim:
            key = repr((surrogate.name, sorted(surrogate.params.items())))
            fits = surrogates.get(key, (surrogate, 0))[1] + workload(planned).query_fits
            surrogates[key] = surrogate, fits
    return surrogates
