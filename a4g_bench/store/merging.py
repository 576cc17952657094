"""Several results folders made one: every search once, in the best state that any of them has it."""

from collections.abc import Sequence

from a4g_bench.errors import StoreError
from a4g_bench.store.results import Results


def merge(sources: Sequence[Results], target: Results) -> int:
    """Copy all searches of the ``sources`` into an empty ``target``, with what belongs to them; how many.

    Of a search that several have, the one that is ``ok`` is taken, then the latest attempt, then the first folder's.
    The target is the suite's of the sources, which must be one. Raises ``StoreError`` for folders without results,
    of different suites, or a target that holds any.
    """
    manifests = []
    for source in sources:
        manifest = source.manifest()
        if manifest is None:
            raise StoreError(f"'{source.root}' holds no results")
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
        mine = {search_id for search_id, (_, at) in best.items() if at == position}
        clean = source.identifiers("baselines") - audited
        target.take(source, mine, clean)
        audited |= clean
    target.mark(first["suite"], first["suite_hash"], max(int(manifest["searches"]) for manifest in manifests))
    return len(best)
