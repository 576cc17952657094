"""Victims: the third party's training algorithms, and the contract that a new one implements (:class:`Victim`)."""

from a4g_bench.victims.base import Encoding, SklearnVictim, Victim, get_victim

__all__ = ["Encoding", "SklearnVictim", "Victim", "get_victim"]
