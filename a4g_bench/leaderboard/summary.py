"""What is known of one entrant over some cells, averaged as the protocol says: what every column is computed from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from a4g_bench.leaderboard.competitors import Competitor
from a4g_bench.leaderboard.estimates import Estimate, ratio, weighted
from a4g_bench.leaderboard.evidence import Evidence, Result
from a4g_bench.leaderboard.inference import Rank
from a4g_bench.leaderboard.records import Cell
from a4g_bench.leaderboard.score import budget_weights
from a4g_bench.protocol import ACCURACY_ALLOWANCE, WORSE

Status = Literal["ok", "provisional", "incomplete", "inconclusive", "reference"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """The coordinates that all cells of a row share."""

    dataset: str | None = None
    attribute: str | None = None
    victim: str | None = None
    budget: float | None = None
    budget_label: str | None = None
    track: str | None = None


def score_weights(cells: Sequence[Cell], shares: Mapping[Cell, float | None]) -> list[float]:
    """Weights that sum to 1: the mean over data sets of the mean over attributes of the mean over victims, and within
    each setting the trapezoid weights on the logarithm of its budgets.

    Args:
        cells: The cells, in the order of the weights.
        shares: The budget of each as a share of the training rows; an unknown or a zero one counts as a single budget.

    Returns:
        A weight per cell.
    """
    datasets = {c.setting.dataset for c in cells}
    attributes = {(c.setting.dataset, c.setting.attribute) for c in cells}
    settings = {c.setting for c in cells}
    of_setting: dict[Cell, float] = {}
    for setting in settings:
        own = [c for c in cells if c.setting == setting]
        known = [share for c in own if (share := shares.get(c))]
        weights = budget_weights(known) if len(known) == len(own) else [1 / len(own)] * len(own)
        of_setting |= dict(zip(own, weights, strict=True))
    weights = []
    for c in cells:
        among = sum(1 for dataset, _ in attributes if dataset == c.setting.dataset)
        victims = sum(1 for s in settings if (s.dataset, s.attribute) == (c.setting.dataset, c.setting.attribute))
        weights.append(of_setting[c] / (len(datasets) * among * victims))
    return weights


@dataclass(frozen=True, kw_only=True, eq=False)
class Summary:
    """One entrant over some cells.

    ``results`` are its results in the order of the ``weights``; empty if it lacks one of the cells altogether, and then
    no number exists. ``status`` and ``rank`` say how it stands among the others on these cells.
    """

    who: Competitor
    place: Place
    complete: bool
    results: tuple[Result, ...]
    weights: Sequence[float]
    score: Estimate | None = None
    over_control: Estimate | None = None
    of_reference: Estimate | None = None
    status: Status = "incomplete"
    rank: Rank | None = None

    @classmethod
    def of(
        cls, evidence: Evidence, who: Competitor, cells: Sequence[Cell], weights: Sequence[float], place: Place
    ) -> "Summary":
        """The summary of an entrant over some cells, not ranked yet."""
        known = [evidence.results.get((cell, who.entrant)) for cell in cells]
        results = tuple(result for result in known if result is not None)
        if not cells or len(results) < len(cells):
            return cls(who=who, place=place, complete=False, results=(), weights=weights)
        references = [r for cell in cells if (r := evidence.reference(who.entrant, cell)) is not None]
        over = [o for cell in cells if (o := evidence.over_control(who.entrant, cell)) is not None]
        score = weighted(weights, [result.score for result in results])
        return cls(
            who=who,
            place=place,
            complete=evidence.complete(who.entrant, cells),
            results=results,
            weights=weights,
            score=score,
            over_control=weighted(weights, over) if len(over) == len(cells) else None,
            of_reference=_share(score, weighted(weights, references)) if len(references) == len(cells) else None,
        )

    def mean(self, value: Callable[[Result], float | None]) -> float | None:
        """The score's mean of a number per cell; None if a cell lacks it."""
        values = [value(result) for result in self.results]
        known = [v for v in values if v is not None]
        if not known or len(known) < len(values):
            return None
        return sum(w * v for w, v in zip(self.weights, known, strict=True))

    def known_mean(self, value: Callable[[Result], float | None]) -> float | None:
        """The weighted mean of a number over the cells that have it; None if none has."""
        both = [(w, v) for w, r in zip(self.weights, self.results, strict=False) if (v := value(r)) is not None]
        return sum(w * v for w, v in both) / sum(w for w, _ in both) if both else None

    def estimate(self, value: Callable[[Result], Estimate]) -> Estimate | None:
        """The score's mean of an estimate per cell; None without results."""
        return weighted(self.weights, [value(result) for result in self.results]) if self.results else None

    @property
    def who_pays(self) -> float | None:
        """The rise of the rate of the group best off before, over U before less U after, both summed over the cells;
        None where nothing closed.
        """
        closed = sum(result.change.value for result in self.results)
        return sum(result.best_rise for result in self.results) / closed if closed > 0 else None

    @property
    def cells_worse(self) -> int:
        """Cells where some group's harm rate rose by more than a point."""
        return sum(max(result.rises, default=0.0) > WORSE for result in self.results)

    @property
    def cells_over(self) -> int:
        """Cells whose mean accuracy cost exceeds the allowance."""
        return sum(result.cost.value > ACCURACY_ALLOWANCE for result in self.results)


def _share(score: Estimate, reference: Estimate) -> Estimate | None:
    """A ratio of scores; None where the reference closes nothing."""
    return ratio(score, reference) if reference.value > 0 else None
