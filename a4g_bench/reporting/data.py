"""What the page shows: the board for every choice of data set, victim and budget, and details of searches."""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.curves import curves
from a4g_bench.leaderboard.analyses.pairwise import critical_difference
from a4g_bench.leaderboard.board import Board, Study, board_of
from a4g_bench.leaderboard.charts import (
    AuditChart,
    AuditedVictim,
    CellResults,
    Contender,
    Trajectory,
    audit_chart,
    explored_points,
    trajectory,
)
from a4g_bench.leaderboard.column import Column, Row
from a4g_bench.leaderboard.ranking import rank
from a4g_bench.leaderboard.records import Budget, Cell
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.leaderboard.summary import Place
from a4g_bench.store.tables import ResultTables

_DIGITS = 5


def on_page(board: Board) -> list[Column]:
    """What of a row the page shows, in the order of the numbers there."""
    return [column for column in board.columns if column.on_page]


def subsets(study: Study) -> dict[str, dict[str, Any]]:
    """The boards by ``dataset|victim|budget``, an empty part standing for all; choices without results are left out."""
    boards = {}
    for dataset, victim, budget in product(*_choices(study)):
        chosen = Selection(
            (dataset,) if dataset else (), (victim,) if victim else (), (Budget.parse(budget),) if budget else ()
        )
        try:
            part = study.restricted(chosen)
        except StoreError:
            continue
        boards[f"{dataset}|{victim}|{budget}"] = _subset(part)
    return boards


def _choices(study: Study) -> Iterator[list[str]]:
    cells = {search.cell for search in study.entrants}
    yield ["", *sorted({cell.setting.dataset for cell in cells})]
    yield ["", *sorted({cell.setting.victim for cell in cells})]
    yield ["", *(budget.label for budget in sorted({cell.budget for cell in cells}))]


def _subset(study: Study) -> dict[str, Any]:
    board = board_of(study, details=False)
    rows = _ranked_or_alone(study, board)
    diagram = critical_difference(study)
    return {
        "rows": {row.entrant: [rounded(row.values[column.key]) for column in on_page(board)] for row in rows},
        "lines": [
            [row.entrant, *(rounded(v) for v in (row.gc, row.gap_clean, row.gap_poisoned, row.accuracy_cost))]
            for row in board.references
            if row.dataset is None and row.status == "reference"
        ],
        "settings": [
            [
                s.dataset, s.attribute, s.victim, *map(rounded, (s.gap_clean, s.gap_clean_low, s.gap_clean_high)),
                rounded(s.resolvable), s.seeds, s.counts, s.reason, s.audit_rows, dict(s.sizes), s.track,
            ]
            for s in board.settings
        ],
        "without": board.robustness,
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
    """The overall rows; of a single cell that is inconclusive its own, which say so."""
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
            **{name: row.values[name] for name in ("attack", "objective", "role", "knowledge", "labels")},
            "rows": row.row_origin,
            "queries": row.query_budget,
            "name": own[row.entrant].attack_name,
        }
        for row in board.overall
    }


#: Explored points per entrant and cell at most: every k-th beyond.
MOST_POINTS = 250


def key_of(cell: Cell) -> str:
    """``dataset|victim|budget``, as in the page."""
    return f"{cell.setting.dataset}|{cell.setting.victim}|{cell.budget.label}"


def by_key(cells: Sequence[CellResults]) -> dict[str, CellResults]:
    """The cells by ``dataset|victim|budget``: of a data set with several attributes those of the first one."""
    results_of: dict[str, CellResults] = {}
    for results in cells:
        results_of.setdefault(key_of(results.cell), results)
    return results_of


def searched(results_of: Mapping[str, CellResults]) -> dict[str, dict[str, Any]]:
    """Per cell and searching entrant: the best U so far by query (median and quartiles over seeds) and what was
    explored, as (accuracy, U). Entrants with finished searches only.

    The best is that of the search's objective among queries within its accuracy allowance.
    """
    traced = {
        key: {
            entrant.label: {"best": _best(line), **_explored(entrant)}
            for entrant in results.entrants
            if (line := trajectory(entrant, "unfairness")) is not None and line.finished
        }
        for key, results in results_of.items()
    }
    return {key: lines for key, lines in traced.items() if lines}


