"""Attacks: the entrants of a suite, and the contract that a new one implements (:class:`Attack`)."""

from a4g_bench.attacks.base import (
    Attack,
    Candidate,
    Poison,
    Pool,
    Problem,
    Result,
    Threat,
    copies,
    get_attack,
    join,
)

__all__ = [
    "Attack", "Candidate", "Poison", "Pool", "Problem", "Result", "Threat", "copies", "get_attack", "join",
]  # fmt: skip
