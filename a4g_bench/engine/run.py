"""Running a suite: what is missing, nothing twice. Knows neither Ray nor a terminal."""

from collections.abc import Sequence
from dataclasses import dataclass

from a4g_bench.engine.options import Report, RunOptions
from a4g_bench.engine.standing import Standing, standing
from a4g_bench.errors import A4GError
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned


@dataclass(frozen=True, eq=False)
class RunOutcome:
    """What a run did: the standing after it, how many searches it ended, and whether it was interrupted."""

    standing: Standing
    ran: int
    interrupted: bool


def run_suite(plan: Plan, root: str, options: RunOptions, report: Report = lambda progress: None) -> RunOutcome:
    """Run the searches of a plan that have no result in the folder ``root``; failed ones only with ``retry_errors``.

    Raises ``A4GError`` before anything runs if the folder is another suite's or cannot be written.
    """
    if plan.suite.resources.cores > options.workers and options.address is None:
        raise A4GError(
            f"the suite grants each search {plan.suite.resources.cores} cores, but --workers is {options.workers}:"
            " raise it, or lower 'resources: {cores: ...}'"
        )
    results = Results(root)
    before = standing(plan, results)
    todo = in_order([*before.missing, *(before.failed if options.retry_errors else ())])
    if options.limit is not None:
        todo = todo[: options.limit]
    if not todo:
        return RunOutcome(before, 0, False)
    results.claim(plan.suite.name, plan.loaded.hash)
    from a4g_bench.engine.distributed import execute  # imports Ray: only once there is something to run

    finished = execute(plan, todo, before.attempts, root, options, report)
    after = standing(plan, Results(root))
    ended = {planned.search_id for planned in (*after.complete, *after.failed)}
    ran = [p for p in todo if p.search_id in ended and after.attempts[p.search_id] != before.attempts.get(p.search_id)]
    return RunOutcome(after, len(ran), not finished)


def in_order(searches: Sequence[Planned]) -> list[Planned]:
    """Longest first by queries, so that the cores finish together; cells that share data and victim stay together."""
    return sorted(searches, key=lambda p: -p.spec.query_budget)
