"""``python -m tests.chaos.requests``: does a run survive whatever happens to any one request to an object store?

One small suite is run into a bucket behind a proxy, search by search in this process: undisturbed, and then once for
each request and each thing that can happen to it. Nothing is tried again, so that a failure ends the run; the same
command must then complete it, and the tables must equal the undisturbed ones bit for bit, timing aside. Exit code 0 if
they all do.
"""

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from unittest import mock

from a4g_bench.distributed.options import Report, RunOptions
from a4g_bench.engine.local import run_here
from a4g_bench.errors import StoreError
from a4g_bench.store import files
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan, Planned
from a4g_bench.workflows import run
from tests.chaos import say
from tests.distributed.runs import assert_same
from tests.store.proxy import ONCE, Proxy
from tests.store.s3 import s3, uri
from tests.support import plan_of

SUITE = {
    "datasets": [{"name": "synthetic", "params": {"rows": 200}}],
    "attacks": ["random-duplicates", "sobol"],
    "query_budgets": [4],
    "batch_size": 2,
    "seeds": 1,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.requests", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth request")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    patched = {"PAUSES": (), "S3_ATTEMPTS": 1, "S3_SILENT_SECONDS": 1}
    with tempfile.TemporaryDirectory(prefix="a4g-requests-") as name, s3() as proxy:
        plan = plan_of(Path(name), **SUITE)
        with mock.patch.multiple(files, **patched), mock.patch.object(run, "_executor", return_value=execute):
            told = Campaign(plan, proxy).run(given.every)
    print(json.dumps({**told, "seconds": round(time.monotonic() - began, 1)}, indent=1))
    return 1 if told["different"] else 0


class Campaign:
    """The undisturbed folder, and the faults tried against it."""

    def __init__(self, plan: Plan, proxy: Proxy) -> None:
        self._plan, self._proxy = plan, proxy
        self._whole = uri(proxy, "whole")

    def run(self, every: int) -> dict[str, object]:
        """Try each fault at each request, or at every so manieth."""
        self._proxy.well()
        run.run_suite(self._plan, self._whole, RunOptions())
        requests = len(self._proxy.requests)
        ended: Counter[str] = Counter()
        different = []
        for what in ONCE:
            for number in range(1, requests + 1, every):
                where = f"{what} at request {number}"
                try:
                    ended[what] += self._disturbed(uri(self._proxy, f"{what.replace(' ', '-')}-{number}"), number, what)
                except AssertionError as error:
                    different.append(f"{where}: {' '.join(str(error).split())[:300]}")
                    say(different[-1])
            say(f"{what}: {ended[what]} runs ended by it")
        return {"requests": requests, "faults": len(ONCE) * len(range(1, requests + 1, every)), "ended_by": dict(ended),
                "different": different}  # fmt: skip

    def _disturbed(self, root: str, number: int, what: str) -> bool:
        """Run into a folder with one fault, and again without; returns whether the fault ended the run."""
        self._proxy.well()
        self._proxy.pause = 2.5  # longer than the client waits
        self._proxy.once = number, what
        ended = False
        try:
            run.run_suite(self._plan, root, RunOptions())
        except StoreError:
            ended = True
        self._proxy.well()
        results = Results(root)
        for claim in results.files.names("claims"):  # whose process would be gone
            results.files.delete(claim)
        outcome = run.run_suite(self._plan, root, RunOptions())
        assert not outcome.status.missing, f"{len(outcome.status.missing)} searches are missing"
        assert not outcome.status.failed, f"{len(outcome.status.failed)} searches failed"
        assert not outcome.status.damaged, f"damaged are {list(outcome.status.damaged)}"
        assert not results.files.names("journal"), "journals are left"
        assert_same(self._whole, root)
        return ended


def execute(
    plan: Plan, todo: Sequence[Planned], attempts: dict[str, int], root: str, options: RunOptions, report: Report
) -> bool:
    """What a run on Ray does with the folder, in this process."""
    results = Results(root)
    for planned in todo:
        run_here(plan, planned, results, attempts.get(planned.search_id, 0) + 1)
    results.compact(keep=1)
    return True


if __name__ == "__main__":
    sys.exit(main())
