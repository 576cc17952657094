"""The command line as a process of its own."""

import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

#: Prints, when the command ends, the most memory its process ever held (Linux), in kB.
_MAIN = """
import atexit, sys
from pathlib import Path
def tell():
    [line] = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM")]
    print(line.split()[1], file=sys.stderr)
atexit.register(tell)
from a4g_bench.cli import main
sys.exit(main())
"""


@dataclass(frozen=True)
class Spent:
    """What a command cost: wall seconds, and the peak of its resident memory in GB."""

    seconds: float
    gigabytes: float


def command(*words: object, environment: Mapping[str, str] | None = None) -> Spent:
    """Run ``a4g-bench WORDS``. Raises ``RuntimeError`` with the end of what it said if it fails."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-c", _MAIN, *map(str, words)], capture_output=True, text=True, env=environment
    )
    seconds = time.perf_counter() - started
    if done.returncode:
        raise RuntimeError(f"a4g-bench {words[0]} ended with {done.returncode}: {done.stderr.strip()[-500:]}")
    return Spent(seconds, int(done.stderr.split()[-1]) / 1e6)
