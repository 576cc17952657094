"""A data set, a search on it, and rows that somebody brings: one by one, in this process."""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from a4g_bench.api.folders import board
from a4g_bench.api.objects import Dataset, Inspection, SearchResult, search_result
from a4g_bench.errors import A4GError, DataError

if TYPE_CHECKING:
    import pandas as pd

    from a4g_bench.suite.model import Named
    from a4g_bench.suite.plan import Plan

Parameters = Mapping[str, Any]
Folders = str | Path | Sequence[str | Path]
View = Literal["dataset", "victim", "budget", "cell"]


def load(
    name: str, *, attribute: str | None = None, rows: int | None = None, source: Parameters | None = None, **params: Any
) -> Dataset:
    """Load a registered data set, or a table of your own.

    >>> load("synthetic", rows=600)
    Dataset('synthetic', attribute='group', 600 rows)

    Args:
        name: A registered name; for a table of your own, its name in results.
        attribute: The protected attribute; the data set's first unless given.
        rows: At most so many rows, by a fixed stratified sample.
        source: A CSV or Parquet file as a suite describes it (``file``, ``target``, ``favourable``, ``protected``).
        **params: The data set's own parameters.

    Returns:
        The data set with the attribute that is measured.

    Raises:
        DataError: If the table cannot be loaded or has no such attribute.
        A4GError: For an unknown name.
    """
    from a4g_bench.suite.model import DatasetEntry
    from a4g_bench.suite.plan import load_subject

    keys = {"name": name, "attribute": attribute, "rows": rows, "params": params, "source": source}
    entry = _valid(DatasetEntry, {key: value for key, value in keys.items() if value})
    subject, _ = load_subject(entry, Path())
    return Dataset(subject)


def inspect(
    data: Dataset, *, victim: str = "lightgbm", victim_params: Parameters | None = None, seeds: int = 5
) -> Inspection:
    """Look at a data set before attacking it, as ``a4g-bench inspect`` does.

    Args:
        data: The data set.
        victim: The registered name of the victim to train on it as it is.
        victim_params: The victim's parameters.
        seeds: How many splits to audit; five audit every row once.

    Returns:
        The schema, the groups, the clean victim's rates, and whether attacks on the pair can be ranked.

    Raises:
        VictimError: If the victim is unknown or cannot be trained.
    """
    from a4g_bench.suite.check import check_victim
    from a4g_bench.workflows.inspect_data import inspect_data

    trained = _victim(victim, victim_params)
    check_victim(trained)
    return Inspection(inspect_data(data.subject, trained, seeds))


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
) -> SearchResult:
    """Run one search in this process and audit what it chose, on rows and victim seeds that it never saw.

    One seed is one split: an interval needs several, see :func:`board`.

    Args:
        data: The data set that the victim is trained on.
        attack: A registered attack (:func:`register` adds your own).
        victim: A registered victim.
        budget: How many rows it may add: a share of the training rows (``"1%"``) or a count.
        queries: How many candidate sets it may have evaluated.
        seed: The split, and the randomness of search and victim.
        params: The attack's parameters.
        victim_params: The victim's parameters.
        objective: The metric that a search minimises.
        results: A folder to keep the search in; none unless given.
        **suite: Other keys of a suite (``batch_size``, ``fits``, ``max_accuracy_loss``, ...).

    Returns:
        The rows, the queries and the audit.

    Raises:
        A4GError: For bad names and values, and for a search that failed.
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
        kept.mark(plan.suite.name, plan.loaded.hash, len(plan.searches), plan.suite.yardsticks)
        [planned] = plan.searches
        run_here(plan, planned, kept)
        record = kept.read_search(planned.search_id)
    if record is None or record.search["status"] != "ok":
        why = record.search["error_message"] if record else "it left no result"
        raise A4GError(f"the search of '{attack}' on '{data.name}' failed: {why}")
    return search_result(record)


def evaluate(
    data: Dataset,
    rows: "pd.DataFrame",
    *,
    victim: str = "lightgbm",
    victim_params: Parameters | None = None,
    seeds: Sequence[int] = range(5),
    name: str = "given",
    results: str | Path | None = None,
) -> "pd.DataFrame":
    """Audit poison rows that anybody made, beside controls of the same size, as ``a4g-bench evaluate`` does.

    A gain counts for the ``seeds`` whose audit rows were not seen in the making of the rows.

    Args:
        data: The data set that the rows are added to.
        rows: The rows in the raw schema, the label under its own name or as ``label`` (0 or 1).
        victim: A registered victim.
        victim_params: The victim's parameters.
        seeds: The splits to audit on.
        name: What the rows are called on the board.
        results: A folder to keep the audits in; none unless given.

    Returns:
        The rows of :func:`board` for them and for the controls, at this cell.

    Raises:
        DataError: If a row is infeasible, or there are more of them than training rows.
        VictimError: If the victim is unknown or cannot be trained.
    """
    from a4g_bench.store.results import Results
    from a4g_bench.workflows.evaluate import evaluate as audit_rows
    from a4g_bench.workflows.evaluate import poison_of

    poison = poison_of(rows, data.subject.table.schema, "the rows")
    trained = _victim(victim, victim_params)
    with ExitStack() as stack:
        folder = str(results) if results else stack.enter_context(tempfile.TemporaryDirectory())
        audit_rows(poison, data.subject, trained, list(seeds), Results(folder), name)
        return board(folder, by="cell", budgets=[str(len(poison))])


def _victim(name: str, params: Parameters | None) -> "Named":
    from a4g_bench.suite.model import Named

    named: Named = _valid(Named, {"name": name, "params": dict(params or {})})
    return named


def _plan(data: Dataset, keys: Mapping[str, Any]) -> "Plan":
    from a4g_bench.suite.plan import plan_of

    return plan_of(data.subject, keys)


def _valid(model: Any, keys: Mapping[str, Any]) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(keys)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{where}: {first['msg'].removeprefix('Value error, ')}" if where else first["msg"]) from error
