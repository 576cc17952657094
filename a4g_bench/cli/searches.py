"""``show``, ``replay`` and ``export``: one stored search."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.folders import default_roots, locate
from a4g_bench.cli.options import AllowImport, AllowRead, Json, SearchId, Where
from a4g_bench.cli.output import examples, print_json, print_pairs, print_table
from a4g_bench.errors import A4GError, StoreError
from a4g_bench.protocol import MEAN_SEED

if TYPE_CHECKING:
    from a4g_bench.store.rows import AuditRow, QueryRow, SearchRow
    from a4g_bench.store.verified import Verification
    from a4g_bench.workflows.replay import Replayed


SHOW_EXAMPLES = examples(
    "a4g-bench show s1-0123456789abcdef",
    "a4g-bench show s1-0123 --results results/quick --rows 20",
    "a4g-bench check quick --json    (lists the identifiers)",
)


def show_command(
    search_id: SearchId,
    results: Where = None,
    rows: Annotated[int, typer.Option(metavar="N", min=0, help="Queries and poison rows to print at most.")] = 10,
    as_json: Json = False,
) -> None:
    """Show one search: what it was, did and achieved.

    Its configuration and provenance, its trajectory, its poison rows, and its audit.
    """
    from a4g_bench.store.verified import verification

    known_id, folder = locate(search_id, results or default_roots())
    record = folder.read_search(known_id)
    if record is None:
        raise A4GError(f"search '{known_id}' cannot be read in '{folder.root}'")
    poison = record.poison.drop_columns(["search_id"]).to_pylist() if record.poison is not None else []
    if as_json:
        print_json({"search": record.search, "queries": record.queries, "audits": record.audits, "poison": poison})
        return
    baseline = folder.read_baseline(record.search["baseline_id"] or "")
    _print_search(record.search, verification(folder.files, record, baseline))
    _print_trajectory(record.queries, rows)
    _print_poison(poison, rows)
    _print_audit(record.audits)


def _identity_of(search: "SearchRow") -> dict[str, Any]:
    """What determined a search, with all that is shown of it. Raises ``StoreError`` if its row does not say it."""
    try:
        identity: dict[str, Any] = json.loads(search["identity"])
        shown = [identity["victim"], identity["attack"]]
        shown += [identity[key] for key in ("surrogate", "reference") if key in identity]
        whole = all(isinstance(entry["params"], dict) for entry in shown) and "batch_size" in identity
        fits = identity["fits"]
        if whole and isinstance(fits["victim_seeds"], int) and isinstance(fits["folds"], int):
            return identity
    except (KeyError, TypeError, ValueError, RecursionError):
        pass
    raise StoreError(f"search '{search['search_id']}': its row does not say what it was ('identity'); run it again")


def _print_search(search: "SearchRow", verified: "Verification | None") -> None:
    identity = _identity_of(search)
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
            "rows": f"train {search['train_rows']}, validation {search['validation_rows']},"
            f" audit {search['audit_rows']}",
            "poison rows": search["poison_rows"],
            "queries": f"{queries}, {search['queries_failed']} failed" if search["query_budget"] else None,
            "final set": f"query {search['chosen_query']}" if search["chosen_query"] is not None else None,
            "gap on validation": _change(search["validation_gap_clean"], search["validation_gap_poisoned"]),
            "accuracy on validation": _change(
                search["validation_accuracy_clean"], search["validation_accuracy_poisoned"]
            ),
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
            "verified": _verified(verified),
            "commit": f"{search['git_commit']}{dirty}" if search["git_commit"] else None,
            "protocol version": search["protocol_version"],
            "clean audit": search["baseline_id"],
            "versions": ", ".join(f"{name} {version}" for name, version in versions.items()),
            "cautions": "; ".join(search["cautions"] or ()) or None,
        },
    )


def _verified(verified: "Verification | None") -> str | None:
    if verified is None:
        return None
    if verified.holds:
        return verified.at
    return f"{verified.at}, but its rows have changed since: replay it again"


def _given_away(search: "SearchRow") -> str | None:
    """How its rows give themselves away; results of older versions do not say."""
    values = {
        "copies": search.get("duplicate_share"),
        "isolation forest AUROC": search.get("isolation_forest_auroc"),
        "LOF AUROC": search.get("lof_auroc"),
        "neighbours disagree": search.get("label_disagreement"),
        "cells shifted by": search.get("cell_shift"),
    }
    return ", ".join(f"{title} {value:.3f}" for title, value in values.items() if value is not None) or None


def _with_parameters(label: str, parameters: Mapping[str, Any]) -> str:
    return label + "".join(f", {key}: {value}" for key, value in parameters.items())


def _change(clean: float | None, poisoned: float | None) -> str | None:
    if clean is None:
        return None
    return f"{clean:.4f}" + (f" -> {poisoned:.4f}" if poisoned is not None else " clean")


def _print_trajectory(queries: "list[QueryRow]", rows: int) -> None:
    if not queries:
        return
    shown: Sequence[Mapping[str, Any]] = _milestones(queries)
    print(f"\ntrajectory: {len(queries)} queries; those that improved on all before, that confirmed, that failed")
    keys = ("query", "phase", "objective", "objective_sem", "accuracy", "poison_rows", "best_objective", "failed")
    print_table([{key.replace("_", " "): query[key] for key in keys} for query in shown[:rows]], indent="  ")
    _rest(len(shown), rows)


def _milestones(queries: "list[QueryRow]") -> "list[QueryRow]":
    kept: list[QueryRow] = []
    best = None
    for query in queries:
        improved = query["best_objective"] is not None and query["best_objective"] != best
        if improved or query["phase"] == "confirm" or query["failed"]:
            kept.append(query)
        best = query["best_objective"]
    return kept


def _print_poison(poison: list[dict[str, Any]], rows: int) -> None:
    from a4g_bench.store.poison_rows import feature_name

    print(f"\npoison: {len(poison) or 'no'} rows")
    print_table([{feature_name(key): value for key, value in row.items()} for row in poison[:rows]], indent="  ")
    _rest(len(poison), rows)


def _rest(count: int, shown: int) -> None:
    if count > shown:
        print(f"  ... and {count - shown} more (--rows {count} or --json shows them)")


def _print_audit(audits: "list[AuditRow]") -> None:
    """The clean and the poisoned victim side by side, averaged over the audit victim seeds."""
    means: dict[tuple[str, str], Mapping[str, Any]] = {
        (row["evaluated_on"], row["role"]): row for row in audits if row["audit_seed"] == MEAN_SEED
    }
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


def _sides(clean: float, poisoned: float) -> dict[str, str]:
    return {"clean": f"{clean:.4f}", "poisoned": f"{poisoned:.4f}", "change": f"{poisoned - clean:+.4f}"}


REPLAY_EXAMPLES = examples(
    "a4g-bench replay s1-0123456789abcdef",
    "a4g-bench replay s1-0123 --results results/mine --suite mine.yaml",
)


_FIGURE = ("role", "metric", "stored", "replayed")


def replay_command(
    search_id: SearchId,
    results: Where = None,
    suite: Annotated[
        str | None,
        typer.Option("--suite", metavar="SUITE", help="The suite that made it. Default: the built-in one of its name."),
    ] = None,
    allow_import: AllowImport = None,
    allow_read: AllowRead = None,
    as_json: Json = False,
) -> None:
    """Train on a search's poison rows again to verify its figures.

    Exit code 0 if every prediction is the stored one: then the folder notes the search as verified. Exit code 1 if any
    differs; what changed since (versions of packages, say) is told.
    """
    from a4g_bench.workflows.replay import replay_search

    known_id, folder = locate(search_id, results or default_roots())
    replayed = replay_search(folder, known_id, suite, allow_import or (), allow_read or ())
    if as_json:
        print_json(
            {
                "search_id": replayed.search_id,
                "verified": replayed.verified,
                "predictions": replayed.predictions,
                "flipped": {"clean": replayed.flipped[0], "poisoned": replayed.flipped[1]},
                "figures": [
                    dict(zip(("role", "metric", "stored", "replayed"), row, strict=True)) for row in replayed.figures
                ],
                "versions": {name: list(both) for name, both in replayed.versions.items()},
            }
        )
    else:
        _print(replayed)
    raise typer.Exit(exit_codes.COMPLETE if replayed.verified else exit_codes.FAILED)


def _print(replayed: "Replayed") -> None:
    total = replayed.predictions
    if replayed.verified:
        print(f"verified: all {total} predictions of the clean and of the poisoned victim are the stored ones")
    else:
        clean, poisoned = replayed.flipped
        print(f"differs: {clean} predictions of the clean and {poisoned} of the poisoned victim, of {total}")
    rows = [
        {"victim": role, "metric": name.replace("_", " "), "stored": f"{old:.6f}", "replayed": f"{new:.6f}"}
        for role, name, old, new in replayed.figures
    ]
    print_table(rows)
    if replayed.versions:
        changes = ", ".join(f"{name} {then} -> {now}" for name, (then, now) in replayed.versions.items())
        print(f"versions since: {changes}")


EXPORT_EXAMPLES = examples(
    "a4g-bench export s1-0123456789abcdef > rows.csv",
    "a4g-bench export s1-0123 --results results/standard --out rows.parquet",
    "a4g-bench leaderboard results/standard --format latex > board.tex    (the board)",
)
_SUFFIXES = (".csv", ".parquet")


def export_command(
    search_id: SearchId,
    results: Where = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="A .csv or .parquet file. Default: CSV is printed.")
    ] = None,
) -> None:
    """Hand out the poison rows that a search ended with.

    In the data set's raw schema with their labels: `a4g-bench evaluate` reads them as they are.
    """
    import pyarrow as pa
    from pyarrow import csv, parquet

    from a4g_bench.store.poison_rows import without_search

    if out is not None and Path(out).suffix not in _SUFFIXES:
        raise StoreError(f"'{out}': its name must end in {' or '.join(_SUFFIXES)}")
    known_id, folder = locate(search_id, results or default_roots())
    record = folder.read_search(known_id)
    if record is None or record.search["status"] != "ok" or record.poison is None:
        raise StoreError(
            f"search '{known_id}' did not end with poison rows: a4g-bench show {known_id} says how it ended"
        )
    rows = without_search(record.poison)
    if out is None:
        text = pa.BufferOutputStream()
        csv.write_csv(rows, text)
        print(text.getvalue().to_pybytes().decode(), end="")
        return
    (csv.write_csv if Path(out).suffix == ".csv" else parquet.write_table)(rows, out)
    print(f"{len(rows)} rows in {out}")
