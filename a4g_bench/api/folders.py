"""Suites, and the results folders that they make."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from a4g_bench import plugins
from a4g_bench.api.objects import Changes
from a4g_bench.errors import without_secrets

if TYPE_CHECKING:
    import pandas as pd

    from a4g_bench.workflows.replay import Replayed

Parameters = Mapping[str, Any]
Folders = str | Path | Sequence[str | Path]
View = Literal["dataset", "victim", "budget", "cell"]


@dataclass(frozen=True, eq=False, kw_only=True)
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
    profile: bool = False,
    allow_import: Sequence[str] = (),
    allow_read: Sequence[str] = (),
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
        profile: Whether to keep where the time went, for ``a4g-bench status`` to show.
        allow_import: Modules from which the suite may take victims by import path. Their code is run.
        allow_read: Paths and URIs outside the suite's folder that it may read tables from.
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
        address=address,
        retry_errors=retry_errors,
        limit=limit,
        open_cluster=allow_open_cluster,
        profile=profile,
        **cores,
    )
    plan = make_plan(load_suite(str(suite), allow_import, seeds, allow_read))
    for note in plan.notes:
        say(f"note: {note}")
    folder = str(results) if results else f"results/{plan.suite.name}"
    outcome = run_suite(plan, folder, options, say=say)
    complete, failed, missing = (
        tuple(planned.search_id for planned in searches)
        for searches in (outcome.status.complete, outcome.status.failed, outcome.status.missing)
    )
    return RunResult(
        folder=folder,
        complete=complete,
        failed=failed,
        missing=missing,
        errors=outcome.status.errors,
        ran=outcome.ran,
        interrupted=outcome.interrupted,
    )


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
    from a4g_bench.store.folders import whole_tables_of

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
    from a4g_bench.store.folders import whole_tables_of

    comparison = compared(
        whole_tables_of(_roots(before)), whole_tables_of(_roots(after)), datasets=datasets, victims=victims
    )
    overall, cells = (
        pd.DataFrame([change.to_json() for change in changes], columns=list(Change.__dataclass_fields__))
        for changes in (comparison.overall, comparison.cells)
    )
    return Changes(overall, cells, comparison.only_before, comparison.only_after)


def replay(
    search_id: str,
    folder: str | Path,
    *,
    suite: str | Path | None = None,
    allow_import: Sequence[str] = (),
    allow_read: Sequence[str] = (),
) -> "Replayed":
    """Train on a search's poison rows again to verify its figures, as ``a4g-bench replay`` does.

    A search whose predictions are the stored ones is noted in the folder as verified.

    Args:
        search_id: The search's identifier, or the beginning that only it has.
        folder: The results folder that holds it.
        suite: The suite that made it; the built-in one of its name unless given.
        allow_import: Modules from which the suite may take victims by import path. Their code is run.
        allow_read: Paths and URIs outside the suite's folder that it may read tables from.

    Returns:
        Whether every prediction is the stored one (``verified``), the figures then and now, the versions that changed.

    Raises:
        A4GError: If there is no such search in the folder or in the suite, or its data or victim cannot be had.
    """
    from a4g_bench.store.folders import locate
    from a4g_bench.workflows.replay import replay_search

    known_id, results = locate(search_id, [str(folder)])
    return replay_search(results, known_id, None if suite is None else str(suite), allow_import, allow_read)


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
    from a4g_bench.store.folders import whole_tables_of

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
