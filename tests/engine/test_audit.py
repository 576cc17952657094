"""The audit of a poison set: the clean victim once, then the poisoned one, wherever the audit rows are held."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from a4g_bench.attacks.base import Poison
from a4g_bench.engine.audit import Audit, LocalAuditor, audit_poison
from a4g_bench.errors import StoreError
from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.suite.plan import Plan
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
