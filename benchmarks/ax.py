"""What a proposal of Ax costs, and what it finds: the lean acquisition beside Ax's default, on one thread.

python -m benchmarks.ax [--json] [--seeds 10] [--quick] [--part speed|quality] [--problem NAME] [--queries 96]

Speed: seconds per candidate in batches of 8, told 50 to 400 observations, one batch first to warm up. Quality: the true
objective where the model thinks it is best (`picked`), by how much that violates the constraint, and the best true
feasible objective among all queries (`found`), after 24, 48 and all queries; the same seeds for both, so the same first
8 points.
"""

import argparse
import json
import math
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

from a4g_bench.attacks.ax.proposer import Acquisition, Observation, Point, Proposer
from benchmarks.figure import Figure

Array = npt.NDArray[np.float64]
ACQUISITIONS: tuple[Acquisition, ...] = ("lean", "default")
BATCH = 8


@dataclass(frozen=True)
class Problem:
    """A function of the unit cube to minimise, with the SEM of its noise; ``loss <= 0`` if it is constrained."""

    name: str
    dimensions: int
    sem: float
    objective: Callable[[Array], float]
    loss: Callable[[Array], float] | None = None

    def query(self, point: Point, rng: np.random.Generator) -> Observation:
        x = np.array(point)
        objective = self.objective(x) + self.sem * rng.standard_normal()
        loss = None if self.loss is None else (self.loss(x) + self.sem * rng.standard_normal(), self.sem)
        return Observation(point, (objective, self.sem), loss)

    def truth(self, point: Point) -> tuple[float, float]:
        """Noiseless objective and violation of the constraint."""
        x = np.array(point)
        return self.objective(x), 0.0 if self.loss is None else max(self.loss(x), 0.0)

    def proposer(self, seed: int, acquisition: Acquisition) -> Proposer:
        names = [f"x{index}" for index in range(self.dimensions)]
        bound = None if self.loss is None else 0.0
        return Proposer(names, seed=seed, initial=BATCH, max_loss=bound, acquisition=acquisition)


def hartmann6(x: Array) -> float:
    """Minimum -3.322."""
    from botorch.test_functions import Hartmann
    from torch import from_numpy

    return float(Hartmann(dim=6)(from_numpy(x)))


def ackley(x: Array) -> float:
    """Ackley's function on [-5, 10]^d, minimum 0."""
    z = 15.0 * x - 5.0
    hills = math.exp(float(np.cos(2 * math.pi * z).mean()))
    return 20.0 + math.e - 20.0 * math.exp(-0.2 * math.sqrt(float(np.square(z).mean()))) - hills


def quadratic(x: Array) -> float:
    """A bowl whose axes matter ever less, minimum 0."""
    d = len(x)
    return float((0.8 ** np.arange(d) * np.square(x - np.linspace(0.2, 0.8, d))).sum())


PROBLEMS = {
    problem.name: problem
    for problem in (
        Problem("hartmann6", 6, 0.05, hartmann6),
        Problem("ackley7", 7, 0.2, ackley),
        Problem("quadratic13", 13, 0.02, quadratic),
        Problem("hartmann6, sum(x) <= 1.8", 6, 0.05, hartmann6, lambda x: float(x.sum()) - 1.8),
    )
}


def seconds_per_candidate(
    dimensions: int, constrained: bool, observations: int, acquisition: Acquisition, times: int = 1
) -> float:
    """Of one batch, the cost of telling the batch before included; the median of several seeds."""
    loss = (lambda x: float(x.mean()) - 0.45) if constrained else None
    problem = Problem("bowl", dimensions, 0.02, quadratic, loss)
    taken = []
    for seed in range(times):
        rng = np.random.default_rng(seed)
        proposer = problem.proposer(seed, acquisition)
        proposer.tell([problem.query(point, rng) for point in proposer.ask(BATCH)])
        points = rng.random((observations - 2 * BATCH, dimensions)).tolist()
        proposer.tell([problem.query(tuple(point), rng) for point in points])
        proposer.tell([problem.query(point, rng) for point in proposer.ask(BATCH)])
        begin = time.perf_counter()
        proposer.ask(BATCH)
        taken.append((time.perf_counter() - begin) / BATCH)
    return statistics.median(taken)


def speed(counts: list[int], dimensions: list[int]) -> Iterator[dict[str, Any]]:
    """Seconds per candidate of both acquisitions."""
    for d, constrained, count in product(dimensions, (False, True), counts):
        row: dict[str, Any] = {"d": d, "constrained": constrained, "observations": count}
        yield row | {one: seconds_per_candidate(d, constrained, count, one) for one in ACQUISITIONS}


def ax_seconds(quick: bool) -> Iterator[Figure]:
    """Seconds of Ax per candidate in batches of 8, as shipped, on one thread, beside Ax's defaults.

    At 50, 100, 200 and 400 observations, in 7 and 13 dimensions, with and without an outcome constraint; medians of 3,
    of the defaults once (quick: at 200 observations only, once, without the defaults). The goals are for 200.
    """
    with threadpool_limits(1):
        for d, constrained, count in product((7, 13), (False, True), (200,) if quick else (50, 100, 200, 400)):
            lean = seconds_per_candidate(d, constrained, count, "lean", 1 if quick else 3)
            name = f"ax-seconds-d{d}{'-constrained' if constrained else ''}-at-{count}"
            goal = (0.3 if constrained else 0.15) if count == 200 else None
            default = None if quick else seconds_per_candidate(d, constrained, count, "default")
            note = "" if default is None else f"Ax's defaults {default:.2f} s, {default / lean:.1f} x"
            yield Figure(name, lean, "s per candidate", goal, note=note)


