"""Scores, intervals and ranks from Parquet tables alone: no engine, no victims, no attacks are imported here."""

from a4g_bench.leaderboard.analyses.across_victims import defended, transfer
from a4g_bench.leaderboard.analyses.compare import Change, Comparison, compare
from a4g_bench.leaderboard.analyses.curves import Curve, curves
from a4g_bench.leaderboard.analyses.pairwise import HeadToHead, head_to_head
from a4g_bench.leaderboard.analyses.variance import VarianceShares, variance_shares
from a4g_bench.leaderboard.board import Board, Study, build, study
from a4g_bench.leaderboard.column import Column, Row
from a4g_bench.leaderboard.power import Power, power
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.leaderboard.settings import Setting
from a4g_bench.store.tables import ResultTables

__all__ = [
    "Board", "Change", "Column", "Comparison", "Curve", "HeadToHead", "Power", "ResultTables", "Row", "Selection",
    "Setting", "Study", "VarianceShares", "build", "compare", "curves", "defended", "head_to_head", "power", "study",
    "transfer", "variance_shares",
]  # fmt: skip