def _best(line: Trajectory) -> list[list[float]]:
    """Per query, where there is a value, the first quartile, median and third quartile. At 0 queries it is the clean
    victim, on whatever rows that was measured.
    """
    quartiles = zip(line.band.low, line.band.middle, line.band.high, strict=True)
    rows = [[query, *map(_share, values)] for query, values in enumerate(quartiles)]
    if math.isnan(line.band.middle[0]) and line.clean is not None:
        rows[0] = [0, *[_share(line.clean)] * 3]
    return [row for row in rows if not math.isnan(row[1])]


def _share(percent: float) -> float:
    """The page's numbers are shares."""
    return round(float(percent) / 100, _DIGITS)


def _explored(entrant: Contender) -> dict[str, Any]:
    spots = [explored.spot for search in entrant.traced for explored in explored_points(search)]
    shown = spots[:: max(1, -(-len(spots) // MOST_POINTS))]
    return {"points": [[_share(spot.x), _share(spot.y)] for spot in shown], "all": len(spots)}


def harms(results_of: Mapping[str, CellResults]) -> dict[str, dict[str, Any]]:
    """Per cell: the groups, the clean victim's harm rates and accuracy on audit rows, and every entrant's."""
    charts = {key: audit_chart(results, results.entrants) for key, results in results_of.items()}
    return {
        key: {
            "harm": chart.harm,
            "groups": list(chart.groups),
            "clean": _rates(chart, chart.victims[0]),
            "entrants": {victim.label: _rates(chart, victim) for victim in chart.victims[1:]},
        }
        for key, chart in charts.items()
        if chart.victims
    }


def _rates(chart: AuditChart, victim: AuditedVictim) -> list[float]:
    means = (*victim.values[chart.harm_metric], *victim.values["accuracy"])
    return [_share(mean.value) for mean in means]


def cards(study: Study, tables: Sequence[ResultTables]) -> list[dict[str, Any]]:
    """One card per data set and attribute: rows used, groups, splits, fingerprint, harm, cautions."""
    favourable = {
        row["dataset"]: row["favourable"]
        for table in tables
        for row in table.searches.select(["dataset", "favourable"]).to_pylist()
    }
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for s in study.entrants:
        place = s.cell.setting.dataset, s.cell.setting.attribute
        setting = study.evidence.settings.get(s.cell.setting)
        if place in made or setting is None:
            continue
        made[place] = {
            "dataset": place[0], "attribute": place[1], "rows": s.rows, "audit_rows": setting.audit_rows,
            "sizes": dict(setting.sizes), "fingerprint": s.fingerprint, "cautions": list(s.cautions),
            "harm": "being denied a favourable label 1 (FNR)" if favourable[place[0]] == 1
            else "being given an unfavourable label 1 (FPR)",
        }  # fmt: skip
    return [made[place] for place in sorted(made)]


def provenance(tables: Sequence[ResultTables]) -> dict[str, Any]:
    """What the searches were run with: suites, versions, commits, machines, time."""
    columns = (
        "suite", "suite_hash", "git_commit", "git_dirty", "cpu_model", "cores", "host", "status", "started", "ended",
        "fit_cpu_seconds", "propose_seconds", "queries", "fits", "versions",
    )  # fmt: skip
    rows = [
        row
        for table in tables
        for row in table.searches.select([c for c in columns if c in table.searches.column_names]).to_pylist()
    ]
    ended = [row["ended"] for row in rows if row.get("ended")]
    started = [row["started"] for row in rows if row.get("started")]
    versions: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for package, version in (json.loads(row.get("versions") or "{}") or {}).items():
            if version:
                versions[package].add(str(version))
    return {
        "suites": sorted({str(row["suite"]) for row in rows}),
        "hashes": sorted({str(row["suite_hash"]) for row in rows}),
        "searches": dict(Counter(str(row["status"]) for row in rows)),
        "commits": sorted({f"{row['git_commit']}{' + changes' if row['git_dirty'] else ''}" for row in rows}),
        "machines": sorted({f"{row['cpu_model']}, {row['cores']} cores" for row in rows}),
        "hosts": len({row["host"] for row in rows}),
        "first": min(started).isoformat(timespec="minutes") if started else None,
        "last": max(ended).isoformat(timespec="minutes") if ended else None,
        "queries": sum(row["queries"] or 0 for row in rows),
        "cpu_hours": round(
            sum((row["fit_cpu_seconds"] or 0) + (row["propose_seconds"] or 0) for row in rows) / 3600, 2
        ),
        "versions": {package: ", ".join(sorted(known)) for package, known in sorted(versions.items())},
    }
