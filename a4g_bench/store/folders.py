"""Several results folders: found by a search, read as tables, made one."""

from collections.abc import Callable, Sequence

from a4g_bench.errors import StoreError
from a4g_bench.store.results import Results
from a4g_bench.store.tables import ResultTables


def merge(sources: Sequence[Results], target: Results) -> int:
    """Copy all searches of some folders into an empty one, with what belongs to them.

    Of a search that several have, the one that is ``ok`` is taken, then the latest attempt, then the first folder's.
    The target is the suite's of the sources, which must be one.

    Args:
        sources: The folders to copy from.
        target: The folder to copy into.

    Returns:
        How many searches there are in it.

    Raises:
        StoreError: For folders without results, of different suites, or a target that holds any.
    """
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
    if target.manifest() is not None:
        raise StoreError(f"'{target.root}' holds results already: name an empty folder")
    best: dict[str, tuple[tuple[bool, int], int]] = {}
    for position, source in enumerate(sources):
        rows = source.read("searches", columns=["status", "attempt"]).to_pylist()
        for row in rows:
            worth = row["status"] == "ok", row["attempt"] or 0
            if row["search_id"] not in best or best[row["search_id"]][0] < worth:
                best[row["search_id"]] = worth, position
    audited: set[str] = set()
    for position, source in enumerate(sources):
        taken = {search_id for search_id, (_, at) in best.items() if at == position}
        clean = source.identifiers("baselines") - audited
        target.take(source, taken, clean)
        audited |= clean
    planned = max(int(manifest["searches"]) for manifest in manifests)
    target.mark(first["suite"], first["suite_hash"], planned, sources[0].yardsticks())
    return len(best)


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
