"""The audit of a poison set: the clean victim once, then the poisoned one, wherever the audit rows are held."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a4g_bench.attacks.base import Poison
from a4g_bench.data.split import split
from a4g_bench.engine.audit import Audit, LocalAuditor, audit_poison, unpack
from a4g_bench.errors import StoreError
from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.seeds import audit_victim_seeds
from a4g_bench.suite.plan import Plan
from a4g_bench.victims.base import get_victim
from a4g_bench.victims.encoding import Encoder
from tests.support import plan_of

Row = dict[str, Any]


class Memory:
    """Clean audits, with what was asked of it."""

    def __init__(self) -> None:
        self.rows: dict[str, list[Row]] = {}
        self.written = 0

    def read_baseline(self, baseline_id: str) -> list[Row]:
        return self.rows.get(baseline_id, [])

    def write_baseline(self, rows: Sequence[Row]) -> None:
        self.rows[rows[0]["baseline_id"]] = list(rows)
        self.written += 1


def forest(folder: Path) -> Plan:
    victims = [{"name": "random_forest", "params": {"n_estimators": 3}}]
    return plan_of(folder, victims=victims, attacks=["random-duplicates"], seeds=1)


def copies(plan: Plan, n: int = 20) -> Poison:
    [subject] = plan.subjects.values()
    return Poison(subject.table.features[:n], subject.table.labels[:n])


def auditor(plan: Plan, baselines: Memory) -> LocalAuditor:
    [subject], [planned] = plan.subjects.values(), plan.searches
    return LocalAuditor(Audit(subject.table, subject.attribute, planned.spec.audited[0], 0), baselines)


def test_the_clean_victim_is_audited_once(tmp_path: Path) -> None:
    plan, kept = forest(tmp_path), Memory()
    [planned] = plan.searches
    victim = planned.spec.audited[0]
    first = audit_poison(planned, victim, copies(plan), auditor(plan, kept))
    again = audit_poison(planned, victim, copies(plan), auditor(plan, kept))
    assert kept.written == 1
    assert [str(row) for row in first.audits] == [str(row) for row in again.audits]
    assert first.predictions == again.predictions
    assert first.fits == again.fits == AUDIT_SEEDS, "the clean victim's are shared and not counted"
    assert first.cpu_seconds > again.cpu_seconds > 0


def test_the_audited_victim_is_trained_on_the_training_rows_and_the_poison_alone(tmp_path: Path) -> None:
    """Search-validation rows, which attacks were chosen on, would flatter them."""
    plan, kept = forest(tmp_path), Memory()
    [planned], [subject] = plan.searches, plan.subjects.values()
    table, poison, parts = subject.table, copies(plan), split(subject.table, subject.attribute, 0)
    result = audit_poison(planned, planned.spec.audited[0], poison, auditor(plan, kept))

    victim = get_victim("random_forest", {"n_estimators": 3})
    encode = Encoder.of(table.schema, victim.input_encoding, table.features, parts.train)
    train, audit = encode(table.features[parts.train]), encode(table.features[parts.audit])
    poisoned = np.concatenate([train, encode(poison.features)])
    labels = table.labels[parts.train]
    [baseline] = kept.rows.values()
    for position, seed in enumerate(audit_victim_seeds(0)):
        clean = victim.estimator(seed).fit(train, labels).predict(audit)
        assert np.array_equal(unpack(baseline)[position], clean)
        trained = victim.estimator(seed).fit(poisoned, np.concatenate([labels, poison.labels]))
        assert np.array_equal(unpack(result.predictions)[position], trained.predict(audit))


def test_no_rows_leave_the_clean_victim(tmp_path: Path) -> None:
    plan = forest(tmp_path)
    [planned] = plan.searches
    result = audit_poison(planned, planned.spec.audited[0], copies(plan, 0), auditor(plan, Memory()))
    sides: dict[str, list[Row]] = {"clean": [], "poisoned": []}
    for row in result.audits:
        sides[row["role"]].append({name: value for name, value in row.items() if name != "role"})
    assert [row["audit_seed"] for row in sides["clean"]] == [*range(AUDIT_SEEDS), -1]
    for clean, poisoned in zip(sides["clean"], sides["poisoned"], strict=True):
        assert all(np.array_equal(clean[name], poisoned[name]) for name in clean)


def test_a_clean_audit_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"the clean audit 'b1-[0-9a-f]{16}' was there and is gone"):
        auditor(forest(tmp_path), Memory()).judge("s1-0", None, [np.zeros(120, dtype=np.int8)])
