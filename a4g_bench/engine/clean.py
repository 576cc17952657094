"""What every search on the same data, victim and seed needs first: the clean victim's predictions and scores."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.engine.fits import Fit, Fitter, Job
from a4g_bench.engine.row_sets import RowSet
from a4g_bench.engine.view import Stage, View, stages_of, training_key
from a4g_bench.errors import VictimError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.protocol import SCORE_FOLDS
from a4g_bench.seeds import query_victim_seed
from a4g_bench.suite.model import Fits, Named
from a4g_bench.suite.plan import Planned
from a4g_bench.victims.base import get_victim

#: Victim seeds of the clean victim start here, so that they are none of a query's.
_CLEAN = -1


class FitFailedError(VictimError):
    """A fit without which there is no search: the clean victim's, or the audit's. ``fit`` says what happened."""

    def __init__(self, what: str, fit: Fit) -> None:
        super().__init__(f"{what}: {fit.failed}")
        self.fit = fit


@dataclass(frozen=True, eq=False)
class CleanBaseline:
    """``clean[mode]``: the clean victim's predictions, one array per victim seed, over the mode's judged rows.

    ``scores[set]``: out-of-fold scores of the favourable label, in the order of the training set's rows.
    ``cpu_seconds`` is what it cost.
    """

    clean: dict[str, list[Predictions]]
    scores: dict[RowSet, npt.NDArray[np.float64]]
    cpu_seconds: float


def clean_baseline_key(planned: Planned) -> str:
    """What searches that share a clean baseline have in common."""
    spec, subject = planned.spec, planned.subject
    data = training_key(subject.fingerprint, subject.attribute, spec.seed, spec.queried, spec.fits.folds)
    return f"{data} {spec.fits.victim_seeds} {spec.uses_scores}"


def victim_seeds(victim: Named, fits: Fits) -> int:
    """Fits per stage: one where the victim's random state changes nothing."""
    return fits.victim_seeds if get_victim(victim.name, victim.params).seeded() else 1


@dataclass(frozen=True, eq=False, kw_only=True)
class CleanJobs:
    """The fits of a clean baseline: per stage one per victim seed, then per ``scored`` training set one per part."""

    stages: list[Stage]
    seeds: list[int]
    scored: list[RowSet]

    @classmethod
    def of(cls, seed: int, victim: Named, fits: Fits, *, with_scores: bool) -> "CleanJobs":
        """Those of a search with this ``seed``."""
        stages = list(dict.fromkeys(stage for mode in stages_of(fits.folds).values() for stage in mode))
        return cls(
            stages=stages,
            seeds=[query_victim_seed(seed, _CLEAN, fit) for fit in range(victim_seeds(victim, fits))],
            scored=list(dict.fromkeys(stage.train for stage in stages)) if with_scores else [],
        )

    def __iter__(self) -> Iterator[Job]:
        for stage in self.stages:
            yield from (Job(stage.train, stage.judged, seed) for seed in self.seeds)
        for key in self.scored:
            for j in range(SCORE_FOLDS):
                yield Job(key.trained_for(j), key.scored_as(j), self.seeds[0], output="scores")

    def __len__(self) -> int:
        return sum(1 for _ in self)


def fit_clean(view: View, victim: Named, fits: Fits, fitter: Fitter, *, with_scores: bool) -> CleanBaseline:
    """Fit the clean victim. ``fitter`` must hold the view's training data. Raises :class:`FitFailedError`."""
    jobs = CleanJobs.of(view.seed, victim, fits, with_scores=with_scores)
    results = fitter.run(jobs)
    for fit in results:
        if fit.values is None:
            raise FitFailedError("the clean victim could not be trained", fit)
    values = iter(results)
    predictions = {(stage, seed): _given(next(values).values) for stage in jobs.stages for seed in jobs.seeds}
    clean = {
        mode: [np.concatenate([predictions[stage, seed] for stage in of_mode]) for seed in jobs.seeds]
        for mode, of_mode in stages_of(fits.folds).items()
    }
    sets, scores = view.sets(fits.folds), {}
    for key in jobs.scored:
        order = np.concatenate([sets[key.scored_as(j)] for j in range(SCORE_FOLDS)])
        in_parts = np.concatenate([_given(next(values).values) for _ in range(SCORE_FOLDS)])
        scores[key] = in_parts[np.argsort(order)]  # a training set's rows are sorted positions
    return CleanBaseline(clean, scores, sum(fit.cpu_seconds for fit in results))


def _given(values: npt.NDArray[np.generic] | None) -> npt.NDArray[np.generic]:
    assert values is not None
    return values


def judged_rows(view: View, stages: Sequence[Stage], folds: int) -> npt.NDArray[np.intp]:
    """Positions of the rows a mode judges, in the order of its predictions."""
    sets = view.sets(folds)
    return np.concatenate([sets[stage.judged] for stage in stages])
