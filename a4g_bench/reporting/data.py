"""What the page shows: the board for every choice of data set, victim and budget, and details of searches."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from statistics import fmean, quantiles
from typing import Any

import pyarrow as pa

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.analyses.curves import curves
from a4g_bench.leaderboard.analyses.pairwise import critical_difference
from a4g_bench.leaderboard.board import Board, Study, board_of
from a4g_bench.leaderboard.column import Column, Row
from a4g_bench.leaderboard.ranking import rank
from a4g_bench.leaderboard.records import Budget, Cell, incumbents, sides_of
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.leaderboard.summary import Place
from a4g_bench.store.tables import ResultTables

_DIGITS = 5


def on_page(board: Board) -> list[Column]:
    """What of a row the page shows, in the order of the numbers there."""
    return [column for column in board.columns if column.on_page]


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
    diagram = critical_difference(study)
    return {
        "rows": {row.entrant: [rounded(row.values[column.key]) for column in on_page(board)] for row in rows},
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
            **{name: row.values[name] for name in ("attack", "objective", "role", "knowledge", "labels")},
            "rows": row.row_origin,
            "queries": row.query_budget,
            "name": own[row.entrant].attack_name,
        }
        for row in board.overall
    }


Record = dict[str, Any]
#: The harm rate per group, by the favourable label.
_RATES = {1: "group_fnr", 0: "group_fpr"}
#: Of the queries table, what :func:`searched` reads.
QUERY_COLUMNS = ("query", "failed", "unfairness", "accuracy", "best_objective")
#: Explored points per entrant and cell at most: every k-th beyond.
MOST_POINTS = 250


def key_of(cell: Cell) -> str:
    """``dataset|victim|budget``, as in the page."""
    return f"{cell.pair.dataset}|{cell.pair.victim}|{cell.budget.label}"


def searched(study: Study, queries: Mapping[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """Per cell and searching entrant: the best U so far by query (median and quartiles over seeds) and what was
    explored, as (accuracy, U). ``queries`` are the tables by results folder.

    The best is that of the search's objective among queries within its accuracy allowance.
    """
    labels = {who.entrant: who.label for who in study.evidence.competitors}
    by_search: dict[tuple[str, str], list[Record]] = defaultdict(list)
    for where, table in queries.items():
        for row in table.select(["search_id", *QUERY_COLUMNS]).to_pylist():
            by_search[where, row["search_id"]].append(row)
    paths: dict[tuple[str, str], list[list[float | None]]] = defaultdict(list)
    points: dict[tuple[str, str], list[list[float]]] = defaultdict(list)
    for s in study.entrants:
        made = sorted(by_search.get((s.where, s.search_id), []), key=lambda row: int(row["query"]))
        if s.entrant in labels and made and not s.lacks:
            place = key_of(s.cell), labels[s.entrant]
            clean = s.validation_gaps[0] if s.validation_gaps else None
            paths[place].append([clean if best is None else best["unfairness"] for best in incumbents(made)])
            points[place] += [
                [rounded(float(row["accuracy"])), rounded(float(row["unfairness"]))]
                for row in made
                if row["failed"] is None and row["accuracy"] is not None and row["unfairness"] is not None
            ]
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for (cell, label), incumbent_paths in paths.items():
        explored = points[cell, label]
        kept = explored[:: max(1, -(-len(explored) // MOST_POINTS))]
        found[cell][label] = {"best": _band(incumbent_paths), "points": kept, "all": len(explored)}
    return found


def _band(curves: Sequence[Sequence[float | None]]) -> list[list[float]]:
    """Per query the first quartile, median and third quartile over searches; a shorter search keeps its last value."""
    found = []
    for query in range(max(map(len, curves))):
        values = [v for curve in curves if (v := curve[min(query, len(curve) - 1)]) is not None]
        if values:
            low, middle, high = quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
            found.append([query, *(rounded(float(v)) for v in (low, middle, high))])
    return found


def harms(study: Study, tables: Sequence[ResultTables]) -> dict[str, dict[str, Any]]:
    """Per cell: the groups, the clean victim's harm rates and accuracy on audit rows, and every entrant's."""
    labels = {who.entrant: who.label for who in study.evidence.competitors}
    favourable: dict[tuple[str, str], int] = {}
    sides: dict[tuple[str, str], list[tuple[Record, Record]]] = {}
    for table in tables:
        for row in table.searches.select(["search_id", "favourable"]).to_pylist():
            favourable[table.where, row["search_id"]] = row["favourable"]
        for search_id, pairs in sides_of(table, ("accuracy", "group_names", *_RATES.values()), mean=True).items():
            sides[table.where, search_id] = pairs
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"entrants": defaultdict(list), "clean": []})
    for s in study.entrants:
        place = s.where, s.search_id
        if s.entrant not in labels or place not in sides:
            continue
        [(clean, poisoned)] = sides[place]
        at, rate = found[key_of(s.cell)], _RATES[favourable[place]]
        at["harm"], at["groups"] = rate.removeprefix("group_").upper(), clean["group_names"]
        at["clean"].append([*clean[rate], clean["accuracy"]])
        at["entrants"][labels[s.entrant]].append([*poisoned[rate], poisoned["accuracy"]])
    return {
        cell: {
            "harm": at["harm"],
            "groups": at["groups"],
            "clean": _means(at["clean"]),
            "entrants": {label: _means(rows) for label, rows in at["entrants"].items()},
        }
        for cell, at in found.items()
    }


def _means(rows: Sequence[Sequence[float]]) -> list[float]:
    return [rounded(fmean(column)) for column in zip(*rows, strict=True)]


def cards(study: Study, tables: Sequence[ResultTables]) -> list[dict[str, Any]]:
    """One card per data set and attribute: rows used, groups, splits, fingerprint, harm, cautions."""
    favourable = {
        row["dataset"]: row["favourable"]
        for table in tables
        for row in table.searches.select(["dataset", "favourable"]).to_pylist()
    }
    found = {}
    for s in study.entrants:
        place = s.cell.pair.dataset, s.cell.pair.attribute
        pair = study.evidence.pairs.get(s.cell.pair)
        if place in found or pair is None:
            continue
        found[place] = {
            "dataset": place[0], "attribute": place[1], "rows": s.rows, "audit_rows": pair.audit_rows,
            "sizes": dict(pair.sizes), "fingerprint": s.fingerprint, "cautions": list(s.cautions),
            "harm": "being denied a favourable label 1 (FNR)" if favourable[place[0]] == 1
            else "being given an unfavourable label 1 (FPR)",
        }  # fmt: skip
    return [found[place] for place in sorted(found)]


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
        "versions": {package: ", ".join(sorted(found)) for package, found in sorted(versions.items())},
    }
