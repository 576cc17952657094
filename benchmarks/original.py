"""One run of the loop of Attack4Good (2021), beside ``ax-row-greedy`` with as many fits: COMPAS, gradient boosting.

python -m benchmarks.original [--json] [--quick]

The loop is written anew after the repository ``viewsetting/Attack4Good`` (``Bayesian_Optimization/src``): the package
``bayesian-optimization`` proposes one row at a time (upper confidence bound, kappa 2.5, one dimension per number and
per category), the victim is trained on all rows with it, and a row that lowers the gap stays, upon which a new
optimisation begins. 496 fits beside that of the clean victim. Ours gives the rows the same label and proposes eight at
a time. Both get the same training and validation rows and the same encoding, and are timed without imports, data and
the start of Ray. The loop may use all threads it wants; ours has two cores.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench.attacks.ax.proposer import Acquisition
from a4g_bench.data.schema import Schema
from a4g_bench.engine.view import View
from a4g_bench.protocol import AUDIT_SEEDS, SCORE_FOLDS
from a4g_bench.victims.encoding import Encoder
from benchmarks.ax import seconds_per_candidate
from benchmarks.figure import Figure, table
from benchmarks.suites import CORES, plan_of, run, searching_seconds

Array = npt.NDArray[Any]
#: Fits of ours that are no queries: the clean victim's, those for its scores, and both sides of the audit.
_BESIDE = 1 + SCORE_FOLDS + 2 * AUDIT_SEEDS


@dataclass(frozen=True)
class Cost:
    """Seconds of one run: wall, CPU, and what of them the proposals took; ``fits`` that it made."""

    wall: float
    cpu: float
    proposing: float
    fits: int


def bounds(schema: Schema, rows: Array) -> dict[str, tuple[float, float]]:
    """One dimension per number (its range) and per category (0 to 1)."""
    found: dict[str, tuple[float, float]] = {}
    for position, feature in enumerate(schema.features):
        if feature.kind == "categorical":
            found |= {f"{feature.name}={category}": (0.0, 1.0) for category in feature.categories}
        else:
            found[feature.name] = float(rows[:, position].min()), float(rows[:, position].max())
    return found


def decode(schema: Schema, point: dict[str, Any]) -> Array:
    """The row (1, d) that a point stands for: numbers rounded, of each feature the category with the largest value."""
    row = np.zeros((1, len(schema.features)))
    for position, feature in enumerate(schema.features):
        if feature.kind == "categorical":
            row[0, position] = np.argmax([point[f"{feature.name}={category}"] for category in feature.categories])
        else:
            row[0, position] = round(float(point[feature.name]))
    for position, feature in enumerate(schema.features):
        if feature.derived is not None:
            row[:, position] = feature.derived.apply(row[:, schema.index(feature.derived.source)])
    return row


def loop(view: View, fits: int) -> Cost:
    """The original's loop with so many fits."""
    from bayes_opt import BayesianOptimization
    from bayes_opt.acquisition import UpperConfidenceBound
    from sklearn.ensemble import GradientBoostingClassifier

    n, schema = view.n_train, view.schema
    encoder = Encoder.of(schema, "one-hot", view.features[:n])
    x, y = encoder(view.features[:n]), view.labels[:n]
    judged, truth, groups = encoder(view.features[n:]), view.labels[n:], view.groups[n:]
    where = bounds(schema, view.features[:n])
    model = GradientBoostingClassifier(random_state=1)

    def score(x: Array, y: Array) -> float:
        """Minus the larger gap of the two error rates."""
        predicted = model.fit(x, y).predict(judged)
        rates = [[predicted[(truth == label) & (groups == group)].mean() for group in (0, 1)] for label in (0, 1)]
        return -float(max(abs(first - second) for first, second in rates))

    began, cpu, proposing = time.perf_counter(), time.process_time(), 0.0
    best, left = score(x, y), fits - 1
    while left > 0:
        optimiser = BayesianOptimization(
            None, where, acquisition_function=UpperConfidenceBound(kappa=2.5), random_state=1, verbose=0,
            allow_duplicate_points=True,
        )  # fmt: skip
        better = False
        while left > 0 and not better:
            asked = time.perf_counter()
            point = optimiser.suggest()
            proposing += time.perf_counter() - asked
            with_row = np.vstack([x, encoder(decode(schema, point))]), np.append(y, np.int8(1))
            value = score(*with_row)
            optimiser.register(point, value)
            left, better = left - 1, value > best
            if better:
                best, (x, y) = value, with_row
    return Cost(time.perf_counter() - began, time.process_time() - cpu, proposing, fits)


