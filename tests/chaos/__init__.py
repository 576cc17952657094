"""Killing a run's processes at random moments, and holding what it leaves against an undisturbed run."""
