"""``merge`` and ``clean``: whole results folders."""

from typing import TYPE_CHECKING, Annotated

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.folders import tell_damaged
from a4g_bench.cli.options import AllowImport, AllowRead, ResultsFolder, Suite
from a4g_bench.cli.output import examples, remark

if TYPE_CHECKING:
    from a4g_bench.workflows.status import SuiteStatus

MERGE_EXAMPLES = examples(
    "a4g-bench merge /nfs/part-1 /nfs/part-2 --out results/whole",
)


def merge_command(
    folders: Annotated[list[str], typer.Argument(metavar="DIR...", help="Results folders of one suite.")],
    out: Annotated[str, typer.Option("--out", metavar="DIR", help="The folder to make.")],
) -> None:
    """Make one results folder of several of the same suite.

    Every search is there once: complete rather than failed, the latest attempt rather than an earlier one. The folders
    stay as they are. What is damaged in all of them is left out and named; the exit code is then 3.
    """
    from a4g_bench.errors import without_secrets
    from a4g_bench.store.folders import merge
    from a4g_bench.store.results import Results

    sources = [Results(folder) for folder in folders]
    merged = merge(sources, Results(out))
    for source in sources:
        tell_damaged(source.root, source.damaged)
    for search_id, lacking in merged.left_out.items():
        remark(f"left out: {search_id}: no folder has all of it ({lacking})")
    many = "" if len(folders) == 1 else "s"
    print(f"{merged.searches} searches of {len(folders)} folder{many} in {without_secrets(out)}")
    if merged.incomplete:
        remark(f"run the suite with --results {without_secrets(out)} to make anew what is missing")
        raise typer.Exit(exit_codes.INCOMPLETE)


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
    allow_read: AllowRead = None,
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

    plan = make_plan(load_suite(suite, allow_import or (), allow_read=allow_read or ()))
    folder = Results(results or f"results/{plan.suite.name}")
    state = suite_status(plan, folder)
    gone = _gone(state, failed)
    for search_id, why in list(gone.items())[:_SHOWN]:
        print(f"{search_id}  {why}")
    if len(gone) > _SHOWN:
        print(f"... and {len(gone) - _SHOWN} more")
    if gone and yes:
        with Claim(folder.files, host_hash(), remark):
            # once more: a run elsewhere may have finished some while the claim was waited for
            still = _gone(suite_status(plan, folder), failed)
            gone = {search_id: why for search_id, why in still.items() if search_id in gone}
            folder.drop(gone.keys())
    verb = "removed" if yes else "would be removed; --yes removes them"
    print(f"{len(gone)} of {len(state.attempts)} searches {verb}")


def _gone(state: "SuiteStatus", failed: bool) -> dict[str, str]:
    """The searches to remove, with the reason."""
    errors = {planned.search_id: f"failed: {state.errors[planned.search_id]}" for planned in state.failed}
    return dict(state.stale) | (errors if failed else {})
