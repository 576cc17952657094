"""The data of the charts that pictures and the report draw: what is on each axis, and every series of numbers on it.

Numbers are in the unit of their axis: rates in percent, U and differences of rates in points. ``cell_results`` reads
the stored tables; nothing here draws.
"""

from a4g_bench.leaderboard.charts.audits import (
    AuditChart,
    AuditedVictim,
    Panel,
    TransferChart,
    audit_chart,
    transfer_chart,
)
from a4g_bench.leaderboard.charts.base import Axis, Chart, Mean, Measure, mean
from a4g_bench.leaderboard.charts.cell_results import (
    CellResults,
    Contender,
    Point,
    SearchResults,
    cell_results_of,
    read_cell_results,
)
from a4g_bench.leaderboard.charts.explored import ExploredChart, ExploredPoint, Spot, explored_chart, explored_points
from a4g_bench.leaderboard.charts.trajectories import (
    Band,
    FinalSets,
    Trajectory,
    TrajectoryChart,
    band,
    trajectory,
    trajectory_chart,
)

__all__ = [
    "AuditChart", "AuditedVictim", "Axis", "Band", "CellResults", "Chart", "Contender", "ExploredChart",
    "ExploredPoint", "FinalSets", "Mean", "Measure", "Panel", "Point", "SearchResults", "Spot", "Trajectory",
    "TrajectoryChart", "TransferChart", "audit_chart", "band", "cell_results_of", "explored_chart", "explored_points",
    "mean", "read_cell_results", "trajectory", "trajectory_chart", "transfer_chart",
]  # fmt: skip
