"""A line of the leaderboard."""

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Status = Literal["ok", "incomplete", "not rankable", "reference"]


@dataclass(frozen=True)
class Row:
    """One entrant at one cell, or averaged over several (then what it was averaged over is null).

    Gaps, gains and costs are rates, not percent; null is "does not exist", never NaN. On averaged rows every number
    is the protocol's mean (data sets of victims of budgets) of the same number per cell.

    - ``fg``: FG@1_b at a cell, FG@1 over several budgets; 95 % interval ``fg_low..fg_high``.
    - ``gain``: mean over seeds of G, whatever it costs.
    - ``gap_clean``, ``gap_poisoned``: mean over seeds of U before and after. ``gap_clean_low..high`` is the interval
      of the signed difference between the groups that are worst and best off (see ``Pair``).
    - ``gap_closed``: mean over seeds of U before less U after, with its paired 95 % interval
      ``gap_closed_low..gap_closed_high``.
    - ``validation_gap_clean``, ``validation_gap_poisoned``: the same U as the search measured it on its own validation
      rows.
    - ``accuracy_cost``: mean over seeds of dA; ``accuracy_cost_upper`` its one-sided 95 % upper bound.
    - ``gain_over_random_duplicates``: mean G less that of the control at the same cell and seeds, with its paired
      interval.
    - ``of_ceiling``: the share of the ceiling's gain, with its paired interval: the mean of G where the mean accuracy
      cost is at most 1 point (else of min(0, G)), over the mean G of fairlearn's ThresholdOptimizer at the same
      accuracy allowance on the same pairs and seeds.
    - ``optimism``: mean G as the search measured it on its own validation rows, less mean G on audit rows.
    - ``levelling_down``: whether any group's mean harm rate rose at any of the cells: a bootstrap p-value of at most
      5 % (see ``tiers.p_value``) after Bonferroni's correction for the number of groups and cells looked at.
    - ``queries``, ``poison_rows`` (of the final set), ``cpu_seconds`` (fits and proposals): mean per search.
    - ``knowledge``, ``labels``, ``row_origin``: the threat model (protocol).
    - ``duplicate_share``, ``isolation_forest_auroc``, ``lof_auroc``, ``label_disagreement``, ``cell_shift``: how the
      poison rows give themselves away (:mod:`a4g_bench.metrics.detectability`), mean over the searches that added any.
    - ``change_*``: poisoned less clean of each other metric on the audit rows, whatever was optimised.
    - ``seeds``: seeds behind the number; on averaged rows the fewest of any cell.
    - ``budget``: share of the training rows; for a budget given as a count, the mean share it came to.
    - ``tier``, ``rank_low``, ``rank_high``: see ``Standing``; null unless ``status`` is ``ok``.
    """

    entrant: str
    attack: str
    objective: str
    query_budget: int
    role: str
    dataset: str | None
    attribute: str | None
    victim: str | None
    budget: float | None
    budget_label: str | None
    fg: float | None
    fg_low: float | None
    fg_high: float | None
    gain: float | None
    gap_clean: float | None
    gap_clean_low: float | None
    gap_clean_high: float | None
    gap_poisoned: float | None
    gap_closed: float | None
    gap_closed_low: float | None
    gap_closed_high: float | None
    validation_gap_clean: float | None
    validation_gap_poisoned: float | None
    accuracy_cost: float | None
    accuracy_cost_upper: float | None
    gain_over_random_duplicates: float | None
    gain_over_random_duplicates_low: float | None
    gain_over_random_duplicates_high: float | None
    of_ceiling: float | None
    of_ceiling_low: float | None
    of_ceiling_high: float | None
    optimism: float | None
    levelling_down: bool | None
    queries: float | None
    poison_rows: float | None
    cpu_seconds: float | None
    knowledge: str
    labels: str
    row_origin: str
    duplicate_share: float | None
    isolation_forest_auroc: float | None
    lof_auroc: float | None
    label_disagreement: float | None
    cell_shift: float | None
    change_demographic_parity_difference: float | None
    change_demographic_parity_ratio: float | None
    change_equalized_odds_difference: float | None
    change_equal_opportunity_difference: float | None
    change_average_odds_difference: float | None
    change_fpr_difference: float | None
    change_fnr_difference: float | None
    seeds: int
    tier: int | None
    rank_low: int | None
    rank_high: int | None
    status: Status

    def __post_init__(self) -> None:
        bad = [name for name, value in asdict(self).items() if isinstance(value, float) and not math.isfinite(value)]
        if bad:
            raise ValueError(f"row of {self.entrant}: {bad[0]} is not finite; use None")
        if (self.status == "ok") != (self.tier is not None):
            raise ValueError(f"row of {self.entrant}: status {self.status} with tier {self.tier}")

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def finite(value: float) -> float | None:
    """The number, or None if there is none."""
    return float(value) if math.isfinite(value) else None
