"""All benchmarks beside their goals: ``python -m benchmarks [--only NAME] [--quick] [--json] [--out [FILE]]``.

Each runs in a process of its own. Exit code 0: all goals met; 1: one was missed or could not be measured; 2: bad usage.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from a4g_bench import provenance
from a4g_bench.errors import nearest
from benchmarks.figure import Figure, table
from benchmarks.registry import BENCHMARKS, ON_REQUEST, run


def write(path: Path, figures: Sequence[Figure], quick: bool, date: datetime, load: float) -> None:
    """Write the figures with what they were measured on; ``load`` is the machine's load average at the start."""
    commit, dirty = provenance.git_state()
    machine = {
        "quick": quick,
        "date": date,
        "cpu_model": provenance.cpu_model(),
        "cores": os.cpu_count(),
        "load": load,
        "versions": json.dumps(provenance.package_versions(), sort_keys=True),
        "git_commit": commit,
        "git_dirty": dirty,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{**asdict(f), "met": f.met, **machine} for f in figures]), path)


def main() -> int:
    """Run the benchmarks asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", action="append", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)}; repeatable")
    parser.add_argument("--quick", action="store_true", help="smaller and fewer runs; some goals are for the full size")
    parser.add_argument("--json", action="store_true", help="print a list of {benchmark, value, goal, met}")
    parser.add_argument(
        "--out", nargs="?", const="benchmark.parquet", metavar="FILE", help="write Parquet (default: %(const)s)"
    )
    arguments = parser.parse_args()
    for name in arguments.only or ():
        if name not in BENCHMARKS:
            parser.error(f"no benchmark '{name}'{nearest(name, BENCHMARKS)}")
    root = str(Path(__file__).parents[1])
    os.environ["PYTHONPATH"] = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])  # for victims by import path
    date, load = provenance.now(), os.getloadavg()[0]
    figures: list[Figure] = []
    for name in dict.fromkeys(arguments.only or (name for name in BENCHMARKS if name not in ON_REQUEST)):
        started = time.monotonic()
        figures += run(name, arguments.quick)
        print(f"{name}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    if arguments.out:
        write(Path(arguments.out), figures, arguments.quick, date, load)
    if arguments.json:
        rows = [{"benchmark": f.name, "value": f.value, "goal": f.goal, "met": f.met} for f in figures]
        print(json.dumps(rows, indent=1))
    else:
        print(table(figures))
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
