"""What a suite file may say. Unknown keys are refused; every key has a default that a laptop can run."""

import re
from collections import Counter
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

from a4g_bench import plugins
from a4g_bench.data.file_description import FileDescription
from a4g_bench.errors import nearest
from a4g_bench.protocol import ACCURACY_ALLOWANCE, YARDSTICKS
from a4g_bench.store.coordinates import parse_budget
from a4g_bench.store.tables import AuditedOn
from a4g_bench.suite.limits import Limits

Parameters = dict[str, Any]
MAX_SEEDS = 10_000
#: How a suite writes a share: plainly, where :func:`parse_budget` reads any number.
SHARE = r"\s*\d+(\.\d+)?\s*%\s*"


def _whole(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError(f"must be a whole number, not {str(value).lower()}")
    return value


Whole = Annotated[int, BeforeValidator(_whole)]
Seed = Annotated[Whole, Field(ge=0, lt=2**31)]
BatchSize = Annotated[Whole, Field(ge=1, le=256)]


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
        if isinstance(value, cls):
            return value
        if isinstance(value, int) and not isinstance(value, bool):
            if not 1 <= value < 2**31:
                raise ValueError(f"poison budget {value}: must be at least 1 row")
            return {"text": str(value), "count": value}
        budget = parse_budget(value) if isinstance(value, str) and re.fullmatch(SHARE, value) else None
        if budget is None:
            raise ValueError(f"poison budget '{value}': write a share such as 1%, or a count of rows such as 50")
        if not 0 < budget.number <= 1:
            raise ValueError(f"poison budget '{value}': a share must be more than 0% and at most 100%")
        return {"text": budget.text, "share": budget.number}

    def rows(self, train_rows: int) -> int:
        """The budget in rows for a training set; a share is rounded to the nearest row, and is at least one."""
        if self.count is not None:
            return self.count
        assert self.share is not None
        return max(1, int(self.share * train_rows + 0.5))


#: Labels are columns of tables and names of files; those of file systems end at 255 bytes.
_LONGEST_LABEL, _LONGEST_FILE_NAME = 100, 255

#: The parameter by which a data set keeps its protected attributes from victims, and how its label says that it does.
PROTECTED_VISIBLE, HIDDEN = "protected_visible", "-hidden"


class Named(_Model):
    """An entry of a list: a name alone, or a mapping with ``name``, parameters and a label of its own (``as``)."""

    name: str
    label: str = Field(default="", alias="as")
    params: Parameters = {}

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        if not isinstance(value, dict | cls):
            raise ValueError(f"must be a name, or a mapping with 'name', not {_shown(value)}")
        return value

    @field_validator("name", "label", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError(f"a name must be a text, not {_shown(value)}; put it in quotes")
        return value

    @model_validator(mode="after")
    def _default_label(self) -> "Named":
        if not self.label:
            object.__setattr__(self, "label", self.own_label)
        if not re.fullmatch(r"[\w.:+-]+", self.label):
            raise ValueError(
                f"'{self.label[:100]}': a name may hold letters, digits and . : + - _ only (give another with 'as')"
            )
        if len(self.label) > _LONGEST_LABEL or len(self.label.encode()) > _LONGEST_FILE_NAME:
            raise ValueError(
                f"'{self.label[:20]}...': a name of {len(self.label)} characters is too long, {_LONGEST_LABEL} are"
                f" allowed (and {_LONGEST_FILE_NAME} bytes; give another with 'as')"
            )
        return self

    @property
    def own_label(self) -> str:
        """What it is called where ``as`` says nothing."""
        return self.name


class DatasetEntry(Named):
    """A data set: a registered name with parameters, or a table of the user's (``source``).

    ``attribute`` is the protected attribute (the schema's first unless told), ``rows`` caps the table by a fixed
    stratified sample, ``fallback`` names the set to take where this one's source cannot be installed; an ``optional``
    one is left out, with a note, where neither can be had.

    One that says ``protected_visible: false`` is on the track where victims do not see the protected attributes, and
    has a label that says so: both tracks of a data set can stand on one board.
    """

    attribute: str | None = None
    rows: Annotated[Whole, Field(ge=100, lt=2**31)] | None = None
    fallback: str | None = None
    optional: bool = False
    source: FileDescription | None = None

    @model_validator(mode="after")
    def _own_table(self) -> "DatasetEntry":
        if self.label in (".", ".."):  # poison rows are kept in a folder of this name
            raise ValueError(f"'{self.label}' cannot name a data set, since it names a folder (give another with 'as')")
        if self.source is not None and self.params:
            raise ValueError(f"data set '{self.name}': 'params' belong to registered sets, not to a 'source' file")
        return self

    @property
    def hides_attribute(self) -> bool:
        """Whether it says that victims shall not see the protected attributes. What a data set does unless told is its
        own: its name stands for that.
        """
        said = self.source.protected_visible if self.source else self.params.get(PROTECTED_VISIBLE)
        return said is False

    @property
    def own_label(self) -> str:
        return f"{self.name}{HIDDEN}" if self.hides_attribute else self.name

    @property
    def instead(self) -> "DatasetEntry | None":
        """The entry of its fallback, on the same track."""
        if self.fallback is None:
            return None
        params = {PROTECTED_VISIBLE: False} if self.hides_attribute else {}
        return DatasetEntry(name=self.fallback, attribute=self.attribute, rows=self.rows, params=params)


class Fits(_Model):
    """Fits per query: ``victim_seeds`` random states, times ``folds`` of train + search-validation (1: no folds)."""

    victim_seeds: Whole = Field(default=1, ge=1, le=100)
    folds: Whole = Field(default=1, ge=1, le=20)


class AttackEntry(Named):
    """An attack. ``craft_on`` names the one victim of the suite that it works on (all of them unless told), and
    ``evaluate_on`` victims that its poison sets are audited on too. ``surrogate`` is a victim that it queries in place
    of the one audited, which it then never meets. ``fits`` and ``batch_size`` are the suite's unless told. ``spend`` is
    the share of the poison budget that it may spend; 0 is a sanity check, a search that may add nothing.
    """

    craft_on: str | None = None
    evaluate_on: list[str] = []
    surrogate: Named | None = None
    fits: Fits | None = None
    batch_size: BatchSize | None = None
    spend: float = Field(default=1.0, ge=0, le=1)


class Audited(Named):
    """A victim as it is audited: as it is, or trained on what a ``defence`` leaves of its table."""

    defence: Named | None = None

    @classmethod
    def behind(cls, victim: Named, defence: Named) -> "Audited":
        """The victim behind the defence, with a label that no suite can give."""
        label = AuditedOn(victim.label, defence.label).label
        return cls.model_construct(name=victim.name, label=label, params=victim.params, defence=defence)


class Objective(_Model):
    """What a search minimises: a metric; ``invert`` makes it do the opposite (a sanity check)."""

    metric: str = "unfairness"
    invert: bool = False

    @model_validator(mode="before")
    @classmethod
    def _metric_alone(cls, value: Any) -> Any:
        if isinstance(value, str):
            return {"metric": value}
        if not isinstance(value, dict | cls):
            raise ValueError(f"must be a metric, or a mapping with 'metric', not {_shown(value)}")
        return value

    @field_validator("metric")
    @classmethod
    def _known(cls, value: str) -> str:
        known = plugins.names("metrics")
        if value not in known:
            raise ValueError(f"unknown metric '{value}'{nearest(value, known)}")
        return value

    @property
    def label(self) -> str:
        """How tables name it."""
        return f"inverted-{self.metric}" if self.invert else self.metric


class Resources(_Model):
    """Cores granted to one search; more than one runs the fits of a batch in parallel processes."""

    cores: Whole = Field(default=1, ge=1, le=4096)


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
    """A benchmark: the grid datasets x victims x attacks x objectives x poison budgets x query budgets x seeds.

    ``yardsticks`` are the attacks, by their labels, whose errors say what a board can resolve: fixed with the suite, so
    that no entrant that is added later changes which settings count.
    """

    name: str
    description: str = ""
    datasets: list[DatasetEntry] = Field(min_length=1)
    victims: list[Named] = Field(min_length=1)
    attacks: list[AttackEntry] = Field(min_length=1)
    objectives: list[Objective] = Field(default=[Objective()], min_length=1)
    references: list[Named] = []
    defences: list[Named] = []
    yardsticks: list[str] = list(YARDSTICKS)
    poison_budgets: list[PoisonBudget] = Field(min_length=1)
    query_budgets: list[Annotated[Whole, Field(ge=0, le=1_000_000)]] = Field(default=[100], min_length=1)
    seeds: list[Seed] = Field(min_length=1, max_length=MAX_SEEDS)
    fits: Fits = Fits()
    batch_size: BatchSize = 8
    max_accuracy_loss: float = Field(default=ACCURACY_ALLOWANCE, ge=0, le=1)
    limits: Limits = Limits()
    resources: Resources = Resources()
    include: list[Combination] = []
    exclude: list[Combination] = []

    @field_validator("name", mode="before")
    @classmethod
    def _names_a_folder(cls, value: Any) -> Any:
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", value, re.ASCII):
            raise ValueError(
                f"{_shown(value)}: a suite's name becomes a folder's: a letter or digit, then letters, digits, - _ ."
            )
        return value

    @field_validator("seeds", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | list):
            raise ValueError(f"must be a number of seeds such as 5, or a list of them, not {_shown(value)}")
        if isinstance(value, int):
            if not 1 <= value <= MAX_SEEDS:
                raise ValueError(f"{value}: between 1 and {MAX_SEEDS} seeds are possible")
            return list(range(value))
        return value

    @field_validator(
        "datasets", "victims", "attacks", "objectives", "references", "defences", "yardsticks", "poison_budgets",
        "query_budgets", mode="before",
    )  # fmt: skip
    @classmethod
    def _lists(cls, value: Any) -> Any:
        if not isinstance(value, list):
            raise ValueError(f"must be a list, not {_shown(value)}")
        return value

    @field_validator(
        "datasets", "victims", "attacks", "objectives", "references", "defences", "yardsticks", "poison_budgets",
        "query_budgets", "seeds",
    )  # fmt: skip
    @classmethod
    def _distinct(cls, value: list[Any]) -> list[Any]:
        labels = [getattr(entry, "label", getattr(entry, "text", entry)) for entry in value]
        if labels and isinstance(value[0], DatasetEntry):
            labels = [f"{entry.label} ({entry.attribute or 'default attribute'})" for entry in value]
        for label, count in Counter(labels).most_common(1):
            if count < 2:
                break
            remedy = "give one of them another name with 'as'" if hasattr(value[0], "name") else "remove one"
            raise ValueError(f"'{label}' occurs twice; {remedy}")
        return value


def _shown(value: Any) -> str:
    """A wrong value, for an error message."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else f"'{str(value)[:60]}'"
