"""The types of the tables' rows, as the store reads them: a key per column of the table's schema, in its order.

``store/tables.py`` says what each column holds. ``None`` is allowed where a stored row may be null.
"""

from datetime import datetime
from typing import TypedDict


class SearchRow(TypedDict):
    """A search that was started, whatever became of it: columns that it did not get to are null."""

    search_id: str
    status: str
    error_type: str | None
    error_message: str | None
    attempt: int
    suite: str
    dataset: str
    attribute: str
    victim: str
    attack: str
    attack_name: str
    objective: str
    budget: str
    budget_share: float | None
    budget_rows: int | None
    query_budget: int
    seed: int
    role: str
    knowledge: str
    labels: str
    row_origin: str
    baseline_id: str | None
    train_rows: int | None
    validation_rows: int | None
    audit_rows: int | None
    poison_rows: int
    queries: int
    queries_failed: int
    fits: int
    chosen_query: int | None
    validation_gap_clean: float | None
    validation_gap_poisoned: float | None
    validation_accuracy_clean: float | None
    validation_accuracy_poisoned: float | None
    duplicate_share: float | None
    isolation_forest_auroc: float | None
    lof_auroc: float | None
    label_disagreement: float | None
    cell_shift: float | None
    fingerprint: str
    favourable: int
    cautions: list[str]
    attribute_hidden: bool | None
    protocol_version: int
    identity: str
    suite_hash: str
    versions: str
    git_commit: str | None
    git_dirty: bool | None
    cpu_model: str | None
    cores: int
    host: str
    started: datetime | None
    ended: datetime | None
    propose_seconds: float
    fit_cpu_seconds: float
    search_seconds: float | None
    audit_seconds: float | None


class QueryRow(TypedDict):
    """A query; of one that failed nothing is measured."""

    search_id: str
    query: int
    batch: int
    phase: str
    parameters: str
    replicate: int
    digest: str | None
    poison_rows: int | None
    duplicate_of: int | None
    failed: str | None
    objective: float | None
    objective_sem: float | None
    unfairness: float | None
    unfairness_sem: float | None
    accuracy: float | None
    accuracy_sem: float | None
    harm: list[float] | None
    best_objective: float | None
    fits: int
    propose_seconds: float
    fit_seconds: float
    fit_cpu_seconds: float


class AuditRow(TypedDict):
    """Metrics of a clean or poisoned victim on audit rows, of a victim seed or the mean over them; rates are shares."""

    search_id: str
    evaluated_on: str
    audit_seed: int
    role: str
    accuracy: float
    unfairness: float
    demographic_parity_difference: float
    demographic_parity_ratio: float
    equalized_odds_difference: float
    equal_opportunity_difference: float
    average_odds_difference: float
    fpr_difference: float
    fnr_difference: float
    group_names: list[str]
    group_sizes: list[int]
    group_accuracy: list[float]
    group_fpr: list[float]
    group_fnr: list[float]
    group_selection_rate: list[float]


class MetricRow(TypedDict):
    """A metric of a third party in an audit; null where it has no value."""

    search_id: str
    evaluated_on: str
    audit_seed: int
    role: str
    metric: str
    version: int
    value: float | None


class PredictionRow(TypedDict):
    """The labels that a poisoned victim predicts, packed eight to a byte."""

    search_id: str
    evaluated_on: str
    audit_seed: int
    rows: int
    predicted: bytes


class BaselineRow(TypedDict):
    """The clean victim's audit: who was audited, and what it predicts; packed like predictions."""

    baseline_id: str
    dataset: str
    attribute: str
    fingerprint: str
    victim: str
    seed: int
    audit_seed: int
    favourable: int
    group_names: list[str]
    rows: int
    row_ids: list[int]
    labels: bytes
    groups: bytes
    predicted: bytes
