"""Speed and memory of the engine: ``python -m benchmarks.engine [--json] [--only NAME] [--out FILE]``.

Each figure is printed beside its goal and written to Parquet. The data come from the package's ``data`` extra (COMPAS).
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from a4g_bench import seeds
from a4g_bench.attacks.base import Candidate
from a4g_bench.engine.clean import fit_clean
from a4g_bench.engine.fits import InlineFitter
from a4g_bench.engine.local import run_here
from a4g_bench.engine.row_sets import TRAIN, VALIDATION
from a4g_bench.engine.search import Search
from a4g_bench.engine.view import View
from a4g_bench.metrics.confusion import unfairness
from a4g_bench.metrics.estimate import measure
from a4g_bench.store.results import Results
from a4g_bench.suite.spec import PoisonSearch
from a4g_bench.victims.base import get_victim
from a4g_bench.victims.encoding import Encoder
from a4g_bench.workflows.run import run_suite
from benchmarks.figure import Figure, table
from benchmarks.suites import own_ray, plan_of, searching_seconds


def efficiency() -> Iterator[Figure]:
    """8 searches x 32 queries, LightGBM on COMPAS, sobol, 2 cores: CPU spent in fits over 2 x wall.

    ``efficiency`` counts the wall from the first search's start, when Ray and its processes are up; with_start counts
    it from the moment Ray itself answers, so that the start of the run's own processes is in it.
    """
    plan = plan_of(
        datasets=["compas"], victims=["lightgbm"], attacks=["sobol"], poison_budgets=["1%"], query_budgets=[32], seeds=8
    )
    with tempfile.TemporaryDirectory() as folder, own_ray() as options:
        started = time.monotonic()
        run_suite(plan, folder, options)
        whole = time.monotonic() - started
        rows = Results(folder).read("searches").to_pylist()
    searching = searching_seconds(rows)
    cpu = sum(r["fit_cpu_seconds"] for r in rows)
    yield Figure("efficiency", cpu / (2 * searching), "fit CPU / (2 x wall)", 0.75, at_most=False)
    yield Figure("efficiency_with_start", cpu / (2 * whole), "fit CPU / (2 x wall)")
    yield Figure("start_s", whole - searching, "s")


def driver_memory() -> Iterator[Figure]:
    """How the driver's memory grows with queries: 2 searches of 50 and then of 1,050 cheap queries each, in one
    driver.
    """
    sizes = []
    with own_ray() as options:
        for queries in (50, 50, 1050):
            plan = plan_of(
                datasets=[{"name": "synthetic", "params": {"rows": 600}}],
                victims=["logistic_regression"],
                attacks=["sobol"],
                poison_budgets=["5%"],
                query_budgets=[queries],
                seeds=2,
            )
            with tempfile.TemporaryDirectory() as folder:
                run_suite(plan, folder, options)
            sizes.append(psutil.Process().memory_info().rss / 1e6)
    yield Figure("driver_mb_per_1000_queries", (sizes[2] - sizes[1]) / 2, "MB", 5.0)


def ax() -> Iterator[Figure]:
    """ax-allocation as shipped, batch 8: seconds of Ax per candidate at 100 observations with the constraint; its
    share.
    """
    plan = plan_of(
        datasets=["compas"],
        victims=["lightgbm"],
        attacks=["ax-allocation"],
        poison_budgets=["1%"],
        query_budgets=[150],
        seeds=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        results = Results(folder)
        task = run_here(plan, plan.searches[0], results)
        record = results.read_search(plan.searches[0].search_id)
    assert record is not None
    late = [q["propose_seconds"] for q in record.queries if 96 <= q["query"] < 112 and q["phase"] == "explore"]
    proposing, fitting = task.row["propose_seconds"], task.row["fit_cpu_seconds"]
    yield Figure("ax_s_per_candidate", statistics.mean(late), "s", 0.8)
    yield Figure("ax_share", proposing / (proposing + fitting), "of the search's CPU")


def loop() -> Iterator[Figure]:
    """The query loop beside the fit on COMPAS, 5 % of rows: draw and check, encode, predict, measure; medians of 50."""
    plan = plan_of(
        datasets=["compas"], victims=["lightgbm"], attacks=["sobol"], poison_budgets=["5%"], query_budgets=[50], seeds=1
    )
    [planned] = plan.searches
    subject, spec = plan.subjects[planned.key], planned.spec
    view = View.of(subject.table, subject.attribute, spec.seed)
    training_data = view.training_data(spec.victim, 1)
    fitter = InlineFitter(training_data)
    clean_baseline = fit_clean(view, spec.victim, spec.fits, fitter, with_scores=True)
    assert isinstance(spec, PoisonSearch)
    search = Search(planned.search_id, spec, view, clean_baseline, fitter)
    encoder = Encoder.of(view.schema, "one-hot", view.features[: view.n_train])
    model = get_victim(spec.victim.name, {}).estimator(seeds.query_victim_seed(0, 0, 0))
    model.fit(encoder(view.features[: view.n_train]), view.labels[: view.n_train])
    judged = encoder(view.features[view.n_train :])
    sample = view.sample(training_data.sets[VALIDATION])
    clean = clean_baseline.clean["holdout"]
    candidates = [Candidate(c.parameters) for c in search.attack.ask(8)]
    poison = search.oracle.draw(search.attack, candidates[0], TRAIN)
    parts: dict[str, Callable[[int], Any]] = {
        "decode": lambda i: search.oracle.draw(search.attack, candidates[i % 8], TRAIN).digest,
        "encode": lambda i: encoder(poison.features),
        "predict": lambda i: model.predict(judged),
        "measure": lambda i: measure(sample, [1 - clean[0]], clean, unfairness),
    }
    total = 0.0
    for name, call in parts.items():
        times = []
        for i in range(50):
            started = time.perf_counter()
            call(i)
            times.append(1000 * (time.perf_counter() - started))
        yield Figure(f"loop_{name}_ms", statistics.median(times), "ms")
        total += statistics.median(times)
    yield Figure("loop_ms", total, "ms", 10.0)


def command_line() -> Iterator[Figure]:
    """``a4g-bench --help`` (median of 7) and ``a4g-bench plan`` of 10,000 searches (median of 3), whole processes."""
    yield Figure("help_s", _median(["--help"], 7), "s", 0.5)
    suite = {
        "name": "ten-thousand",
        "datasets": ["compas", "synthetic"],
        "victims": ["logistic_regression", "lightgbm"],
        "attacks": ["clean", "random-rows", "random-duplicates", "cell-duplication", "sobol"],
        "poison_budgets": ["0.1%", "0.5%", "1%", "2%", "5%"],
        "seeds": 100,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ten-thousand.yaml"
        path.write_text(yaml.safe_dump(suite))
        yield Figure("plan_10000_s", _median(["plan", str(path)], 3), "s", 5.0)


def _median(words: list[str], times: int) -> float:
    main = "import sys; from a4g_bench.cli import main; sys.exit(main())"
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        subprocess.run([sys.executable, "-c", main, *words], capture_output=True, check=True)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


BENCHMARKS: dict[str, Callable[[], Iterator[Figure]]] = {
    "efficiency": efficiency,
    "ax": ax,
    "loop": loop,
    "command_line": command_line,
    "driver_memory": driver_memory,
}


def main() -> int:
    """Run the benchmarks; exit 1 if a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.engine", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    parser.add_argument("--only", choices=sorted(BENCHMARKS), help="run one benchmark")
    parser.add_argument(
        "--out", default="build/benchmarks/engine.parquet", help="Parquet file to write (default: %(default)s)"
    )
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for name in [arguments.only] if arguments.only else BENCHMARKS:
        figures += BENCHMARKS[name]()
    path = Path(arguments.out)
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist([{**asdict(f), "met": f.met} for f in figures]), path)
    if arguments.json:
        print(json.dumps({f.name: round(f.value, 4) for f in figures if f.value is not None}, indent=1))
    else:
        print(table(figures))
    return int(any(figure.met is False for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
