"""Pictures of a results folder, from Parquet alone. matplotlib (extra ``figures``) is imported below this package only.

``leaderboard.charts`` has their data. ``trajectories``, ``bars``, ``explored`` and ``boundary`` draw one
figure each, ``pictures`` lists and renders them.
"""

from importlib.util import find_spec

from a4g_bench.errors import A4GError


def need_matplotlib() -> None:
    """Raise ``A4GError`` with the extra's name if matplotlib is not installed."""
    if find_spec("matplotlib") is None:
        raise A4GError("pictures need matplotlib: pip install 'a4g-bench[figures]'")
