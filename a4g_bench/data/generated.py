"""Made-up tables that need no data at all: one with a known historical bias, one of two Gaussian groups."""

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from scipy.stats import multivariate_normal

from a4g_bench.data.schema import Cut, Feature, Schema
from a4g_bench.data.source import Source, State
from a4g_bench.data.table import Table
from a4g_bench.parameters import Flag, Number, ParameterSet, Whole, parameter

_EDGES = (8.0, 10.0, 12.0)
_BANDS = ("short", "medium", "long", "very long")
_PROXY = 0.8  # share of people who live in their group's own district
_MAX_ROWS = 5_000_000
_MAX_GROUPS = len(ascii_uppercase)


class Synthetic(Source):
    """Applicants of ``groups`` groups who deserve the same, but whose records do not say so.

    Each row has a group ``k`` (uniform, 0 .. K-1) and a merit ``m ~ N(0, 1)`` that does not depend on the group. It
    deserves the favourable label 1 if ``m > 0``. Of the deserved favourable labels of group ``k`` a share
    ``b_k = bias * k / (K - 1)`` was recorded as 0, so group A is treated justly and the last group the worst.
    No undeserved label was ever recorded as 1. Hence, exactly in expectation,

        P(label = 1 | group = k) = (1 - b_k) / 2,   largest gap of base rates = bias / 2.

    The victim sees the group, and ``features`` columns more:

    - ``score-1 ..``: ``m + noise * e``, ``e ~ N(0, 1)`` drawn afresh for each column and row;
    - ``years``: the integer nearest to ``10 + 3 * (m + noise * e)``, clipped to 0 .. 20;
    - ``experience``: derived from ``years`` with the edges 8, 10 and 12;
    - ``district``: a proxy; the group's own district with probability .8, else any district, uniformly.

    Time and memory are linear in the rows.
    """

    name = "synthetic"
    summary = "Made-up applicants with a known historical bias, any number of rows; needs no data"
    attributes = ("group",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        rows: int = parameter(4000, Whole(at_least=1, at_most=_MAX_ROWS), "how many people")
        bias: float = parameter(
            0.3, Number(at_least=0, at_most=1), "share of the last group's deserved labels that was recorded as 0"
        )
        groups: int = parameter(2, Whole(at_least=2, at_most=_MAX_GROUPS), "how many groups")
        features: int = parameter(6, Whole(at_least=4), "columns that the victim sees besides the group")
        noise: float = parameter(1.0, Number(at_least=0), "standard deviation of what the scores add to the merit")
        seed: int = parameter(0, Whole(at_least=0), "of all random draws")
        protected_visible: bool = parameter(True, Flag(), "whether the victim sees the group")

    def state(self) -> State:
        """Return ``installed``: it is made on the spot."""
        return "installed"

    def read(self, **params: object) -> Table:
        """Draw the table."""
        chosen = self.Parameters.of(params)
        rows, groups, width, seed = chosen.rows, chosen.groups, chosen.features, chosen.seed
        bias, noise = chosen.bias, chosen.noise

        rng = np.random.default_rng(seed)
        group = rng.integers(groups, size=rows)
        merit = rng.standard_normal(rows)
        overlooked = rng.random(rows) < bias * group / (groups - 1)
        labels = ((merit > 0) & ~overlooked).astype(np.int8)
        scores = merit[:, None] + noise * rng.standard_normal((rows, width - 3))
        years = np.clip(np.rint(10 + 3 * (merit + noise * rng.standard_normal(rows))), 0, 20)
        district = np.where(rng.random(rows) < _PROXY, group, rng.integers(groups, size=rows))

        experience = Cut("years", _EDGES)
        letters = tuple(ascii_uppercase[:groups])
        features = (
            Feature("group", "categorical", letters, visible=chosen.protected_visible),
            *(Feature(f"score-{number}", "numeric") for number in range(1, width - 2)),
            Feature("years", "integer"),
            Feature("experience", "categorical", _BANDS, experience),
            Feature("district", "categorical", tuple(f"district {letter}" for letter in letters)),
        )
        schema = Schema(features, ("group",), "accepted", ("no", "yes"), 1)
        values = np.column_stack([group, scores, years, experience.apply(years), district])
        source = f"synthetic, rows={rows}, bias={bias}, groups={groups}, features={width}, noise={noise}, seed={seed}"
        return Table(self.name, schema, values, labels, source)


_MEAN = np.array([2.0, 2.0])
_COVARIANCES = (np.array([[10.0, 1.0], [1.0, 3.0]]), np.array([[5.0, 1.0], [1.0, 5.0]]))  # of label 0, of label 1


class GaussianGroups(Source):
    """One Gaussian per label, and a group that depends on where a row lies after a rotation.

    The label ``y`` is a fair coin, 1 favourable, and the features ``x = (x1, x2)`` follow it:

        x | y = 1 ~ N((2, 2), [[5, 1], [1, 5]])
        x | y = 0 ~ N((2, 2) - distance / sqrt(2) * (1, 1), [[10, 1], [1, 3]])

    With ``x'`` the features rotated by ``angle`` (radians) about the origin, clockwise, and ``p_y`` these densities,

        P(privileged | x) = p_1(x') / (p_1(x') + p_0(x')),

    so at angle 0 group and label have the same posterior, and the larger the angle the less they have in common. The
    victim sees ``x1`` and ``x2`` alone, unless ``protected_visible``.

    Zafar et al. 2017 ("Fairness constraints: mechanisms for fair classification"), as used by Solans, Biggio & Castillo
    2020 (arXiv 2004.07401), who vary ``distance``.
    """

    name = "gaussian-groups"
    summary = "Toy Gaussians: two features, two groups, any number of rows; needs no data"
    attributes = ("group",)

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        rows: int = parameter(4000, Whole(at_least=1, at_most=_MAX_ROWS), "how many people")
        distance: float = parameter(7.0, Number(at_least=0), "of the means of the two labels from each other")
        angle: float = parameter(
            float(np.pi / 4),
            Number(),
            "in radians, between what tells the labels apart and what tells the groups apart",
        )
        seed: int = parameter(0, Whole(at_least=0), "of all random draws")
        protected_visible: bool = parameter(False, Flag(), "whether the victim sees the group")

    def state(self) -> State:
        """Return ``installed``: it is made on the spot."""
        return "installed"

    def read(self, **params: object) -> Table:
        """Draw the table."""
        chosen = self.Parameters.of(params)
        rows, distance, angle, seed = chosen.rows, chosen.distance, chosen.angle, chosen.seed

        rng = np.random.default_rng(seed)
        means = np.array([_MEAN - distance / np.sqrt(2), _MEAN])
        labels = rng.integers(2, size=rows).astype(np.int8)
        drawn = [rng.multivariate_normal(mean, of, rows) for mean, of in zip(means, _COVARIANCES, strict=True)]
        values = np.where(labels[:, None] == 1, drawn[1], drawn[0])
        turned = values @ np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        log_density = [
            multivariate_normal(mean, of).logpdf(turned) for mean, of in zip(means, _COVARIANCES, strict=True)
        ]
        with np.errstate(over="ignore"):  # far out the odds are infinite, and the share 0
            privileged = rng.random(rows) < 1 / (1 + np.exp(log_density[0] - log_density[1]))

        features = (
            Feature("x1", "numeric"),
            Feature("x2", "numeric"),
            Feature("group", "categorical", ("unprivileged", "privileged"), visible=chosen.protected_visible),
        )
        schema = Schema(features, ("group",), "accepted", ("no", "yes"), 1)
        source = f"gaussian-groups, rows={rows}, distance={distance}, angle={angle}, seed={seed}"
        return Table(self.name, schema, np.column_stack([values, privileged]), labels, source)
