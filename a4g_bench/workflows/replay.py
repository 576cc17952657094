"""A stored poison set audited once more: the same figures, or what differs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from a4g_bench import provenance
from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import Audit, LocalAuditor, audit_poison, unpack
from a4g_bench.errors import DataError, StoreError
from a4g_bench.metrics.estimate import Predictions
from a4g_bench.protocol import MEAN_SEED
from a4g_bench.store import poison_rows
from a4g_bench.store.results import Results, SearchRecord
from a4g_bench.suite.grid import Spec
from a4g_bench.suite.plan import Planned, Subject

Row = dict[str, Any]

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


def replay(results: Results, record: SearchRecord, spec: Spec, subject: Subject) -> Replayed:
    """Train the victim of a finished search again, with its stored poison rows and without, and judge it as then.

    ``spec`` is the search's in its suite and ``subject`` its data. Raises ``StoreError`` if the folder lacks what is
    needed, ``DataError`` if the table is another one by now, and ``FitFailedError`` if the victim cannot be trained.
    """
    row = record.search
    if row["status"] != "ok" or record.poison is None:
        raise StoreError(f"search '{row['search_id']}' ended as '{row['status']}': it has no poison rows to train on")
    if subject.table.fingerprint != row["fingerprint"]:
        raise DataError(
            f"data set '{row['dataset']}' has the fingerprint {subject.table.fingerprint}, the search was made on"
            f" {row['fingerprint']}: it is another table"
        )
    baseline = results.read_baseline(row["baseline_id"])
    stored = [one for one in record.predictions if one["evaluated_on"] == row["victim"]]
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


def _figures(stored: Sequence[Row], judged: Sequence[Row], victim: str) -> tuple[tuple[str, str, float, float], ...]:
    def means(rows: Sequence[Row]) -> dict[str, Row]:
        return {r["role"]: r for r in rows if r["audit_seed"] == MEAN_SEED and r["evaluated_on"] == victim}

    then, now = means(stored), means(judged)
    return tuple(
        (role, name, float(then[role][name]), float(now[role][name]))
        for role in ("clean", "poisoned")
        if role in then
        for name in FIGURES
    )


def _flipped(stored: Sequence[Predictions], replayed: Sequence[Predictions]) -> int:
    return int(sum((one != other).sum() for one, other in zip(stored, replayed, strict=True)))


def _changed(then: Mapping[str, str], now: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {
        name: (then.get(name, "none"), now.get(name, "none"))
        for name in sorted({*then, *now})
        if then.get(name) != now.get(name)
    }
