"""The board for every choice of one data set, one victim and one poison budget, or all of each, each computed."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import product
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.board import Board, board_of
from a4g_bench.leaderboard.critical import critical
from a4g_bench.leaderboard.curves import curves
from a4g_bench.leaderboard.records import Budget
from a4g_bench.leaderboard.rows import Row
from a4g_bench.leaderboard.select import Selection
from a4g_bench.leaderboard.study import Study
from a4g_bench.leaderboard.summary import Place, rank

#: What of a row the page shows, in the order of the numbers there.
COLUMNS = (
    "fg", "fg_low", "fg_high", "gain", "gap_clean", "gap_poisoned", "gap_closed", "gap_closed_low", "gap_closed_high",
    "accuracy_cost", "accuracy_cost_upper", "gain_over_random_duplicates", "gain_over_random_duplicates_low",
    "gain_over_random_duplicates_high", "of_ceiling", "of_ceiling_low", "of_ceiling_high", "optimism",
    "levelling_down", "queries", "poison_rows", "cpu_seconds", "duplicate_share", "isolation_forest_auroc", "lof_auroc",
    "label_disagreement", "cell_shift", "change_demographic_parity_difference", "change_demographic_parity_ratio",
    "change_equalized_odds_difference", "change_equal_opportunity_difference", "change_average_odds_difference",
    "change_fpr_difference", "change_fnr_difference", "seeds", "tier", "rank_low", "rank_high", "status",
)  # fmt: skip
_DIGITS = 5


def subsets(study: Study) -> dict[str, dict[str, Any]]:
    """The boards by ``dataset|victim|budget``, an empty part standing for all; choices without results are left out."""
    found = {}
    for dataset, victim, budget in product(*_choices(study)):
        chosen = Selection(
            (dataset,) if dataset else (), (victim,) if victim else (), (Budget.parse(budget),) if budget else ()
        )
        try:
            part = study.restricted(chosen)
        except StoreError:
            continue
        found[f"{dataset}|{victim}|{budget}"] = _subset(part)
    return found


def _choices(study: Study) -> Iterator[list[str]]:
    cells = {search.cell for search in study.entrants}
    yield ["", *sorted({cell.pair.dataset for cell in cells})]
    yield ["", *sorted({cell.pair.victim for cell in cells})]
    yield ["", *(budget.label for budget in sorted({cell.budget for cell in cells}))]


def _subset(study: Study) -> dict[str, Any]:
    board = board_of(study, details=False)
    rows = _ranked_or_alone(study, board)
    diagram = critical(study)
    return {
        "rows": {row.entrant: [rounded(getattr(row, name)) for name in COLUMNS] for row in rows},
        "lines": [
            [row.entrant, *(rounded(v) for v in (row.gain, row.gap_clean, row.gap_poisoned, row.accuracy_cost))]
            for row in board.references
            if row.dataset is None and row.status == "reference"
        ],
        "pairs": [
            [
                p.dataset, p.attribute, p.victim, *map(rounded, (p.gap_clean, p.gap_clean_low, p.gap_clean_high)),
                rounded(p.resolvable), p.seeds, p.rankable, p.reason, p.audit_rows, dict(p.sizes),
            ]
            for p in board.pairs
        ],
        "budgets": list(board.budgets),
        "notes": list(board.notes),
        "volumes": {
            c.entrant: [rounded(c.hypervolume), c.front, *map(rounded, (c.rows_to_target, c.rows_to_target_low))]
            for c in curves(study)
        },
        "ranks": {r.entrant: rounded(r.mean_rank) for r in diagram.ranked},
        "bars": [[diagram.ranked[i].entrant for i in range(a, b + 1)] for a, b in diagram.bars],
    }  # fmt: skip


def _ranked_or_alone(study: Study, board: Board) -> Sequence[Row]:
    """The overall rows; of a single cell that cannot be ranked its own, which say so."""
    cells = list(study.evidence.required)
    return rank(study.evidence, cells, Place()) if len(cells) == 1 and not board.budgets else board.overall


def rounded(value: Any) -> Any:
    """A number short enough for a page; everything else as it is."""
    return round(value, _DIGITS) if isinstance(value, float) else value


def entrants(study: Study, board: Board) -> dict[str, dict[str, Any]]:
    """What is the same for an entrant in every subset, by its label."""
    own = {who.label: who for who in study.evidence.competitors}
    return {
        row.entrant: {
            **{name: asdict(row)[name] for name in ("attack", "objective", "role", "knowledge", "labels")},
            "rows": row.row_origin,
            "queries": row.query_budget,
            "name": own[row.entrant].attack_name,
        }
        for row in board.overall
    }
