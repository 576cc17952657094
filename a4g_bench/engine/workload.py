"""How many fits a search would make, counted by what makes them."""

from collections.abc import Iterable
from dataclasses import dataclass

from a4g_bench.data.table import Table
from a4g_bench.engine.audit import Audit, distinct_seeds, treatments
from a4g_bench.engine.clean import CleanJobs, clean_baseline_key, victim_seeds
from a4g_bench.engine.view import stages_of
from a4g_bench.references.base import get_reference
from a4g_bench.suite.plan import Planned
from a4g_bench.suite.spec import Mitigation


@dataclass(frozen=True, kw_only=True)
class Workload:
    """The fits of one search that it shares with no other. A query that repeats earlier rows makes none, one that
    confirms on the holdout makes those of one stage, and a search may end early: ``queries`` and ``fits_per_query``
    are the most there can be.

    ``audit_fits`` are the fits that audit it; ``trainings`` how often these train the victim, more often for some
    mitigations.
    """

    queries: int
    fits_per_query: int
    audit_fits: int
    trainings: int

    @property
    def query_fits(self) -> int:
        """Fits of all its queries."""
        return self.queries * self.fits_per_query

    @property
    def fits(self) -> int:
        """What the column ``fits`` of its row says at most."""
        return self.query_fits + self.audit_fits

    @property
    def work(self) -> int:
        """How often victims are trained for it."""
        return self.query_fits + self.trainings


def workload(planned: Planned) -> Workload:
    """What a search would take."""
    spec = planned.spec
    stages = max(map(len, stages_of(spec.fits.folds).values()))
    audits = sum(len(distinct_seeds(victim, spec.seed, treatments(planned, victim)[1])) for victim in spec.audited)
    mitigation = spec.reference if isinstance(spec, Mitigation) else None
    return Workload(
        queries=spec.queries,
        fits_per_query=stages * victim_seeds(spec.queried, spec.fits),
        audit_fits=audits,
        trainings=get_reference(mitigation.name, mitigation.params).trainings if mitigation else audits,
    )


def shared_fits(searches: Iterable[Planned], table: Table) -> dict[str, int]:
    """The fits that searches on one table share, by the key of what they make: clean baselines and clean audits."""
    shared: dict[str, int] = {}
    for planned in searches:
        spec = planned.spec
        key = clean_baseline_key(planned)
        if key not in shared:
            shared[key] = len(CleanJobs.of(spec.seed, spec.queried, spec.fits, with_scores=spec.uses_scores))
        for victim in spec.audited:
            audit = Audit(table, planned.subject.attribute, victim, spec.seed)
            if audit.baseline_id not in shared:
                shared[audit.baseline_id] = len(distinct_seeds(victim, spec.seed, treatments(planned, victim)[0]))
    return shared
