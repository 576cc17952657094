"""Killing a run's processes at random moments, and holding what it leaves against an undisturbed run."""

import sys


def say(line: str) -> None:
    """Progress, on standard error."""
    sys.stderr.write(line + "\n")
