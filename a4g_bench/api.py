"""The library: the parts of a suite one by one, in this process, for notebooks and scripts.

``load`` a data set, ``search`` for rows with one attack, ``audit`` rows that anybody made, read the ``board`` as a
DataFrame. Nothing here starts Ray; a suite with many searches is run by ``a4g-bench run``.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from a4g_bench import plugins
from a4g_bench.errors import A4GError, DataError
from a4g_bench.protocol import MEAN_SEED

if TYPE_CHECKING:
    import pandas as pd

    from a4g_bench.store.results import SearchRecord
    from a4g_bench.suite.plan import Plan, Subject


Parameters = Mapping[str, Any]


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
        """Raw codes (n, features) and labels (n,) as people write them."""
        schema = self.subject.table.schema
        frame = schema.frame(features)
        frame[schema.label] = [schema.label_values[int(label)] for label in labels]
        return frame

    def __repr__(self) -> str:
        rows = len(self.subject.table)
        return f"Dataset({self.name!r}, attribute={self.attribute!r}, {rows:,} rows)"


@dataclass(frozen=True, eq=False)
class Found:
    """What a search found. Rates are shares, not percent.

    ``rows`` are the poison rows in the raw schema with their labels; ``queries`` the candidate sets in the order they
    were tried, as the search measured them; ``audit`` the victim clean and poisoned on audit rows (one row each, mean
    over the audit's victim seeds).
    """

    rows: "pd.DataFrame"
    queries: "pd.DataFrame"
    audit: "pd.DataFrame"
    facts: Mapping[str, Any]

    def _sides(self, metric: str) -> tuple[float, float]:
        found = self.audit[metric].to_dict()
        return float(found["clean"]), float(found["poisoned"])

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

    def __repr__(self) -> str:
        (before, after), (right, then) = self.gap, self.accuracy
        return (
            f"Found({len(self.rows)} rows; gap {100 * before:.1f} > {100 * after:.1f} points, accuracy"
            f" {100 * right:.1f} > {100 * then:.1f} % on audit rows, one seed)"
        )


def load(
    name: str, *, attribute: str | None = None, rows: int | None = None, source: Parameters | None = None, **params: Any
) -> Dataset:
    """Load a registered data set, or a table of your own.

    ``rows`` caps it by a fixed stratified sample. ``params`` are the data set's own. ``source`` describes a CSV or
    Parquet file as a suite does (``file``, ``target``, ``favourable``, ``protected``, ...). Raises ``A4GError``.

    >>> load("synthetic", rows=600)
    Dataset('synthetic', attribute='group', 600 rows)
    """
    from a4g_bench.suite.model import DatasetEntry
    from a4g_bench.suite.plan import load_subject

    said = {"name": name, "attribute": attribute, "rows": rows, "params": params, "source": source}
    entry = _valid(DatasetEntry, {key: value for key, value in said.items() if value})
    subject, _ = load_subject(entry, Path())
    return Dataset(subject)


def search(
    data: Dataset,
    attack: str = "leaf-influence",
    *,
    victim: str = "lightgbm",
    budget: str | int = "1%",
    queries: int = 24,
    seed: int = 0,
    params: Parameters | None = None,
    victim_params: Parameters | None = None,
    objective: str = "unfairness",
    results: str | Path | None = None,
    **suite: Any,
) -> Found:
    """Run one search in this process and audit what it chose, on rows and victim seeds that it never saw.

    ``attack`` and ``victim`` are registered names (:func:`register` adds your own), with ``params`` and
    ``victim_params``; ``budget`` is a share of the training rows or a count; ``suite`` takes the other keys of a suite
    (``batch_size``, ``fits``, ``max_accuracy_loss``, ...). With ``results`` the search is kept in that folder.

    One seed is one split: an interval needs several, see :func:`board`. Raises ``A4GError`` for bad names, values
    and failed searches.
    """
    from a4g_bench.engine.local import run_here
    from a4g_bench.store.results import Results

    plan = _plan(
        data,
        {
            "name": "library",
            "victims": [{"name": victim, "params": dict(victim_params or {})}],
            "attacks": [{"name": attack, "params": dict(params or {})}],
            "objectives": [objective],
            "poison_budgets": [budget],
            "query_budgets": [queries],
            "seeds": [seed],
            **suite,
        },
    )
    with ExitStack() as stack:
        folder = str(results) if results else stack.enter_context(tempfile.TemporaryDirectory())
        kept = Results(folder)
        kept.mark(plan.suite.name, plan.loaded.hash, len(plan.searches))
        [planned] = plan.searches
        run_here(plan, planned, kept)
        record = kept.read_search(planned.search_id)
    if record is None or record.search["status"] != "ok":
        why = record.search["error_message"] if record else "it left no result"
        raise A4GError(f"the search of '{attack}' on '{data.name}' failed: {why}")
    return _found(record)


def audit(
    data: Dataset,
    rows: "pd.DataFrame",
    *,
    victim: str = "lightgbm",
    victim_params: Parameters | None = None,
    seeds: Sequence[int] = range(5),
    name: str = "given",
    results: str | Path | None = None,
) -> "pd.DataFrame":
    """Audit poison rows that anybody made, beside controls of the same size: their rows of :func:`board`.

    ``rows`` are in the raw schema, the label under its own name or as ``label`` (0 or 1). A gain counts for the
    ``seeds`` whose audit rows were not seen in the making of the rows. Raises ``A4GError`` for infeasible rows.
    """
    from a4g_bench.store.results import Results
    from a4g_bench.suite.model import Named
    from a4g_bench.workflows.evaluate import evaluate, poison_of

    poison = poison_of(rows, data.subject.table.schema, "the rows")
    trained = Named(name=victim, params=dict(victim_params or {}))
    with ExitStack() as stack:
        folder = str(results) if results else stack.enter_context(tempfile.TemporaryDirectory())
        evaluate(poison, data.subject, trained, list(seeds), Results(folder), name)
        return board(folder, by="cell", budgets=[str(len(poison))])


def board(
    *folders: str | Path,
    by: Literal["dataset", "victim", "budget", "cell"] | None = None,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> "pd.DataFrame":
    """The board of results folders, a row per entrant, the columns those of :class:`a4g_bench.leaderboard.Row`.

    ``by`` breaks it down per data set, victim or poison budget, or into single cells. Filters recompute everything.
    Raises ``StoreError`` for folders without results and for names that are not in them.
    """
    import pandas as pd

    from a4g_bench.leaderboard import Row, build
    from a4g_bench.store.results import whole_tables_of

    tables = whole_tables_of([str(folder) for folder in folders])
    found = build(tables, datasets=datasets, victims=victims, budgets=budgets, attacks=attacks)
    rows = found.overall if by is None else found.cells if by == "cell" else found.by(by)
    return pd.DataFrame([row.to_json() for row in rows], columns=list(Row.__dataclass_fields__))


def register(kind: plugins.Kind, name: str, what: Any) -> None:
    """Give an attack, victim, data set, defence, reference line or metric a name in this process.

    For notebooks and scripts, with this module's functions; a run on Ray finds plugins by entry points alone.
    """
    plugins.register(kind, name, what)


def _plan(data: Dataset, said: Mapping[str, Any]) -> "Plan":
    from a4g_bench.suite.plan import plan_of

    return plan_of(data.subject, said)


def _valid(model: Any, said: Mapping[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(said)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"]) from error


def _found(record: "SearchRecord") -> Found:
    import pandas as pd

    from a4g_bench.store.poison_rows import without_search

    rows = pd.DataFrame()
    if record.poison is not None:
        rows = without_search(record.poison).to_pandas()
    queries = pd.DataFrame(record.queries).drop(columns="search_id", errors="ignore")
    audits = pd.DataFrame([row for row in record.audits if row["audit_seed"] == MEAN_SEED])
    audits = audits[audits["evaluated_on"] == record.search["victim"]].set_index("role")
    return Found(rows, queries, audits.drop(columns=["search_id", "audit_seed"]), record.search)
