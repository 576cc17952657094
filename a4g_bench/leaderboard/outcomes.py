"""From packed predictions to wrong-prediction counts per audit row, and which outcomes belong together."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.records import Search, in_whole_blocks
from a4g_bench.store.tables import BASELINE_COLUMNS, AuditedOn, ResultTables

Counts = npt.NDArray[np.uint8]
_Blobs = dict[int, tuple[int, bytes]]  # audit seed -> rows, packed labels


@dataclass(frozen=True, eq=False)
class AuditRows:
    """Who is audited for one data set, attribute and seed; ``labels`` (0, 1) and ``groups`` (0..g-1) are (n,)."""

    group_names: tuple[str, ...]
    favourable: int
    labels: Counts
    groups: Counts
    row_ids: npt.NDArray[np.int32]

    def __post_init__(self) -> None:
        if not len(self.labels) == len(self.groups) == len(self.row_ids):
            raise ValueError("labels, groups and row_ids must have one entry per row")

    def same(self, other: "AuditRows") -> bool:
        """Whether both describe the same rows in the same order."""
        return (
            (self.group_names, self.favourable) == (other.group_names, other.favourable)
            and np.array_equal(self.row_ids, other.row_ids)
            and np.array_equal(self.labels, other.labels)
            and np.array_equal(self.groups, other.groups)
        )

    def strata(self) -> list[npt.NDArray[np.intp]]:
        """Row positions per (group, label), in the order g0l0, g0l1, g1l0, ...; some may be empty."""
        stratum = self.groups.astype(np.intp) * 2 + self.labels
        return [np.flatnonzero(stratum == s) for s in range(2 * len(self.group_names))]

    def deserving(self) -> npt.NDArray[np.int64]:
        """Rows per group whose truth is the favourable label: the denominators of the harm rates, (g,)."""
        return np.bincount(self.groups[self.labels == self.favourable], minlength=len(self.group_names))


@dataclass(frozen=True, eq=False)
class AuditErrors:
    """Predictions of one victim on audit rows: ``wrong[i]`` of the fits at ``audit_seeds`` got row i wrong."""

    audit_seeds: tuple[int, ...]
    wrong: Counts

    @property
    def fits(self) -> int:
        """R, the number of fits."""
        return len(self.audit_seeds)


@dataclass(frozen=True, eq=False)
class Baseline:
    """The clean victim's audit, on rows that it brings along."""

    fingerprint: str
    rows: AuditRows
    audit: AuditErrors


@dataclass(frozen=True, eq=False)
class Paired:
    """What two trainings of a victim got wrong on the same rows: the clean one, and another."""

    clean: Baseline
    poisoned: AuditErrors


@dataclass(frozen=True, eq=False)
class Outcome(Paired):
    """An audit that yields numbers: what a search's poisoned victim and the clean one got wrong."""

    search: Search


class _UnusableError(Exception):
    """Why a search yields no numbers."""


def read_outcomes(
    tables: Sequence[ResultTables], searches: Sequence[Search]
) -> tuple[tuple[Outcome, ...], tuple[Search, ...]]:
    """Return an outcome per usable search, and the other searches with ``lacks`` filled in.

    A search whose baseline or predictions are absent, of the wrong length or of other audit victim seeds yields none.
    Raises ``StoreError`` if two baselines of one data set, attribute and seed audit different rows.
    """
    outcomes: list[Outcome] = []
    lacking = [s for s in searches if s.lacks]
    usable = [s for s in searches if not s.lacks]
    baselines = Baselines(tables, {s.baseline_id for s in usable})
    predictions = {t.where: _predictions(t, usable) for t in tables}
    for search in usable:
        try:
            clean = baselines.of(search)
            blobs = predictions[search.where].get((search.search_id, search.audited_on.label))
            if not blobs:
                raise _UnusableError("its predictions are missing")
            poisoned = _audit(blobs, clean.rows.labels)
            if poisoned.audit_seeds != clean.audit.audit_seeds:
                raise _UnusableError("its predictions and its baseline are not of the same audit victim seeds")
            outcomes.append(Outcome(clean, poisoned, search))
        except _UnusableError as reason:
            lacking.append(replace(search, lacks=str(reason)))
    check_rows(outcomes)
    return tuple(outcomes), tuple(lacking)


def _bits(blob: bytes, rows: int) -> Counts:
    return np.unpackbits(np.frombuffer(blob, dtype=np.uint8), count=rows)


