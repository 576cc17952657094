"""Labels, predictions and groups: drawn by hand as strings, or at random by hypothesis."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from a4g_bench.metrics.confusion import Counts, Label, confusion
from a4g_bench.metrics.estimate import Sample


def bits(drawn: str) -> np.ndarray:
    """An array of 0 and 1 from a string of them; blanks are for the eye."""
    return np.array([int(one) for one in drawn if one in "01"], dtype=np.int8)


def letters(drawn: str) -> np.ndarray:
    """Group codes from a string of letters: a is 0."""
    return np.array([ord(one) - ord("a") for one in drawn if one != " "], dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Rows:
    """People with a label and one or more predictions."""

    labels: np.ndarray
    groups: np.ndarray
    predictions: tuple[np.ndarray, ...]

    @property
    def n_groups(self) -> int:
        return int(self.groups.max()) + 1

    @property
    def predicted(self) -> np.ndarray:
        return self.predictions[0]

    @property
    def counts(self) -> Counts:
        """Confusion counts of the first prediction."""
        return confusion(self.labels, self.predicted, self.groups, self.n_groups)

    def sample(self, favourable: Label = 1) -> Sample:
        """The rows as a victim is judged on them."""
        return Sample(self.labels, self.groups, tuple("abcdef"[: self.n_groups]), favourable)

    def fairlearn(self) -> dict[str, Any]:
        """The arguments of fairlearn's metrics."""
        return {"y_true": self.labels, "y_pred": self.predicted, "sensitive_features": self.groups}


@st.composite
def people(draw: st.DrawFn, fits: int = 1, per_cell: int = 0) -> Rows:
    """Two to six groups, each with rows of both labels; ``per_cell`` fixes how many rows each (group, label) has."""
    n_groups = draw(st.integers(2, 6))
    cells = [(group, label) for group in range(n_groups) for label in (0, 1)]
    who = cells * per_cell if per_cell else cells + draw(st.lists(st.sampled_from(cells), max_size=40))
    who = draw(st.permutations(who))
    one = st.lists(st.integers(0, 1), min_size=len(who), max_size=len(who))
    predictions = tuple(np.array(draw(one), dtype=np.int8) for _ in range(fits))
    groups, labels = zip(*who, strict=True)
    return Rows(np.array(labels, dtype=np.int8), np.array(groups, dtype=np.int64), predictions)
