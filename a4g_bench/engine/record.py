"""The row of the table ``searches`` for a search, whatever became of it."""

import json
from datetime import datetime
from typing import Any

from a4g_bench.attacks.attack import get_attack
from a4g_bench.engine import provenance
from a4g_bench.engine.search import Found, Search
from a4g_bench.store import tables
from a4g_bench.suite.grid import PROTOCOL_VERSION
from a4g_bench.suite.plan import Planned

Row = dict[str, Any]


def planned_row(planned: Planned, suite: str, suite_hash: str, attempt: int, started: datetime, cores: int) -> Row:
    """What is known of a search before it runs; the other columns are None."""
    spec, subject = planned.spec, planned.subject
    attack = get_attack(spec.attack.name, spec.attack.params)
    commit, dirty = provenance.git_state()
    row: Row = dict.fromkeys(tables.SEARCHES.names)
    row.update(
        search_id=planned.search_id,
        attempt=attempt,
        suite=suite,
        **planned.place(),
        attack_name=spec.reference.name if spec.reference else spec.attack.name,
        role="reference" if spec.reference else attack.threat.role,
        knowledge="surrogate" if spec.attack.surrogate else attack.threat.knowledge,
        labels=attack.threat.labels,
        row_origin=attack.threat.row_origin,
        fingerprint=subject.fingerprint,
        favourable=int(subject.schema.favourable),
        cautions=list(subject.cautions),
        protocol_version=PROTOCOL_VERSION,
        identity=json.dumps(planned.identity, sort_keys=True),
        suite_hash=suite_hash,
        versions=json.dumps(provenance.package_versions(), sort_keys=True),
        git_commit=commit,
        git_dirty=dirty,
        cpu_model=provenance.cpu_model(),
        cores=cores,
        host=provenance.host_hash(),
        started=started,
        queries=0,
        queries_failed=0,
        fits=0,
        poison_rows=0,
        propose_seconds=0.0,
        fit_cpu_seconds=0.0,
    )
    return row


def searched(row: Row, search: Search) -> Row:
    """The row with what the search has done so far."""
    n_train = search.view.n_train
    return row | {
        "budget_rows": search.rows,
        "budget_share": search.rows / n_train,
        "train_rows": n_train,
        "validation_rows": len(search.view.labels) - n_train,
        "queries": len(search.records),
        "queries_failed": sum(record["failed"] is not None for record in search.records),
        "fits": int(search.spent("fits")),
        "propose_seconds": search.spent("propose_seconds"),
        "fit_cpu_seconds": search.spent("fit_cpu_seconds"),
    }


def found(row: Row, answer: Found) -> Row:
    """The row with the search's answer."""
    measured = answer.measurement
    return row | {
        "poison_rows": len(answer.poison),
        "chosen_query": answer.chosen_query,
        "validation_gap_clean": answer.reference.unfairness.mean,
        "validation_gap_poisoned": measured.unfairness.mean if measured else None,
        "validation_accuracy_clean": answer.reference.accuracy.mean,
        "validation_accuracy_poisoned": measured.accuracy.mean if measured else None,
    }
