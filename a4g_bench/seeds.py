"""How one integer seed fans out, so that no two purposes share randomness.

Every generator comes from ``numpy.random.SeedSequence`` with a purpose in its spawn key. Victim seeds of queries are
even and those of the audit are odd: no query can ever have seen a seed of the audit.
"""

from enum import IntEnum

import numpy as np

from a4g_bench.protocol import AUDIT_SEEDS


class Purpose(IntEnum):
    """First entry of the spawn key."""

    SPLIT = 0
    FOLDS = 1
    SEARCH = 2
    DRAW = 3
    QUERY_VICTIM = 4
    AUDIT_VICTIM = 5
    SCORES = 6


def generator(seed: int, purpose: Purpose, *key: int) -> np.random.Generator:
    """A generator for one purpose; ``key`` tells apart folds, replicates and so on."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(purpose, *key)))


def integer(seed: int, purpose: Purpose, *key: int) -> int:
    """A non-negative integer below 2**30 for libraries that take one."""
    return int(np.random.SeedSequence(seed, spawn_key=(purpose, *key)).generate_state(1)[0]) >> 2


def query_victim_seed(seed: int, query: int, fit: int) -> int:
    """The (even) random state of the victim in one fit of one query; query -1 is the clean victim."""
    return integer(seed, Purpose.QUERY_VICTIM, query + 1, fit) * 2


def audit_victim_seeds(seed: int) -> tuple[int, ...]:
    """The ``AUDIT_SEEDS`` (odd) random states of the victim in the audit."""
    return tuple(integer(seed, Purpose.AUDIT_VICTIM, fit) * 2 + 1 for fit in range(AUDIT_SEEDS))
