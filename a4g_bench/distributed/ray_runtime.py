"""The Ray of a run: started here or connected to, kept to those with its token, asked on every node."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from pathlib import Path
from typing import Any, TypeVar

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from a4g_bench.distributed import environment
from a4g_bench.distributed.lifeline import watched
from a4g_bench.distributed.options import RunOptions
from a4g_bench.distributed.pool import fetch
from a4g_bench.errors import A4GError

#: Asks a cluster's directory for a key without a token, as a stranger would; prints whether it answered.
_STRANGER = """
import sys
from ray._raylet import GcsClient
try:
    GcsClient(address=sys.argv[1]).internal_kv_exists(b"stranger", None)
except Exception:
    print("refused")
else:
    print("answered")
"""
_SECONDS = 60


def require_token(gcs_address: str) -> None:
    """Raise ``A4GError`` if a cluster answers without a token: whoever reaches it could then run code on it.

    A process without a token tries whether it does, since Ray has no call that says so.
    """
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_AUTH_")}
    environment["RAY_AUTH_MODE"] = "disabled"
    command = [sys.executable, "-c", _STRANGER, gcs_address]
    try:
        done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=_SECONDS)
    except subprocess.TimeoutExpired:
        return  # it does not talk to strangers
    if "answered" in done.stdout:
        raise A4GError(
            f"the Ray cluster at {gcs_address} answers without a token, so whoever reaches it can run code there: start"
            " it with RAY_AUTH_MODE=token (docs/cluster.md), or say --allow-open-cluster"
        )


#: A cluster that is busy starting may fail to serve a client that it has let in: that is tried again.
_SERVER_FAILED, _TRIES, _PAUSE_SECONDS = "Initialization failure from server", 3, 3.0


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Ray's remarks (on each worker that dies, for one) off standard output, which is for results; rows tell
    them.
    """
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        yield


@contextmanager
def connected(options: RunOptions) -> Iterator[None]:
    """A Ray for the block: one of our own, the cluster at ``options.address``, or the one in use already."""
    for name in ("ray", "ray.tune", "ray.data", "ray.train"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    if ray.is_initialized():  # a notebook's own: used, and left running
        yield
        return
    start_ray(options)
    try:
        if options.address is not None and not options.open_cluster:
            require_token(ray.get_runtime_context().gcs_address)
        with watched() if options.address is None else nullcontext():
            yield
    finally:
        ray.shutdown()


def start_ray(options: RunOptions) -> None:
    """Start Ray on this machine, or connect to a cluster. Raises ``A4GError`` in one line if that fails."""
    settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL, "configure_logging": True}
    for trial in range(1, _TRIES + 1):
        try:
            if options.address is None:
                ray.init("local", num_cpus=options.workers, include_dashboard=False, **settings)
            else:
                ray.init(options.address, runtime_env={"env_vars": environment.THREADS}, **settings)
            return
        except Exception as error:  # Ray has no class of its own for what can go wrong at a start
            if trial < _TRIES and _SERVER_FAILED in str(error):
                time.sleep(_PAUSE_SECONDS)
                continue
            where = options.address or "this machine"
            lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
            reason = f"{lines[0]} {lines[-1]}" if lines[0].endswith(":") and len(lines) > 1 else lines[0]
            raise A4GError(f"Ray cannot be started at {where}: {reason}") from error


T = TypeVar("T")


def on_each_node(options: RunOptions, call: Callable[[], T]) -> dict[str, T]:
    """What ``call`` returns on each living node of the cluster at ``options.address``, by the node's address.

    Raises what it raised. ``call`` travels by name: the package must be installed on the nodes.
    """
    with connected(options):
        answers = {}
        for node in ray.nodes():
            if node["Alive"]:
                there = NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
                remote = ray.remote(num_cpus=0, scheduling_strategy=there)(lambda: call())
                answers[node["NodeManagerAddress"]] = remote.remote()
        return {address: fetch(answer) for address, answer in answers.items()}
