"""Calling a function on every node of a cluster."""

from collections.abc import Callable
from typing import TypeVar

from a4g_bench.engine.distributed import connected
from a4g_bench.engine.options import RunOptions
from a4g_bench.engine.pool import fetch

# isort: split

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

T = TypeVar("T")


def on_each_node(options: RunOptions, call: Callable[[], T]) -> dict[str, T]:
    """What ``call`` returns on each living node of the cluster at ``options.address``, by the node's address.

    Raises what it raised. ``call`` travels by name: the package must be installed on the nodes.
    """
    with connected(options):
        asked = {}
        for node in ray.nodes():
            if node["Alive"]:
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                remote = ray.remote(num_cpus=0, scheduling_strategy=there)(lambda: call())
                asked[node["NodeManagerAddress"]] = remote.remote()
        return {address: fetch(answer) for address, answer in asked.items()}
