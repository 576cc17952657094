"""Problems and results made by hand: a small table whose cells can be counted, and objectives whose gains are known."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from a4g_bench.attacks.base import Attack, Candidate, Pool, Problem, Result
from a4g_bench.data.domain import Domain
from a4g_bench.data.schema import Cut, Feature, Schema
from a4g_bench.metrics.estimate import Estimate, Measurement

CLEAN_GAP = 0.2
CLEAN_ACCURACY = 0.8

#: The gap and the accuracy loss of a candidate; None fails it.
Answer = Callable[[Candidate], tuple[float, float] | None]

SCHEMA = Schema(
    (
        Feature("group", "categorical", ("A", "B", "C")),
        Feature("age", "integer"),
        Feature("age-band", "categorical", ("under 30", "30 to 50", "over 50"), Cut("age", (30.0, 50.0))),
        Feature("income", "numeric"),
        Feature("colour", "categorical", ("red", "green", "blue")),
        Feature("visits", "integer"),
        Feature("regular", "categorical", ("no", "sometimes", "yes"), Cut("visits", (2.0, 4.0))),
    ),
    ("group", "age-band"),
    "accepted",
    ("no", "yes"),
    1,
)


def measurement(gap: float, loss: float = 0.0, *, harm: Sequence[float] = (), sem: float = 0.01) -> Measurement:
    """A measured gap and accuracy loss; the objective is the gap."""
    return Measurement(Estimate(gap, sem), Estimate(gap, sem), Estimate(CLEAN_ACCURACY - loss, sem), tuple(harm))


def make_pool(n: int = 240, *, groups: int = 3, seed: int = 0) -> Pool:
    """``n`` rows of ``SCHEMA``: green is never seen, and nobody visits ``sometimes`` (2 or 3 times)."""
    rng = np.random.default_rng(seed)
    group = rng.integers(groups, size=n)
    age = rng.integers(18, 70, size=n)
    visits = rng.choice([0, 1, 4, 5, 6], size=n)
    columns = [group, age, np.digitize(age, (30, 50)), rng.normal(size=n), rng.choice([0, 2], size=n), visits]
    features = np.column_stack([*columns, np.digitize(visits, (2, 4))]).astype(np.float64)
    return Pool(features, rng.integers(2, size=n).astype(np.int8), group.astype(np.int64), rng.random(n))


def make_problem(pool: Pool | None = None, **changes: Any) -> Problem:
    """A problem on ``pool`` in which group B is worse off, A in between and C best off; any field can be changed."""
    train = make_pool() if pool is None else pool
    problem = Problem(
        train=train,
        validation=make_pool(60, seed=1),
        domain=Domain.of(SCHEMA, train.features),
        attribute="group",
        group_names=("A", "B", "C"),
        favourable=1,
        budget=20,
        query_budget=24,
        batch_size=4,
        max_accuracy_loss=0.01,
        seed=7,
        clean=measurement(CLEAN_GAP, harm=(0.2, 0.3, 0.1)),
    )
    return replace(problem, **changes)


def cells(groups: Sequence[int], labels: Sequence[int]) -> Pool:
    """A pool of which only the cells matter: feature 0 is the group, the others are 0 but income, the row's number."""
    features = np.zeros((len(groups), len(SCHEMA.features)))
    features[:, 0], features[:, 3] = groups, np.arange(len(groups))
    n = len(groups)
    return Pool(features, np.array(labels, dtype=np.int8), np.array(groups, dtype=np.int64), np.full(n, 0.5))


def result(query: int, candidate: Candidate, answer: Answer, *, sem: float = 0.01) -> Result:
    """What a harness finds for a candidate; ``sem`` is the standard error of gap and accuracy."""
    clean = measurement(CLEAN_GAP, harm=(0.2, 0.3, 0.1), sem=0.0)
    found = answer(candidate)
    if found is None:
        return Result(query, candidate, None, clean, "made to fail")
    return Result(query, candidate, measurement(*found, sem=sem), clean)


def search(attack: Attack, answer: Answer, batch: int, *, steps: int = 1000) -> list[list[Result]]:
    """Run a started attack as the harness does, at most ``steps`` batches; return the results told, batch by batch."""
    told: list[list[Result]] = []
    queries = 0
    for _ in range(steps):
        room = min(attack.problem.query_budget - queries, batch)
        candidates = list(attack.ask(room)) if room > 0 else []
        if not candidates:
            break
        assert len(candidates) <= room
        told.append([result(queries + i, candidate, answer) for i, candidate in enumerate(candidates)])
        queries += len(candidates)
        attack.tell(told[-1])
    return told


def replay(attack: Attack, told: Sequence[Sequence[Result]]) -> None:
    """Tell an attack the recorded batches as they come back from a file."""
    for batch in told:
        again = []
        for one in batch:
            c = one.candidate
            text = json.dumps([dict(c.parameters), c.replicate, c.confirm])
            parameters, replicate, confirm = json.loads(text)
            again.append(replace(one, candidate=Candidate(parameters, replicate=replicate, confirm=confirm)))
        attack.tell(again)


def recipe(candidate: Candidate) -> tuple[dict[str, float], int, bool]:
    """All that tells a candidate of a search apart from another."""
    return dict(candidate.parameters), candidate.replicate, candidate.confirm


def counts(groups: np.ndarray, labels: np.ndarray) -> dict[tuple[int, int], int]:
    """Rows per (group, label) cell, empty cells left out."""
    pairs, n = np.unique(np.column_stack([groups, labels]), axis=0, return_counts=True)
    return {(int(g), int(y)): int(count) for (g, y), count in zip(pairs, n, strict=True)}
