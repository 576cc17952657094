"""The leaderboard runs where nothing but numpy, pyarrow and threadpoolctl is installed."""

import subprocess
import sys

HEAVY = ("ray", "ax", "torch", "sklearn", "lightgbm", "fairlearn", "matplotlib")


def test_importing_the_leaderboard_loads_nothing_heavy() -> None:
    code = (
        "import sys, a4g_bench.leaderboard, a4g_bench.leaderboard.render;"
        f"print([m for m in sys.modules if m in {HEAVY} or m.startswith('a4g_bench.engine')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
