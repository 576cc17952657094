"""Searches over a continuous space: explore, then confirm the best few with fresh draws, then choose."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from a4g_bench.attacks.base import Attack, Candidate, Problem, Result
from a4g_bench.parameters import Flag, Number, ParameterSet, Whole, parameter
from a4g_bench.protocol import SEEN_SHARE

Point = tuple[float, ...]

_LEAST_SEM = 1e-4  # of an evaluation in which nothing changed on the judged rows


class ContinuousSearch(Attack):
    """Spends its queries in two phases: :meth:`propose` explores the unit cube, the last ``confirm`` share of the
    queries (at least one, where there are two) evaluates the best points again.

    In the confirming phase the best ``finalists`` points are drawn afresh, in turn, and evaluated as the audit will
    train, with new victim seeds. The final set is the confirmed draw with the largest gain, pooled with its point's
    exploring evaluation to temper the winner's curse, among those whose pooled accuracy loss keeps ``margin`` to the
    allowance, and ``safety_sems`` standard errors if that is more; no rows, if none gains. These are the standard
    errors of the audit to come, which holds the mean loss over the whole table within the allowance by its one-sided
    95 % bound: the queries' own, for as many rows as the table has. The bound is 1.645 of them; less will do, since the
    mean of several searches lies below what each of them allows itself (COMPAS and Law: 1.3). A search whose exploring
    queries all failed ends there.

    With ``no_levelling_down`` what a group's harm rate rose by counts against the gain: the objective is its value plus
    the largest rise, in exploring as in choosing, so that the gap is to be closed from the worse-off group's side.
    """

    version = 2

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        confirm: float = parameter(
            0.25,
            Number(above=0, below=1),
            "share of the queries that evaluates the best points again, drawn afresh, with new victim seeds",
        )
        finalists: int = parameter(4, Whole(at_least=1), "how many points are evaluated again, in turn")
        margin: float = parameter(
            0.002, Number(at_least=0), "what a chosen set must keep to the suite's `max_accuracy_loss`, at least"
        )
        safety_sems: float = parameter(
            1.3,
            Number(at_least=0),
            "how many standard errors of the audit to come it must keep to it, if that is more than `margin`",
            stored_as="caution",
        )
        no_levelling_down: bool = parameter(
            False, Flag(), "whether what a group's harm rate rises by counts against the gain"
        )

    parameters: Parameters

    @property
    @abstractmethod
    def dimensions(self) -> Sequence[str]:
        """Names of the unit cube's axes."""

    @abstractmethod
    def propose(self, n: int) -> list[Point]:
        """The next points of the unit cube, at most ``n``; none to end the exploring before its queries are spent."""

    def learn(self, results: Sequence[Result]) -> None:
        """Learn from explored results."""
        return

    def shortlist(self, k: int) -> list[Point]:
        """The ``k`` most promising explored points, best first; by observed values unless a model knows better."""
        return [self.point(r.candidate) for r in sorted(self._successes(), key=self._rank)[:k]]

    def point(self, candidate: Candidate) -> Point:
        """A candidate's position in the unit cube."""
        return tuple(candidate.parameters[name] for name in self.dimensions)

    def start(self, problem: Problem) -> None:
        super().start(problem)
        self._results: list[Result] = []
        self._shortlisted: list[Point] | None = None
        budget = problem.query_budget
        confirming = max(1, round(self.parameters.confirm * budget))
        self.confirming = min(confirming, budget - 1) if budget > 1 else 0
        self.exploring = budget - self.confirming

    def ask(self, n: int) -> Sequence[Candidate]:
        if self.explored < self.exploring:
            points = self.propose(min(n, self.exploring - self.explored))
            if points:
                return [Candidate(dict(zip(self.dimensions, point, strict=True))) for point in points]
        return self._confirmations(n)

    def tell(self, results: Sequence[Result]) -> None:
        self._results.extend(results)
        self.learn([r for r in results if not r.candidate.confirm])

    def choose(self) -> Result | None:
        confirmed = [r for r in self._results if r.candidate.confirm and r.measurement is not None]
        able = []
        for result in confirmed:
            gain, loss, error = self._pooled(result)
            if gain > 0 and self._bearable(loss, error):
                able.append((gain, -result.query, result))
        return max(able, key=lambda entry: entry[:2])[2] if able else None

    @property
    def explored(self) -> int:
        """How many exploring queries were told, failed ones included."""
        return sum(not r.candidate.confirm for r in self._results)

    @property
    def allowed_loss(self) -> float:
        """The largest accuracy loss a chosen set may show: the allowance less the margin."""
        return self.problem.max_accuracy_loss - self.parameters.margin

    def _confirmations(self, n: int) -> Sequence[Candidate]:
        done = len(self._results) - self.explored
        if self._shortlisted is None:
            self._shortlisted = self.shortlist(self.parameters.finalists)
        if not self._shortlisted:
            return []
        candidates = []
        for position in range(done, min(done + n, self.confirming)):
            turn, place = divmod(position, len(self._shortlisted))
            parameters = dict(zip(self.dimensions, self._shortlisted[place], strict=True))
            candidates.append(Candidate(parameters, replicate=turn + 1, confirm=True))
        return candidates

    def gain(self, result: Result) -> float:
        """What a result is worth: its gain, less the largest rise of a harm rate where that counts."""
        counted = self.parameters.no_levelling_down and result.measurement
        return result.gain - result.rise if counted else result.gain

    def _bearable(self, loss: float, error: float) -> bool:
        kept = max(self.parameters.margin, self.parameters.safety_sems * error)
        return loss + kept <= self.problem.max_accuracy_loss

    def _pooled(self, confirmed: Result) -> tuple[float, float, float]:
        """Gain and accuracy loss, inverse-variance means over the point's exploring evaluation and this draw's, and the
        loss's standard error in the audit.
        """
        same = [
            (r, r.measurement)
            for r in self._results
            if r.measurement is not None
            and r.candidate.parameters == confirmed.candidate.parameters
            and (r is confirmed or not r.candidate.confirm)
        ]
        gain = _weighted([self.gain(r) for r, _ in same], [m.objective.sem for _, m in same])
        loss = _weighted([r.accuracy_loss for r, _ in same], [m.accuracy.sem for _, m in same])
        return gain, loss, float(np.mean([self._audit_error(r) for r, _ in same]))

    def _audit_error(self, result: Result) -> float:
        """Standard error of the mean accuracy loss over all rows of the table, by the noise of one evaluation."""
        if result.measurement is None:
            return 0.0
        train, validation = len(self.problem.train), len(self.problem.validation)
        judged = validation if result.candidate.confirm or self.problem.folds == 1 else train + validation
        return result.measurement.accuracy.sem * float(np.sqrt(judged / ((train + validation) / SEEN_SHARE)))

    def _successes(self) -> list[Result]:
        return [r for r in self._results if not r.candidate.confirm and r.measurement is not None]

    def _rank(self, result: Result) -> tuple[bool, float, int]:
        over = not self._bearable(result.accuracy_loss, self._audit_error(result))
        return over, result.accuracy_loss if over else -self.gain(result), result.query


def _weighted(values: Sequence[float], sems: Sequence[float]) -> float:
    """Inverse-variance mean."""
    return float(np.average(values, weights=1 / np.maximum(sems, _LEAST_SEM) ** 2))
