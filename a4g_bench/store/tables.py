"""The Parquet tables of a results folder: their columns, and the check every read goes through.

Each file carries ``schema_version`` in its Parquet metadata, and since version 2 a checksum of its own
(:mod:`a4g_bench.store.checksums`); a file of a newer version is refused by name.
"""

from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from a4g_bench.errors import StoreError
from a4g_bench.protocol import YARDSTICKS

#: A row of any table; ``store/rows.py`` has the type of each.
Row = dict[str, Any]

SCHEMA_VERSION = 2
#: Since this version every file bears a checksum: one that lacks it is damaged.
CHECKSUMS_SINCE = 2
_VERSION_KEY = b"a4g_schema_version"
_BEHIND = " behind "


def _fields(*columns: tuple[str, pa.DataType]) -> pa.Schema:
    return pa.schema([pa.field(name, kind) for name, kind in columns])


_text, _int, _real, _flag = pa.string(), pa.int64(), pa.float64(), pa.bool_()
_reals, _ints, _texts = pa.list_(_real), pa.list_(pa.int32()), pa.list_(_text)

#: One row per search that was started, whatever became of it. Written last: a search is complete when its row says
#: ``ok``.
SEARCHES = _fields(
    ("search_id", _text),  # versioned hash of everything that determines the result
    ("status", _text),  # ok, error, timeout, oom, interrupted
    ("error_type", _text),
    ("error_message", _text),
    ("attempt", _int),  # 1 for the first try
    # the cell of the grid
    ("suite", _text),
    ("dataset", _text),
    ("attribute", _text),  # protected attribute
    ("victim", _text),  # label of the victim in the suite
    ("attack", _text),  # label of the attack in the suite
    ("attack_name", _text),  # registered name of the attack
    ("objective", _text),
    ("budget", _text),  # poison budget as written: "1%" or "50"
    ("budget_share", _real),  # poison rows allowed / training rows
    ("budget_rows", _int),
    ("query_budget", _int),  # 0 for attacks that do not query
    ("seed", _int),
    # the threat model
    ("role", _text),  # control, baseline (zero queries), search, reference (a mitigation that adds no row)
    ("knowledge", _text),  # oracle, surrogate, white-box, data-only
    ("labels", _text),  # clean, dirty
    ("row_origin", _text),  # none, duplicate, interpolated, free
    # what happened
    ("baseline_id", _text),  # the clean victim's audit of this data set, victim and seed (table baselines)
    ("train_rows", _int),
    ("validation_rows", _int),
    ("audit_rows", _int),
    ("poison_rows", _int),
    ("queries", _int),
    ("queries_failed", _int),
    ("fits", _int),  # of its queries and of its audit; what searches share is not counted
    ("chosen_query", _int),  # the query that evaluated the final set; null when the attack made none
    ("validation_gap_clean", _real),  # U of the clean victim as the search measured it
    ("validation_gap_poisoned", _real),  # U of the final set as the search measured it; null without queries
    ("validation_accuracy_clean", _real),
    ("validation_accuracy_poisoned", _real),
    # how the poison rows give themselves away (metrics.detectability); null where none were added
    ("duplicate_share", _real),
    ("isolation_forest_auroc", _real),
    ("lof_auroc", _real),
    ("label_disagreement", _real),
    ("cell_shift", _real),
    # provenance
    ("fingerprint", _text),  # content of the data set
    ("favourable", _int),  # label 0 or 1
    ("cautions", _texts),  # of the data set, to be shown beside every result
    ("attribute_hidden", _flag),  # whether victims do not see the protected attribute
    ("protocol_version", _int),
    ("identity", _text),  # the JSON that search_id hashes
    ("suite_hash", _text),
    ("versions", _text),  # JSON: package -> version
    ("git_commit", _text),
    ("git_dirty", _flag),
    ("cpu_model", _text),
    ("cores", _int),
    ("host", _text),  # hashed
    ("started", pa.timestamp("us", tz="UTC")),
    ("ended", pa.timestamp("us", tz="UTC")),
    ("propose_seconds", _real),
    ("fit_cpu_seconds", _real),
    ("search_seconds", _real),
    ("audit_seconds", _real),
)

