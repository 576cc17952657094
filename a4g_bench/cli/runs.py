"""``run`` and ``status``."""

import time
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.folders import default_folders, tell_damaged
from a4g_bench.cli.options import AllowImport, AllowRead, Json, ResultsFolder, Seeds, Suite
from a4g_bench.cli.output import duration, examples, print_json, print_pairs, print_table, remark
from a4g_bench.cli.progress import describe
from a4g_bench.cli.suites import verdict

if TYPE_CHECKING:
    from a4g_bench.workflows.profile import Profile
    from a4g_bench.workflows.status import FolderState


RUN_EXAMPLES = examples(
    "a4g-bench run quick",
    "a4g-bench run my-suite.yaml --results /data/mine --workers 8",
    "a4g-bench run my-suite.yaml --allow-read /data/tables --profile",
    "a4g-bench run my-suite.yaml --address auto",
    "a4g-bench run my-suite.yaml --submit --results s3://bucket/mine",
    "a4g-bench run quick --retry-errors",
    "a4g-bench run seed --seeds 10",
)


def run_command(
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
    profile: Annotated[
        bool, typer.Option("--profile", help="Keep where the time went, for a4g-bench status to show.")
    ] = False,
    seeds: Seeds = None,
    allow_import: AllowImport = None,
    allow_read: AllowRead = None,
    as_json: Json = False,
) -> None:
    """Run what a suite still misses; print the leaderboard.

    Nothing runs twice. Interrupt it at any time: the same command goes on where it stopped.
    """
    if submit:
        passed = {
            "--retry-errors": retry_errors,
            "--allow-open-cluster": allow_open_cluster,
            "--profile": profile,
        }
        numbers = {"--limit": limit, "--seeds": seeds}
        limited = [word for name, value in numbers.items() if value is not None for word in (name, str(value))]
        given = [name for name, on in passed.items() if on] + limited
        _submit(suite, results, address, given, allow_import or (), allow_read or (), as_json)
        return
    import time

    from a4g_bench.cli.folders import board_of
    from a4g_bench.cli.progress import Reporter
    from a4g_bench.distributed.options import RunOptions
    from a4g_bench.errors import without_secrets
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.run import run_suite

    workers_option = {"workers": workers} if workers is not None else {}
    options = RunOptions(
        address=address,
        retry_errors=retry_errors,
        limit=limit,
        open_cluster=allow_open_cluster,
        profile=profile,
        **workers_option,
    )
    plan = make_plan(load_suite(suite, allow_import or (), seeds, allow_read or ()))
    for note in plan.notes:
        remark(f"note: {note}")
    root = results or f"results/{plan.suite.name}"
    started = time.monotonic()
    with Reporter() as reporter:
        outcome = run_suite(plan, root, options, reporter.report, remark)
    state = outcome.status
    remark(
        f"{outcome.ran} searches run in {duration(time.monotonic() - started)}; of {len(plan.searches)}:"
        f" {len(state.complete)} complete, {len(state.failed)} failed, {len(state.missing)} missing; results in"
        f" {without_secrets(root)}"
    )
    tell_damaged(root, state.damaged, "; the same command makes it anew")
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
    suite: str,
    results: str | None,
    address: str | None,
    options: list[str],
    allow_import: Sequence[str],
    allow_read: Sequence[str],
    as_json: bool,
) -> None:
    from a4g_bench.cluster.submit import submit_run

    job, server = submit_run(suite, results, address, options, allow_import, allow_read)
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


STATUS_EXAMPLES = examples(
    "a4g-bench status",
    "a4g-bench status results/quick --json",
    "watch -n 10 a4g-bench status s3://bucket/quick",
)


def status_command(
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="A results folder. Default: the one below results/.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how far a run is, from anywhere, while it runs or after.

    Another terminal or another machine will do: neither the suite nor Ray is needed. Searches by state, rate, time
    left, failures by type and the hosts that did them.
    """
    from a4g_bench.errors import without_secrets
    from a4g_bench.workflows.status import folder_state

    root = folder or default_folders()[0]
    state = folder_state(root)
    root = without_secrets(root)
    if as_json:
        print_json({**asdict(state), "missing": state.missing})
    else:
        _show(root, state)
    tell_damaged(root, state.damaged)


def _show(root: str, state: "FolderState") -> None:
    counts = dict(state.statuses)
    if state.missing is not None:
        counts["missing"] = state.missing
    print(f"suite {state.suite}, results in {root}\n")
    print_table([{"state": name, "searches": count} for name, count in counts.items()])
    if state.failures:
        print("\nfailures")
        for kind, count in state.failures.items():
            print(f"  {count}  {kind}")
    times = {"first search began": state.first, "last one ended": state.last}
    pairs = {"queries": state.queries} | {k: f"{t:%Y-%m-%d %H:%M:%S} UTC" for k, t in times.items() if t is not None}
    print_pairs("so far", pairs)
    if len(state.hosts) > 1:
        print_pairs("searches per host", state.hosts)
    if state.profile is not None:
        _show_profile(state.profile)
    print("\n" + (_running(state.run) if state.run else "nobody is writing into this folder"))


def _show_profile(profile: "Profile") -> None:
    """Where the time of the last profiled run went, in percent of its slots' time."""
    whole = profile.wall * profile.slots

    def share(seconds: float) -> str:
        return f"{100 * seconds / whole:.1f}" if whole else "-"

    slots = "slot" if profile.slots == 1 else "slots"
    print(f"\nthe run of {profile.at}: {duration(profile.wall)} on {profile.slots} {slots}, whose time went (%)")
    rows = [
        {
            "setting": f"{one.dataset}/{one.attribute} x {one.victim}",
            "searches": one.searches,
            "fits": share(one.fits),
            "proposing": share(one.proposing),
            "beside": share(one.beside),
        }
        for one in profile.settings
    ]
    print_table(rows)
    print_pairs(
        "outside the searches (%)",
        {"starting": share(profile.starting), "between: Tune, waiting": share(profile.between)},
    )
    print(f"\nthe writer was busy for {profile.writing:.1f} s beside that")


def _running(run: dict[str, Any]) -> str:
    from a4g_bench.distributed.options import Progress

    known = {field.name: run[field.name] for field in fields(Progress) if field.name in run}
    silent = max(0.0, time.time() - run.get("renewed", 0))
    who = f"process {run.get('pid')} on host {run.get('host')}, heard of {duration(silent)} ago"
    if "total" not in known:
        return f"a run is starting: {who}"
    progress = Progress(**known)
    line = describe(progress, run["renewed"] - run["started"])
    return f"running: {progress.done}/{progress.total} searches of this run, {line} ({who})"
