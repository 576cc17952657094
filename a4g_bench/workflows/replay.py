"""A stored poison set audited once more: the same figures, or what differs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from a4g_bench import provenance
from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import Audit, LocalAuditor, audit_poison, unpack
from a4g_bench.errors import DataError, StoreError, SuiteError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.protocol import MEAN_SEED
from a4g_bench.store import poison_rows, verified
from a4g_bench.store.coordinates import Place
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.store.tables import Row
from a4g_bench.suite.grid import expand
from a4g_bench.suite.load import LoadedSuite, load_suite
from a4g_bench.suite.plan import Planned, Subject, load_subject
from a4g_bench.suite.reading import check_readable
from a4g_bench.suite.spec import Spec

#: Columns of an audit that are compared figure by figure.
FIGURES = (
    "accuracy", "unfairness", "demographic_parity_difference", "demographic_parity_ratio",
    "equalized_odds_difference", "equal_opportunity_difference", "average_odds_difference", "fpr_difference",
    "fnr_difference",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Replayed:
    """What training again gave: ``figures`` holds (role, metric, stored, replayed) of the means over victim seeds.

    ``flipped`` counts the predictions that differ, of the clean victim and of the poisoned one, out of ``predictions``
    each; ``versions`` holds the packages whose version changed since, with both versions.
    """

    search_id: str
    figures: tuple[tuple[str, str, float, float], ...]
    predictions: int
    flipped: tuple[int, int]
    versions: Mapping[str, tuple[str, str]]

    @property
    def verified(self) -> bool:
        """Whether every prediction is the stored one."""
        return self.flipped == (0, 0)


def replay_search(
    results: Results,
    search_id: str,
    suite: str | None = None,
    allow_import: Sequence[str] = (),
    allow_read: Sequence[str] = (),
) -> Replayed:
    """Replay a search of a results folder, and note it there as verified if every prediction is the stored one.

    Args:
        results: The folder.
        search_id: The search's whole identifier.
        suite: The suite that made it; the built-in one of its name unless given.
        allow_import: Of victims by import path, only those of these modules may be used.
        allow_read: Of tables outside the suite's folder, only those below these may be read.

    Returns:
        What training again gave.

    Raises:
        A4GError: If the search, or what it needs, cannot be had.
    """
    record = results.read_search(search_id)
    if record is None:
        raise StoreError(f"search '{search_id}' cannot be read in '{results.root}'")
    loaded = load_suite(suite or record.search["suite"], allow_import, allow_read=allow_read)
    spec, subject = _made_by(record.search, loaded)
    replayed = replay(results, record, spec, subject)
    if replayed.verified:
        baseline = results.read_baseline(record.search["baseline_id"] or "")
        verified.note(results.files, record, baseline, replayed.versions)
    return replayed


def _made_by(search: Mapping[str, Any], loaded: LoadedSuite) -> tuple[Spec, Subject]:
    """The search's spec in its suite, and its data. Raises ``SuiteError`` if the suite has no such search."""
    wanted = Place.of(search)
    for spec in expand(loaded.suite):
        place = replace(spec.place(wanted.attribute), dataset=wanted.dataset)
        if place != wanted or spec.dataset.attribute not in (None, wanted.attribute):
            continue
        if wanted.dataset in [entry.label for entry in (spec.dataset, spec.dataset.instead) if entry]:
            check_readable(spec.dataset, loaded.folder, loaded.allow_read)
            subject, _ = load_subject(spec.dataset, loaded.folder)
            if subject.attribute == wanted.attribute:
                return spec, subject
    raise SuiteError(
        f"suite '{loaded.path}' has no search like '{search['search_id']}': name the suite that made it (--suite)"
    )


def replay(results: Results, record: SearchRecord, spec: Spec, subject: Subject) -> Replayed:
    """Train the victim of a finished search again, with its stored poison rows and without, and judge it as then.

    Args:
        results: The folder that holds it.
        record: The search.
        spec: The search's in its suite.
        subject: Its data.

    Returns:
        What training again gave.

    Raises:
        StoreError: If the folder lacks what is needed.
        DataError: If the table is another one by now.
        FitFailedError: If the victim cannot be trained.
    """
    row = record.search
    if row["status"] != "ok" or record.poison is None:
        raise StoreError(f"search '{row['search_id']}' ended as '{row['status']}': it has no poison rows to train on")
    if subject.table.fingerprint != row["fingerprint"]:
        raise DataError(
            f"data set '{row['dataset']}' has the fingerprint {subject.table.fingerprint}, the search was made on"
            f" {row['fingerprint']}: it is another table"
        )
    baseline = results.read_baseline(row["baseline_id"] or "")
    stored = [prediction for prediction in record.predictions if prediction["evaluated_on"] == row["victim"]]
    if not baseline or not stored:
        raise StoreError(f"search '{row['search_id']}': its predictions, or those of its clean victim, are missing")
    planned, victim = Planned(spec, subject.facts), spec.audited[0]
    audit = Audit(subject.table, subject.attribute, victim, row["seed"])
    anew = _MadeAnew()
    result = audit_poison(planned, victim, poison_of(record, subject), LocalAuditor(audit, anew))
    clean, poisoned = unpack(anew.baseline), unpack(result.predictions)
    return Replayed(
        search_id=row["search_id"],
        figures=_figures(record.audits, result.audits, row["victim"]),
        predictions=sum(map(len, poisoned)),
        flipped=(_flipped(unpack(baseline), clean), _flipped(unpack(stored), poisoned)),
        versions=_changed(json.loads(row["versions"] or "{}"), provenance.package_versions()),
    )


class _MadeAnew:
    """A clean audit that nobody has made before: the stored one is not to be read."""

    def __init__(self) -> None:
        self.baseline: list[Row] = []

    def read_baseline(self, baseline_id: str) -> list[Row]:
        return self.baseline

    def write_baseline(self, rows: Sequence[Row]) -> None:
        self.baseline = list(rows)


def poison_of(record: SearchRecord, subject: Subject) -> Poison:
    """The stored poison rows in the table's raw codes."""
    table = record.poison
    assert table is not None
    rows = poison_rows.decode(table)
    return Poison(subject.table.schema.codes(pd.DataFrame(rows.features, index=range(len(rows.labels)))), rows.labels)


def _figures(
    stored: Sequence[Mapping[str, Any]], judged: Sequence[Mapping[str, Any]], victim: str
) -> tuple[tuple[str, str, float, float], ...]:
    def means(rows: Sequence[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
        return {r["role"]: r for r in rows if r["audit_seed"] == MEAN_SEED and r["evaluated_on"] == victim}

    then, now = means(stored), means(judged)
    return tuple(
        (role, name, float(then[role][name]), float(now[role][name]))
        for role in ("clean", "poisoned")
        if role in then
        for name in FIGURES
    )


def _flipped(stored: Sequence[Predictions], replayed: Sequence[Predictions]) -> int:
    return int(sum((then != now).sum() for then, now in zip(stored, replayed, strict=True)))


def _changed(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name: (then.get(name, "none"), now.get(name, "none"))
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    }
