"""``python -m tests.chaos.flips``: is a flipped bit ever taken for a result?

In a small folder of complete results every bit of the files of one search, and of those that searches share, is
flipped, one at a time. Each time the folder is read as ``check`` reads it: the damaged file must be named, and the
searches that are complete must be those that are so without the file. After one flip per file, the searches that are
missing are run: the folder must then hold what it held before. Exit code 0 if all of that is so.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path

from a4g_bench.distributed.options import RunOptions
from a4g_bench.engine.local import run_here
from a4g_bench.store.results import Results
from a4g_bench.suite.plan import Plan
from a4g_bench.workflows.run import run_suite
from a4g_bench.workflows.status import suite_status
from tests.chaos import say
from tests.distributed.runs import tables
from tests.support import plan_of, run_inline

SUITE = {
    "datasets": [{"name": "synthetic", "params": {"rows": 200}}],
    "attacks": ["random-duplicates", "sobol"],
    "query_budgets": [2],
    "seeds": 1,
}
#: Flips that one process tries in turn.
_BITS_AT_ONCE = 20_000


@dataclass
class Flips:
    """How many bits were flipped, and in how many cases something was wrong."""

    flips: int = 0
    unnoticed: int = 0
    took_others_along: int = 0
    not_mended: int = 0

    def __add__(self, other: "Flips") -> "Flips":
        return Flips(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the campaign; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.flips", description=__doc__)
    parser.add_argument("--every", type=int, default=1, metavar="N", help="only every Nth bit")
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args(arguments)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="a4g-flips-") as name:
        whole = Path(name) / "whole"
        run_inline(plan_of(Path(name), **SUITE), whole)
        told = {}
        with ProcessPoolExecutor(given.workers, get_context("spawn")) as pool:
            for file in _files(whole):
                relative = file.relative_to(whole)
                parts = list(_parts(file, given.every))
                found = sum(pool.map(partial(flip, Path(name), relative), parts), Flips())
                told[str(relative)] = found + mended(Path(name), relative)
                say(f"{relative}: {found.flips} flips")
    every = sum(told.values(), Flips())
    print(json.dumps({**asdict(every), "files": len(told), "seconds": round(time.monotonic() - began, 1)}, indent=1))
    return 1 if every.unnoticed or every.took_others_along or every.not_mended else 0


def _files(root: Path) -> list[Path]:
    """The manifest, what searches share, all poison rows, and the files of one search that made queries."""
    [searched] = Results(str(root)).identifiers("queries")
    every = sorted(path for path in root.rglob("*") if path.is_file())
    own = (searched, "manifest")
    return [path for path in every if path.stem in own or {"baselines", "poison"} & set(path.parts)]


def _parts(file: Path, every: int) -> Iterator[range]:
    bits = 8 * file.stat().st_size
    for first in range(0, bits, _BITS_AT_ONCE * every):
        yield range(first, min(bits, first + _BITS_AT_ONCE * every), every)


def flip(home: Path, file: Path, bits: range) -> Flips:
    """Flip some bits of one file in a copy of the folder, one at a time."""
    found = Flips()
    with tempfile.TemporaryDirectory(prefix="a4g-flips-") as name:
        root = Path(name) / "r"
        shutil.copytree(home / "whole", root)
        plan = plan_of(Path(name), **SUITE)
        without = _standing(plan, root, file)
        good = (root / file).read_bytes()
        for bit in bits:
            content = bytearray(good)
            content[bit // 8] ^= 1 << bit % 8
            (root / file).write_bytes(content)
            found.flips += 1
            try:
                state = suite_status(plan, Results(str(root)))
            except Exception as error:  # whatever it is, it stopped the others
                say(f"{file} bit {bit}: {type(error).__name__}: {error}")
                found.took_others_along += 1
                continue
            if list(state.damaged) != [str(file)]:
                say(f"{file} bit {bit}: damaged are {list(state.damaged)}")
                found.unnoticed += 1
            elif [planned.search_id for planned in state.complete] != without:
                say(f"{file} bit {bit}: other searches are complete than without the file")
                found.took_others_along += 1
    return found


def _standing(plan: Plan, root: Path, file: Path) -> list[str]:
    """The searches that are complete without a file; a manifest is none of a search's."""
    content = (root / file).read_bytes()
    if file.name == "manifest.json":
        return [planned.search_id for planned in suite_status(plan, Results(str(root))).complete]
    (root / file).write_bytes(b"PAR1")
    state = suite_status(plan, Results(str(root)))
    (root / file).write_bytes(content)
    return [planned.search_id for planned in state.complete]


def mended(home: Path, file: Path) -> Flips:
    """Flip one bit of a file, and run what is missing then."""
    with tempfile.TemporaryDirectory(prefix="a4g-flips-") as name:
        root = Path(name) / "r"
        shutil.copytree(home / "whole", root)
        content = bytearray((root / file).read_bytes())
        content[len(content) // 2] ^= 1
        (root / file).write_bytes(content)
        plan, results = plan_of(Path(name), **SUITE), Results(str(root))
        for planned in suite_status(plan, results).missing:
            run_here(plan, planned, results)
        state = run_suite(plan, str(root), RunOptions()).status  # what is left to do needs no Ray
        before, after = tables(home / "whole"), tables(root)
        same = all(before[table].equals(after[table]) for table in before)
        if state.missing or state.damaged or suite_status(plan, Results(str(root))).damaged or not same:
            say(f"{file}: {len(state.missing)} missing, damaged {list(state.damaged)}, same tables: {same}")
            return Flips(not_mended=1)
        return Flips()


if __name__ == "__main__":
    sys.exit(main())