def _audit(blobs: _Blobs, labels: Counts) -> AuditErrors:
    n = len(labels)
    for rows, blob in blobs.values():
        if rows != n or len(blob) != (n + 7) // 8:
            raise _UnusableError(f"its predictions cover {rows} rows of {n} audited")
    seeds = tuple(sorted(blobs))
    packed = np.frombuffer(b"".join(blobs[seed][1] for seed in seeds), dtype=np.uint8).reshape(len(seeds), -1)
    return AuditErrors(seeds, (np.unpackbits(packed, axis=1, count=n) ^ labels).sum(axis=0, dtype=np.uint8))


def audits_in(tables: Sequence[ResultTables]) -> Mapping[tuple[str, str], set[AuditedOn]]:
    """Whom each search, by folder and identifier, was audited on."""
    audits: dict[tuple[str, str], set[AuditedOn]] = defaultdict(set)
    for table in tables:
        columns = (table.predictions.column(name).to_pylist() for name in ("search_id", "evaluated_on"))
        for search_id, label in set(zip(*columns, strict=True)):
            audits[table.where, search_id].add(AuditedOn.parse(label))
    return audits


def clean_audits(tables: Sequence[ResultTables]) -> Mapping[tuple[str, str, str, int, str], str]:
    """The clean audits by data set, attribute, fingerprint, seed, and the label of whom they are of."""
    names = ("dataset", "attribute", "fingerprint", "seed", "victim", "baseline_id")
    rows = (
        row for table in tables for row in zip(*(table.baselines.column(n).to_pylist() for n in names), strict=True)
    )
    return {
        (dataset, attribute, fingerprint, seed, victim): name
        for dataset, attribute, fingerprint, seed, victim, name in rows
    }


def _predictions(table: ResultTables, searches: Sequence[Search]) -> Mapping[tuple[str, str], _Blobs]:
    """Packed labels by search and by the label of whom it was audited on."""
    wanted = {(s.search_id, s.audited_on.label) for s in searches if s.where == table.where}
    keys = list(
        zip(*(table.predictions.column(name).to_pylist() for name in ("search_id", "evaluated_on")), strict=True)
    )
    own = table.predictions.filter(pa.array([key in wanted for key in keys], type=pa.bool_()))
    blobs: dict[tuple[str, str], _Blobs] = defaultdict(dict)
    columns = (
        own.column(name).to_pylist() for name in ("search_id", "evaluated_on", "audit_seed", "rows", "predicted")
    )
    for search_id, label, seed, rows, blob in zip(*columns, strict=True):
        blobs[search_id, label][seed] = rows, blob
    return blobs


class Baselines:
    """The clean audits that are ``wanted``, from the search's own folder where it has them, else from any."""

    def __init__(self, tables: Sequence[ResultTables], wanted: set[str]) -> None:
        self._read: dict[tuple[str, str], Baseline | str] = {}
        self._folders: dict[str, list[str]] = defaultdict(list)
        for table in sorted(tables, key=lambda t: t.where):
            at: dict[str, dict[int, int]] = defaultdict(dict)
            names = table.baselines.column("baseline_id").to_pylist()
            for i, (name, seed) in enumerate(zip(names, table.baselines.column("audit_seed").to_pylist(), strict=True)):
                if name in wanted:
                    at[name][seed] = i
            columns = {name: table.baselines.column(name) for name in BASELINE_COLUMNS}
            for name, positions in at.items():
                _check_nulls(f"{table.where}: clean audit '{name}'", columns, positions)
                self._folders[name].append(table.where)
                self._read[table.where, name] = _baseline(columns, positions)

    def of(self, search: Search) -> Baseline:
        """The clean audit a search is measured against."""
        baseline = self.get(search.baseline_id, search.where)
        if isinstance(baseline, str):
            raise _UnusableError(baseline)
        if baseline.fingerprint != search.fingerprint:
            raise _UnusableError("its baseline is of another fingerprint")
        return baseline

    def get(self, baseline_id: str, where: str) -> Baseline | str:
        """A clean audit, from the folder ``where`` if it has it; or why there is none."""
        folders = self._folders.get(baseline_id)
        if not folders:
            return "its baseline is missing"
        return self._read[where if where in folders else folders[0], baseline_id]


def _check_nulls(where: str, columns: Mapping[str, pa.ChunkedArray], positions: Mapping[int, int]) -> None:
    """Raise ``StoreError`` naming the first column that lacks a value of one baseline."""
    for column, values in columns.items():
        if values.null_count and any(not values[position].is_valid for position in positions.values()):
            raise StoreError(f"{where} has no value of '{column}': remove its file and run the suite again")