#: How a poison set gives itself away, as the searches table says it.
DETECTABILITY = ("duplicate_share", "isolation_forest_auroc", "lof_auroc", "label_disagreement", "cell_shift")
#: Columns that tables of this version may lack, since they came later: null there.
LATER_COLUMNS = (*DETECTABILITY, "attribute_hidden")

#: One row per query, in the order in which they were made.
QUERIES = _fields(
    ("search_id", _text),
    ("query", _int),
    ("batch", _int),
    ("phase", _text),  # explore, confirm
    ("parameters", _text),  # JSON
    ("replicate", _int),  # which random draw of the rows
    ("digest", _text),  # of the poison rows
    ("poison_rows", _int),
    ("duplicate_of", _int),  # the earlier query whose rows were the same, else null
    ("failed", _text),  # why, else null
    ("objective", _real),
    ("objective_sem", _real),
    ("unfairness", _real),  # the protocol's U on the rows the search may see
    ("unfairness_sem", _real),
    ("accuracy", _real),
    ("accuracy_sem", _real),
    ("harm", _reals),  # harm rate per group
    ("best_objective", _real),  # best so far among queries within the accuracy allowance; null before the first
    ("fits", _int),
    ("propose_seconds", _real),
    ("fit_seconds", _real),
    ("fit_cpu_seconds", _real),
)

#: Metrics of the audit: per evaluated victim, audit victim seed and role; ``audit_seed`` -1 is the mean over seeds.
AUDITS = _fields(
    ("search_id", _text),
    ("evaluated_on", _text),
    ("audit_seed", _int),  # position 0..R-1, or -1
    ("role", _text),  # clean, poisoned
    ("accuracy", _real),
    ("unfairness", _real),
    ("demographic_parity_difference", _real),
    ("demographic_parity_ratio", _real),
    ("equalized_odds_difference", _real),
    ("equal_opportunity_difference", _real),
    ("average_odds_difference", _real),
    ("fpr_difference", _real),
    ("fnr_difference", _real),
    ("group_names", _texts),
    ("group_sizes", _ints),
    ("group_accuracy", _reals),
    ("group_fpr", _reals),
    ("group_fnr", _reals),
    ("group_selection_rate", _reals),
)

#: Metrics of third parties in the same audits, one row per value: a registered metric needs no column.
METRICS = _fields(
    ("search_id", _text),
    ("evaluated_on", _text),
    ("audit_seed", _int),  # position 0..R-1, or -1
    ("role", _text),  # clean, poisoned
    ("metric", _text),
    ("version", _int),  # of the metric
    ("value", _real),  # null where it does not exist
)

#: Predicted labels of the poisoned victim on the audit rows: one row per evaluated victim and audit victim seed.
PREDICTIONS = _fields(
    ("search_id", _text),
    ("evaluated_on", _text),
    ("audit_seed", _int),
    ("rows", _int),
    ("predicted", pa.binary()),  # labels 0/1 packed eight to a byte (numpy.packbits), in the order of baselines.row_ids
)

#: The clean victim's audit, shared by all searches on the same data set, attribute, victim and seed: a row per audit
#: victim seed.
BASELINES = _fields(
    ("baseline_id", _text),
    ("dataset", _text),
    ("attribute", _text),
    ("fingerprint", _text),
    ("victim", _text),
    ("seed", _int),
    ("audit_seed", _int),
    ("favourable", _int),
    ("group_names", _texts),
    ("rows", _int),
    ("row_ids", _ints),  # positions of the audit rows in the data set
    ("labels", pa.binary()),  # packed like predicted
    ("groups", pa.binary()),  # one byte per audit row: position in group_names
    ("predicted", pa.binary()),
)

#: Columns before the raw schema's own in the poison tables (one folder per data set, since schemas differ).
POISON_LEAD = _fields(("search_id", _text), ("row", _int), ("label", _int))

TABLES: dict[str, pa.Schema] = {
    "searches": SEARCHES,
    "queries": QUERIES,
    "audits": AUDITS,
    "metrics": METRICS,
    "predictions": PREDICTIONS,
    "baselines": BASELINES,
}


