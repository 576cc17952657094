"""What a fit may be trained on or judged on: a set of rows of the table it holds, by a typed key."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class RowSet:
    """A set of rows. ``kind`` is train, validation or audit; ``fold`` (the rows of fold ``fold``) or ``rest`` (all
    others); or whatever else the maker of a table has rows for. ``part`` is what a training set gives to, or keeps
    for, one part of its out-of-fold scores.
    """

    kind: str
    fold: int | None = None
    part: tuple[Literal["in", "out"], int] | None = None

    def trained_for(self, part: int) -> "RowSet":
        """The rows of this training set that its part number ``part`` is scored with."""
        return RowSet(kind=self.kind, fold=self.fold, part=("in", part))

    def scored_as(self, part: int) -> "RowSet":
        """The rows of this training set that are its part number ``part``."""
        return RowSet(kind=self.kind, fold=self.fold, part=("out", part))

    @property
    def whole(self) -> "RowSet":
        """The training set that this one is a part of."""
        return RowSet(kind=self.kind, fold=self.fold)


TRAIN = RowSet(kind="train")
VALIDATION = RowSet(kind="validation")
AUDIT = RowSet(kind="audit")


def fold_of(number: int) -> RowSet:
    """The rows that a fold judges."""
    return RowSet(kind="fold", fold=number)


def rest_of(number: int) -> RowSet:
    """The rows that are trained on where a fold judges."""
    return RowSet(kind="rest", fold=number)