def ax_quality(quick: bool) -> Iterator[Figure]:
    """The objective at the point picked after 96 queries, and its violation: ours less Ax's defaults, 10 paired seeds.

    In standard errors of the paired difference; not worse: at most 1.645 (one-sided, 5 %). Quick: 2 seeds, 24 queries.
    """
    seeds, queries = (2, 24) if quick else (10, 96)
    with threadpool_limits(1):
        for name, problem in PROBLEMS.items():
            searches = [search(problem, seed, one, queries) for seed in range(seeds) for one in ACQUISITIONS]
            measures = ("picked",) if problem.loss is None else ("picked", "violation")
            for row in paired(searches):
                if row["queries"] == queries and row["measure"] in measures:
                    in_errors = row["difference"] / row["sem"] if row["sem"] else math.copysign(0, row["difference"])
                    title = f"ax-quality-{name.partition(',')[0]}{'-constrained' if problem.loss else ''}"
                    note = f"{row['lean']:.3f} and {row['default']:.3f}, difference {row['difference']:.3f}"
                    yield Figure(f"{title}-{row['measure']}", in_errors, "standard errors", 1.645, note=note)


def search(problem: Problem, seed: int, acquisition: Acquisition, queries: int) -> dict[str, Any]:
    """One optimisation; its answers after 24, 48 and all queries, and its seconds."""
    rng = np.random.default_rng(seed)
    proposer = problem.proposer(seed, acquisition)
    truths: list[tuple[float, float]] = []
    row: dict[str, Any] = {"problem": problem.name, "seed": seed, "acquisition": acquisition, "after": {}}
    seconds = 0.0
    while len(truths) < queries:
        begin = time.perf_counter()
        points = proposer.ask(min(BATCH, queries - len(truths)))
        seconds += time.perf_counter() - begin
        proposer.tell([problem.query(point, rng) for point in points])
        truths += [problem.truth(point) for point in points]
        if len(truths) in (24, 48, queries):
            picked, violation = problem.truth(proposer.best(1)[0])
            found = min((objective for objective, excess in truths if excess == 0.0), default=math.nan)
            row["after"][len(truths)] = {"picked": picked, "violation": violation, "found": found}
    return row | {"seconds": seconds}


def paired(rows: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Means of both acquisitions, and their paired difference (lean minus default, negative is better) with its SEM."""
    for problem in dict.fromkeys(row["problem"] for row in rows):
        sides = {
            acquisition: {
                row["seed"]: row for row in rows if (row["problem"], row["acquisition"]) == (problem, acquisition)
            }
            for acquisition in ACQUISITIONS
        }
        seeds = sorted(sides["lean"].keys() & sides["default"].keys())
        for after in sides["lean"][seeds[0]]["after"] if seeds else ():
            for measure in ("picked", "violation", "found"):
                lean, default = (
                    np.array([sides[side][seed]["after"][after][measure] for seed in seeds]) for side in ACQUISITIONS
                )
                difference = lean - default
                yield {
                    "problem": problem,
                    "queries": int(after),
                    "measure": measure,
                    "seeds": len(seeds),
                    "lean": float(lean.mean()),
                    "default": float(default.mean()),
                    "difference": float(difference.mean()),
                    "sem": float(difference.std(ddof=1) / math.sqrt(len(seeds))) if len(seeds) > 1 else math.nan,
                }


def columns(rows: list[dict[str, Any]]) -> str:
    if not rows:
        return ""
    cells = [list(rows[0]), *([f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(cells[0]))]
    return "\n".join("  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print everything as one JSON object")
    parser.add_argument("--seeds", type=int, default=10, help="paired seeds per problem")
    parser.add_argument("--quick", action="store_true", help="two small problems, two seeds, under two minutes")
    parser.add_argument("--part", choices=["speed", "quality"], help="only one of the two")
    parser.add_argument("--problem", choices=list(PROBLEMS), action="append", help="only these problems")
    parser.add_argument("--queries", type=int, default=96)
    arguments = parser.parse_args()
    counts, dimensions = ([50, 100], [7]) if arguments.quick else ([50, 100, 200, 400], [7, 13])
    seeds, queries = (2, 24) if arguments.quick else (arguments.seeds, arguments.queries)
    names = arguments.problem or (["hartmann6", "hartmann6, sum(x) <= 1.8"] if arguments.quick else list(PROBLEMS))

    speeds = [] if arguments.part == "quality" else list(speed(counts, dimensions))
    searches = []
    for name in names if arguments.part != "speed" else ():
        for seed in range(seeds):
            for acquisition in ACQUISITIONS:
                searches.append(search(PROBLEMS[name], seed, acquisition, queries))
                print(f"{name}, seed {seed}, {acquisition}: {searches[-1]['seconds']:.1f} s", file=sys.stderr)
    qualities = list(paired(searches))
    if arguments.json:
        print(json.dumps({"speed": speeds, "quality": qualities, "searches": searches}, indent=1))
    else:
        print("\n\n".join(part for part in (columns(speeds), columns(qualities)) if part))


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
