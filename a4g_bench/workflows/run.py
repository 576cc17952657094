"""Running a suite: what is missing, nothing twice. Knows neither Ray nor a terminal."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from a4g_bench.distributed import environment
from a4g_bench.distributed.address import require_listener
from a4g_bench.distributed.options import Progress, Report, RunOptions
from a4g_bench.errors import A4GError, StoreError
from a4g_bench.provenance import host_hash
from a4g_bench.store.claim import Claim
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned
from a4g_bench.workflows.profile import Clock, profile, write_profile
from a4g_bench.workflows.status import SuiteStatus, suite_status

Execute = Callable[[Plan, Sequence[Planned], dict[str, int], str, RunOptions, Report], bool]


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """What a run did: the standing after it, how many searches it ended, and whether it was interrupted."""

    status: SuiteStatus
    ran: int
    interrupted: bool


def run_suite(
    plan: Plan,
    root: str,
    options: RunOptions,
    report: Report = lambda progress: None,
    say: Callable[[str], None] = lambda line: None,
) -> RunOutcome:
    """Run the searches of a plan that have no result yet.

    Args:
        plan: The suite with its data.
        root: The results folder or URI.
        options: How to run; failed searches are run again only with ``retry_errors``.
        report: Hears of progress.
        say: Hears of anything else a person would want to know.

    Returns:
        Where the suite stands after it.

    Raises:
        A4GError: Before anything runs, if the folder is another suite's, is being written by another run, or cannot be
            written.
    """
    if options.through_client and "://" not in root:
        raise A4GError(
            f"with --address {options.address} the run is driven from the cluster: --results must be a URI that the"
            " cluster can write, such as s3://bucket/folder"
        )
    if plan.suite.resources.cores > options.workers and options.address is None:
        raise A4GError(
            f"the suite grants each search {plan.suite.resources.cores} cores, but --workers is {options.workers}:"
            " raise it, or lower 'resources: {cores: ...}'"
        )
    results = Results(root)
    before = suite_status(plan, results)
    if not _todo(before, options) and not before.damaged:
        if results.leftovers(_ended(before)):
            with suppress(StoreError), Claim(results.files, host_hash(), say):  # StoreError: not now, or not by us
                results.sweep(_ended(before))
        return RunOutcome(before, 0, False)
    with Claim(results.files, host_hash(), say) as claim:
        before = suite_status(plan, results)  # once more: another run may just have ended
        results.sweep(_ended(before))
        todo = _todo(before, options)
        results.mark(plan.suite.name, plan.loaded.hash, len(plan.searches), plan.suite.yardsticks)
        execute = _executor(options) if todo else None
        clock = Clock()

        def relay(progress: Progress) -> None:
            clock.hear(progress)
            claim.tell(asdict(progress))
            report(progress)

        finished = execute(plan, todo, before.attempts, root, options, relay) if execute else True
        clock.stop()
        after = _mended(plan, Results(root), say)
        ended = _ended(after)
        ran = [
            p.search_id
            for p in todo
            if p.search_id in ended and after.attempts[p.search_id] != before.attempts.get(p.search_id)
        ]
        if options.profile and (made := profile(results, ran, clock)) is not None:
            say(f"where the time went: a4g-bench status, and {write_profile(results, made)} in the folder")
    return RunOutcome(after, len(ran), not finished)


def _mended(plan: Plan, results: Results, say: Callable[[str], None]) -> SuiteStatus:
    """Where the suite stands. Once no search is missing, damaged files are of no use any more and are set aside."""
    after = suite_status(plan, results)
    if after.missing or not after.damaged:
        return after
    for name, why in after.damaged.items():
        say(f"{name} is damaged ({why}); nothing is missing without it: moved to damaged/{name}")
    results.set_aside(list(after.damaged))
    return replace(after, damaged={})


def _executor(options: RunOptions) -> Execute:
    """Imports Ray: only once there is something to run, and after its environment is set."""
    environment.prepare()
    if options.address is not None:
        require_listener(options.address)
    if options.through_client:
        from a4g_bench.distributed.client import execute as execute_there

        return execute_there
    if options.address is None:
        environment.stay_on_loopback()
        environment.ask_for_token()
    from a4g_bench.distributed.driver import execute

    return execute


def _ended(now: SuiteStatus) -> set[str]:
    return {planned.search_id for planned in (*now.complete, *now.failed)}


def _todo(before: SuiteStatus, options: RunOptions) -> list[Planned]:
    todo = in_order([*before.missing, *(before.failed if options.retry_errors else ())])
    return todo if options.limit is None else todo[: options.limit]


def in_order(searches: Sequence[Planned]) -> list[Planned]:
    """Longest first by queries, so that the cores finish together; cells that share data and victim stay together."""
    return sorted(searches, key=lambda p: -p.spec.queries)
