"""What a run does when Ray's processes die, with others of their names; ``test_failures.py`` kills one of Ray's own."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

#: Starts processes of these names, and says their numbers; the first of them ends after a moment.
RUN = """
import subprocess, sys, time
from a4g_bench.distributed.lifeline import watched
children = [subprocess.Popen([path, "600"]) for path in sys.argv[2:]]
print(*(child.pid for child in children), flush=True)
with watched():
    if sys.argv[1] == "kill":
        children[0].kill()
        time.sleep(60)
print("over")
for child in children:
    child.kill()
"""


def named(folder: Path, *names: str) -> list[str]:
    """Programs of these names that do nothing for so many seconds."""
    sleep = shutil.which("sleep")
    assert sleep is not None
    for name in names:
        shutil.copy(sleep, folder / name)
    return [str(folder / name) for name in names]


def run(what: str, programs: list[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, "-c", RUN, what, *programs], capture_output=True, text=True, timeout=60)


def lives(pid: int) -> bool:
    """Whether a process goes on; one that ended may wait to be reaped."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize(("name", "told"), [("raylet", "scheduler"), ("gcs_server", "directory")])
def test_the_run_ends_in_one_line_with_all_that_is_below_it(tmp_path: Path, name: str, told: str) -> None:
    done = run("kill", named(tmp_path, name, "other"))
    assert done.returncode == 3
    line = f"Ray's {told} on this machine ended from outside: run the same command again to go on\n"
    assert done.stderr == f"\n{line}"
    children = [int(pid) for pid in done.stdout.split()]
    assert len(children) == 2
    until = time.monotonic() + 10  # a process that was killed may take a moment to end
    while any(map(lives, children)) and time.monotonic() < until:
        time.sleep(0.05)
    assert not any(map(lives, children))


def test_the_end_of_any_other_process_is_none_of_its_business(tmp_path: Path) -> None:
    script = RUN.replace("time.sleep(60)", "time.sleep(2)")
    programs = named(tmp_path, "other", "raylet", "gcs_server")
    done = subprocess.run([sys.executable, "-c", script, "kill", *programs], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("over\n")


def test_after_the_block_ray_may_end(tmp_path: Path) -> None:
    done = run("leave", named(tmp_path, "raylet", "gcs_server"))
    assert (done.returncode, done.stderr) == (0, "")
