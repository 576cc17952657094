"""What a machine must have for a run, examined on the machine itself."""

import os
import shutil
import socket
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from a4g_bench import plugins
from a4g_bench.distributed.environment import THREADS
from a4g_bench.errors import A4GError, without_secrets
from a4g_bench.provenance import package_versions
from a4g_bench.store.files import Files

GB = 2**30
#: Below these a run is likely to fail on the way.
LEAST_MEMORY_PER_CORE = 1.0 * GB
LEAST_DISK = 1.0 * GB
LEAST_SHARED = 0.5 * GB


@dataclass(frozen=True, kw_only=True)
class Examined:
    """What was found on one node. ``memory``, ``disk`` and ``shared`` are free bytes; ``shared`` is ``/dev/shm``.

    ``results`` and ``data`` map what was tried to why it failed, or to None where it worked.
    """

    host: str
    versions: Mapping[str, str]
    cores: int
    threads: Mapping[str, str]
    memory: int
    disk: int
    shared: int
    results: Mapping[str, str | None] = field(default_factory=dict)
    data: Mapping[str, str | None] = field(default_factory=dict)


def examine(results: str | None, datasets: Sequence[str]) -> Examined:
    """Examine the machine this is called on, as a run's processes on it would find it."""
    return Examined(
        host=socket.gethostname(),
        versions=package_versions(),
        cores=len(os.sched_getaffinity(0)),
        threads={name: os.environ.get(name, default) for name, default in THREADS.items()},
        memory=psutil.virtual_memory().available,
        disk=shutil.disk_usage(tempfile.gettempdir()).free,
        shared=shutil.disk_usage("/dev/shm").free if Path("/dev/shm").is_dir() else 0,
        results={} if results is None else {without_secrets(results): _writable(results)},
        data={name: _loadable(name) for name in datasets},
    )


def _writable(root: str) -> str | None:
    try:
        files = Files(root)
        name = f"claims/.probe-{uuid.uuid4().hex[:8]}"
        files.write(name, b"a4g-bench doctor")
        content = files.read(name).to_pybytes()
        files.delete(name)
    except (A4GError, OSError) as error:
        return str(error)
    return None if content == b"a4g-bench doctor" else "what was written is not what is read"


def _loadable(name: str) -> str | None:
    try:
        plugins.get("datasets", name)().load()
    except A4GError as error:
        return str(error)
    return None


def problems(node: Examined, driver: Mapping[str, str], locked: Mapping[str, str]) -> list[str]:
    """What is wrong with a node, each in one line with its remedy."""
    faults = []
    for name, version in node.versions.items():
        if name in driver and driver[name] != version:
            faults.append(
                f"{name} {version}, the driver has {driver[name]}: numbers would depend on the node; install the same"
            )
        elif name in locked and locked[name] != version.partition("+")[0]:
            faults.append(f"{name} {version}, the lock has {locked[name]}: pip install -c constraints.txt")
    for name, value in node.threads.items():
        if value not in ("", "1"):
            faults.append(f"{name}={value}: more threads than a search's cores slow everything down; unset it")
    if node.memory < LEAST_MEMORY_PER_CORE * node.cores:
        faults.append(f"{node.memory / GB:.1f} GB of free memory for {node.cores} cores: use fewer workers")
    if node.disk < LEAST_DISK:
        faults.append(f"{node.disk / GB:.1f} GB free in {tempfile.gettempdir()}: make room, or set RAY_TMPDIR")
    if node.shared < LEAST_SHARED:
        faults.append(
            f"{node.shared / GB:.1f} GB free in /dev/shm: Ray shares tables there; in a container give --shm-size=2g"
        )
    return [*faults, *(why for why in (*node.results.values(), *node.data.values()) if why is not None)]
