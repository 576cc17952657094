"""Controls, the zero-query baseline that needs no victim, and rows that somebody brings (``given``)."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from a4g_bench.attacks.base import Attack, Poison, Pool, Threat, copies, join
from a4g_bench.errors import AttackError
from a4g_bench.parameters import OneOf, ParameterSet, Text, parameter


class Clean(Attack):
    """Adds nothing. Audited against itself its gain is 0 by construction: the sanity row of every board."""

    name = "clean"
    summary = "control: adds no rows"
    threat = Threat("control", "data-only", "clean", "none")

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return join([], pool.features.shape[1])


class RandomRows(Attack):
    """Feasible rows, each feature uniform over its training range, labels by coin."""

    name = "random-rows"
    summary = "control: random feasible rows with random labels"
    threat = Threat("control", "data-only", "dirty", "free")

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return Poison(self.problem.domain.random(size, rng), rng.integers(0, 2, size).astype(np.int8))


class RandomDuplicates(Attack):
    """Training rows drawn at random, duplicated with their labels; none twice, unless there are too few."""

    name = "random-duplicates"
    summary = "control: random training rows, duplicated"
    threat = Threat("control", "data-only", "clean", "duplicate")

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return copies(pool, rng.choice(len(pool), size, replace=size > len(pool)))


class CellDuplication(Attack):
    """Duplicates real rows of the (group, label) cells that pull the gap together; labels stay as they are.

    ``halves``: half from (worse-off group, favourable label), half from (best-off group, the other label).
    ``reweighing``: per cell in proportion to ``max(0, w - 1) * n`` with ``w = P(g) P(y) / P(g, y)``, which projects the
    weights of Kamiran & Calders (2012, "Data preprocessing techniques for classification without discrimination") on
    added rows; it does not read the victim at all.
    """

    name = "cell-duplication"
    summary = "zero queries: duplicates of the (group, label) cells that close the gap"
    threat = Threat("baseline", "data-only", "clean", "duplicate")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        variant: str = parameter(
            "halves",
            OneOf("halves", "reweighing"),
            "half the rows from either cell, or by what reweighing would add to each",
        )

    parameters: Parameters

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        problem = self.problem
        if self.parameters.variant == "halves":
            shares = {
                (problem.worse_off, int(problem.favourable)): 0.5,
                (problem.better_off, 1 - int(problem.favourable)): 0.5,
            }
        else:
            shares = reweighing_shares(pool, len(problem.group_names))
        parts = []
        for (group, label), rows in zip(shares, apportion(list(shares.values()), size), strict=True):
            cell = np.flatnonzero((pool.groups == group) & (pool.labels == label))
            if len(cell) and rows:
                parts.append(copies(pool, spread(cell, rows, rng)))
        return join(parts, pool.features.shape[1])


def reweighing_shares(pool: Pool, n_groups: int) -> dict[tuple[int, int], float]:
    """Share of the added rows per (group, label) cell: ``max(0, w - 1) * n``, normalised."""
    n = np.bincount(pool.groups * 2 + pool.labels, minlength=2 * n_groups).reshape(-1, 2).astype(np.float64)
    expected = n.sum(axis=1, keepdims=True) * n.sum(axis=0, keepdims=True) / n.sum()
    missing = np.maximum(expected - n, 0)  # (w - 1) * n
    total = missing.sum()
    if total == 0:
        return {}
    return {(g, y): float(missing[g, y] / total) for g, y in np.ndindex(*missing.shape)}


def apportion(shares: list[float], total: int) -> list[int]:
    """Split ``total`` rows by shares that sum to at most 1, by largest remainder.

    The counts sum to ``total`` where the shares sum to 1, else to the nearest whole number of rows; never to more.
    """
    exact = np.asarray(shares, dtype=np.float64) * total
    counts = np.floor(exact + 1e-9).astype(np.int64)
    for position in np.argsort(-(exact - counts), kind="stable")[: round(exact.sum()) - int(counts.sum())]:
        counts[position] += 1
    return [int(count) for count in counts]


def spread(rows: np.ndarray, size: int, rng: np.random.Generator) -> np.ndarray:
    """``size`` of ``rows``, in random order, as evenly repeated as possible."""
    order = rng.permutation(rows)
    return np.resize(order, size)


class Given(Attack):
    """Adds rows from a file, whatever the split: who made them, and what they knew, is not known here, so the threat
    model is the most that an entrant may have. ``digest`` identifies the rows.
    """

    name = "given"
    summary = "rows from a file, as brought to a4g-bench evaluate"
    threat = Threat("baseline", "oracle", "dirty", "free")

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        digest: str = parameter("", Text(), "content hash of the rows, as `a4g-bench evaluate` finds it")

    parameters: Parameters
    #: Set by whoever read the file.
    rows: Poison | None = None

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        if self.rows is None or self.rows.digest != self.parameters.digest:
            raise AttackError("attack 'given' has its rows from a file: use a4g-bench evaluate FILE")
        return self.rows
