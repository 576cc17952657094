"""What every search on the same data, victim and seed needs first: the clean victim's predictions and scores."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from a4g_bench.engine.fits import Fit, Fitter, Job
from a4g_bench.engine.view import Stage, View
from a4g_bench.errors import VictimError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.protocol import SCORE_FOLDS
from a4g_bench.seeds import query_victim_seed
from a4g_bench.suite.model import Fits, Named
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
    scores: dict[str, npt.NDArray[np.float64]]
    cpu_seconds: float


def victim_seeds(victim: Named, fits: Fits) -> int:
    """Fits per stage: one where the victim's random state changes nothing."""
    return fits.victim_seeds if get_victim(victim.name, victim.params).seeded() else 1


def fit_clean(view: View, victim: Named, fits: Fits, fitter: Fitter, *, with_scores: bool) -> CleanBaseline:
    """Fit the clean victim. ``fitter`` must hold the view's training data. Raises :class:`FitFailedError`."""
    seeds = [query_victim_seed(view.seed, _CLEAN, fit) for fit in range(victim_seeds(victim, fits))]
    modes = view.stages(fits.folds)
    stages = list(dict.fromkeys(stage for mode in modes.values() for stage in mode))
    jobs = [Job(stage.train, stage.judged, seed) for stage in stages for seed in seeds]
    trained = list(dict.fromkeys(stage.train for stage in stages)) if with_scores else []
    jobs += [Job(f"{t}.in{j}", f"{t}.out{j}", seeds[0], output="scores") for t in trained for j in range(SCORE_FOLDS)]
    results = fitter.run(jobs)
    for fit in results:
        if fit.values is None:
            raise FitFailedError("the clean victim could not be trained", fit)
    predictions = {
        (stage, i): results[s * len(seeds) + i].values for s, stage in enumerate(stages) for i in range(len(seeds))
    }
    clean = {
        mode: [np.concatenate([_given(predictions[stage, i]) for stage in of_mode]) for i in range(len(seeds))]
        for mode, of_mode in modes.items()
    }
    sets = view.sets(fits.folds)
    scores, offset = {}, len(stages) * len(seeds)
    for t in trained:
        order = np.concatenate([sets[f"{t}.out{j}"] for j in range(SCORE_FOLDS)])
        values = np.concatenate([_given(results[offset + j].values) for j in range(SCORE_FOLDS)])
        scores[t] = values[np.argsort(order)]  # a training set's rows are sorted positions
        offset += SCORE_FOLDS
    return CleanBaseline(clean, scores, sum(fit.cpu_seconds for fit in results))


def _given(values: npt.NDArray[np.generic] | None) -> npt.NDArray[np.generic]:
    assert values is not None
    return values


def judged_rows(view: View, stages: Sequence[Stage], folds: int) -> npt.NDArray[np.intp]:
    """Positions of the rows a mode judges, in the order of its predictions."""
    sets = view.sets(folds)
    return np.concatenate([sets[stage.judged] for stage in stages])
