"""What a search costs beside its fits: thousands of searches of a victim that costs nothing.

The attack is ``random-duplicates`` on 300 made-up rows. Overhead per search is (cores x wall - CPU in fits) / searches,
wall being counted from the start of the first search to the end of the last: so it holds Tune, both processes of a
slot and the one that writes. The driver's resident memory is sampled while it runs; its growth is the slope of a line
through the samples of the last four fifths. Files are those in the results folder at the end, and the most that were
there.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import psutil

from a4g_bench.distributed.options import Progress
from benchmarks.figure import Figure
from benchmarks.suites import CORES, plan_of, run, searching_seconds

_PER_SEED = 4  # poison budgets


class _Samples:
    """Searches done, the driver's memory and the files of the folder, every half second at most."""

    def __init__(self, folder: str) -> None:
        self._folder, self._last, self._process = Path(folder), 0.0, psutil.Process()
        self.rows: list[tuple[float, float]] = []
        self.most_files = 0

    def __call__(self, progress: Progress) -> None:
        if time.monotonic() - self._last < 0.5:
            return
        self.rows.append((progress.done / 1000, self._process.memory_info().rss / 1e6))
        self.most_files = max(self.most_files, files(self._folder))
        self._last = time.monotonic()

    def slope(self) -> float:
        """MB per 1,000 searches, after the first fifth of them."""
        late = np.array([row for row in self.rows if row[0] >= self.rows[-1][0] / 5])
        return float(np.polyfit(late[:, 0], late[:, 1], 1)[0])


def files(folder: Path) -> int:
    """Files below a folder."""
    return sum(path.is_file() for path in folder.rglob("*"))


def overhead(quick: bool) -> Iterator[Figure]:
    """10,000 searches (quick: 1,000)."""
    searches = 1_000 if quick else 10_000
    plan = plan_of(
        ["benchmarks"], datasets=[{"name": "synthetic", "params": {"rows": 300}}],
        victims=[{"name": "benchmarks.victims:Trivial", "as": "trivial"}], attacks=["random-duplicates"],
        poison_budgets=["1%", "2%", "5%", "10%"], seeds=searches // _PER_SEED,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        samples = _Samples(folder)
        began = time.monotonic()
        rows = run(plan, folder, report=samples)
        whole = time.monotonic() - began
        left = files(Path(folder))
    wall = searching_seconds(rows)
    fitting = sum(row["fit_cpu_seconds"] for row in rows)
    beside = 1000 * (CORES * wall - fitting) / searches
    note = f"{searches:,} searches in {wall:.0f} s, {whole:.0f} s with the start and end of the run"
    yield Figure("overhead", beside, "ms of a core per search", 50.0, note=note)
    memory = f"{samples.rows[0][1]:.0f} MB at first, {samples.rows[-1][1]:.0f} MB at the end"
    yield Figure("overhead-driver-memory", samples.slope(), "MB per 1,000 searches", 5.0, note=memory)
    yield Figure("overhead-files", left, "files", 1000.0, note=f"at most {samples.most_files:,} while it ran")
