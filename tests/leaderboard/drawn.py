"""The board that most tests look at, small enough to check by eye.

Twelve people: two of group a and eight of group b deserve the favourable label 1, one of each does not. 1 is a mistake.

    group    aa bbbbbbbb ab     harm of a, b     U     G     accuracy
    clean    00 11111111 00         0    1       1           4/12
    closes   00 00000000 00         0    0       0     1     12/12
    halves   00 11110000 00         0   1/2     1/2   1/2    8/12
    costly   11 11111111 00         1    1       0     1     2/12     dA = 1/6, far more than 0.01: FG = min(0, 1) = 0
"""

from .boards import Folder

GROUPS = "aa bbbbbbbb ab"
LABELS = "11 11111111 00"
CLEAN = "00 11111111 00"
NONE = "00 00000000 00"
HALF = "00 11110000 00"
COSTLY = "11 11111111 00"

ATTACKS = {"clean": CLEAN, "random-duplicates": CLEAN, "closes": NONE, "halves": HALF, "costly": COSTLY}


def folder(where: str = "results/a") -> Folder:
    """An empty results folder about these people."""
    return Folder(where, groups=GROUPS, labels=LABELS, clean=CLEAN)


def full(seeds: range = range(2), attacks: tuple[str, ...] = tuple(ATTACKS), **coordinates: str) -> Folder:
    """All attacks at one cell."""
    drawn = folder()
    for seed in seeds:
        for attack in attacks:
            drawn.add(attack, ATTACKS[attack], seed=seed, **coordinates)
    return drawn
