"""``a4g-bench check``."""

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.output import AllowImport, Json, ResultsFolder, Suite, examples, print_json, print_table, remark

EXAMPLES = examples(
    "a4g-bench check quick",
    "a4g-bench check my-suite.yaml --results /data/mine --json",
)


def command(
    suite: Suite,
    results: ResultsFolder = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Hold a suite against its results: complete, failed, missing.

    A result is stale if its place in the suite now asks for something else. Exit code 0 if all searches are complete,
    1 if some failed, 3 if some are missing.
    """
    from a4g_bench.engine.standing import standing
    from a4g_bench.store.results import Results
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.uri import without_secrets

    plan = make_plan(load_suite(suite, allow_import or ()))
    root = results or f"results/{plan.suite.name}"
    state = standing(plan, Results(root))
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
