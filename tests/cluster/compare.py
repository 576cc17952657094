"""Two results folders must hold the same numbers, and the second must come from so many hosts."""

import sys
from pathlib import Path
from typing import Any

top = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(top))

from a4g_bench.cli.folders import board_of  # noqa: E402
from a4g_bench.store.results import Results  # noqa: E402
from tests.distributed.runs import assert_same  # noqa: E402


def board(folder: Path) -> Any:
    """A leaderboard as data, without the CPU seconds."""

    def without_time(data: Any) -> Any:
        if isinstance(data, dict):
            return {key: without_time(value) for key, value in data.items() if "cpu" not in key}
        return [without_time(value) for value in data] if isinstance(data, list) else data

    return without_time(board_of([str(folder)]).to_json())


one, other, hosts = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
assert_same(one, other)
assert repr(board(one)) == repr(board(other)), "the leaderboards differ"
searches = Results(str(other)).read("searches").to_pandas()
print(searches.groupby("host").size().to_string())
assert searches["host"].nunique() == hosts, f"{searches['host'].nunique()} hosts ran searches, not {hosts}"
