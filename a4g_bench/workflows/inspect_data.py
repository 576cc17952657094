"""A data set before any attack: its schema, its groups, and what a clean victim does to them."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from a4g_bench.data.table import Table
from a4g_bench.engine.audit import Audit, distinct_seeds, unpack
from a4g_bench.engine.fits import InlineFitter, Job
from a4g_bench.engine.local import run_here
from a4g_bench.engine.row_sets import AUDIT, TRAIN
from a4g_bench.errors import VictimError
from a4g_bench.leaderboard import ResultTables, build
from a4g_bench.metrics.auc import auc
from a4g_bench.store.results import Results
from a4g_bench.suite.grid import expand
from a4g_bench.suite.load import LoadedSuite
from a4g_bench.suite.model import Audited, Named, Suite
from a4g_bench.suite.plan import Plan, Planned, Subject
from a4g_bench.victims.base import get_victim, gives_scores

Rates = dict[str, Any]


def inspect_data(subject: Subject, victim: Named, seeds: int) -> dict[str, Any]:
    """Audit the clean victim over ``seeds`` splits, with the protocol's statistics on whether the setting counts.

    Rates are pooled over the splits' audit rows, averaged over the audit victim seeds and, with more than five splits,
    over those that a row is audited in; their intervals are Wilson's at 95 %, each row counted once. The AUC is
    averaged over splits and victim seeds, with the counterpart of Wilson's interval (:mod:`a4g_bench.metrics.auc`); a
    victim without scores has none. The gap, and whether the setting counts, are the leaderboard's; what is resolvable
    is that of the yardstick ``cell-duplication`` at 5 %. Fewer than five splits give a gap without an interval.
    On a set that is kept for a board no attack is run, and what is resolvable stays unknown.
    Raises ``VictimError`` if the victim cannot be trained.
    """
    suite = Suite.model_validate(
        {
            "name": "audit",
            "datasets": [subject.entry],
            "victims": [victim],
            "attacks": ["clean" if subject.to_try_on() is not subject else "cell-duplication"],
            "poison_budgets": ["5%"],
            "seeds": seeds,
        }
    )
    suite = suite.model_copy(update={"datasets": [subject.entry]})
    searches = tuple(Planned(spec, subject.facts) for spec in expand(suite))
    plan = Plan(
        loaded=LoadedSuite(suite, "audit", Path()),
        suite=suite,
        subjects={subject.key: subject},
        searches=searches,
        notes=(),
    )
    with tempfile.TemporaryDirectory(prefix="a4g-bench-") as folder:
        results = Results(folder)
        for planned in plan.searches:
            task = run_here(plan, planned, results)
            if task.status != "ok":
                raise VictimError(f"victim '{victim.label}' on '{subject.entry.label}': {task.row['error_message']}")
        tables = [results.read(name) for name in ("searches", "predictions", "baselines")]
        board = build([ResultTables("audit", *tables)])
        baselines = tables[2].to_pylist()
    [setting] = board.settings
    table = subject.table
    reason = _no_auc(victim)
    scored = [] if reason else [_scores(subject, victim, seed) for seed in range(seeds)]
    predicted, rows = [], []
    for seed in range(seeds):
        baselines_of_seed = [row for row in baselines if row["seed"] == seed]
        predicted.append(np.mean(unpack(baselines_of_seed), axis=0))
        rows.append(np.asarray(baselines_of_seed[0]["row_ids"]))
    audited, which = np.unique(np.concatenate(rows), return_inverse=True)  # a row of several splits is one row
    positive = np.bincount(which, np.concatenate(predicted)) / np.bincount(which)
    favourable = table.schema.favourable
    return {
        "dataset": subject.entry.label,
        "rows": len(table),
        "fingerprint": table.fingerprint,
        "source": table.source,
        "cautions": list(table.cautions),
        "label": {"name": table.schema.label, "values": list(table.schema.label_values), "favourable": int(favourable)},
        "schema": schema_rows(table),
        "attribute": subject.attribute,
        "victim": victim.label,
        "seeds": seeds,
        "groups": _groups(subject, positive, audited, scored, rows),
        "no_auc": reason,
        "accuracy": float(np.mean(np.where(table.labels[audited] == 1, positive, 1 - positive))),
        "harm": "FNR" if favourable == 1 else "FPR",
        "gap": {"value": setting.gap_clean, "low": setting.gap_clean_low, "high": setting.gap_clean_high},
        "resolvable": setting.resolvable,
        "counts": setting.counts,
        "reason": setting.reason,
    }


def schema_rows(table: Table) -> list[Rates]:
    """One row per feature: kind, range or categories, role, what it is derived from."""
    rows = []
    for position, feature in enumerate(table.schema.features):
        values = table.features[:, position]
        if feature.kind == "categorical":
            shown = ", ".join(feature.categories[:6])
            content = f"{len(feature.categories)}: {shown}{', ...' if len(feature.categories) > 6 else ''}"
        else:
            content = f"{values.min():g} to {values.max():g}"
        roles = ["protected"] if feature.name in table.schema.protected else []
        roles += [f"from {feature.derived.source}"] if feature.derived else []
        roles += [] if feature.visible else ["hidden from victims"]
        rows.append({"feature": feature.name, "kind": feature.kind, "values": content, "role": ", ".join(roles)})
    return rows


def _no_auc(victim: Named) -> str:
    """Why there can be no AUC of a victim; empty if there can."""
    if gives_scores(get_victim(victim.name, victim.params).estimator(0)):
        return ""
    return f"victim '{victim.label}' gives labels only (neither predict_proba nor decision_function)"


def _scores(subject: Subject, victim: Named, seed: int) -> npt.NDArray[np.float64]:
    """Scores of the favourable label that the clean victim gives the audit rows, (audit victim seeds, rows).

    One line where its random state changes nothing. Raises ``VictimError`` if it cannot be trained or scores badly.
    """
    audit = Audit(
        subject.table, subject.attribute, Audited(name=victim.name, label=victim.label, params=victim.params), seed
    )
    jobs = [Job(TRAIN, AUDIT, victim_seed, output="scores") for victim_seed in distinct_seeds(victim, seed)]
    fits = InlineFitter(audit.training_data()).run(jobs)
    for fit in fits:
        if fit.values is None:
            raise VictimError(f"victim '{victim.label}' on '{subject.entry.label}': {fit.failed}")
    return np.stack([fit.values for fit in fits if fit.values is not None])


def _groups(
    subject: Subject,
    positive: npt.NDArray[np.float64],
    audited: npt.NDArray[np.int64],
    scored: Sequence[npt.NDArray[np.float64]],
    rows: Sequence[npt.NDArray[np.int64]],
) -> list[Rates]:
    table = subject.table
    codes = table.schema.groups(table.features, subject.attribute)
    labels, groups = table.labels[audited], codes[audited]
    rates = []
    for code, name in enumerate(table.schema.group_names(subject.attribute)):
        members, everybody = groups == code, codes == code
        rates.append(
            {
                "group": name,
                "rows": int(everybody.sum()),
                "of label 1": round(float(table.labels[everybody].mean()), 3),
                "FPR": _rate(positive[members & (labels == 0)]),
                "FNR": _rate(1 - positive[members & (labels == 1)]),
                "selection rate": _rate(positive[members]),
                "accuracy": _rate(np.where(labels[members] == 1, positive[members], 1 - positive[members])),
                "AUC": auc(
                    [
                        (table.labels[split][own] == table.schema.favourable, scores[:, own])
                        for split, scores in zip(rows, scored, strict=False)
                        for own in [codes[split] == code]
                    ],
                    int(members.sum()),
                ),
            }
        )
    return rates


def _rate(values: npt.NDArray[np.float64]) -> Rates:
    interval = binomtest(round(float(values.sum())), len(values)).proportion_ci(0.95, method="wilson")
    return {"value": float(values.mean()), "low": float(interval.low), "high": float(interval.high)}
