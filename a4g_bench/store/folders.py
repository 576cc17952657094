"""Several results folders: found by a search, read as tables, made one."""

from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from a4g_bench.errors import StoreError
from a4g_bench.store.holdings import STATE_COLUMNS, Holdings
from a4g_bench.store.results import Results
from a4g_bench.store.tables import ResultTables


@dataclass(frozen=True, eq=False)
class Merged:
    """How many searches a merged folder holds, and which it does not: no folder has all that belongs to them.

    ``left_out`` maps a search to the tables that lack its rows. ``incomplete`` says whether damage may have cost any.
    """

    searches: int
    left_out: Mapping[str, str]
    incomplete: bool


def merge(sources: Sequence[Results], target: Results) -> Merged:
    """Copy all searches of some folders into an empty one, with what belongs to them.

    Of a search that several have, one that is ``ok`` and whole is taken, then one that is not ``ok``, then the latest
    attempt, then the first folder's. One that is ``ok`` and nowhere whole is left out. The target is the suite's of the
    sources, which must be one.

    Args:
        sources: The folders to copy from; their ``damaged`` lists what could not be read.
        target: The folder to copy into.

    Returns:
        What there is in it.

    Raises:
        StoreError: For folders without results, of different suites, or a target that holds any.
    """
    first, planned = _one_suite(sources)
    if target.manifest() is not None:
        raise StoreError(f"'{target.root}' holds results already: name an empty folder")
    best: dict[str, tuple[tuple[bool, int], int]] = {}
    lacking: dict[str, list[str]] = {}
    held: list[Holdings] = []
    for position, source in enumerate(sources):
        rows = source.read("searches", columns=STATE_COLUMNS).to_pylist()
        holdings = Holdings.of(source)
        held.append(holdings)
        for row in rows:
            search_id, ok = row["search_id"], row["status"] == "ok"
            if ok and (missing := holdings.lacks(row)):
                lacking.setdefault(search_id, missing)
                continue
            worth = ok, row["attempt"] or 0
            if search_id not in best or best[search_id][0] < worth:
                best[search_id] = worth, position
    audited: set[str] = set()
    for position, source in enumerate(sources):
        taken = {search_id for search_id, (_, at) in best.items() if at == position}
        clean = held[position].present["baselines"] - audited
        target.take(source, taken, clean)
        audited |= clean
    target.mark(first["suite"], first["suite_hash"], planned, sources[0].yardsticks())
    left_out = {search_id: ", ".join(names) for search_id, names in lacking.items() if search_id not in best}
    lost = [name for source in sources for name in source.damaged if _may_be_lost(name, best.keys())]
    return Merged(len(best), left_out, bool(left_out or lost))


def _one_suite(sources: Sequence[Results]) -> tuple[Mapping[str, Any], int]:
    """The first manifest of folders that are one suite's, and how many searches that plans."""
    manifests = []
    for source in sources:
        manifest = source.manifest()
        if manifest is None:
            raise StoreError(f"'{source.root}' holds no results")
        if not isinstance(manifest.get("suite_hash"), str) or not isinstance(manifest.get("searches"), int):
            key = "searches" if isinstance(manifest.get("suite_hash"), str) else "suite_hash"
            raise StoreError(f"results '{source.root}': manifest.json says no '{key}': run its suite again first")
        manifests.append(manifest)
    first = manifests[0]
    for source, manifest in zip(sources, manifests, strict=True):
        if manifest["suite"] != first["suite"]:
            raise StoreError(
                f"'{source.root}' holds results of suite '{manifest['suite']}', '{sources[0].root}' of"
                f" '{first['suite']}': the leaderboard takes several folders as they are"
            )
    return first, max(int(manifest["searches"]) for manifest in manifests)


def _may_be_lost(name: str, merged: Set[str]) -> bool:
    """Whether a damaged file may have held the only row of a search."""
    folder, _, file = name.rpartition("/")
    return folder == "searches" and file.removesuffix(".parquet") not in merged


def locate(
    search_id: str, roots: Sequence[str], damaged: Callable[[str, str], None] = lambda name, why: None
) -> tuple[str, Results]:
    """Find a search in some results folders.

    Args:
        search_id: Its identifier, or the beginning that only it has.
        roots: The folders to look in.
        damaged: Hears of each file that cannot be read, and why.

    Returns:
        The whole identifier, and the first folder that holds it.

    Raises:
        StoreError: If there is none, or several begin so.
    """
    matches: dict[str, Results] = {}
    for root in roots:
        results = Results(root)
        known = results.identifiers("searches") if results.manifest() is not None else set()
        if search_id in known:
            return search_id, results
        matches |= {identifier: results for identifier in known if identifier.startswith(search_id)}
        for name, why in results.damaged.items():
            damaged(f"{root}/{name}", why)
    where = ", ".join(roots) or "results/ (there are no results)"
    if not matches:
        raise StoreError(f"search '{search_id}': not found in {where}; a4g-bench check SUITE --json lists identifiers")
    if len(matches) > 1:
        some = ", ".join(sorted(matches)[:3]) + (", ..." if len(matches) > 3 else "")
        raise StoreError(f"search '{search_id}': {len(matches)} begin so in {where}: {some}; give more of it")
    [match] = matches.items()
    return match


def tables_of(roots: Sequence[str], damaged: dict[str, str] | None = None) -> list[ResultTables]:
    """The tables of some results folders.

    Args:
        roots: The folders.
        damaged: Takes the unreadable files, which are left out, with the reason.

    Returns:
        The tables, folder by folder.

    Raises:
        StoreError: If a folder holds no results.
    """
    tables = []
    for root in roots:
        results = Results(root)
        if results.manifest() is None:
            raise StoreError(f"'{results.root}' holds no results: run a suite first, or name its results folder")
        tables.append(
            ResultTables(
                results.root,
                searches=results.read("searches"),
                predictions=results.read("predictions"),
                baselines=results.read("baselines"),
                audits=results.read("audits"),
                metrics=results.read("metrics"),
                address=root,
                yardsticks=results.yardsticks(),
            )
        )
        for name, why in results.damaged.items():
            (damaged if damaged is not None else {})[f"{results.root}/{name}"] = why
    return tables


def whole_tables_of(roots: Sequence[str]) -> list[ResultTables]:
    """The tables of some results folders, of which every file must be readable.

    Args:
        roots: The folders.

    Returns:
        The tables, folder by folder.

    Raises:
        StoreError: If a folder holds no results, or a file cannot be read.
    """
    damaged: dict[str, str] = {}
    tables = tables_of(roots, damaged)
    for name, why in damaged.items():
        raise StoreError(f"{name} cannot be read ({why})")
    return tables
