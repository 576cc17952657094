"""The library: what the commands do, as functions for notebooks and scripts.

``load`` a data set and ``inspect`` it, ``search`` for rows with one attack, ``evaluate`` rows that anybody made,
``run`` a suite, read the ``board`` as a DataFrame, ``compare`` two of them, ``replay`` a search, write the ``report``.
Only ``run`` starts Ray. Results are objects that say in one line what they hold; nothing is printed.
"""

import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from a4g_bench import plugins
from a4g_bench.errors import A4GError, DataError, without_secrets
from a4g_bench.protocol import MEAN_SEED

if TYPE_CHECKING:
    import pandas as pd

    from a4g_bench.store.results import SearchRecord
    from a4g_bench.suite.model import Named
    from a4g_bench.suite.plan import Plan, Subject
    from a4g_bench.workflows.replay import Replayed


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
    def gap(self) -> tuple[float, float, float]:
        """Unfairness U of the clean victim, and its 95 % interval."""
        gap = self.facts["gap"]
        return gap["value"], gap["low"], gap["high"]

    @property
    def accuracy(self) -> float:
        """Accuracy of the clean victim on audit rows."""
        return float(self.facts["accuracy"])

    @property
    def rankable(self) -> bool:
        """Whether attacks on the pair of data set and victim can be ranked."""
        return bool(self.facts["rankable"])

    @property
    def reason(self) -> str:
        """Why attacks cannot be ranked; empty if they can."""
        return str(self.facts["reason"])

    def __repr__(self) -> str:
        gap, low, high = (100 * value for value in self.gap)
        ranked = "rankable" if self.rankable else f"not rankable: {self.reason}"
        return (
            f"Inspection({self.facts['dataset']!r}, victim={self.facts['victim']!r}; gap {gap:.1f}"
            f" [{low:.1f}, {high:.1f}] points, {ranked})"
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
class RunResult:
    """Where a suite stands after a run: the identifiers of its searches, by what became of them.

    Together they are the suite. ``errors`` says of each failed search why; ``ran`` counts the searches that this run
    ended.
    """

    folder: str
    complete: tuple[str, ...]
    failed: tuple[str, ...]
    missing: tuple[str, ...]
    errors: Mapping[str, str] = field(default_factory=dict)
    ran: int = 0
    interrupted: bool = False

    @property
    def is_complete(self) -> bool:
        """Whether every search of the suite has its result."""
        return not self.failed and not self.missing

    def board(self, by: View | None = None) -> "pd.DataFrame":
        """The board of the folder.

        Args:
            by: What to break it down by, as :func:`board` takes it.

        Returns:
            A row per entrant, as :func:`board` returns it.

        Raises:
            StoreError: If the folder holds no search yet.
        """
        return board(self.folder, by=by)

    def __repr__(self) -> str:
        return (
            f"RunResult({without_secrets(self.folder)!r}: {len(self.complete)} complete, {len(self.failed)} failed,"
            f" {len(self.missing)} missing)"
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
        kept.mark(plan.suite.name, plan.loaded.hash, len(plan.searches))
        [planned] = plan.searches
        run_here(plan, planned, kept)
        record = kept.read_search(planned.search_id)
    if record is None or record.search["status"] != "ok":
        why = record.search["error_message"] if record else "it left no result"
        raise A4GError(f"the search of '{attack}' on '{data.name}' failed: {why}")
    return _search_result(record)


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


def run(
    suite: str | Path,
    results: str | Path | None = None,
    workers: int | None = None,
    *,
    seeds: int | None = None,
    limit: int | None = None,
    retry_errors: bool = False,
    address: str | None = None,
    allow_open_cluster: bool = False,
    allow_import: Sequence[str] = (),
    say: Callable[[str], None] = lambda line: None,
) -> RunResult:
    """Run what a suite still misses on Ray, as ``a4g-bench run`` does; nothing runs twice.

    ``a4g-bench status FOLDER`` tells from another terminal how far it is. Interrupted, it returns what there is, and
    the same call goes on from there.

    Args:
        suite: A suite file, or the name of a built-in suite.
        results: The results folder or URI; ``results/<suite name>`` unless given.
        workers: Cores to use; all of this machine's unless given.
        seeds: Only the suite's first so many seeds.
        limit: Run at most so many searches now.
        retry_errors: Whether to run failed searches again too.
        address: A running Ray cluster: ``auto`` or ``HOST:PORT``; Ray is started here unless given.
        allow_open_cluster: Whether to use a cluster although it answers without a token.
        allow_import: Modules from which the suite may take victims by import path. Their code is run.
        say: Hears, line by line, what a person would want to know beside the progress.

    Returns:
        Where the suite stands: complete, failed and missing searches, and the folder.

    Raises:
        A4GError: Before anything runs, if the suite, its data, the options or the folder cannot be used.
    """
    from a4g_bench.distributed.options import RunOptions
    from a4g_bench.suite.load import load_suite
    from a4g_bench.suite.plan import make_plan
    from a4g_bench.workflows.run import run_suite

    cores = {} if workers is None else {"workers": workers}
    options = RunOptions(
        address=address, retry_errors=retry_errors, limit=limit, open_cluster=allow_open_cluster, **cores
    )
    plan = make_plan(load_suite(str(suite), allow_import, seeds))
    for note in plan.notes:
        say(f"note: {note}")
    folder = str(results) if results else f"results/{plan.suite.name}"
    outcome = run_suite(plan, folder, options, say=say)
    complete, failed, missing = (
        tuple(planned.search_id for planned in searches)
        for searches in (outcome.status.complete, outcome.status.failed, outcome.status.missing)
    )
    return RunResult(folder, complete, failed, missing, outcome.status.errors, outcome.ran, outcome.interrupted)


def board(
    *folders: str | Path,
    by: View | None = None,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> "pd.DataFrame":
    """The board of results folders, as ``a4g-bench leaderboard`` has it. Filters recompute everything.

    Args:
        *folders: Results folders or URIs.
        by: Break it down per data set, victim or poison budget, or into single cells.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.
        budgets: Only these poison budgets, as ``"1%"`` or ``"50"``.
        attacks: Only these attacks.

    Returns:
        A row per entrant (and what ``by`` says), the columns those of :class:`a4g_bench.leaderboard.Row`.

    Raises:
        StoreError: If a folder holds no results, results cannot share a board, or a name is not in them.
    """
    import pandas as pd

    from a4g_bench.leaderboard import build
    from a4g_bench.store.results import whole_tables_of

    tables = whole_tables_of(_roots(folders))
    built = build(tables, datasets=datasets, victims=victims, budgets=budgets, attacks=attacks)
    rows = built.overall if by is None else built.cells if by == "cell" else built.by(by)
    return pd.DataFrame([row.to_json() for row in rows], columns=[column.key for column in built.columns])


def compare(before: Folders, after: Folders, *, datasets: Sequence[str] = (), victims: Sequence[str] = ()) -> Changes:
    """Say what changed between two sets of results beyond noise, as ``a4g-bench compare`` does.

    Entrants are paired by name, cell, seed and audit row.

    Args:
        before: A results folder, or several that make one board.
        after: What to hold against it.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.

    Returns:
        The changes of every entrant, overall and per cell.

    Raises:
        StoreError: If a folder holds no results, or the two have nothing in common or cannot share a board.
    """
    import pandas as pd

    from a4g_bench.leaderboard import Change
    from a4g_bench.leaderboard import compare as compared
    from a4g_bench.store.results import whole_tables_of

    comparison = compared(
        whole_tables_of(_roots(before)), whole_tables_of(_roots(after)), datasets=datasets, victims=victims
    )
    overall, cells = (
        pd.DataFrame([change.to_json() for change in changes], columns=list(Change.__dataclass_fields__))
        for changes in (comparison.overall, comparison.cells)
    )
    return Changes(overall, cells, comparison.only_before, comparison.only_after)


def replay(
    search_id: str, folder: str | Path, *, suite: str | Path | None = None, allow_import: Sequence[str] = ()
) -> "Replayed":
    """Train on a search's poison rows again to verify its figures, as ``a4g-bench replay`` does.

    A search whose predictions are the stored ones is noted in the folder as verified.

    Args:
        search_id: The search's identifier, or the beginning that only it has.
        folder: The results folder that holds it.
        suite: The suite that made it; the built-in one of its name unless given.
        allow_import: Modules from which the suite may take victims by import path. Their code is run.

    Returns:
        Whether every prediction is the stored one (``verified``), the figures then and now, the versions that changed.

    Raises:
        A4GError: If there is no such search in the folder or in the suite, or its data or victim cannot be had.
    """
    from a4g_bench.store.results import locate
    from a4g_bench.workflows.replay import replay_search

    known_id, results = locate(search_id, [str(folder)])
    return replay_search(results, known_id, None if suite is None else str(suite), allow_import)


def report(
    folders: Folders,
    out: str | Path = "report.html",
    *,
    title: str | None = None,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> Path:
    """Write results as one HTML page that needs no network, as ``a4g-bench report`` does.

    Args:
        folders: A results folder, or several that make one board.
        out: The file to write.
        title: The heading; the suites' names unless given.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.
        budgets: Only these poison budgets, as ``"1%"`` or ``"50"``.
        attacks: Only these attacks.

    Returns:
        The file.

    Raises:
        StoreError: If a folder holds no results, results cannot share a board, or the file cannot be written.
    """
    from a4g_bench.leaderboard import Selection, study
    from a4g_bench.leaderboard.records import Budget
    from a4g_bench.reporting import write_page
    from a4g_bench.store.results import whole_tables_of

    tables = whole_tables_of(_roots(folders))
    wanted = tuple(Budget.parse(text) for text in budgets)
    selection = Selection(tuple(datasets), tuple(victims), wanted, tuple(attacks))
    write_page(study(tables, selection), tables, Path(out), title)
    return Path(out)


def register(kind: plugins.Kind, name: str, what: Any) -> None:
    """Give an attack, victim, data set, defence, reference line or metric a name in this process.

    For notebooks and scripts, with this module's functions; a run on Ray finds plugins by entry points alone. A name
    that is registered again, or that a package has registered, is hidden by it.

    Args:
        kind: ``attacks``, ``victims``, ``datasets``, ``defences``, ``references`` or ``metrics``.
        name: Its name in suites and results.
        what: The class; of a metric, the object.
    """
    plugins.register(kind, name, what)


def _roots(folders: Folders) -> list[str]:
    return [str(folders)] if isinstance(folders, str | Path) else [str(folder) for folder in folders]


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


def _search_result(record: "SearchRecord") -> SearchResult:
    import pandas as pd

    from a4g_bench.store.poison_rows import without_search

    rows = pd.DataFrame()
    if record.poison is not None:
        rows = without_search(record.poison).to_pandas()
    queries = pd.DataFrame(record.queries).drop(columns="search_id", errors="ignore")
    audits = pd.DataFrame([row for row in record.audits if row["audit_seed"] == MEAN_SEED])
    audits = audits[audits["evaluated_on"] == record.search["victim"]].set_index("role")
    return SearchResult(rows, queries, audits.drop(columns=["search_id", "audit_seed"]), record.search)
