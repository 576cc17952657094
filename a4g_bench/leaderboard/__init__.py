"""Scores, intervals and ranks from Parquet tables alone: no engine, no victims, no attacks are imported here."""

from a4g_bench.leaderboard.board import Board, build
from a4g_bench.leaderboard.pairs import Pair
from a4g_bench.leaderboard.records import ResultTables
from a4g_bench.leaderboard.rows import Row

__all__ = ["Board", "Pair", "ResultTables", "Row", "build"]
