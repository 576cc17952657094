"""``ray up`` on two nodes over ssh, a run and a submitted job there, equal to a local run, and ``ray down``."""

import subprocess
from pathlib import Path

import pytest

_NOT_HERE = 77


@pytest.mark.cluster
def test_two_nodes_over_ssh_give_the_numbers_of_one() -> None:
    done = subprocess.run([Path(__file__).parent / "run.sh"], capture_output=True, text=True, timeout=1800)
    if done.returncode == _NOT_HERE:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nothing left running" in done.stdout
