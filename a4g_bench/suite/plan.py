"""A suite with its data: the searches it spans, each with its identity."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from a4g_bench import plugins
from a4g_bench.data.files import load_file
from a4g_bench.data.schema import Schema
from a4g_bench.data.split import split, subsample
from a4g_bench.data.table import Table
from a4g_bench.errors import A4GError, DataError, DataUnavailableError, SuiteError, nearest
from a4g_bench.store.coordinates import Place
from a4g_bench.suite.check import check_suite
from a4g_bench.suite.grid import expand
from a4g_bench.suite.load import LoadedSuite
from a4g_bench.suite.model import DatasetEntry, Suite
from a4g_bench.suite.reading import check_readable, outside
from a4g_bench.suite.spec import Spec, identify

Key = tuple[str, str]

#: Results keep the group of an audit row in one byte.
MAX_GROUPS = 256


@dataclass(frozen=True)
class Facts:
    """What may be known of a subject wherever a search runs: everything but its rows."""

    attribute: str
    fingerprint: str
    schema: Schema
    cautions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Subject:
    """A loaded data set of a suite and the protected attribute that is measured."""

    entry: DatasetEntry
    table: Table
    attribute: str

    @property
    def key(self) -> Key:
        """What tells the subjects of one suite apart: label and attribute."""
        return self.entry.label, self.attribute

    def to_try_on(self) -> "Subject":
        """What may be fitted to foresee something: another sample where this one is kept for a board, else itself.

        The other one has the entry, and the label, of this one.
        """
        registered = self.entry.source is None and self.entry.name in plugins.names("datasets")
        design = plugins.get("datasets", self.entry.name).design if registered else ""
        if not design:
            return self
        other, _ = load_subject(self.entry.model_copy(update={"name": design}), Path())
        return replace(other, entry=self.entry)

    @cached_property
    def facts(self) -> Facts:
        """The subject without its rows."""
        return Facts(self.attribute, self.table.fingerprint, self.table.schema, self.table.cautions)


@dataclass(frozen=True, eq=False)
class Planned:
    """One search of a plan. It holds no rows: this is what travels to the process of a search."""

    spec: Spec
    subject: Facts

    @property
    def key(self) -> Key:
        """The subject's key in the plan."""
        return self.spec.dataset.label, self.subject.attribute

    @cached_property
    def identity(self) -> dict[str, Any]:
        """What determines its result."""
        return self.spec.identity(self.subject.fingerprint, self.subject.attribute)

    @cached_property
    def search_id(self) -> str:
        """Hash of :attr:`identity`."""
        return identify(self.identity)

    @cached_property
    def place(self) -> Place:
        """Its place in the grid, by which a result made under another identity is recognised as stale."""
        return self.spec.place(self.subject.attribute)


@dataclass(frozen=True, eq=False, kw_only=True)
class Plan:
    """All searches of a suite over its loaded data. ``notes`` are remarks for the user, such as a fallback taken."""

    loaded: LoadedSuite
    suite: Suite
    subjects: dict[Key, Subject]
    searches: tuple[Planned, ...]
    notes: tuple[str, ...]


def make_plan(loaded: LoadedSuite) -> Plan:
    """Load the data and span the grid.

    Raises ``A4GError`` in one line for anything wrong with names, parameters, data, attributes, splits or budgets.
    """
    check_suite(loaded)
    subjects: list[Subject] = []
    notes: list[str] = []
    for i, entry in enumerate(loaded.suite.datasets):
        with loaded.at("datasets", i):
            check_readable(entry, loaded.folder, loaded.allow_read)
            try:
                subject, note = load_subject(entry, loaded.folder)
            except DataUnavailableError as error:
                if not entry.optional:
                    raise
                notes.append(f"{error}; data set '{entry.label}' is optional and left out")
                continue
            note = note or outside(entry, loaded.folder)
            if subject.key in {s.key for s in subjects}:
                raise SuiteError(f"data set '{entry.label}' with attribute '{subject.attribute}' occurs twice")
            fewest = min(len(split(subject.table, subject.attribute, seed).train) for seed in loaded.suite.seeds)
        _check_budgets(loaded, subject, fewest)
        subjects.append(subject)
        notes += [note] if note else []
    if not subjects:
        raise DataUnavailableError(f"{loaded.path}: none of its data sets can be had here")
    suite = loaded.suite.model_copy(update={"datasets": [s.entry for s in subjects]})
    by_entry = {id(s.entry): s for s in subjects}
    searches = tuple(Planned(spec, by_entry[id(spec.dataset)].facts) for spec in expand(suite))
    if not searches:
        raise SuiteError(f"{loaded.path}: include and exclude leave no search")
    return Plan(
        loaded=loaded,
        suite=suite,
        subjects={s.key: s for s in subjects},
        searches=_without_twins(searches),
        notes=tuple(notes),
    )


