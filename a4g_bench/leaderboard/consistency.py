"""Stored figures held against stored predictions: a wrong one that is well formed must not pass."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pyarrow.compute as pc

from a4g_bench.leaderboard.outcomes import AuditErrors, AuditRows, Outcome, read_outcomes
from a4g_bench.leaderboard.records import Search
from a4g_bench.protocol import MEAN_SEED
from a4g_bench.store.tables import ResultTables

_ROUNDING = 1e-9
#: Folder, search, whom it was audited on, side.
_Place = tuple[str, str, str, str]


def read_consistent(
    tables: Sequence[ResultTables], searches: Sequence[Search]
) -> tuple[tuple[Outcome, ...], tuple[Search, ...]]:
    """As :func:`read_outcomes`; a search whose stored audit is missing, or says something else than its predictions,
    yields none.
    """
    outcomes, lacking = read_outcomes(tables, searches)
    stored = _stored_means(tables)
    with_audits = {table.where for table in tables if table.audits is not None}
    wrong = {
        id(outcome): reason
        for outcome in outcomes
        if outcome.search.where in with_audits and (reason := _contradiction(outcome, stored))
    }
    return (
        tuple(outcome for outcome in outcomes if id(outcome) not in wrong),
        (*lacking, *(replace(o.search, lacks=wrong[id(o)]) for o in outcomes if id(o) in wrong)),
    )


def _contradiction(outcome: Outcome, stored: Mapping[_Place, tuple[float, float]]) -> str:
    """What of a search's stored audit is missing, or is not what its predictions give."""
    people, search = outcome.clean.rows, outcome.search
    for side, audit in (("clean", outcome.clean.audit), ("poisoned", outcome.poisoned)):
        told = stored.get((search.where, search.search_id, search.audited_on.label, side))
        if told is None:
            return f"its {side} audit is missing"
        if not np.allclose(told, _means(people, audit), rtol=0, atol=_ROUNDING):
            return f"its stored {side} audit is not what its predictions give"
    return ""


def _stored_means(tables: Sequence[ResultTables]) -> Mapping[_Place, tuple[float, float]]:
    """Accuracy and U of the means over victim seeds, of every audit in some tables."""
    stored = {}
    names = ("search_id", "evaluated_on", "role", "accuracy", "unfairness")
    for table in tables:
        if table.audits is None:
            continue
        means = table.audits.filter(pc.equal(table.audits["audit_seed"], MEAN_SEED))
        for search_id, label, role, *figures in zip(*(means[name].to_pylist() for name in names), strict=True):
            accuracy, gap = (float("nan") if figure is None else figure for figure in figures)
            stored[table.where, search_id, label, role] = accuracy, gap
    return stored


def _means(people: AuditRows, audit: AuditErrors) -> tuple[float, float]:
    """Accuracy and U of the mean harm rates, over the fits of one audit."""
    deserving = people.labels == people.favourable
    denied = np.bincount(people.groups[deserving], audit.wrong[deserving], minlength=len(people.group_names))
    rates = denied / audit.fits / people.deserving()
    return 1 - float(audit.wrong.sum()) / audit.fits / len(people.labels), float(rates.max() - rates.min())
