"""``a4g-bench plan``."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from a4g_bench.cli.output import (
    AllowImport,
    Json,
    ResultsFolder,
    Seeds,
    Suite,
    duration,
    examples,
    print_json,
    print_table,
    remark,
)

_CORES = (2, 16, 128)

EXAMPLES = examples(
    "a4g-bench plan quick",
    "a4g-bench plan quick --list",
    "a4g-bench plan my-suite.yaml --results /data/mine --json",
)


def command(
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
    from a4g_bench.engine.forecast import forecast
    from a4g_bench.engine.standing import standing
    from a4g_bench.store.results import Results
    from a4g_bench.suite.grid import excluded
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan

    plan = make_plan(load_suite(suite, allow_import or (), seeds))
    root = results or f"results/{plan.suite.name}"
    state = standing(plan, Results(root))
    lines = forecast(plan, state.missing, remark if sys.stderr.isatty() else lambda line: None)
    cpu = sum(line.cpu_seconds for line in lines)
    states = {p.search_id: name for name in ("complete", "failed", "missing") for p in getattr(state, name)}
    left_out = excluded(plan.suite)
    if as_json:
        listed = [{"search_id": p.search_id, "state": states[p.search_id], **p.place()} for p in plan.searches]
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
        print_table([{"search": p.search_id, "state": states[p.search_id], **p.place()} for p in plan.searches])
