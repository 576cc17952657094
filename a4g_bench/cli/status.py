"""``a4g-bench status``."""

import time
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Annotated, Any

import typer

from a4g_bench.cli.leaderboard import default_folders
from a4g_bench.cli.output import Json, duration, examples, print_json, print_pairs, print_table, remark
from a4g_bench.cli.progress import describe

if TYPE_CHECKING:
    from a4g_bench.store.state import FolderState

EXAMPLES = examples(
    "a4g-bench status",
    "a4g-bench status results/quick --json",
    "watch -n 10 a4g-bench status s3://bucket/quick",
)


def command(
    folder: Annotated[
        str | None, typer.Argument(metavar="DIR", help="A results folder. Default: the one below results/.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Say how far a run is, from another terminal or another machine, while it runs or after.

    Searches by state, rate, time left, failures by type and the hosts that did them. Needs neither the suite nor Ray.
    """
    from a4g_bench.store.state import folder_state
    from a4g_bench.uri import without_secrets

    root = folder or default_folders()[0]
    state = folder_state(root)
    root = without_secrets(root)
    if as_json:
        print_json({**asdict(state), "missing": state.missing})
    else:
        _show(root, state)
    for name, why in state.damaged.items():
        remark(f"damaged: {root}/{name} ({why})")


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
    print("\n" + (_running(state.run) if state.run else "nobody is writing into this folder"))


def _running(run: dict[str, Any]) -> str:
    from a4g_bench.engine.options import Progress

    known = {field.name: run[field.name] for field in fields(Progress) if field.name in run}
    silent = max(0.0, time.time() - run.get("renewed", 0))
    who = f"process {run.get('pid')} on host {run.get('host')}, heard of {duration(silent)} ago"
    if "total" not in known:
        return f"a run is starting: {who}"
    progress = Progress(**known)
    line = describe(progress, run["renewed"] - run["started"])
    return f"running: {progress.done}/{progress.total} searches of this run, {line} ({who})"