def schema_of(folder: str) -> pa.Schema:
    """Columns of a folder's files; those of ``poison/<data set>`` have the raw schema's own after them."""
    if folder.startswith("poison/"):
        return POISON_LEAD
    return QUERIES if folder == "journal" else TABLES[folder]


def key_of(folder: str) -> str:
    """The column that says whose a row is; a file of its own is named after it."""
    return "baseline_id" if folder == "baselines" else "search_id"


def stamp(schema: pa.Schema) -> pa.Schema:
    """Return the schema with this version, and nothing else, in its metadata."""
    return schema.with_metadata({_VERSION_KEY: str(SCHEMA_VERSION).encode()})


def version_of(schema: pa.Schema) -> int | None:
    """The schema version that a file says; None if it says none."""
    raw = (schema.metadata or {}).get(_VERSION_KEY)
    return int(raw) if raw is not None and raw.isdigit() else None


def unlike(schema: pa.Schema, expected: pa.Schema) -> str | None:
    """What keeps a file from being read as a table of the expected columns with their types; None if nothing does."""
    for column in expected:
        position = schema.get_field_index(column.name)
        if position < 0 and column.name in LATER_COLUMNS:
            continue
        if position < 0:
            return f"column '{column.name}' is missing"
        if schema.field(position).type != column.type:
            return f"column '{column.name}' is {schema.field(position).type}, expected {column.type}"
    return None


#: Metrics of an audit that are reported whatever a search optimised.
OFF_TARGET = (
    "demographic_parity_difference", "demographic_parity_ratio", "equalized_odds_difference",
    "equal_opportunity_difference", "average_odds_difference", "fpr_difference", "fnr_difference",
)  # fmt: skip
SEARCH_COLUMNS = (
    "search_id", "status", "error_type", "attempt", "dataset", "attribute", "victim", "attack", "attack_name",
    "objective", "budget", "budget_share", "budget_rows", "query_budget", "seed", "role", "knowledge", "labels",
    "row_origin", "baseline_id",
    "train_rows", "validation_rows", "audit_rows", "queries", "poison_rows",
    "validation_gap_clean", "validation_gap_poisoned", "fingerprint", "cautions", "protocol_version", "identity",
    "propose_seconds", "fit_cpu_seconds",
)  # fmt: skip
_PREDICTION_COLUMNS = ("search_id", "evaluated_on", "audit_seed", "rows", "predicted")
BASELINE_COLUMNS = (
    "baseline_id", "dataset", "attribute", "fingerprint", "seed", "audit_seed", "favourable", "group_names", "rows",
    "row_ids", "labels", "groups", "predicted",
)  # fmt: skip


@dataclass(frozen=True, order=True)
class AuditedOn:
    """Whom a poison set is audited on: a victim, as it is or behind a defence. Its ``label`` is what tables hold."""

    victim: str
    defence: str | None = None

    @property
    def label(self) -> str:
        """As the columns ``evaluated_on`` and ``victim`` of audits say it; no name in a suite holds a blank."""
        return self.victim if self.defence is None else f"{self.victim}{_BEHIND}{self.defence}"

    @classmethod
    def parse(cls, label: str) -> "AuditedOn":
        """Read a stored label."""
        victim, behind, defence = label.partition(_BEHIND)
        return cls(victim, defence if behind else None)


@dataclass(frozen=True, eq=False)
class ResultTables:
    """The tables of one results folder as the store reads them; columns beyond the needed ones are ignored.

    ``where`` is the folder as messages show it, ``address`` as it is opened, with the secrets that may be part of it;
    ``where`` is both unless told. ``yardsticks`` are the attacks whose errors say what is resolvable.
    """

    where: str
    searches: pa.Table
    predictions: pa.Table
    baselines: pa.Table
    audits: pa.Table | None = None
    metrics: pa.Table | None = None
    address: str | None = field(default=None, repr=False)
    yardsticks: tuple[str, ...] = YARDSTICKS

    def __post_init__(self) -> None:
        for name, needed in (
            ("searches", SEARCH_COLUMNS),
            ("predictions", _PREDICTION_COLUMNS),
            ("baselines", BASELINE_COLUMNS),
        ):
            missing = sorted(set(needed) - set(getattr(self, name).column_names))
            if missing:
                raise StoreError(f"{self.where}: table '{name}' lacks column '{missing[0]}'")
