"""Searches over a continuous space: explore, then confirm the best few with fresh draws, then choose."""

from abc import abstractmethod
from collections.abc import Sequence
from typing import TypedDict

import numpy as np

from a4g_bench.attacks.base import Attack, Candidate, Problem, Result
from a4g_bench.parameters import number, whole
from a4g_bench.protocol import SEEN_SHARE

Point = tuple[float, ...]

_LEAST_SEM = 1e-4  # of an evaluation in which nothing changed on the judged rows


class Choosing(TypedDict, total=False):
    """Parameters of :class:`ContinuousSearch`, for those that hand them on."""

    confirm: float
    finalists: int
    margin: float
    caution: float
    no_levelling_down: bool


class ContinuousSearch(Attack):
    """Spends its queries in two phases: :meth:`propose` explores the unit cube, the last ``confirm`` share of the
    queries (at least one, where there are two) evaluates the best points again.

    In the confirming phase the best ``finalists`` points are drawn afresh, in turn, and evaluated as the audit will
    train, with new victim seeds. The final set is the confirmed draw with the largest gain, pooled with its point's
    exploring evaluation to temper the winner's curse, among those whose pooled accuracy loss keeps ``margin`` to the
    allowance, and ``caution`` standard errors if that is more; no rows, if none gains. These are the standard errors of
    the audit to come, which holds the mean loss over the whole table within the allowance by its one-sided 95 % bound:
    the queries' own, for as many rows as the table has. The bound is 1.645 of them; less will do, since the mean of
    several searches lies below what each of them allows itself (COMPAS and Law: 1.3). A search whose exploring queries
    all failed ends there.

    With ``no_levelling_down`` what a group's harm rate rose by counts against the gain: the objective is its value plus
    the largest rise, in exploring as in choosing, so that the gap is to be closed from the worse-off group's side.
    """

    version = 2

    def __init__(
        self,
        *,
        confirm: float = 0.25,
        finalists: int = 4,
        margin: float = 0.002,
        caution: float = 1.3,
        no_levelling_down: bool = False,
    ) -> None:
        self.confirm = number("confirm", confirm)
        if not 0 < self.confirm < 1:
            raise ValueError(f"confirm must lie between 0 and 1, not {confirm}")
        self.finalists = whole("finalists", finalists, 1)
        self.margin = number("margin", margin)
        if self.margin < 0:
            raise ValueError(f"margin must be at least 0, not {margin}")
        self.caution = number("caution", caution)
        if self.caution < 0:
            raise ValueError(f"caution must be at least 0, not {caution}")
        if not isinstance(no_levelling_down, bool):
            raise ValueError(f"no_levelling_down must be true or false, not {no_levelling_down!r}")
        self.no_levelling_down = no_levelling_down

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
        self._told: list[Result] = []
        self._shortlisted: list[Point] | None = None
        budget = problem.query_budget
        self.confirming = min(max(1, round(self.confirm * budget)), budget - 1) if budget > 1 else 0
        self.exploring = budget - self.confirming

    def ask(self, n: int) -> Sequence[Candidate]:
        if self.explored < self.exploring:
            points = self.propose(min(n, self.exploring - self.explored))
            if points:
                return [Candidate(dict(zip(self.dimensions, point, strict=True))) for point in points]
        return self._confirmations(n)

    def tell(self, results: Sequence[Result]) -> None:
        self._told.extend(results)
        self.learn([r for r in results if not r.candidate.confirm])

    def choose(self) -> Result | None:
        confirmed = [r for r in self._told if r.candidate.confirm and r.measurement is not None]
        able = []
        for result in confirmed:
            gain, loss, error = self._pooled(result)
            if gain > 0 and self._bearable(loss, error):
                able.append((gain, -result.query, result))
        return max(able, key=lambda entry: entry[:2])[2] if able else None

    @property
    def explored(self) -> int:
        """How many exploring queries were told, failed ones included."""
        return sum(not r.candidate.confirm for r in self._told)

    @property
    def allowed_loss(self) -> float:
        """The largest accuracy loss a chosen set may show: the allowance less the margin."""
        return self.problem.max_accuracy_loss - self.margin

    def _confirmations(self, n: int) -> Sequence[Candidate]:
        done = len(self._told) - self.explored
        if self._shortlisted is None:
            self._shortlisted = self.shortlist(self.finalists)
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
        return result.gain - result.rise if self.no_levelling_down and result.measurement else result.gain

    def _bearable(self, loss: float, error: float) -> bool:
        return loss + max(self.margin, self.caution * error) <= self.problem.max_accuracy_loss

    def _pooled(self, confirmed: Result) -> tuple[float, float, float]:
        """Gain and accuracy loss, inverse-variance means over the point's exploring evaluation and this draw's, and the
        loss's standard error in the audit.
        """
        same = [
            (r, r.measurement)
            for r in self._told
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
        return [r for r in self._told if not r.candidate.confirm and r.measurement is not None]

    def _rank(self, result: Result) -> tuple[bool, float, int]:
        over = not self._bearable(result.accuracy_loss, self._audit_error(result))
        return over, result.accuracy_loss if over else -self.gain(result), result.query


def _weighted(values: Sequence[float], sems: Sequence[float]) -> float:
    """Inverse-variance mean."""
    return float(np.average(values, weights=1 / np.maximum(sems, _LEAST_SEM) ** 2))
