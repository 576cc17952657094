"""Queries per second of the engine, beside the usual way: one Tune trial per query.

Both train LightGBM on the same COMPAS rows with 1 % of poison, one fit per query, on two cores, with the same
environment (one thread per process, no log files per trial, no niceness). The usual way is written here with plain Ray
Tune: a function that draws its rows, fits, measures the gap and reports. Both are timed from the start of the first
search or trial to the end, so that the start of Ray and of the engine's long-lived processes is in neither.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from a4g_bench.engine.view import View
from a4g_bench.victims.base import get_victim
from a4g_bench.victims.encoding import Encoder
from benchmarks.figure import Figure
from benchmarks.suites import CORES, own_ray, plan_of, run, searching_seconds

Array = npt.NDArray[Any]
_SUITE = {"datasets": ["compas"], "victims": ["lightgbm"], "attacks": ["sobol"], "poison_budgets": ["1%"]}


def engine(searches: int, queries: int) -> float:
    """Queries per second of the engine, audits and all else included."""
    plan = plan_of(**_SUITE, query_budgets=[queries], seeds=searches)
    with tempfile.TemporaryDirectory() as folder:
        rows = run(plan, folder)
    return searches * queries / searching_seconds(rows)


def _query(config: dict[str, float], data: dict[str, Array]) -> None:
    """One query as a trial: copies of rows, more of those (group, label) cells to which the weights point; the gap."""
    from ray import tune

    cells = 2 * data["groups"] + data["labels"]
    weights = np.array([config[f"cell{cell}"] for cell in range(4)])[cells]
    rng = np.random.default_rng(0)
    rows = rng.choice(len(cells), size=len(cells) // 100, p=weights / weights.sum())
    model = get_victim("lightgbm", {}).estimator(0)
    model.fit(np.vstack([data["x"], data["x"][rows]]), np.append(data["labels"], data["labels"][rows]))
    wrong = model.predict(data["judged"]) != data["truth"]
    deserving = data["truth"] == data["favourable"]
    first, second = (float(wrong[deserving & (data["judged_groups"] == group)].mean()) for group in (0, 1))
    tune.report({"gap": abs(first - second)})


def one_trial_per_query(queries: int) -> float:
    """Queries per second with a Tune trial for each."""
    plan = plan_of(**_SUITE, query_budgets=[queries], seeds=1)
    [planned] = plan.searches
    view = View.of(plan.subjects[planned.key].table, planned.subject.attribute, 0)
    n = view.n_train
    encoded = Encoder.of(view.schema, "one-hot", view.features[:n])(view.features)
    data = {
        "x": encoded[:n], "labels": view.labels[:n], "groups": view.groups[:n], "judged": encoded[n:],
        "truth": view.labels[n:], "judged_groups": view.groups[n:], "favourable": np.int64(view.schema.favourable),
    }  # fmt: skip
    with own_ray(), tempfile.TemporaryDirectory() as folder:
        from ray import tune

        tuner = tune.Tuner(
            tune.with_resources(tune.with_parameters(_query, data=data), {"cpu": 1}),
            param_space={f"cell{cell}": tune.uniform(0.01, 1.0) for cell in range(4)},
            tune_config=tune.TuneConfig(num_samples=queries),
            run_config=tune.RunConfig(name="usual", storage_path=folder, verbose=0),
        )
        results = tuner.fit()
        ended = time.time()
    told = [result.metrics for result in results if result.metrics is not None]
    if len(told) < queries or results.errors:
        raise RuntimeError(f"a trial failed: {results.errors[0] if results.errors else 'no result'}")
    began = min(metrics["timestamp"] - metrics["time_total_s"] for metrics in told)
    return float(queries / (ended - began))


def queries_per_second(quick: bool) -> Iterator[Figure]:
    """Medians of three runs of 8 x 64 queries (quick: one of 4 x 32), over one of 60 trials (quick: 16)."""
    times, searches, queries, trials = (1, 4, 32, 16) if quick else (3, 8, 64, 60)
    ours = statistics.median(engine(searches, queries) for _ in range(times))
    usual = one_trial_per_query(trials)
    note = f"{ours:.1f} queries/s, one trial per query {usual:.2f}/s, {CORES} cores"
    yield Figure("queries-per-second", ours / usual, "x one trial per query", 15.0, at_most=False, note=note)
