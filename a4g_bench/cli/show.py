"""``a4g-bench show``."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.filters import SearchId, Where
from a4g_bench.cli.output import Json, examples, print_json, print_pairs, print_table, remark
from a4g_bench.errors import A4GError

if TYPE_CHECKING:
    from a4g_bench.store.results import Results

Row = dict[str, Any]

EXAMPLES = examples(
    "a4g-bench show s1-0123456789abcdef",
    "a4g-bench show s1-0123 --results results/quick --rows 20",
    "a4g-bench check quick --json    (lists the identifiers)",
)


def command(
    search_id: SearchId,
    results: Where = None,
    rows: Annotated[int, typer.Option(metavar="N", min=0, help="Queries and poison rows to print at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Show one search: what it was, did and achieved.

    Its configuration and provenance, its trajectory, its poison rows, and its audit.
    """
    known_id, folder = locate(search_id, results or default_roots())
    record = folder.read_search(known_id)
    if record is None:
        raise A4GError(f"search '{known_id}' cannot be read in '{folder.root}'")
    poison = record.poison.drop_columns(["search_id"]).to_pylist() if record.poison is not None else []
    if as_json:
        print_json({"search": record.search, "queries": record.queries, "audits": record.audits, "poison": poison})
        return
    _print_search(record.search, folder.verified(known_id))
    _print_trajectory(record.queries, rows)
    _print_poison(poison, rows)
    _print_audit(record.audits)


def default_roots() -> list[str]:
    """All results folders below ``results/``."""
    return sorted(str(path.parent) for path in Path("results").glob("*/manifest.json"))


def locate(search_id: str, roots: Sequence[str]) -> tuple[str, "Results"]:
    """The search of that identifier, or the only one that begins so, and its folder. Raises ``A4GError``."""
    from a4g_bench.store.results import Results

    found: dict[str, Results] = {}
    for root in roots:
        results = Results(root)
        known = results.identifiers("searches") if results.manifest() is not None else set()
        if search_id in known:
            found = {search_id: results}
            break
        found |= {one: results for one in known if one.startswith(search_id)}
        for name, why in results.damaged.items():
            remark(f"damaged: {root}/{name} ({why})")
    where = ", ".join(roots) or "results/ (there are no results)"
    if not found:
        raise A4GError(f"search '{search_id}': not found in {where}; a4g-bench check SUITE --json lists identifiers")
    if len(found) > 1:
        some = ", ".join(sorted(found)[:3]) + (", ..." if len(found) > 3 else "")
        raise A4GError(f"search '{search_id}': {len(found)} begin so in {where}: {some}; give more of it")
    [one] = found.items()
    return one


def _print_search(search: Row, verified: str | None) -> None:
    identity = json.loads(search["identity"])
    versions = json.loads(search["versions"] or "{}")
    print(f"search {search['search_id']}: {search['status']} (attempt {search['attempt']})")
    if search["error_message"]:
        print(f"{search['error_type']}: {search['error_message']}")
    queries = f"{search['queries']} of {search['query_budget']}"
    print_pairs(
        "configuration",
        {
            "suite": f"{search['suite']} (hash {search['suite_hash']})",
            "data set": f"{search['dataset']} (fingerprint {search['fingerprint']})",
            "attribute": search["attribute"],
            "victim": _with_parameters(search["victim"], identity["victim"]["params"]),
            "queried instead": _with_parameters(identity["surrogate"]["name"], identity["surrogate"]["params"])
            if "surrogate" in identity
            else None,
            "attack": None
            if "reference" in identity
            else _with_parameters(search["attack"], identity["attack"]["params"]),
            "reference line": _with_parameters(search["attack"], identity["reference"]["params"])
            if "reference" in identity
            else None,
            "objective": search["objective"] if search["query_budget"] else None,
            "poison budget": f"{search['budget']} ({search['budget_rows']} rows)",
            "query budget": f"{search['query_budget']} in batches of {identity['batch_size']}"
            if search["query_budget"]
            else "0",
            "fits per query": identity["fits"]["victim_seeds"] * identity["fits"]["folds"],
            "seed": search["seed"],
            "threat": f"{search['role']}; knowledge {search['knowledge']}, labels {search['labels']},"
            f" rows {search['row_origin']}",
        },
    )
    print_pairs(
        "what it did",
        {
            "rows": ", ".join(f"{part} {search[f'{part}_rows']}" for part in ("train", "validation", "audit")),
            "poison rows": search["poison_rows"],
            "queries": f"{queries}, {search['queries_failed']} failed" if search["query_budget"] else None,
            "final set": f"query {search['chosen_query']}" if search["chosen_query"] is not None else None,
            "gap on validation": _change(search, "validation_gap"),
            "accuracy on validation": _change(search, "validation_accuracy"),
            "fits": f"{search['fits']} in {search['fit_cpu_seconds'] or 0:.2f} s of CPU",
            "detectability": _given_away(search),
            "proposing": f"{search['propose_seconds'] or 0:.2f} s",
            "search, audit": f"{search['search_seconds'] or 0:.2f} s, {search['audit_seconds'] or 0:.2f} s",
        },
    )
    dirty = " with uncommitted changes" if search["git_dirty"] else ""
    print_pairs(
        "provenance",
        {
            "started": f"{search['started']:%Y-%m-%d %H:%M:%S} UTC" if search["started"] else None,
            "ended": f"{search['ended']:%Y-%m-%d %H:%M:%S} UTC" if search["ended"] else None,
            "machine": f"{search['cpu_model']}, {search['cores']} core(s) granted, host {search['host']}",
            "verified": verified,
            "commit": f"{search['git_commit']}{dirty}" if search["git_commit"] else None,
            "protocol version": search["protocol_version"],
            "clean audit": search["baseline_id"],
            "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
            "cautions": "; ".join(search["cautions"] or ()) or None,
        },
    )


