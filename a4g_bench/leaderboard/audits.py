"""The audits table read the way statistics need it: clean and poisoned side by side."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import pyarrow.compute as pc

from a4g_bench.leaderboard.records import ResultTables

Row = dict[str, Any]
#: The audit seed of the rows that are means over the victim seeds.
MEAN = -1


def sides_of(table: ResultTables, columns: Iterable[str], *, mean: bool) -> dict[str, list[tuple[Row, Row]]]:
    """Per search the (clean, poisoned) rows of its own victim's audit: of the means, or one pair per victim seed.

    Audits on other victims, behind defences, and of one side alone are left out.
    """
    if table.audits is None:
        return {}
    seeds = table.audits["audit_seed"]
    chosen = table.audits.filter(pc.equal(seeds, MEAN) if mean else pc.greater_equal(seeds, 0))
    victims = dict(zip(*(table.searches[name].to_pylist() for name in ("search_id", "victim")), strict=True))
    found: dict[tuple[str, int], dict[str, Row]] = defaultdict(dict)
    for row in chosen.select(["search_id", "evaluated_on", "role", "audit_seed", *columns]).to_pylist():
        if victims.get(row["search_id"]) == row["evaluated_on"]:
            found[row["search_id"], row["audit_seed"]][row["role"]] = row
    pairs: dict[str, list[tuple[Row, Row]]] = defaultdict(list)
    for (search_id, _), by_role in found.items():
        if len(by_role) == 2:
            pairs[search_id].append((by_role["clean"], by_role["poisoned"]))
    return pairs
