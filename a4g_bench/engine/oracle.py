"""Evaluating candidates: draw, validate, train, measure. Hard-counts queries; the same rows are trained on once."""

import hashlib
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from a4g_bench.attacks.base import Attack, Candidate, Poison, Pool
from a4g_bench.data.domain import Domain
from a4g_bench.engine.clean import CleanBaseline, judged_rows, victim_seeds
from a4g_bench.engine.fits import Fit, Fitter, Job
from a4g_bench.engine.row_sets import TRAIN, RowSet
from a4g_bench.engine.view import FOLDS, HOLDOUT, Stage, View, stages_of
from a4g_bench.errors import AttackError
from a4g_bench.metrics.confusion import Counts, Label, get_metric
from a4g_bench.metrics.estimate import Measurement, Sample, measure
from a4g_bench.seeds import Purpose, generator, query_victim_seed
from a4g_bench.suite.model import Fits, Named, Objective


@dataclass(frozen=True, eq=False, kw_only=True)
class Evaluated:
    """One query's outcome. ``poison`` is the set drawn on the training rows where there was one (holdout
    evaluations).
    """

    candidate: Candidate
    digest: str
    poison_rows: int
    poison: Poison | None
    measurement: Measurement | None
    failed: str | None = None
    cause: str = "error"
    duplicate_of: int | None = None
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    fits: int = 0


