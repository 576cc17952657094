"""A search's place in the grid: the coordinates at which a suite has one search and a results folder one result."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Place:
    """Labels as the suite gives them, ``budget`` as it writes it. The fields are columns of the table ``searches``,
    in the order in which they are shown.
    """

    dataset: str
    attribute: str
    victim: str
    attack: str
    objective: str
    budget: str
    query_budget: int
    seed: int

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> "Place":
        """The place of a row of the table ``searches``. Raises ``KeyError`` for a column that it lacks."""
        return cls(**{column: row[column] for column in PLACE_COLUMNS})

    def to_row(self) -> dict[str, Any]:
        """Its columns of the table ``searches``."""
        return asdict(self)

    def __str__(self) -> str:
        return ", ".join(map(str, self.to_row().values()))


PLACE_COLUMNS = tuple(field.name for field in fields(Place))
