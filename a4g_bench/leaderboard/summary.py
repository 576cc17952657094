"""What is known of one entrant over some cells, averaged as the protocol says: what every column is computed from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from a4g_bench.leaderboard.estimates import Estimate, allowed_gain, ratio, weighted
from a4g_bench.leaderboard.evidence import Competitor, Evidence, Result
from a4g_bench.leaderboard.inference import Rank
from a4g_bench.leaderboard.records import Cell
from a4g_bench.protocol import LEAST_CEILING, LEVEL

Status = Literal["ok", "incomplete", "not rankable", "reference"]


@dataclass(frozen=True, kw_only=True)
class Place:
    """The coordinates that all cells of a row share."""

    dataset: str | None = None
    attribute: str | None = None
    victim: str | None = None
    budget: float | None = None
    budget_label: str | None = None


def protocol_weights(cells: Sequence[Cell]) -> list[float]:
    """Weights that sum to 1 and turn a sum into the mean over data sets of that over victims of that over budgets."""
    datasets = {(c.pair.dataset, c.pair.attribute) for c in cells}
    weights = []
    for c in cells:
        own = (c.pair.dataset, c.pair.attribute)
        victims = {o.pair.victim for o in cells if (o.pair.dataset, o.pair.attribute) == own}
        budgets = sum(o.pair == c.pair for o in cells)
        weights.append(1 / (len(datasets) * len(victims) * budgets))
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
    fg: Estimate | None = None
    over_control: Estimate | None = None
    of_ceiling: Estimate | None = None
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
        ceilings = [c for cell in cells if (c := evidence.ceiling(who.entrant, cell)) is not None]
        over = [o for cell in cells if (o := evidence.over_control(who.entrant, cell)) is not None]
        return cls(
            who=who,
            place=place,
            complete=evidence.complete(who.entrant, cells),
            results=results,
            weights=weights,
            fg=weighted(weights, [result.fg for result in results]),
            over_control=weighted(weights, over) if len(over) == len(cells) else None,
            of_ceiling=_share(
                weighted(weights, [allowed_gain(result.gain, result.cost) for result in results]),
                weighted(weights, ceilings),
            )
            if len(ceilings) == len(cells)
            else None,
        )

    def mean(self, value: Callable[[Result], float | None]) -> float | None:
        """The protocol's mean of a number per cell; None if a cell lacks it."""
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
        """The protocol's mean of an estimate per cell, with its draws; None without results."""
        return weighted(self.weights, [value(result) for result in self.results]) if self.results else None

    @property
    def levels_down(self) -> bool | None:
        """Whether any group's harm rate rose at any of the cells, by Bonferroni's correction; None without results."""
        if not self.results:
            return None
        looks = sum(result.groups for result in self.results)
        return min(result.rise_p for result in self.results) * looks <= LEVEL


def _share(part: Estimate, whole: Estimate) -> Estimate | None:
    """A ratio; None where there is nothing to share."""
    return ratio(part, whole) if whole.value >= LEAST_CEILING else None
