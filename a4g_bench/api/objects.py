"""What the functions of the library give back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from a4g_bench.protocol import MEAN_SEED

if TYPE_CHECKING:
    import pandas as pd

    from a4g_bench.store.results import SearchRecord
    from a4g_bench.suite.plan import Subject

Parameters = Mapping[str, Any]
Folders = str | Path | Sequence[str | Path]
View = Literal["dataset", "victim", "budget", "cell"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """A data set with the protected attribute that is measured. ``load`` makes one."""

    subject: "Subject"

    @property
    def name(self) -> str:
        """Its name in results."""
        return self.subject.table.name

    @property
    def attribute(self) -> str:
        """The protected attribute."""
        return self.subject.attribute

    @property
    def cautions(self) -> tuple[str, ...]:
        """What must be said beside every result on it."""
        return self.subject.table.cautions

    @cached_property
    def frame(self) -> "pd.DataFrame":
        """All rows in the raw schema, with the label under its own name (n rows, features + 1 columns)."""
        table = self.subject.table
        return self.decoded(table.features, table.labels)

    def decoded(self, features: Any, labels: Any) -> "pd.DataFrame":
        """Rows as people write them.

        Args:
            features: Raw codes (n, features).
            labels: Labels 0 and 1 (n,).

        Returns:
            A row per row, with the label under its own name (n rows, features + 1 columns).
        """
        schema = self.subject.table.schema
        frame = schema.frame(features)
        frame[schema.label] = [schema.label_values[int(label)] for label in labels]
        return frame

    def __repr__(self) -> str:
        rows = len(self.subject.table)
        return f"Dataset({self.name!r}, attribute={self.attribute!r}, {rows:,} rows)"


@dataclass(frozen=True, eq=False)
class Inspection:
    """A data set before any attack. ``facts`` are those that ``a4g-bench inspect --json`` prints; rates are shares."""

    facts: Mapping[str, Any]

    @property
    def groups(self) -> "pd.DataFrame":
        """A row per group: rows, share of label 1, and the clean victim's rates and AUC with their 95 % intervals.

        An interval stands beside its rate, as ``fpr``, ``fpr_low`` and ``fpr_high``; no AUC is NaN.
        """
        import pandas as pd

        return pd.DataFrame([_flat(group) for group in self.facts["groups"]]).set_index("group")

    @property
    def schema(self) -> "pd.DataFrame":
        """A row per feature: its kind, its range or categories, its role."""
        import pandas as pd

        return pd.DataFrame(self.facts["schema"]).set_index("feature")

    @property
    def gap(self) -> tuple[float, float | None, float | None]:
        """Unfairness U of the clean victim, and its interval; None without a whole block of seeds."""
        gap = self.facts["gap"]
        return gap["value"], gap["low"], gap["high"]

    @property
    def accuracy(self) -> float:
        """Accuracy of the clean victim on audit rows."""
        return float(self.facts["accuracy"])

    @property
    def counts(self) -> bool:
        """Whether the setting counts on a board."""
        return bool(self.facts["counts"])

    @property
    def reason(self) -> str:
        """Why the setting is inconclusive; empty if it counts."""
        return str(self.facts["reason"])

    def __repr__(self) -> str:
        gap, low, high = self.gap
        interval = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
        judged = "counts" if self.counts else f"inconclusive: {self.reason}"
        return (
            f"Inspection({self.facts['dataset']!r}, victim={self.facts['victim']!r}; gap"
            f" {100 * gap:.1f}{interval} points, {judged})"
        )


@dataclass(frozen=True, eq=False)
class SearchResult:
    """What a search found. Rates are shares, not percent.

    ``rows`` are the poison rows in the raw schema with their labels; ``queries`` the candidate sets in the order they
    were tried, as the search measured them; ``audit`` the victim clean and poisoned on audit rows (one row each, mean
    over the audit's victim seeds); ``facts`` the search's row in the results, its ``search_id`` among them.
    """

    rows: "pd.DataFrame"
    queries: "pd.DataFrame"
    audit: "pd.DataFrame"
    facts: Mapping[str, Any]

    @property
    def search_id(self) -> str:
        """The search's identifier, which ``replay`` and the commands take."""
        return str(self.facts["search_id"])

    @property
    def gap(self) -> tuple[float, float]:
        """Unfairness U on audit rows, without and with the rows."""
        return self._sides("unfairness")

    @property
    def accuracy(self) -> tuple[float, float]:
        """Accuracy on audit rows, without and with the rows."""
        return self._sides("accuracy")

    @property
    def gain(self) -> float:
        """G = clip((U_clean - U_poisoned) / max(U_clean, 0.02), -1, 1), the share of the gap closed."""
        from a4g_bench.leaderboard.records import search_gain

        return search_gain(*self.gap)

    def _sides(self, metric: str) -> tuple[float, float]:
        sides = self.audit[metric].to_dict()
        return float(sides["clean"]), float(sides["poisoned"])

    def __repr__(self) -> str:
        (before, after), (right, then) = self.gap, self.accuracy
        return (
            f"SearchResult({len(self.rows)} rows; gap {100 * before:.1f} > {100 * after:.1f} points, accuracy"
            f" {100 * right:.1f} > {100 * then:.1f} % on audit rows, one seed)"
        )


@dataclass(frozen=True, eq=False)
class Changes:
    """What changed between two sets of results, on the cells and seeds that both have.

    ``overall`` has a row per entrant, ``cells`` one per entrant and cell; their columns are those of
    :class:`a4g_bench.leaderboard.Change`. ``only_before`` and ``only_after`` name what has no counterpart.
    """

    overall: "pd.DataFrame"
    cells: "pd.DataFrame"
    only_before: tuple[str, ...]
    only_after: tuple[str, ...]

    @property
    def worse(self) -> "pd.DataFrame":
        """The rows of both tables that became worse beyond noise."""
        import pandas as pd

        return pd.concat([table[table["verdict"] == "worse"] for table in (self.overall, self.cells)])

    def __repr__(self) -> str:
        moved = int((self.cells["verdict"] != "no difference").sum())
        return f"Changes({len(self.overall)} entrants; {moved} of {len(self.cells)} cells differ beyond noise)"


def _flat(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group's facts as columns: ``fpr``, ``fpr_low``, ``fpr_high`` for a rate with its interval."""
    columns: dict[str, Any] = {}
    for title, value in group.items():
        name = title.lower().replace(" ", "_")
        if isinstance(value, Mapping):
            columns |= {name: value["value"], f"{name}_low": value["low"], f"{name}_high": value["high"]}
        else:
            columns[name] = value
    return columns


def search_result(record: "SearchRecord") -> SearchResult:
    """The library's view of a stored search.

    Args:
        record: All that is kept of a search that was audited.

    Returns:
        Its rows, queries and audit as frames.
    """
    import pandas as pd

    from a4g_bench.store.poison_rows import without_search

    rows = pd.DataFrame()
    if record.poison is not None:
        rows = without_search(record.poison).to_pandas()
    queries = pd.DataFrame(record.queries).drop(columns="search_id", errors="ignore")
    audits = pd.DataFrame([row for row in record.audits if row["audit_seed"] == MEAN_SEED])
    audits = audits[audits["evaluated_on"] == record.search["victim"]].set_index("role")
    return SearchResult(rows, queries, audits.drop(columns=["search_id", "audit_seed"]), record.search)
