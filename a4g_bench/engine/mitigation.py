"""A mitigation before its audit: nothing is searched for, the clean victim is measured."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from a4g_bench.attacks.base import join
from a4g_bench.engine.clean import CleanBaseline, judged_rows
from a4g_bench.engine.search import Found
from a4g_bench.engine.view import FOLDS, View, stages_of
from a4g_bench.metrics.confusion import unfairness
from a4g_bench.metrics.estimate import measure
from a4g_bench.suite.spec import Mitigation

Row = dict[str, Any]


@dataclass(frozen=True, eq=False, kw_only=True)
class MitigationRun:
    """What a task runs in place of a :class:`~a4g_bench.engine.search.Search`: no queries, and no rows to add."""

    spec: Mitigation
    view: View
    clean_baseline: CleanBaseline
    rows: int = 0
    records: list[Row] = field(default_factory=list)
    best_gain: float | None = None

    def step(self) -> bool:
        """There is nothing to ask."""
        return False

    def spent(self, column: str) -> float:
        """Nothing: no query was made."""
        return 0.0

    def finish(self) -> Found:
        """No rows; the clean victim as the suite's queries would be judged."""
        return Found(join([], len(self.view.schema.features)), None, None, self._clean)

    @cached_property
    def _clean(self) -> Any:
        folds = self.spec.fits.folds
        sample = self.view.sample(judged_rows(self.view, stages_of(folds)[FOLDS], folds))
        predictions = self.clean_baseline.clean[FOLDS]
        return measure(sample, predictions, predictions, unfairness)