def ours(fits: int) -> tuple[Cost, View]:
    """``ax-row-greedy`` with so many fits on two cores; CPU is that of fits and proposals."""
    plan = plan_of(
        datasets=["compas"], victims=["gradient_boosting"],
        attacks=[{"name": "ax-row-greedy", "params": {"label": 1}}], objectives=["fpr_difference"],
        poison_budgets=[12], query_budgets=[fits - _BESIDE], seeds=1, resources={"cores": CORES},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        rows = run(plan, folder)
    [planned], [row] = plan.searches, rows
    proposing = float(row["propose_seconds"])
    cost = Cost(searching_seconds(rows), row["fit_cpu_seconds"] + proposing, proposing, fits)
    return cost, View.of(plan.subjects[planned.key].table, planned.subject.attribute, 0)


def original(quick: bool) -> Iterator[Figure]:
    """Both with 497 fits (quick: 65): wall and CPU of the loop over ours, and Ax's part in ours.

    Beside it seconds per candidate of Ax in 13 dimensions with 500 observations (quick: 100), as shipped and as
    ``ucb``, on one thread.
    """
    fits, observations = (65, 100) if quick else (497, 500)
    if find_spec("bayes_opt") is None:
        remedy = "needs the package bayesian-optimization: pip install 'a4g-bench[bench]'"
        yield Figure("original", None, "x less wall", 2.5, at_most=False, note=remedy)
    else:
        mine, view = ours(fits)
        theirs = loop(view, fits)
        both = f"the loop {theirs.wall:.0f} s, ax-row-greedy {mine.wall:.0f} s, {fits} fits each"
        yield Figure("original", theirs.wall / mine.wall, "x less wall", 2.5, at_most=False, note=both)
        cpu = f"{theirs.fits / theirs.cpu:.2f} and {mine.fits / mine.cpu:.2f} fits per CPU-second"
        yield Figure("original-cpu", theirs.cpu / mine.cpu, "x less CPU", note=cpu)
        loops = f"the loop's proposals {theirs.proposing / theirs.cpu:.2f}"
        yield Figure("original-ax-share", mine.proposing / mine.cpu, "of CPU", note=loops)
    with threadpool_limits(1):
        used: dict[str, Acquisition] = {"": "lean", "-ucb": "ucb"}
        for name, acquisition in used.items():
            seconds = seconds_per_candidate(13, False, observations, acquisition)
            note = f"13 dimensions, {observations} observations"
            yield Figure(f"original-ax-seconds{name}", seconds, "s per candidate", 0.3, note=note)


_KEYS = {
    "original": "wall_ratio",
    "original-cpu": "cpu_ratio",
    "original-ax-share": "ax_share",
    "original-ax-seconds": "ax_s_per_candidate",
    "original-ax-seconds-ucb": "ax_ucb_s_per_candidate",
}


def main() -> int:
    """Print the figures; exit code 1 if a goal was missed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.original", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help=f"print one object: {', '.join(_KEYS.values())}")
    parser.add_argument("--quick", action="store_true", help="65 fits each, 100 observations")
    arguments = parser.parse_args()
    figures = list(original(arguments.quick))
    if arguments.json:
        print(json.dumps({_KEYS[figure.name]: figure.value for figure in figures}, indent=1))
    else:
        print(table(figures))
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
