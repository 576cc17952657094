"""What crafting poison rows by gradients costs, and how that grows with the training rows and with the poison rows.

A synthetic table, one draw each on one thread. The objective is ``error``, which spends the whole budget.
"""

import time
from collections.abc import Iterator

import numpy as np

from a4g_bench.attacks.base import Problem, get_attack
from a4g_bench.data.generated import Synthetic
from a4g_bench.engine.view import View
from a4g_bench.metrics.estimate import Estimate, Measurement
from benchmarks.figure import Figure

_TRAIN_SHARE = 0.6
_UNMEASURED = Estimate(0.0, 0.0)  # the attack does not read the clean victim


def problem_of(training: int) -> Problem:
    """The problem on a synthetic table with so many training rows."""
    view = View.of(Synthetic().load(rows=round(training / _TRAIN_SHARE), features=20), "group", 0)
    return Problem(
        train=view.pool(np.arange(view.n_train)),
        validation=view.pool(np.arange(view.n_train, len(view.labels))),
        domain=view.domain,
        attribute=view.attribute,
        group_names=view.schema.group_names(view.attribute),
        favourable=view.schema.favourable,
        budget=0,
        query_budget=0,
        batch_size=1,
        max_accuracy_loss=0.01,
        seed=0,
        clean=Measurement(_UNMEASURED, _UNMEASURED, _UNMEASURED, (0.0, 0.0)),
    )


def seconds(training: int, poison: int) -> float:
    """Seconds of one draw of so many poison rows."""
    problem = problem_of(training)
    attack = get_attack("gradient", {"objective": "error"})
    attack.start(problem)
    started = time.perf_counter()
    found = attack.draw({}, problem.train, poison, np.random.default_rng(0))
    assert len(found) == poison
    return time.perf_counter() - started


def gradient(quick: bool) -> Iterator[Figure]:
    """18,000 training rows, as Adult's 30,000 give (quick: 3,000); growth is the time for four times as many, in units
    of four times the time.
    """
    training = 3_000 if quick else 18_000
    few, many = training // 100, training // 5
    base = {poison: seconds(training, poison) for poison in (few, many)}
    note = f"{training:,} training rows"
    yield Figure("gradient-1%", base[few], "s", note=note)
    yield Figure("gradient-20%", base[many], "s", note=note)
    yield Figure("gradient-growth-rows", seconds(4 * training, few) / base[few] / 4, "of linear", 1.5, note=note)
    yield Figure("gradient-growth-poison", base[many] / seconds(training, many // 4) / 4, "of linear", 1.5, note=note)
