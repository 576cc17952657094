"""The toy Gaussians on which poisoning of fairness is usually drawn: two features, two groups, any number of rows."""

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from scipy.stats import multivariate_normal

from a4g_bench.data.parameters import number, whole
from a4g_bench.data.schema import Feature, Schema
from a4g_bench.data.source import Source, State
from a4g_bench.data.table import Table

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
    2020 (arXiv 2004.07401), who vary ``distance``. Parameters: ``rows`` (at least 1), ``distance`` of the two means
    (not negative), ``angle`` (finite), ``seed`` (not negative); values outside raise ``DataError``.
    """

    name = "gaussian-groups"
    summary = "Toy Gaussians: two features, two groups, any number of rows; needs no data"
    attributes = ("group",)
    parameters: ClassVar[Mapping[str, object]] = {
        "rows": 4000,
        "distance": 7.0,
        "angle": float(np.pi / 4),
        "seed": 0,
        "protected_visible": False,
    }

    def state(self) -> State:
        """Return ``installed``: it is made on the spot."""
        return "installed"

    def read(self, **params: object) -> Table:
        """Draw the table."""
        rows, seed = (whole(self.name, params, key, low) for key, low in (("rows", 1), ("seed", 0)))
        distance, angle = number(self.name, params, "distance", 0), number(self.name, params, "angle")

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
            Feature("group", "categorical", ("unprivileged", "privileged"), visible=bool(params["protected_visible"])),
        )
        schema = Schema(features, ("group",), "accepted", ("no", "yes"), 1)
        source = f"gaussian-groups, rows={rows}, distance={distance}, angle={angle}, seed={seed}"
        return Table(self.name, schema, np.column_stack([values, privileged]), labels, source)
