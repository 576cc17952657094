"""Copies of the training rows that a run keeps: 1 million rows, LightGBM.

One core, so one search at a time: its slot is two processes (the trainable, which proposes, and the one that fits).
While they run, the memory of each that is its own (anonymous pages) is sampled four times a second, and so are the
pages of Ray's object store, which processes share. The same with 1,000 rows is the baseline. The value is

    (peak of trainable + peak of fit process - the same of the baseline + shared objects) / bytes of the table,

bytes of the table being its float64 codes and int8 labels, of train, search-validation and audit rows together. A node
with ``w`` workers holds the private part ``w`` times and the shared part once. What the victim itself allocates in a
fit is in the peak; the medians over time are given beside it.
"""

import statistics
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from benchmarks.figure import Figure
from benchmarks.suites import plan_of, run

_TRAIN_SHARE = 0.6
_EVERY_SECONDS = 0.25
_KINDS = {"FitWorker": "fit process", "Trainable": "trainable"}


@dataclass
class Watch:
    """Samples of private bytes per kind of process, of all processes below this one, while the block runs."""

    samples: dict[str, list[int]] = field(default_factory=lambda: {kind: [] for kind in _KINDS})
    shared: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_EVERY_SECONDS):
            shared = 0
            for process in psutil.Process().children(recursive=True):
                with suppress(psutil.Error, OSError):
                    pages = _pages(process.pid)
                    shared += pages["Pss_Shmem"]
                    title = " ".join(process.cmdline())
                    kind = next((kind for kind in _KINDS if kind in title), None)
                    if kind is not None:
                        self.samples[kind].append(pages["Pss_Anon"])
            self.shared.append(shared)


def _pages(pid: int) -> dict[str, int]:
    """Bytes by kind of page: ``Pss_Anon`` is a process's own memory, ``Pss_Shmem`` its share of shared memory."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    return {name: 1024 * int(rest.split()[0]) for name, _, rest in (line.partition(":") for line in lines)}


def watch(rows: int, queries: int) -> tuple[Watch, int]:
    """Samples of a run with so many rows, and the bytes of its table."""
    plan = plan_of(
        datasets=[{"name": "synthetic", "params": {"rows": rows}}], victims=["lightgbm"], attacks=["sobol"],
        poison_budgets=["1%"], query_budgets=[queries], seeds=1,
    )  # fmt: skip
    [subject] = plan.subjects.values()
    size = subject.table.features.nbytes + subject.table.labels.nbytes
    with tempfile.TemporaryDirectory() as folder, Watch() as watching:
        run(plan, folder, workers=1)
    return watching, size


def _most(samples: Sequence[int]) -> int:
    return max(samples, default=0)


def memory(quick: bool) -> Iterator[Figure]:
    """1 million training rows and 8 queries (quick: 100,000 and 4)."""
    training, queries = (100_000, 4) if quick else (1_000_000, 8)
    small, _ = watch(1_000, queries)
    large, size = watch(round(training / _TRAIN_SHARE), queries)
    parts = {kind: (_most(large.samples[kind]) - _most(small.samples[kind])) / size for kind in _KINDS}
    shared = (_most(large.shared) - _most(small.shared)) / size
    note = f"{training:,} training rows, table {size / 1e6:.0f} MB"
    yield Figure("memory", sum(parts.values()) + shared, "copies of the table", 2.0, note=note)
    for kind, name in _KINDS.items():
        usual = (statistics.median(large.samples[kind]) - statistics.median(small.samples[kind])) / size
        yield Figure(f"memory-{name.replace(' ', '-')}", parts[kind], "copies", note=f"median over time {usual:.1f}")
    yield Figure("memory-shared", shared, "copies", note="once per node, whatever its workers")
