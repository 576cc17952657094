"""Scores, intervals and ranks from Parquet tables alone: no engine, no victims, no attacks are imported here."""

from a4g_bench.leaderboard.board import Board, build
from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.rankability import Pair
from a4g_bench.store.tables import ResultTables

__all__ = ["Board", "Pair", "ResultTables", "Row", "build"]
