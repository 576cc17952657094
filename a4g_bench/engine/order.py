"""Which search runs next: the longest, but none whose own process is just starting."""

import time
from itertools import islice
from typing import Any

import ray
from ray.tune.experiment import Trial
from ray.tune.schedulers import FIFOScheduler

_ASK_EVERY_SECONDS = 5.0


class InOrder(FIFOScheduler):
    """First in, first out, for processes that are reused.

    Tune starts a process for each of the oldest pending trials, and gives a process that has become free to the trial
    chosen here; one that was starting for that trial is then thrown away. Choosing the oldest, as Tune does by itself,
    keeps a new node from ever getting work while searches are shorter than the start of a process. So as many of the
    oldest as there are free places are left to the processes that are starting for them.
    """

    def __init__(self, cores: int) -> None:
        super().__init__()
        self._cores = cores
        self._first = 0
        self._places, self._asked = 1, 0.0

    def choose_trial_to_run(self, tune_controller: Any) -> Trial | None:
        """The trial that a free process gets."""
        trials = tune_controller.get_trials()
        while self._first < len(trials) and trials[self._first].is_finished():
            self._first += 1
        unfinished = trials[self._first :]
        running = sum(trial.status == Trial.RUNNING for trial in islice(unfinished, 4 * self._count_places()))
        starting = max(0, self._places - running - 1)
        pending = (trial for trial in unfinished if trial.status == Trial.PENDING)
        chosen = None
        for chosen in islice(pending, starting + 1):  # noqa: B007  # the last of them, or the last there is
            pass
        return chosen

    def _count_places(self) -> int:
        """How many searches the cluster has cores for, now."""
        now = time.monotonic()
        if now - self._asked > _ASK_EVERY_SECONDS:
            self._places = max(1, int(ray.cluster_resources().get("CPU", 0)) // self._cores)
            self._asked = now
        return self._places
