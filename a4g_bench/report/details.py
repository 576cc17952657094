"""What stands behind single cells: trajectories, explored points, groups' harms; and cards of data sets and runs."""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean, quantiles
from typing import Any

import pyarrow as pa

from a4g_bench.leaderboard.audits import sides_of
from a4g_bench.leaderboard.incumbents import incumbents
from a4g_bench.leaderboard.records import Cell, ResultTables
from a4g_bench.leaderboard.study import Study
from a4g_bench.report.subsets import rounded

Row = dict[str, Any]
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
    by_search: dict[tuple[str, str], list[Row]] = defaultdict(list)
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
    for (cell, label), curves in paths.items():
        explored = points[cell, label]
        kept = explored[:: max(1, -(-len(explored) // MOST_POINTS))]
        found[cell][label] = {"best": _band(curves), "points": kept, "all": len(explored)}
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
    sides: dict[tuple[str, str], list[tuple[Row, Row]]] = {}
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
