"""What a suite file may say. Unknown keys are refused; every key has a default that a laptop can run."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from a4g_bench.data.files import FileDescription
from a4g_bench.metrics.confusion import METRICS

Parameters = dict[str, Any]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PoisonBudget(_Model):
    """Rows an attack may add: a share of the training rows (``1%``) or a count (``50``)."""

    text: str
    share: float | None = None
    count: int | None = None

    @model_validator(mode="before")
    @classmethod
    def _parse(cls, value: Any) -> Any:
        if isinstance(value, dict):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            if value < 1:
                raise ValueError(f"poison budget {value}: must be at least 1 row")
            return {"text": str(value), "count": value}
        match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", value) if isinstance(value, str) else None
        if not match:
            raise ValueError(f"poison budget '{value}': write a share such as 1% or a count of rows such as 50")
        percent = float(match.group(1))
        if not 0 < percent <= 100:
            raise ValueError(f"poison budget '{value}': a share must be more than 0% and at most 100%")
        return {"text": f"{percent:g}%", "share": percent / 100}

    def rows(self, train_rows: int) -> int:
        """The budget in rows for a training set; a share is rounded to the nearest row, and is at least one."""
        if self.count is not None:
            return self.count
        assert self.share is not None
        return max(1, int(self.share * train_rows + 0.5))


class Named(_Model):
    """An entry of a list: a name alone, or a mapping with ``name``, parameters and a label of its own (``as``)."""

    name: str
    label: str = Field(default="", alias="as")
    params: Parameters = {}

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _default_label(self) -> "Named":
        if not self.label:
            object.__setattr__(self, "label", self.name)
        if not re.fullmatch(r"[\w.:+-]+", self.label):
            raise ValueError(
                f"'{self.label}': a name may hold letters, digits and . : + - _ only (give another with 'as')"
            )
        return self


class DatasetEntry(Named):
    """A data set: a registered name with parameters, or a table of the user's (``source``).

    ``attribute`` is the protected attribute (the schema's first unless told), ``rows`` caps the table by a fixed stratified
    sample, ``fallback`` names the set to take where this one's source cannot be installed.
    """

    attribute: str | None = None
    rows: int | None = Field(default=None, ge=100)
    fallback: str | None = None
    source: FileDescription | None = None

    @model_validator(mode="after")
    def _own_table(self) -> "DatasetEntry":
        if self.source is not None and self.params:
            raise ValueError(f"data set '{self.name}': 'params' belong to registered sets, not to a 'source' file")
        return self


class Objective(_Model):
    """What a search minimises: a metric; ``invert`` makes it do the opposite (a sanity check)."""

    metric: str = "unfairness"
    invert: bool = False

    @model_validator(mode="before")
    @classmethod
    def _metric_alone(cls, value: Any) -> Any:
        return {"metric": value} if isinstance(value, str) else value

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in METRICS:
            from a4g_bench.errors import nearest

            raise ValueError(f"unknown metric '{value}'{nearest(value, METRICS)}")
        return value

    @property
    def label(self) -> str:
        """How tables name it."""
        return f"inverted-{self.metric}" if self.invert else self.metric


class Fits(_Model):
    """Fits per query: ``victim_seeds`` random states, on one split (``folds: 1``) or on folds of train + search-validation."""

    victim_seeds: int = Field(default=1, ge=1, le=100)
    folds: int = Field(default=1, ge=1, le=20)


def _seconds(value: Any) -> Any:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|m|min|h)\s*", value) if isinstance(value, str) else None
    return float(match.group(1)) * {"s": 1, "m": 60, "min": 60, "h": 3600}[match.group(2)] if match else value


def _bytes(value: Any) -> Any:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([kMG])i?B?\s*", value) if isinstance(value, str) else None
    return int(float(match.group(1)) * {"k": 1e3, "M": 1e6, "G": 1e9}[match.group(2)]) if match else value


class Limits(_Model):
    """Per fit: wall seconds (``90``, ``90s``, ``5m``) and memory of its process in bytes (``2GB``). None is no limit."""

    time: Annotated[float, BeforeValidator(_seconds), Field(gt=0)] | None = 600.0
    memory: Annotated[int, BeforeValidator(_bytes), Field(ge=100_000_000)] | None = None


class Resources(_Model):
    """Cores granted to one search; more than one runs the fits of a batch in parallel processes."""

    cores: int = Field(default=1, ge=1)


class Combination(_Model):
    """A pattern over the grid: a key that is absent matches everything; a list matches any of its values."""

    dataset: str | list[str] | None = None
    victim: str | list[str] | None = None
    attack: str | list[str] | None = None
    objective: str | list[str] | None = None
    poison_budget: str | int | list[str | int] | None = None
    query_budget: int | list[int] | None = None
    seed: int | list[int] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Combination":
        if not self.model_fields_set:
            raise ValueError("an empty combination matches everything: name at least one key")
        return self


class Suite(_Model):
    """A benchmark: the grid datasets x victims x attacks x objectives x poison budgets x query budgets x seeds."""

    name: str = Field(pattern=r"^[A-Za-z0-9][\w.-]*$")
    description: str = ""
    datasets: list[DatasetEntry] = Field(min_length=1)
    victims: list[Named] = Field(min_length=1)
    attacks: list[Named] = Field(min_length=1)
    objectives: list[Objective] = Field(default=[Objective()], min_length=1)
    poison_budgets: list[PoisonBudget] = Field(min_length=1)
    query_budgets: list[Annotated[int, Field(ge=0)]] = Field(default=[100], min_length=1)
    seeds: list[Annotated[int, Field(ge=0)]] = Field(min_length=1)
    fits: Fits = Fits()
    batch_size: int = Field(default=8, ge=1, le=256)
    max_accuracy_loss: float = Field(default=0.01, ge=0, le=1)
    limits: Limits = Limits()
    resources: Resources = Resources()
    include: list[Combination] = []
    exclude: list[Combination] = []

    @field_validator("seeds", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        if isinstance(value, bool):
            raise ValueError("seeds: a number of seeds or a list of them")
        if isinstance(value, int):
            if value < 1:
                raise ValueError(f"seeds: {value}: at least one seed is needed")
            return list(range(value))
        return value

    @field_validator("datasets", "victims", "attacks", "objectives", "poison_budgets", "query_budgets", "seeds")
    @classmethod
    def _distinct(cls, value: list[Any]) -> list[Any]:
        labels = [getattr(entry, "label", getattr(entry, "text", entry)) for entry in value]
        if labels and isinstance(value[0], DatasetEntry):
            labels = [f"{entry.label} ({entry.attribute or 'default attribute'})" for entry in value]
        for label in labels:
            if labels.count(label) > 1:
                raise ValueError(f"'{label}' occurs twice; give one of them another name with 'as'")
        return value