def _without_twins(searches: tuple[Planned, ...]) -> tuple[Planned, ...]:
    seen: dict[str, Planned] = {}
    for planned in searches:
        twin = seen.setdefault(planned.search_id, planned)
        if twin is not planned:
            raise SuiteError(
                f"the suite asks twice for the same search, as ({twin.place}) and as ({planned.place}): remove one of"
                " them"
            )
    return searches


def _check_budgets(loaded: LoadedSuite, subject: Subject, train_rows: int) -> None:
    for i, budget in enumerate(loaded.suite.poison_budgets):
        if budget.rows(train_rows) > train_rows:
            with loaded.at("poison_budgets", i):
                name = subject.entry.label
                raise SuiteError(f"poison budget '{budget.text}' exceeds the {train_rows} training rows of '{name}'")


def plan_of(subject: Subject, keys: Mapping[str, Any]) -> Plan:
    """The plan of a suite over one data set at hand; ``keys`` are the suite's, with their values, but ``datasets``.

    Raises ``A4GError`` as reading a suite and :func:`make_plan` do.
    """
    try:
        suite = Suite.model_validate({**keys, "datasets": [subject.entry]})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise SuiteError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from error
    suite = suite.model_copy(update={"datasets": [subject.entry]})
    loaded = LoadedSuite(suite, suite.name, Path())
    check_suite(loaded)
    _check_budgets(loaded, subject, min(len(split(subject.table, subject.attribute, s).train) for s in suite.seeds))
    searches = tuple(Planned(spec, subject.facts) for spec in expand(suite))
    return Plan(loaded=loaded, suite=suite, subjects={subject.key: subject}, searches=searches, notes=())


def load_subject(entry: DatasetEntry, folder: Path) -> tuple[Subject, str]:
    """Load a suite's data set, or its fallback where its source is not to be had here; the note says so.

    Raises ``DataError`` (``DataUnavailableError`` where neither can be had).
    """
    note = ""
    try:
        table = _load(entry, folder)
    except DataUnavailableError as error:
        if entry.instead is None:
            raise
        entry = entry.instead
        try:
            table = _load(entry, folder)
        except DataUnavailableError as second:
            raise DataUnavailableError(f"{error}; its fallback: {second}") from second
        note = f"{error}; taking '{entry.name}' instead"
    attribute = entry.attribute or table.schema.protected[0]
    if attribute not in table.schema.protected:
        raise DataError(
            f"data set '{entry.label}' has no protected attribute '{attribute}'"
            f"{nearest(attribute, table.schema.protected)}"
        )
    groups = len(table.schema.group_names(attribute))
    if groups > MAX_GROUPS:
        raise DataError(
            f"data set '{entry.label}': protected attribute '{attribute}' has {groups} groups, {MAX_GROUPS} are"
            " allowed: merge some"
        )
    if entry.rows is not None and entry.rows < len(table):
        table = subsample(table, entry.rows, attribute)
    return Subject(entry, replace(table, name=entry.label), attribute), note


def _load(entry: DatasetEntry, folder: Path) -> Table:
    if entry.source is not None:
        return load_file(entry.name, entry.source, folder)
    source = plugins.get("datasets", entry.name)
    try:
        table = source().load(**entry.params)
    except A4GError:
        raise
    except Exception as error:  # a third party's source may fail in any way: it is named, in one line
        raise DataError(f"data set '{entry.name}' cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(table, Table):
        raise DataError(f"data set '{entry.name}' gave {type(table).__name__}, not a Table")
    return table
