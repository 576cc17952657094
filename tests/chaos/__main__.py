"""``python -m tests.chaos --kills N --seed S``: does a run survive whatever dies?

One suite of cheap victims is run undisturbed; then again and again while processes are killed (``kill -9``) and, for
root, the disk is filled, each time with the same command until it is complete. Whatever happened, the tables must equal
the undisturbed ones bit for bit, timing and attempts aside. Exit code 0 if they do and nothing is left running.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.chaos import say
from tests.chaos.disk import SmallDisk
from tests.chaos.victim import Victim
from tests.distributed import runs
from tests.support import write_suite

#: what dies, and how often relative to each other; ``disk`` is filled up, everything else gets SIGKILL
TARGETS = {"driver": 4, "fits": 4, "search": 4, "writer": 2, "raylet": 1, "disk": 1}
SUITE = {
    "datasets": [{"name": "synthetic", "params": {"rows": 1500}}],
    "victims": ["logistic_regression", "lightgbm"],
    "attacks": ["clean", "cell-duplication", "sobol", "ax-allocation"],
    "query_budgets": [24],
    "batch_size": 3,
    "seeds": 2,
}
#: a run that was killed in the meantime is started again at most this often before that counts as a failure
MOST_STARTS = 200


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the harness; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="a4g-chaos-") as name:
        return Chaos(Path(name), given.kills, given.seed, given.workers).run(given.json)


class Chaos:
    """The harness: ``kills`` in all, as many rounds of the suite as they need."""

    def __init__(self, folder: Path, kills: int, seed: int, workers: int) -> None:
        self.folder, self.kills, self.workers = folder, kills, workers
        self.rng = random.Random(seed)
        self.suite = write_suite(folder, **SUITE)
        self.killed: Counter[str] = Counter()
        self.starts = self.rounds = 0

    def run(self, as_json: bool) -> int:
        """Kill until all kills are spent and the last round is complete; compare each round."""
        began = time.monotonic()
        whole = self.folder / "whole"
        done = runs.run("run", self.suite, "--results", whole, "--workers", self.workers)
        assert done.returncode == 0, done.stderr
        undisturbed = time.monotonic() - began
        different = []
        while self.killed.total() < self.kills:
            self.rounds += 1
            try:
                self._round(whole)
            except AssertionError as error:
                different.append(f"round {self.rounds}: {' '.join(str(error).split())[:300]}")
                say(different[-1])
        left = Victim.left()
        told = {
            "kills": self.killed.total(),
            "by_target": dict(self.killed),
            "rounds": self.rounds,
            "starts": self.starts,
            "different": different,
            "processes_left": left,
            "seconds_undisturbed": round(undisturbed, 1),
            "seconds": round(time.monotonic() - began, 1),
        }
        print(json.dumps(told, indent=1) if as_json else "\n".join(f"{k:20} {v}" for k, v in told.items()))
        return 1 if different or left else 0

    def _round(self, whole: Path) -> None:
        """One folder from nothing to complete, through kills; raises ``AssertionError`` if it differs at the end."""
        with SmallDisk(self.folder / "disk", megabytes=64) as disk:
            root = disk.path / "results"
            for _ in range(MOST_STARTS):
                if self._start(root, disk) == 0:
                    break
            else:
                raise AssertionError(f"not complete after {MOST_STARTS} starts")
            runs.assert_same(whole, root)
            assert not list(root.glob("journal/*")), "journals left"
            assert not list(root.glob("claims/*")), "claims left"
        say(f"round {self.rounds}: {self.killed.total()} kills in {self.starts} starts, tables equal")

    def _start(self, root: Path, disk: SmallDisk) -> int:
        """Start the run, kill around in it while there are kills left, and return how it ended."""
        self.starts += 1
        log = (self.folder / "log").open("w")
        with log, Victim(runs.words("run", self.suite, "--results", root, "--workers", self.workers), log) as run:
            while run.lives and self.killed.total() < self.kills:
                run.wait(self.rng.uniform(0.0, 6.0))
                [target] = self.rng.choices(list(TARGETS), weights=list(TARGETS.values()))
                if target == "disk":
                    if run.lives and disk.can_be_filled:
                        disk.fill()
                        run.wait(5.0)
                        disk.free()
                        self.killed[target] += 1
                elif run.kill(target, self.rng):
                    self.killed[target] += 1
            code = run.wait(None)
        if code == 70:
            raise AssertionError((self.folder / "log").read_text()[-600:])
        return code


if __name__ == "__main__":
    sys.exit(main())
