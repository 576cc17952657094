"""The board that most tests look at, small enough to check by eye.

Twenty characters, each ten people: two of group a and eight of group b deserve the favourable label 1, five of either
do not and are judged rightly by all. 1 is a mistake. Every seed of the block draws the same picture of other people, so
the table has 2 * 10 * 5 = 100 deserving people of group a and 400 of group b, and nothing varies over seeds.

    group    aa bbbbbbbb aaaaabbbbb    harm of a, b    U    closed   accuracy   cost
    label    11 11111111 0000000000
    clean    00 11111111 0000000000        0    1      1               12/20
    closes   00 00000000 0000000000        0    0      0      1        20/20    -8/20
    halves   00 11110000 0000000000        0   1/2    1/2    1/2       16/20    -4/20
    costly   11 11111111 0000000000        1    1      0      1        10/20     2/20: 10 points for 1, so GC = 1/10

Either constant judges 10/20 rightly: 2/20 less than the clean victim, so judging nobody is no cheap way out.
"""

from typing import Any

from .boards import Folder

GROUPS = "aa bbbbbbbb aaaaabbbbb"
LABELS = "11 11111111 0000000000"
CLEAN = "00 11111111 0000000000"
NONE = "00 00000000 0000000000"
HALF = "00 11110000 0000000000"
COSTLY = "11 11111111 0000000000"

ATTACKS = {"clean": CLEAN, "random-duplicates": CLEAN, "closes": NONE, "halves": HALF, "costly": COSTLY}
BLOCK = range(5)


def folder(where: str = "results/a") -> Folder:
    """An empty results folder about these people."""
    return Folder(where, groups=GROUPS, labels=LABELS, clean=CLEAN)


def full(seeds: range = BLOCK, attacks: tuple[str, ...] = tuple(ATTACKS), **coordinates: Any) -> Folder:
    """All attacks at one cell."""
    drawn = folder()
    for seed in seeds:
        for attack in attacks:
            drawn.add(attack, ATTACKS[attack], seed=seed, **coordinates)
    return drawn


def varying(drawn: Folder, attack: str, *wrong: str, **coordinates: Any) -> Folder:
    """Add an attack that does something else at each seed."""
    for seed, one in enumerate(wrong):
        drawn.add(attack, one, seed=seed, **coordinates)
    return drawn
