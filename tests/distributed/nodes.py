"""Several Ray nodes on this machine, each on a loopback address of its own, with token authentication."""

import os
import secrets
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

Nodes = Iterator[tuple[str, dict[str, str]]]


@contextmanager
def nodes(
    count: int, cpus: int = 1, *, open_to_all: bool = False, private: Path | None = None, client_port: int | None = None
) -> Nodes:
    """Start a head and ``count - 1`` workers; gives the address and the environment a driver needs.

    With ``private`` each worker has a host name of its own and another disk at that path, as other machines have (as
    root only); temporary files go there too.
    """
    with tempfile.TemporaryDirectory(prefix="nodes-", ignore_cleanup_errors=True) as folder:  # sockets want short paths
        yield from _nodes(Path(folder), count, cpus, open_to_all, private, client_port)


def can_be_private() -> bool:
    """Whether nodes can have disks and names of their own here: as root, outside a container that forbids it."""
    tried = "mount -t tmpfs tmpfs /mnt && echo node > /proc/sys/kernel/hostname"
    return subprocess.run(["unshare", "--mount", "--uts", "sh", "-c", tried], capture_output=True).returncode == 0


def _nodes(
    folder: Path, count: int, cpus: int, open_to_all: bool, private: Path | None, client_port: int | None
) -> Nodes:
    environment = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(Path(__file__).parent), environment.get("PYTHONPATH", "")])
    environment["RAY_TMPDIR"] = str(folder)
    if private is not None:
        (private / "tmp").mkdir()
        environment["TMPDIR"] = str(private / "tmp")
    if open_to_all:
        environment["RAY_AUTH_MODE"] = "disabled"
    else:
        environment |= {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
    port = free_port()
    address = f"127.0.0.2:{port}"
    started: list[subprocess.Popen[bytes]] = []
    try:
        for position in range(count):
            where = ["--head", f"--port={port}"] if position == 0 else [f"--address={address}"]
            words = [*where, f"--node-ip-address=127.0.0.{position + 2}", f"--num-cpus={cpus}"]
            words += ["--object-store-memory=200000000", "--block"]
            words += ["--include-dashboard=false"] if position == 0 else []
            words += [f"--ray-client-server-port={client_port}"] if client_port and position == 0 else []
            log = (folder / f"node-{position}.log").open("wb")
            ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--disable-usage-stats", *words]
            if private is not None and position:
                name = f"echo node-{position} > /proc/sys/kernel/hostname"
                disk = f"mount -t tmpfs tmpfs {private} && mkdir {private}/tmp"
                alone = f"{name} && {disk} && exec {shlex.join(ray)}"
                ray = ["unshare", "--mount", "--uts", "sh", "-c", alone]
            with log:
                started.append(subprocess.Popen(ray, env=environment, stdout=log, stderr=log, start_new_session=True))
            _wait_for_node(folder / f"node-{position}.log", started[-1])
        yield address, environment
    finally:
        for process in reversed(started):
            _end(process)


def _wait_for_node(log: Path, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 90
    while "Ray runtime started" not in log.read_text(errors="replace"):
        assert process.poll() is None, log.read_text(errors="replace")
        assert time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a node: what it started is in its process group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(timeout=15)


def free_port() -> int:
    """A port that nobody listens on, on the head's address."""
    with socket.socket() as one:
        one.bind(("127.0.0.2", 0))
        port: int = one.getsockname()[1]
        return port