@dataclass(eq=False, kw_only=True)
class Oracle:
    """Evaluates candidates of one search. ``rows`` is the poison budget on the training rows."""

    view: View
    victim: Named
    fits: Fits
    objective: Objective
    rows: int
    clean_baseline: CleanBaseline
    fitter: Fitter
    _measured: dict[str, tuple[int, Measurement]] = field(default_factory=dict)

    @cached_property
    def _modes(self) -> dict[str, list[Stage]]:
        return stages_of(self.fits.folds)

    @cached_property
    def _samples(self) -> dict[str, Sample]:
        folds = self.fits.folds
        return {mode: self.view.sample(judged_rows(self.view, stages, folds)) for mode, stages in self._modes.items()}

    @cached_property
    def pools(self) -> dict[RowSet, Pool]:
        """Rows an attack may copy, per training set, with the clean victim's scores where they were baseline.

        Of a fold's set only those that are feasible beside the training rows: search-validation rows may lie outside.
        """
        sets = self.view.sets(self.fits.folds)
        pools = {}
        for key in dict.fromkeys(stage.train for stages in self._modes.values() for stage in stages):
            pool = replace(self.view.pool(sets[key]), known_scores=self.clean_baseline.scores.get(key))
            pools[key] = pool if key == TRAIN else _feasible(pool, self.view.domain)
        return pools

    def reference(self, candidate: Candidate | None = None) -> Measurement:
        """The clean victim over the rows that judge a candidate (without one: that judge an exploring candidate)."""
        return self._references[self.mode(candidate or Candidate())]

    @cached_property
    def _references(self) -> dict[str, Measurement]:
        clean = self.clean_baseline.clean
        return {mode: measure(sample, clean[mode], clean[mode], self._cost) for mode, sample in self._samples.items()}

    def mode(self, candidate: Candidate) -> str:
        """How a candidate is evaluated: on the holdout, or on the suite's folds."""
        fixed = candidate.confirm or candidate.poison is not None or self.fits.folds == 1
        return HOLDOUT if fixed else FOLDS

    def draw(self, attack: Attack, candidate: Candidate, train: RowSet) -> Poison:
        """The rows a candidate stands for on one training set, validated. Raises ``AttackError`` if they are
        infeasible.
        """
        pool = self.pools[train]
        size = self.size(train)
        if candidate.poison is not None:
            poison = candidate.poison
        else:
            rng = generator(self.view.seed, Purpose.DRAW, candidate.replicate)
            poison = attack.draw(candidate.parameters, pool, size, rng)
        self.validate(poison, size)
        return poison

    def size(self, train: RowSet) -> int:
        """The poison budget on a training set: that on the training rows, in proportion."""
        if train == TRAIN or not self.rows:
            return self.rows
        return max(1, int(self.rows * len(self.view.sets(self.fits.folds)[train]) / self.view.n_train + 0.5))

    def validate(self, poison: Poison, size: int) -> None:
        """Raise ``AttackError`` unless the rows are feasible and within the budget."""
        if len(poison) != len(poison.features):
            raise AttackError(f"{len(poison.features)} rows with {len(poison)} labels")
        if len(poison) > size:
            raise AttackError(f"{len(poison)} rows, the budget is {size}")
        if not np.isin(poison.labels, (0, 1)).all():
            raise AttackError("a label is neither 0 nor 1")
        violations = self.view.domain.violations(poison.features) if len(poison) else []
        if violations:
            raise AttackError(f"infeasible rows: {'; '.join(violations[:3])}")

    def evaluate(self, attack: Attack, candidates: Sequence[Candidate], first_query: int) -> list[Evaluated]:
        """Evaluate a batch; query numbers run on from ``first_query``. Failures are outcomes, not exceptions."""
        plans: list[_Plan] = []
        pending: dict[str, int] = {}

        def jobs() -> Iterator[Job]:
            first = 0
            for query, candidate in enumerate(candidates, first_query):
                plan = self._plan(attack, candidate, query)
                if plan.failed is None and plan.key not in self._measured and plan.key not in pending:
                    pending[plan.key] = query
                    plan = replace(plan, first=first)
                    first += len(plan.jobs)
                    yield from plan.jobs
                plans.append(plan)

        results = self.fitter.run(jobs())
        return [self._outcome(plan, results, pending) for plan in plans]

    def redrawn(self, attack: Attack, candidate: Candidate) -> str:
        """The digest that a query of this candidate records; empty if its rows cannot be drawn."""
        try:
            return _digest([self.draw(attack, candidate, stage.train) for stage in self._modes[self.mode(candidate)]])
        except Exception:  # an attack's own code, as when it was first drawn
            return ""

    def remember(self, query: int, candidate: Candidate, digest: str, measurement: Measurement) -> None:
        """Take a recorded query as measured (a search that goes on after being cut short); the first one counts."""
        self._measured.setdefault(self._key(candidate, digest), (query, measurement))

    def _key(self, candidate: Candidate, digest: str) -> str:
        return f"{self.mode(candidate)} {digest}"

    def _plan(self, attack: Attack, candidate: Candidate, query: int) -> "_Plan":
        started = time.perf_counter()
        mode = self.mode(candidate)
        stages = self._modes[mode]
        try:
            drawn = [self.draw(attack, candidate, stage.train) for stage in stages]
        except Exception as error:  # an attack's own code: its query fails, the search goes on
            reason = str(error) if isinstance(error, AttackError) else f"{type(error).__name__}: {error}"
            return _Plan(
                query=query,
                candidate=candidate,
                mode=mode,
                digest="",
                rows=0,
                poison=None,
                jobs=(),
                failed=reason,
                seconds=time.perf_counter() - started,
            )
        digest = _digest(drawn)
        jobs = tuple(
            Job(stage.train, stage.judged, query_victim_seed(self.view.seed, query, i), (p.features, p.labels))
            for stage, p in zip(stages, drawn, strict=True)
            for i in range(victim_seeds(self.victim, self.fits))
        )
        poison = drawn[0] if mode == HOLDOUT else None
        seconds = time.perf_counter() - started
        return _Plan(
            query=query,
            candidate=candidate,
            mode=mode,
            digest=digest,
            rows=len(drawn[0]),
            poison=poison,
            jobs=jobs,
            failed=None,
            key=self._key(candidate, digest),
            first=0,
            seconds=seconds,
        )

    def _outcome(self, plan: "_Plan", results: Sequence[Fit], pending: dict[str, int]) -> Evaluated:
        if plan.failed is not None:
            return Evaluated(
                candidate=plan.candidate,
                digest=plan.digest,
                poison_rows=plan.rows,
                poison=None,
                measurement=None,
                failed=plan.failed,
                seconds=plan.seconds,
            )
        fits: Sequence[Fit] = ()
        duplicate_of = None
        if pending.get(plan.key) == plan.query:
            fits = results[plan.first : plan.first + len(plan.jobs)]
            broken = next((fit for fit in fits if fit.values is None), None)
            if broken is not None:
                return self._evaluated(plan, None, fits, broken.failed, broken.cause, None)
            self._measured[plan.key] = (plan.query, self._measure(plan, fits))
        elif plan.key in self._measured:
            duplicate_of = self._measured[plan.key][0]
        else:  # the same rows earlier in this batch, and that fit failed
            return self._evaluated(
                plan, None, (), "the same rows failed earlier in the batch", "error", pending[plan.key]
            )
        return self._evaluated(plan, self._measured[plan.key][1], fits, None, "error", duplicate_of)

    @staticmethod
    def _evaluated(
        plan: "_Plan",
        measured: Measurement | None,
        fits: Sequence[Fit],
        failed: str | None,
        cause: str,
        twin: int | None,
    ) -> Evaluated:
        return Evaluated(
            candidate=plan.candidate,
            digest=plan.digest,
            poison_rows=plan.rows,
            poison=plan.poison,
            measurement=measured,
            failed=failed,
            cause=cause,
            duplicate_of=twin,
            seconds=plan.seconds + sum(f.seconds for f in fits),
            cpu_seconds=sum(f.cpu_seconds for f in fits),
            fits=len(fits),
        )

    def _measure(self, plan: "_Plan", fits: Sequence[Fit]) -> Measurement:
        stages = self._modes[plan.mode]
        per_stage = len(fits) // len(stages)
        predictions = [
            np.concatenate([_labels(fits[s * per_stage + i]) for s in range(len(stages))]) for i in range(per_stage)
        ]
        return measure(self._samples[plan.mode], predictions, self.clean_baseline.clean[plan.mode], self._cost)

    def _cost(self, counts: Counts, favourable: Label) -> float:
        cost = get_metric(self.objective.metric).cost(counts, favourable)
        return -cost if self.objective.invert else cost


@dataclass(frozen=True, eq=False, kw_only=True)
class _Plan:
    """A query on its way: its rows are drawn, its fits are jobs from position ``first``."""

    query: int
    candidate: Candidate
    mode: str
    digest: str
    rows: int
    poison: Poison | None
    jobs: tuple[Job, ...]
    failed: str | None
    key: str = ""
    first: int = 0
    seconds: float = 0.0


def _digest(drawn: Sequence[Poison]) -> str:
    """Of a candidate's rows on each training set that judges it."""
    digests = [poison.digest for poison in drawn]
    return digests[0] if len(digests) == 1 else hashlib.sha256("".join(digests).encode()).hexdigest()[:16]


def _labels(fit: Fit) -> np.ndarray:
    assert fit.values is not None
    return fit.values


def _feasible(pool: Pool, domain: Domain) -> Pool:
    """The rows of a pool that a domain holds."""
    kept = (domain.project(pool.features) == pool.features).all(axis=1)
    scores = pool.known_scores
    return Pool(pool.features[kept], pool.labels[kept], pool.groups[kept], scores[kept] if scores is not None else None)
