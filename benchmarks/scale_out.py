"""How throughput grows with nodes: victims that sleep 0.2 s per fit, on 1, 2, 4 and 8 Ray nodes of one core each.

The nodes are raylets on loopback addresses, so they share this machine's cores: what is measured is whether the engine
keeps all of them supplied, as long as its own work fits into the machine. The number of searches grows with the nodes
(each has a seed, so a clean baseline and an audit, of its own). Throughput is fits per second from the moment when as
many searches run as there are nodes to the last moment when that is so: processes that start one after the other on two
cores count no more than the idle end does, what lies between two searches of a node counts in full.
"""

import tempfile
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import yaml

from a4g_bench.store.results import Results
from benchmarks.commands import command
from benchmarks.figure import Figure
from benchmarks.suites import Row
from tests.distributed.nodes import nodes

_SLEEP = 0.2


def throughput(count: int, per_node: int, queries: int) -> tuple[float, float]:
    """Fits per second of ``count`` nodes while all of them are at work, and how many seconds that was."""
    suite = {
        "name": "scale-out",
        "datasets": [{"name": "synthetic", "params": {"rows": 600}}],
        "victims": [{"name": "benchmarks.victims:Sleeping", "as": "sleeping", "params": {"seconds": _SLEEP}}],
        "attacks": ["sobol"],
        "poison_budgets": ["5%"],
        "query_budgets": [queries],
        "seeds": count * per_node,
    }
    with tempfile.TemporaryDirectory() as folder, nodes(count) as (address, environment):
        path = Path(folder) / "scale-out.yaml"
        path.write_text(yaml.safe_dump(suite))
        words = ("--results", f"{folder}/results", "--address", address, "--allow-import", "benchmarks", "--json")
        command("run", path, *words, environment=environment)
        rows: list[Row] = Results(f"{folder}/results").read("searches").to_pylist()
    if any(row["status"] != "ok" for row in rows):
        raise RuntimeError(f"a search failed: {rows[0]['error_message']}")
    began, ended = _all_at_work(rows, count)
    fits = float(sum(row["fits"] * _overlap(row, began, ended) for row in rows))
    seconds = (ended - began).total_seconds()
    return fits / seconds, seconds


def _all_at_work(rows: Sequence[Row], count: int) -> tuple[datetime, datetime]:
    """First and last moment at which ``count`` searches ran."""
    events = sorted([(row["started"], 1) for row in rows] + [(row["ended"], -1) for row in rows])
    running, moments = 0, []
    for when, change in events:
        if running == count:
            moments.append(when)
        running += change
        if running == count:
            moments.append(when)
    if not moments:
        raise RuntimeError(f"{count} searches never ran at the same time")
    return moments[0], moments[-1]


def _overlap(row: Row, began: datetime, ended: datetime) -> float:
    """The share of a search that lies within a span of time."""
    inside: float = (min(row["ended"], ended) - max(row["started"], began)).total_seconds()
    whole: float = (row["ended"] - row["started"]).total_seconds()
    return max(inside, 0.0) / whole


def scale_out(quick: bool) -> Iterator[Figure]:
    """4 searches x 32 queries per node on up to 8 nodes (quick: 3 x 16 on up to 4)."""
    per_node, queries, counts = (3, 16, (2, 4)) if quick else (4, 32, (2, 4, 8))
    alone, _ = throughput(1, per_node, queries)
    for count in counts:
        together, seconds = throughput(count, per_node, queries)
        note = f"{together:.1f} fits/s over {seconds:.0f} s, one node {alone:.2f}, nothing but sleep {1 / _SLEEP:g}"
        yield Figure(f"scale-out-{count}", together / (count * alone), "of linear", 0.9, at_most=False, note=note)
