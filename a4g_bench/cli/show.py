"""``a4g-bench show``."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from a4g_bench.cli.output import Json, print_json, print_table
from a4g_bench.errors import A4GError

EXAMPLES = "Examples:  a4g-bench show s1-0123456789abcdef    a4g-bench show s1-0123 --results results/quick --rows 20"


def command(
    search_id: Annotated[str, typer.Argument(metavar="SEARCH_ID", help="Identifier of a search, or its beginning.")],
    results: Annotated[
        list[str] | None, typer.Option("--results", metavar="DIR", help="Where to look. Default: below results/.")
    ] = None,
    rows: Annotated[int, typer.Option(min=0, help="Poison rows and queries to print at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Show one search: its configuration and provenance, its trajectory, its poison rows, its audit."""
    record = _find(search_id, results or [str(path.parent) for path in Path("results").glob("*/manifest.json")])
    poison = record.poison.drop_columns(["search_id"]).to_pylist() if record.poison is not None else []
    if as_json:
        print_json({"search": record.search, "queries": record.queries, "audits": record.audits, "poison": poison})
        return
    _print_search(record.search)
    print(
        f"\ntrajectory ({len(record.queries)} queries; those that lowered the best objective, then the confirmations)"
    )
    print_table([_trajectory(q) for q in _milestones(record.queries)][: rows * 2], indent="  ")
    print(f"\npoison rows ({len(poison)})")
    print_table([{k.removeprefix("x."): v for k, v in row.items()} for row in poison[:rows]], indent="  ")
    print("\naudit (mean over audit victim seeds)")
    for audit in record.audits:
        if audit["audit_seed"] == -1:
            _print_audit(audit)


def _find(search_id: str, roots: list[str]) -> Any:
    from a4g_bench.store.results import Results

    found: dict[str, Results] = {}
    for root in roots:
        results = Results(root)
        for known in results.identifiers("searches"):
            if known.startswith(search_id):
                found[known] = results
    if len(found) != 1:
        what = f"{len(found)} searches begin so" if found else "no such search"
        raise A4GError(
            f"search '{search_id}': {what} in {', '.join(roots) or 'results/'}; 'a4g-bench check SUITE --json' lists them"
        )
    [(known, results)] = found.items()
    record = results.read_search(known)
    if record is None:
        raise A4GError(f"search '{known}' cannot be read in '{results.root}'")
    return record


def _print_search(search: dict[str, Any]) -> None:
    versions = json.loads(search["versions"] or "{}")
    for key, value in search.items():
        if key in ("identity", "versions") or value is None:
            continue
        print(f"{key:28} {value if not isinstance(value, float) else f'{value:.6g}'}")
    print(f"{'versions':28} {', '.join(f'{name} {version}' for name, version in versions.items())}")
    print(f"{'identity':28} {search['identity']}")


def _milestones(queries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    kept, best = [], None
    for query in queries:
        if (
            query["phase"] == "confirm"
            or query["failed"]
            or (query["best_objective"] is not None and query["best_objective"] != best)
        ):
            kept.append(query)
        best = query["best_objective"]
    return kept


def _trajectory(query: dict[str, Any]) -> dict[str, Any]:
    keys = ("query", "phase", "objective", "objective_sem", "accuracy", "poison_rows", "best_objective", "failed")
    return {key: query[key] for key in keys}


def _print_audit(audit: dict[str, Any]) -> None:
    numbers = {key: value for key, value in audit.items() if isinstance(value, float)}
    print(f"  {audit['role']} victim {audit['evaluated_on']}: " + ", ".join(f"{k} {v:.4f}" for k, v in numbers.items()))
    columns = {
        "group": "group_names",
        "rows": "group_sizes",
        "accuracy": "group_accuracy",
        "FPR": "group_fpr",
        "FNR": "group_fnr",
    }
    columns["selection rate"] = "group_selection_rate"
    groups = range(len(audit["group_names"]))
    print_table([{title: audit[key][g] for title, key in columns.items()} for g in groups], indent="    ")