def _given_away(search: Row) -> str | None:
    """How its rows give themselves away; results of older versions do not say."""
    told = {
        "copies": "duplicate_share",
        "isolation forest AUROC": "isolation_forest_auroc",
        "LOF AUROC": "lof_auroc",
        "neighbours disagree": "label_disagreement",
        "cells shifted by": "cell_shift",
    }
    known = {title: search.get(name) for title, name in told.items()}
    return ", ".join(f"{title} {value:.3f}" for title, value in known.items() if value is not None) or None


def _with_parameters(label: str, parameters: Row) -> str:
    return label + "".join(f", {key}: {value}" for key, value in parameters.items())


def _change(search: Row, key: str) -> str | None:
    clean, poisoned = search[f"{key}_clean"], search[f"{key}_poisoned"]
    if clean is None:
        return None
    return f"{clean:.4f}" + (f" -> {poisoned:.4f}" if poisoned is not None else " clean")


def _print_trajectory(queries: list[Row], rows: int) -> None:
    if not queries:
        return
    shown = _milestones(queries)
    print(f"\ntrajectory: {len(queries)} queries; those that improved on all before, that confirmed, that failed")
    keys = ("query", "phase", "objective", "objective_sem", "accuracy", "poison_rows", "best_objective", "failed")
    print_table([{key.replace("_", " "): query[key] for key in keys} for query in shown[:rows]], indent="  ")
    _rest(len(shown), rows)


def _milestones(queries: list[Row]) -> list[Row]:
    kept, best = [], None
    for query in queries:
        improved = query["best_objective"] is not None and query["best_objective"] != best
        if improved or query["phase"] == "confirm" or query["failed"]:
            kept.append(query)
        best = query["best_objective"]
    return kept


def _print_poison(poison: list[Row], rows: int) -> None:
    print(f"\npoison: {len(poison) or 'no'} rows")
    print_table([{key.removeprefix("x."): value for key, value in row.items()} for row in poison[:rows]], indent="  ")
    _rest(len(poison), rows)


def _rest(count: int, shown: int) -> None:
    if count > shown:
        print(f"  ... and {count - shown} more (--rows {count} or --json shows them)")


def _print_audit(audits: list[Row]) -> None:
    """The clean and the poisoned victim side by side, averaged over the audit victim seeds."""
    means = {(row["evaluated_on"], row["role"]): row for row in audits if row["audit_seed"] == -1}
    for victim in dict.fromkeys(victim for victim, _ in means):
        clean, poisoned = means.get((victim, "clean")), means.get((victim, "poisoned"))
        if clean is None or poisoned is None:
            continue
        seeds = len({row["audit_seed"] for row in audits if row["evaluated_on"] == victim}) - 1
        print(f"\naudit of {victim} on held-out rows, mean of {seeds} victim seed(s)")
        metrics = [key for key, value in clean.items() if isinstance(value, float) and poisoned[key] is not None]
        print_table(
            [{"metric": key.replace("_", " "), **_sides(clean[key], poisoned[key])} for key in metrics], indent="  "
        )
        columns = {"accuracy": "group_accuracy", "FPR": "group_fpr", "FNR": "group_fnr"}
        columns["selection rate"] = "group_selection_rate"
        print()
        print_table(
            [
                {"group": name, "rows": clean["group_sizes"][g]}
                | {title: f"{clean[key][g]:.3f} -> {poisoned[key][g]:.3f}" for title, key in columns.items()}
                for g, name in enumerate(clean["group_names"])
            ],
            indent="  ",
        )


def _sides(clean: float, poisoned: float) -> Row:
    return {"clean": f"{clean:.4f}", "poisoned": f"{poisoned:.4f}", "change": f"{poisoned - clean:+.4f}"}
