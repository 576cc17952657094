"""One search: the loop of asking an attack, evaluating its candidates and telling it, one batch per step."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from a4g_bench.attacks.base import Attack, Candidate, Poison, Problem, Result, get_attack, join
from a4g_bench.engine.clean import CleanBaseline, FitFailedError
from a4g_bench.engine.fits import Fit, Fitter
from a4g_bench.engine.oracle import Evaluated, Oracle
from a4g_bench.engine.row_sets import TRAIN
from a4g_bench.engine.view import HOLDOUT, View
from a4g_bench.errors import AttackError
from a4g_bench.metrics.estimate import Estimate, Measurement
from a4g_bench.store.tables import Row
from a4g_bench.suite.spec import PoisonSearch

#: A search ends as an error once it has this many failed queries and they are more than half of all.
TOO_MANY_FAILED = 8


@dataclass(frozen=True, eq=False)
class Found:
    """A search's answer: the rows to audit, and the query that evaluated them (None for attacks without queries)."""

    poison: Poison
    chosen_query: int | None
    measurement: Measurement | None
    reference: Measurement


@dataclass(eq=False)
class Search:
    """Runs one spec on a view. ``fitter`` must hold the view's training data."""

    search_id: str
    spec: PoisonSearch
    view: View
    clean_baseline: CleanBaseline
    fitter: Fitter
    records: list[Row] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = self.spec.rows(self.view.n_train)
        self.oracle = Oracle(
            view=self.view,
            victim=self.spec.queried,
            fits=self.spec.fits,
            objective=self.spec.objective,
            rows=self.rows,
            clean_baseline=self.clean_baseline,
            fitter=self.fitter,
        )
        self.attack: Attack = get_attack(self.spec.attack.name, self.spec.attack.params)
        self.allowed = self.spec.query_budget if self.attack.is_search else 0
        self._results: list[Result] = []
        self._best: float | None = None
        self._batch = 0
        self._last_failure: Fit | None = None
        self.attack.start(self._problem())

    def _problem(self) -> Problem:
        pools = self.oracle.pools
        return Problem(
            train=pools[TRAIN],
            validation=self.view.pool(np.arange(self.view.n_train, len(self.view.labels))),
            domain=self.view.domain,
            attribute=self.view.attribute,
            group_names=self.view.schema.group_names(self.view.attribute),
            favourable=self.view.schema.favourable,
            budget=self.rows,
            query_budget=self.allowed,
            batch_size=self.spec.batch_size,
            max_accuracy_loss=self.spec.max_accuracy_loss,
            seed=self.view.seed,
            clean=self.oracle.reference(),
            folds=self.spec.fits.folds,
        )

    def replay(self, records: Sequence[Row]) -> None:
        """Take up the recorded queries of a search that was cut short, without a fit.

        Records that this search cannot have made are left alone: it then begins anew.
        """
        if not self._made(records):
            return
        by_batch: dict[int, list[Row]] = {}
        for record in records:
            by_batch.setdefault(record["batch"], []).append(record)
        for batch in sorted(by_batch):
            results = []
            for record in by_batch[batch]:
                candidate = _candidate(record)
                measurement = _measurement(record)
                if measurement is not None:
                    self.oracle.remember(record["query"], candidate, record["digest"], measurement)
                results.append(
                    Result(record["query"], candidate, measurement, self.oracle.reference(candidate), record["failed"])
                )
                self._note_best(results[-1])
            self._results += results
            self.records += by_batch[batch]
            self.attack.tell(results)
            self._batch = batch + 1

    def _made(self, records: Sequence[Row]) -> bool:
        """Whether records are this search's first batches, within its budget, of rows that it draws again."""
        sizes = Counter(record["batch"] for record in records)
        return bool(records) and (
            [record["query"] for record in records] == list(range(len(records)))
            and [record["batch"] for record in records] == sorted(sizes.elements())
            and sorted(sizes) == list(range(len(sizes)))
            and len(records) <= self.allowed
            and max(sizes.values()) <= self.spec.batch_size
            and all(record["search_id"] == self.search_id for record in records)
            and all(self.oracle.redrawn(self.attack, _candidate(record)) == record["digest"] for record in records)
        )

    def step(self) -> bool:
        """Run one batch of queries. Returns False when the search is over."""
        room = min(self.allowed - len(self._results), self.spec.batch_size)
        if room <= 0:
            return False
        started = time.perf_counter()
        candidates = list(self.attack.ask(room))
        proposing = time.perf_counter() - started
        if not candidates:
            return False
        if len(candidates) > room:
            raise AttackError(f"attack '{self.spec.attack.label}' asked for {len(candidates)} queries, allowed {room}")
        evaluated = self.oracle.evaluate(self.attack, candidates, len(self._results))
        first = len(self._results)
        results = [self._result(first + i, e) for i, e in enumerate(evaluated)]
        self._results += results
        for result, outcome in zip(results, evaluated, strict=True):
            self._record(result, outcome, proposing / len(candidates))
        self.attack.tell(results)
        self._batch += 1
        self._check_failures()
        return len(self._results) < self.allowed

    def finish(self) -> Found:
        """The attack's final set, re-drawn and held against what was evaluated. Raises ``AttackError`` if they
        differ.
        """
        chosen = self.attack.choose()
        width = len(self.view.schema.features)
        if chosen is None:
            clean = self.oracle.reference(Candidate(confirm=True))
            return Found(join([], width), None, clean if self._results else None, clean)
        if isinstance(chosen, Candidate):
            poison = self.oracle.draw(self.attack, chosen, TRAIN)
            return Found(poison, None, None, self.oracle.reference(chosen))
        record = self.records[chosen.query]
        poison = self.oracle.draw(self.attack, chosen.candidate, TRAIN)
        if self.oracle.mode(chosen.candidate) != HOLDOUT or poison.digest != record["digest"]:
            raise AttackError(
                f"attack '{self.spec.attack.label}' chose query {chosen.query}, but the rows it would add are not the"
                " rows that query evaluated: choose a confirmed candidate, and keep draw() free of state"
            )
        return Found(poison, chosen.query, chosen.measurement, chosen.reference)

    @property
    def best_gain(self) -> float | None:
        """Largest gain so far on the rows the search sees, within the accuracy allowance."""
        return None if self._best is None else self.oracle.reference().objective.mean - self._best

    def spent(self, column: str) -> float:
        """Sum of a cost column (fits, propose_seconds, fit_cpu_seconds) over all queries, those before a restart
        included.
        """
        return float(sum(record[column] for record in self.records))

    def _result(self, query: int, outcome: Evaluated) -> Result:
        return Result(
            query, outcome.candidate, outcome.measurement, self.oracle.reference(outcome.candidate), outcome.failed
        )

    def _note_best(self, result: Result) -> None:
        if result.measurement is not None and result.accuracy_loss <= self.spec.max_accuracy_loss:
            value = result.measurement.objective.mean
            self._best = value if self._best is None else min(self._best, value)

    def _record(self, result: Result, outcome: Evaluated, proposing: float) -> None:
        self._note_best(result)
        if outcome.failed is not None:
            self._last_failure = Fit(None, failed=outcome.failed, cause=outcome.cause)  # type: ignore[arg-type]  # a Fit's cause
        m = outcome.measurement
        self.records.append(
            {
                "search_id": self.search_id,
                "query": result.query,
                "batch": self._batch,
                "phase": "confirm" if outcome.candidate.confirm else "explore",
                "parameters": json.dumps(dict(outcome.candidate.parameters)),
                "replicate": outcome.candidate.replicate,
                "digest": outcome.digest,
                "poison_rows": outcome.poison_rows,
                "duplicate_of": outcome.duplicate_of,
                "failed": outcome.failed,
                "objective": m.objective.mean if m else None,
                "objective_sem": m.objective.sem if m else None,
                "unfairness": m.unfairness.mean if m else None,
                "unfairness_sem": m.unfairness.sem if m else None,
                "accuracy": m.accuracy.mean if m else None,
                "accuracy_sem": m.accuracy.sem if m else None,
                "harm": list(m.harm) if m else None,
                "best_objective": self._best,
                "fits": outcome.fits,
                "propose_seconds": proposing,
                "fit_seconds": outcome.seconds,
                "fit_cpu_seconds": outcome.cpu_seconds,
            }
        )

    def _check_failures(self) -> None:
        failures = sum(record["failed"] is not None for record in self.records)
        if self._last_failure and failures >= min(TOO_MANY_FAILED, self.allowed) and 2 * failures > len(self.records):
            raise FitFailedError(f"{failures} of {len(self.records)} queries failed, the last", self._last_failure)


def _candidate(record: Row) -> Candidate:
    return Candidate(
        json.loads(record["parameters"]), replicate=record["replicate"], confirm=record["phase"] == "confirm"
    )


def _measurement(record: Row) -> Measurement | None:
    if record["failed"] is not None:
        return None

    def estimate(name: str) -> Estimate:
        return Estimate(record[name], record[f"{name}_sem"])

    return Measurement(estimate("objective"), estimate("unfairness"), estimate("accuracy"), tuple(record["harm"]))
