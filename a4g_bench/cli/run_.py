"""``a4g-bench run``."""

from collections.abc import Sequence
from typing import Annotated

import typer

from a4g_bench.cli.check import verdict
from a4g_bench.cli.output import AllowImport, Json, ResultsFolder, Seeds, Suite, duration, examples, print_json, remark

EXAMPLES = examples(
    "a4g-bench run quick",
    "a4g-bench run my-suite.yaml --results /data/mine --workers 8",
    "a4g-bench run my-suite.yaml --address auto",
    "a4g-bench run my-suite.yaml --submit --results s3://bucket/mine",
    "a4g-bench run quick --retry-errors",
    "a4g-bench run seed --seeds 10",
)


def command(
    suite: Suite,
    results: ResultsFolder = None,
    workers: Annotated[
        int | None, typer.Option(metavar="N", help="Cores to use. Default: all of this machine.")
    ] = None,
    address: Annotated[
        str | None, typer.Option(metavar="ADDR", help="A running Ray cluster: auto or HOST:PORT.")
    ] = None,
    retry_errors: Annotated[bool, typer.Option("--retry-errors", help="Run failed searches again too.")] = False,
    limit: Annotated[int | None, typer.Option(metavar="N", help="Run at most N searches now.")] = None,
    allow_open_cluster: Annotated[
        bool, typer.Option("--allow-open-cluster", help="Use a cluster although it answers without a token.")
    ] = False,
    submit: Annotated[
        bool, typer.Option("--submit", help="Hand the run to a cluster as a job, and return. ADDR: its job server.")
    ] = False,
    seeds: Seeds = None,
    allow_import: AllowImport = None,
    as_json: Json = False,
) -> None:
    """Run what a suite still misses; print the leaderboard.

    Nothing runs twice. Interrupt it at any time: the same command goes on where it stopped.
    """
    if submit:
        passed = {"--retry-errors": retry_errors, "--allow-open-cluster": allow_open_cluster}
        numbers = {"--limit": limit, "--seeds": seeds}
        limited = [word for name, value in numbers.items() if value is not None for word in (name, str(value))]
        _submit(
            suite, results, address, [name for name, on in passed.items() if on] + limited, allow_import or (), as_json
        )
        return
    import time

    from a4g_bench.cli.leaderboard import board_of
    from a4g_bench.cli.progress import Reporter
    from a4g_bench.engine.options import RunOptions
    from a4g_bench.engine.run import run_suite
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.uri import without_secrets

    given = {"workers": workers} if workers is not None else {}
    options = RunOptions(
        address=address, retry_errors=retry_errors, limit=limit, open_cluster=allow_open_cluster, **given
    )
    plan = make_plan(load_suite(suite, allow_import or (), seeds))
    for note in plan.notes:
        remark(f"note: {note}")
    root = results or f"results/{plan.suite.name}"
    started = time.monotonic()
    with Reporter() as reporter:
        outcome = run_suite(plan, root, options, reporter.report, remark)
    state = outcome.standing
    remark(
        f"{outcome.ran} searches run in {duration(time.monotonic() - started)}; of {len(plan.searches)}:"
        f" {len(state.complete)} complete, {len(state.failed)} failed, {len(state.missing)} missing; results in"
        f" {without_secrets(root)}"
    )
    for search_id, error in list(state.errors.items())[:5]:
        remark(f"failed: {search_id}  {error}")
    if len(state.errors) > 5:
        remark(f"... and {len(state.errors) - 5} more: a4g-bench check {suite}")
    if outcome.interrupted:
        remark("interrupted: run the same command again to go on")
    board = board_of([root]) if state.complete else None
    if as_json:
        counts = {name: len(getattr(state, name)) for name in ("complete", "failed", "missing")}
        extra = {"ran": outcome.ran, "interrupted": outcome.interrupted, "errors": state.errors}
        print_json({**counts, **extra, "leaderboard": board.to_json() if board else None})
    elif board is not None:
        from a4g_bench.leaderboard.render import render

        print(render(board, "table", None))
    raise typer.Exit(verdict(bool(state.failed), bool(state.missing)))


def _submit(
    suite: str, results: str | None, address: str | None, options: list[str], allow_import: Sequence[str], as_json: bool
) -> None:
    from a4g_bench.cluster.submit import submit_run

    job, server = submit_run(suite, results, address, options, allow_import)
    follow = {
        what: f"RAY_AUTH_MODE=token ray job {what}{more} --address {server} {job}" for what, more in _FOLLOW.items()
    }
    if as_json:
        print_json({"job": job, "address": server, **follow})
        return
    print(job)
    remark(f"submitted to {server}; it goes on without this machine")
    for what, line in follow.items():
        remark(f"{what.ljust(6)}  {line}")


_FOLLOW = {"status": "", "logs": " --follow", "stop": ""}
