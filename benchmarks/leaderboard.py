"""The leaderboard over a large folder: 10,000 searches with predictions, and 5 million queries.

The folder is made up and written through the store, as compaction leaves it: 5 data sets of 6,000 audit rows, 4
victims, 10 attacks, 5 poison budgets, 10 seeds; 5 audit victim seeds; 500 queries per search. Measured are wall and
peak resident memory of the process ``a4g-bench leaderboard FOLDER``.
"""

import json
import tempfile
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.store import tables
from a4g_bench.store.results import Results
from a4g_bench.store.table_files import TableFiles
from benchmarks.commands import command
from benchmarks.figure import Figure

Row = dict[str, Any]
Bits = npt.NDArray[np.uint8]
_PEOPLE = 6_000
_QUERIES = 500
_ROWS_PER_PART = 250
_CONTROLS = ("clean", "random-rows", "random-duplicates")
_ATTACKS = (*_CONTROLS, *(f"attack-{number}" for number in range(7)))
_DATASETS, _VICTIMS = [f"data-{i}" for i in range(5)], [f"victim-{i}" for i in range(4)]
_BUDGETS = (0.001, 0.005, 0.01, 0.02, 0.05)


def write_folder(root: str, seeds: int) -> int:
    """Write the folder; gives the number of searches."""
    results = Results(root)
    writer = TableFiles(results.files)
    rng = np.random.default_rng(0)
    baselines: list[Row] = []
    searches: list[Row] = []
    predictions: list[Row] = []
    for dataset, seed in product(_DATASETS, range(seeds)):
        labels, groups = (rng.integers(2, size=_PEOPLE, dtype=np.uint8) for _ in range(2))
        for victim in _VICTIMS:
            clean = [labels ^ _wrong(rng, groups, 0.2) for _ in range(AUDIT_SEEDS)]
            baseline_id = f"b1-{dataset}-{victim}-{seed}"
            baselines += _baseline(baseline_id, dataset, victim, seed, labels, groups, clean)
            for attack, budget in product(_ATTACKS, _BUDGETS):
                row = _search(dataset, victim, attack, budget, seed, baseline_id)
                searches.append(row)
                poisoned = [one ^ (rng.random(_PEOPLE) < 0.03) for one in clean]
                predictions += _predictions(row["search_id"], victim, poisoned)
    results.mark("leaderboard", "0" * 16, len(searches))
    for name, rows, size in (
        ("baselines", baselines, _ROWS_PER_PART),
        ("searches", searches, _ROWS_PER_PART),
        ("predictions", predictions, _ROWS_PER_PART * AUDIT_SEEDS),
    ):
        for first in range(0, len(rows), size):
            part = pa.Table.from_pylist(rows[first : first + size], tables.TABLES[name])
            writer.write(_part(name, first // size), part)
    _write_queries(writer, [row["search_id"] for row in searches], rng)
    return len(searches)


def _part(name: str, number: int) -> str:
    return f"{name}/part-{number + 1:06d}-{number:08x}.parquet"


def _wrong(rng: np.random.Generator, groups: Bits, gap: float) -> Bits:
    return (rng.random(len(groups)) < 0.1 + gap * groups).astype(np.uint8)


def _baseline(
    baseline_id: str, dataset: str, victim: str, seed: int, labels: Bits, groups: Bits, clean: Sequence[Bits]
) -> list[Row]:
    return [
        {
            "baseline_id": baseline_id, "dataset": dataset, "attribute": "group", "fingerprint": f"f-{dataset}",
            "victim": victim, "seed": seed, "audit_seed": position, "favourable": 1, "group_names": ["a", "b"],
            "rows": len(labels), "row_ids": np.arange(len(labels), dtype=np.int32),
            "labels": np.packbits(labels).tobytes(), "groups": groups.tobytes(),
            "predicted": np.packbits(one).tobytes(),
        }
        for position, one in enumerate(clean)
    ]  # fmt: skip


def _search(dataset: str, victim: str, attack: str, budget: float, seed: int, baseline_id: str) -> Row:
    queries = 0 if attack in _CONTROLS else _QUERIES
    identity = {"attack": {"name": attack, "params": {}}, "victim": {"name": victim, "params": {}}}
    now = datetime.now(UTC)
    return {
        **dict.fromkeys(tables.SEARCHES.names),
        "search_id": f"s1-{dataset}-{victim}-{attack}-{budget}-{seed}", "status": "ok", "attempt": 1,
        "suite": "leaderboard", "dataset": dataset, "attribute": "group", "victim": victim, "attack": attack,
        "attack_name": attack, "objective": "unfairness", "budget": f"{100 * budget:g}%", "budget_share": budget,
        "budget_rows": int(budget * 3 * _PEOPLE), "query_budget": queries, "seed": seed,
        "role": "control" if attack in _CONTROLS else "search", "baseline_id": baseline_id, "cautions": [],
        "train_rows": 3 * _PEOPLE, "validation_rows": _PEOPLE, "audit_rows": _PEOPLE, "queries": queries,
        "poison_rows": int(budget * 3 * _PEOPLE), "fits": queries + AUDIT_SEEDS, "fingerprint": f"f-{dataset}",
        "validation_gap_clean": 0.2, "validation_gap_poisoned": 0.15, "favourable": 1, "protocol_version": 1,
        "identity": json.dumps(identity), "started": now, "ended": now, "propose_seconds": 1.0,
        "fit_cpu_seconds": 10.0,
    }  # fmt: skip


def _predictions(search_id: str, victim: str, poisoned: Sequence[Bits]) -> list[Row]:
    return [
        {
            "search_id": search_id, "evaluated_on": victim, "audit_seed": position, "rows": len(one),
            "predicted": np.packbits(one).tobytes(),
        }
        for position, one in enumerate(poisoned)
    ]  # fmt: skip


def _write_queries(writer: TableFiles, search_ids: Sequence[str], rng: np.random.Generator) -> None:
    """As many queries for each search, controls included: the numbers of one stand for those of all."""
    rows = [
        {
            "query": query, "batch": query // 8, "phase": "explore", "replicate": 0, "poison_rows": 180, "fits": 1,
            "parameters": json.dumps({f"x{i}": float(x) for i, x in enumerate(rng.random(8))}),
            "digest": rng.bytes(8).hex(), "harm": rng.random(2).tolist(),
            **{
                name: float(rng.random())
                for name in tables.QUERIES.names
                if tables.QUERIES.field(name).type == pa.float64()
            },
        }
        for query in range(_QUERIES)
    ]  # fmt: skip
    template = pa.Table.from_pylist(rows, tables.QUERIES)
    for first in range(0, len(search_ids), _ROWS_PER_PART):
        mine = search_ids[first : first + _ROWS_PER_PART]
        part = pa.concat_tables([template] * len(mine)).combine_chunks()
        names = pa.DictionaryArray.from_arrays(np.repeat(np.arange(len(mine)), _QUERIES), list(mine))
        part = part.set_column(0, tables.QUERIES.field(0), names.cast(pa.string()))
        writer.write(_part("queries", first // _ROWS_PER_PART), part)


def leaderboard(quick: bool) -> Iterator[Figure]:
    """10,000 searches (quick: 1,000, so with one seed)."""
    with tempfile.TemporaryDirectory() as folder:
        searches = write_folder(folder, 1 if quick else 10)
        spent = command("leaderboard", folder)
    note = f"{searches:,} searches, {searches * _QUERIES:,} queries"
    yield Figure("leaderboard", spent.seconds, "s", 20.0, note=note)
    yield Figure("leaderboard-memory", spent.gigabytes, "GB at the peak", 1.0, note=note)
