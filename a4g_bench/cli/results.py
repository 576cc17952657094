"""``merge`` and ``clean``: whole results folders."""

from typing import Annotated

import typer

from a4g_bench.cli.options import AllowImport, ResultsFolder, Suite
from a4g_bench.cli.output import examples, remark

MERGE_EXAMPLES = examples(
    "a4g-bench merge /nfs/part-1 /nfs/part-2 --out results/whole",
)


def merge_command(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Results folders of one suite.")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder to make.")],
) -> None:
    """Make one results folder of several of the same suite.

    Every search is there once: complete rather than failed, the latest attempt rather than an earlier one. The folders
    stay as they are.
    """
    from a4g_bench.store.folders import merge
    from a4g_bench.store.results import Results

    merged = merge([Results(folder) for folder in folders], Results(out))
    print(f"{merged} searches of {len(folders)} folders in {out}")


CLEAN_EXAMPLES = examples(
    "a4g-bench clean my-suite.yaml",
    "a4g-bench clean my-suite.yaml --results /data/mine --failed --yes",
)
_SHOWN = 10


def clean_command(
    suite: Suite,
    results: ResultsFolder = None,
    failed: Annotated[
        bool, typer.Option("--failed", help="Remove failed searches too, so that they are run anew.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Remove them. Without it, only say what would go.")] = False,
    allow_import: AllowImport = None,
) -> None:
    """Remove results that their suite does not ask for any more.

    A changed suite, attack or package leaves the earlier searches in the folder, where the leaderboard still counts
    them; `a4g-bench check` lists them as stale.
    """
    from a4g_bench.provenance import host_hash
    from a4g_bench.store.claim import Claim
    from a4g_bench.store.results import Results
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.status import suite_status

    plan = make_plan(load_suite(suite, allow_import or ()))
    folder = Results(results or f"results/{plan.suite.name}")
    state = suite_status(plan, folder)
    gone = dict(state.stale)
    if failed:
        gone |= {planned.search_id: f"failed: {state.errors[planned.search_id]}" for planned in state.failed}
    for search_id, why in list(gone.items())[:_SHOWN]:
        print(f"{search_id}  {why}")
    if len(gone) > _SHOWN:
        print(f"... and {len(gone) - _SHOWN} more")
    if gone and yes:
        with Claim(folder.files, host_hash(), remark):
            folder.drop(gone.keys())
    verb = "removed" if yes else "would be removed; --yes removes them"
    print(f"{len(gone)} of {len(state.attempts)} searches {verb}")
