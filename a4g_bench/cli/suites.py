"""``plan``, ``validate``, ``schema`` and ``check``: a suite before it is run, and after."""

import json
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.options import AllowImport, Json, ResultsFolder, Seeds, Suite
from a4g_bench.cli.output import duration, examples, print_json, print_table, remark

CHECK_EXAMPLES = examples(
    "a4g-bench check quick",
    "a4g-bench check my-suite.yaml --results /data/mine --json",
)


def check_command(
    suite: Suite,
    results: ResultsFolder = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Hold a suite against its results: complete, failed, missing.

    A result is stale if its place in the suite now asks for something else. Exit code 0 if all searches are complete,
    1 if some failed, 3 if some are missing.
    """
    from a4g_bench.errors import without_secrets
    from a4g_bench.store.results import Results
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.status import suite_status

    plan = make_plan(load_suite(suite, allow_import or ()))
    root = results or f"results/{plan.suite.name}"
    state = suite_status(plan, Results(root))
    counts = {
        "complete": len(state.complete),
        "failed": len(state.failed),
        "missing": len(state.missing),
        "stale": len(state.stale),
    }
    if as_json:
        searches = {name: [p.search_id for p in getattr(state, name)] for name in ("complete", "failed", "missing")}
        print_json(
            {**counts, "searches": searches, "errors": state.errors, "stale": state.stale, "damaged": state.damaged}
        )
    else:
        print_table([{"state": name, "searches": count} for name, count in counts.items()])
        for search_id, error in state.errors.items():
            print(f"failed   {search_id}  {error}")
        for search_id, why in state.stale.items():
            print(f"stale    {search_id}  {why}")
    for name, why in state.damaged.items():
        remark(f"damaged: {without_secrets(root)}/{name} ({why}); run the suite again to make it anew")
    raise typer.Exit(verdict(bool(state.failed), bool(state.missing)))


def verdict(failed: bool, missing: bool) -> int:
    """The exit code for a suite that has failed or missing searches."""
    if failed:
        return exit_codes.FAILED
    return exit_codes.INCOMPLETE if missing else exit_codes.COMPLETE


VALIDATE_EXAMPLES = examples(
    "a4g-bench validate quick",
    "a4g-bench validate my-suite.yaml --json",
)


def validate_command(
    suite: Suite,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Find what is wrong with a suite before running it.

    Checks keys, names, parameters, that the data is there and can be split, that plugins import, that budgets fit.
    """
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan

    plan = make_plan(load_suite(suite, allow_import or ()))
    for note in plan.notes:
        remark(f"note: {note}")
    data = [
        {
            "dataset": subject.entry.label,
            "attribute": subject.attribute,
            "rows": len(subject.table),
            "fingerprint": subject.table.fingerprint,
        }
        for subject in plan.subjects.values()
    ]
    if as_json:
        print_json({"suite": plan.suite.name, "searches": len(plan.searches), "datasets": data, "notes": plan.notes})
    else:
        many = "" if len(data) == 1 else "s"
        print(f"suite '{plan.suite.name}' is valid: {len(plan.searches)} searches on {len(data)} data set{many}")
        print_table(data)


SCHEMA_EXAMPLES = examples("a4g-bench schema > suite.schema.json")


def schema_command() -> None:
    """Print the JSON Schema of a suite file, for editors.

    With '# yaml-language-server: $schema=suite.schema.json' on its first line a suite is checked and completed as it
    is written.
    """
    from a4g_bench.suite.json_schema import suite_schema

    print(json.dumps(suite_schema(), indent=2))


_CORES = (2, 16, 128)

PLAN_EXAMPLES = examples(
    "a4g-bench plan quick",
    "a4g-bench plan quick --list",
    "a4g-bench plan my-suite.yaml --results /data/mine --json",
)


def plan_command(
    suite: Suite,
    results: ResultsFolder = None,
    list_searches: Annotated[bool, typer.Option("--list", help="Also list every search with its state.")] = False,
    seeds: Seeds = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Say what a suite would run, its cost and what it can resolve.

    Counts what is complete already, estimates CPU time from a timed clean fit per data set and victim, and tells the
    smallest gain the suite can resolve. Starts no Ray.
    """
    from a4g_bench.store.results import Results
    from a4g_bench.suite.grid import excluded
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.forecast import forecast
    from a4g_bench.workflows.status import suite_status

    plan = make_plan(load_suite(suite, allow_import or (), seeds))
    root = results or f"results/{plan.suite.name}"
    state = suite_status(plan, Results(root))
    lines = forecast(plan, state.missing, remark if sys.stderr.isatty() else lambda line: None)
    cpu = sum(line.cpu_seconds for line in lines)
    states = {p.search_id: name for name in ("complete", "failed", "missing") for p in getattr(state, name)}
    left_out = excluded(plan.suite)
    if as_json:
        listed = [{"search_id": p.search_id, "state": states[p.search_id], **p.place.to_row()} for p in plan.searches]
        print_json(
            {
                "suite": plan.suite.name,
                "searches": len(plan.searches),
                **{name: len(getattr(state, name)) for name in ("complete", "failed", "missing")},
                "excluded": left_out,
                "queries": sum(line.queries for line in lines),
                "fits": sum(line.fits for line in lines),
                "cpu_seconds": cpu,
                "hours_on_cores": {cores: cpu / cores / 3600 for cores in _CORES},
                "pairs": [asdict(line) for line in lines],
                "notes": plan.notes,
                "list": listed if list_searches else None,
            }
        )
        return
    for note in plan.notes:
        remark(f"note: {note}")
    print(f"suite '{plan.suite.name}', results in {root}")
    again = " (run --retry-errors runs them again)" if state.failed else ""
    print(
        f"{len(plan.searches)} searches: {len(state.complete)} complete, {len(state.failed)} failed{again},"
        f" {len(state.missing)} to run; {left_out} left out by include/exclude"
    )
    print_table(
        [
            {
                "dataset": line.dataset,
                "attribute": line.attribute,
                "victim": line.victim,
                "searches": line.searches,
                "to run": line.to_run,
                "queries": line.queries,
                "fits": line.fits,
                "s/fit": round(line.fit_seconds, 3),
                "CPU": duration(line.cpu_seconds),
                "clean gap": f"{100 * line.gap:.1f} pts",
                "resolvable": f"{100 * line.resolvable:.1f} pts",
            }
            for line in lines
        ]
    )
    machines = ", ".join(f"{duration(cpu / cores)} on {cores} cores" for cores in _CORES)
    print(
        f"about {duration(cpu)} of CPU in fits (one timed clean fit per line), plus the attacks' own time: {machines}"
    )
    print("resolvable: the smallest change of the gap that these seeds can tell from nothing (5 %, power 80 %)")
    if list_searches:
        print_table([{"search": p.search_id, "state": states[p.search_id], **p.place.to_row()} for p in plan.searches])