def _baseline(columns: Mapping[str, pa.ChunkedArray], positions: Mapping[int, int]) -> Baseline | str:
    """Read one baseline, ``positions`` being its rows per audit victim seed; or the reason why it is unusable."""
    first = positions[min(positions)]
    n = columns["rows"][first].as_py()
    row_ids = columns["row_ids"][first].values.to_numpy().astype(np.int32)
    labels, groups = columns["labels"][first].as_py(), columns["groups"][first].as_py()
    names = tuple(columns["group_names"][first].as_py())
    if not len(row_ids) == len(groups) == n or len(labels) != (n + 7) // 8:
        return "its baseline is of the wrong length"
    people = AuditRows(
        names, columns["favourable"][first].as_py(), _bits(labels, n), np.frombuffer(groups, np.uint8), row_ids
    )
    empty = np.flatnonzero(people.deserving() == 0)
    if len(empty):
        return f"group '{names[empty[0]]}' has no audit rows that deserve the favourable label"
    try:
        blobs = {seed: (columns["rows"][i].as_py(), columns["predicted"][i].as_py()) for seed, i in positions.items()}
        audit = _audit(blobs, people.labels)
    except _UnusableError:
        return "its baseline is of the wrong length"
    return Baseline(columns["fingerprint"][first].as_py(), people, audit)


def check_rows(outcomes: Sequence[Outcome]) -> None:
    """Raise ``StoreError`` if outcomes of one data set, attribute and seed audit different rows."""
    seen: dict[tuple[str, str, int], Outcome] = {}
    same: set[tuple[int, int]] = set()
    for outcome in outcomes:
        search = outcome.search
        pair = search.cell.setting
        first = seen.setdefault((pair.dataset, pair.attribute, search.seed), outcome)
        key = id(first.clean), id(outcome.clean)
        if key in same:
            continue
        if not first.clean.rows.same(outcome.clean.rows):
            raise StoreError(
                f"data set '{pair.dataset}', seed {search.seed}: {first.search.where} and {search.where} audit"
                f" different rows ({first.search.search_id}, {search.search_id});"
                " keep results of different versions in separate folders"
            )
        same.add(key)


@dataclass(frozen=True, eq=False)
class Family:
    """Outcomes of one data set and attribute.

    ``seeds`` are those of the data set, whatever the attribute. ``series[i]`` holds the outcomes of one entrant at one
    cell, by seed. ``victims`` maps a victim to its clean audits. ``rows`` are those of the whole table, if known.
    """

    dataset: str
    fingerprint: str
    attribute: str
    seeds: tuple[int, ...]
    series: tuple[Mapping[int, Paired], ...]
    victims: Mapping[str, Mapping[int, Baseline]]
    rows: int | None = None

    def __post_init__(self) -> None:
        if not self.seeds or list(self.seeds) != sorted(set(self.seeds)):
            raise ValueError("seeds must be distinct, sorted and at least one")

    @property
    def provisional(self) -> bool:
        """Whether its seeds are not whole blocks."""
        return in_whole_blocks(self.seeds) != set(self.seeds)

    @cached_property
    def people(self) -> Mapping[int, AuditRows]:
        """The rows audited at each seed that was; the same for all victims."""
        return {seed: by_seed[seed].rows for by_seed in self.victims.values() for seed in self.seeds if seed in by_seed}


def families(
    outcomes: Sequence[Outcome], series_of: Callable[[Outcome], Hashable]
) -> list[tuple[Family, list[tuple[Outcome, ...]]]]:
    """Group outcomes into families; with each, the outcomes behind each of its series (sorted by seed).

    Outcomes with one ``series_of`` are a series.
    """
    seeds: dict[str, set[int]] = defaultdict(set)
    shared: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for o in outcomes:
        setting = o.search.cell.setting
        seeds[setting.dataset].add(o.search.seed)
        shared[setting.dataset, setting.attribute].append(o)
    return [
        _family(dataset, attribute, tuple(sorted(seeds[dataset])), members, series_of)
        for (dataset, attribute), members in sorted(shared.items(), key=lambda item: item[0])
    ]


def _family(
    dataset: str,
    attribute: str,
    seeds: tuple[int, ...],
    members: Sequence[Outcome],
    series_of: Callable[[Outcome], Hashable],
) -> tuple[Family, list[tuple[Outcome, ...]]]:
    series: dict[Hashable, dict[int, Outcome]] = {}
    victims: dict[str, dict[int, Baseline]] = {}
    for o in sorted(members, key=lambda o: o.search.place):
        s = o.search
        series.setdefault(series_of(o), {})[s.seed] = o
        victims.setdefault(s.cell.setting.victim, {}).setdefault(s.seed, o.clean)
    first = members[0].search
    family = Family(dataset, first.fingerprint, attribute, seeds, tuple(series.values()), victims, first.rows)
    return family, [tuple(by_seed.values()) for by_seed in series.values()]
