"""One run of the loop of Attack4Good (2021), beside ``ax-allocation`` with as many fits: COMPAS, gradient boosting.

The loop is written anew after the repository ``viewsetting/Attack4Good`` (``Bayesian_Optimization/src``): the package
``bayesian-optimization`` proposes one row at a time (upper confidence bound, kappa 2.5, one dimension per number and
per category), the victim is trained on all rows with it, and a row that lowers the gap stays, upon which a new
optimisation begins. 496 fits beside that of the clean victim. Both get the same training and validation rows and the
same encoding, and are timed without imports, data and the start of Ray. The loop may use all threads it wants; ours has
two cores.
"""

import tempfile
import time
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from a4g_bench.data.schema import Schema
from a4g_bench.engine.view import SCORE_FOLDS, View
from a4g_bench.seeds import AUDIT_SEEDS
from a4g_bench.victims.encoding import Encoder
from benchmarks.figure import Figure
from benchmarks.suites import CORES, plan_of, run, searching_seconds

Array = npt.NDArray[Any]
_UNIT, _GOAL = "x less wall", 2.5
#: Fits of ours that are no queries: the clean victim's, those for its scores, and both sides of the audit.
_BESIDE = 1 + SCORE_FOLDS + 2 * AUDIT_SEEDS


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


def loop(view: View, fits: int) -> float:
    """Seconds of the original loop with so many fits."""
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

    began = time.perf_counter()
    best, left = score(x, y), fits - 1
    while left > 0:
        optimiser = BayesianOptimization(
            None, where, acquisition_function=UpperConfidenceBound(kappa=2.5), random_state=1, verbose=0,
            allow_duplicate_points=True,
        )  # fmt: skip
        better = False
        while left > 0 and not better:
            point = optimiser.suggest()
            with_row = np.vstack([x, encoder(decode(schema, point))]), np.append(y, np.int8(1))
            value = score(*with_row)
            optimiser.register(point, value)
            left, better = left - 1, value > best
            if better:
                best, (x, y) = value, with_row
    return time.perf_counter() - began


def original(quick: bool) -> Iterator[Figure]:
    """Wall of the loop with 497 fits (quick: 65) over that of ``ax-allocation``, one search on two cores."""
    if find_spec("bayes_opt") is None:
        remedy = "needs the package bayesian-optimization: pip install bayesian-optimization"
        yield Figure("original", None, _UNIT, _GOAL, at_most=False, note=remedy)
        return
    fits = 65 if quick else 497
    plan = plan_of(
        datasets=["compas"], victims=["gradient_boosting"], attacks=["ax-allocation"], poison_budgets=["1%"],
        query_budgets=[fits - _BESIDE], seeds=1, resources={"cores": CORES},
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        ours = searching_seconds(run(plan, folder))
    [planned] = plan.searches
    theirs = loop(View.of(plan.subjects[planned.key].table, planned.subject.attribute, 0), fits)
    note = f"the loop {theirs:.0f} s, ax-allocation {ours:.0f} s, {fits} fits each"
    yield Figure("original", theirs / ours, _UNIT, _GOAL, at_most=False, note=note)
