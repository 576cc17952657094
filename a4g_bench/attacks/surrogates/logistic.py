"""Regularised logistic regression trained to convergence, and derivatives through its training."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse.linalg import LinearOperator, cg
from scipy.special import expit

from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels

#: The mean derivative of the training loss, in each weight, at which it counts as converged.
TOLERANCE = 1e-10
_NEWTON_STEPS = 50
_HALVINGS = 40
_CG_TOLERANCE = 1e-9
_SUMMED = 300  # columns up to which the Hessian is summed: conjugate gradients take about that many products
_FLAT = 1e-12  # least curvature of a row, so that rows far from the threshold leave H positive definite


def with_ones(encoded: npt.NDArray[np.floating]) -> Array:
    """Encoded rows (n, k) with a last column of ones (n, k + 1), for the intercept."""
    return np.column_stack([encoded, np.ones(len(encoded))])


@dataclass(frozen=True, eq=False)
class Logistic:
    """A logistic regression: ``weights`` (k + 1,), the intercept last, that minimise over its rows

        J(w, b) = sum_i log(1 + exp(-s_i (w . x_i + b))) + |w|^2 / 2,   s_i = 2 y_i - 1,

    which is scikit-learn's ``LogisticRegression`` with its defaults. ``rows`` (n, k + 1) end in a one, ``labels`` (n,)
    are 0 or 1 and both occur. All costs are linear in the rows.
    """

    rows: Array
    labels: Labels
    weights: Array

    @classmethod
    def train(cls, rows: Array, labels: Labels, start: Array | None = None) -> "Logistic":
        """Minimise J by Newton's method with conjugate gradients and backtracking, from ``start``: no randomness."""
        model = cls(rows, labels, np.zeros(rows.shape[1]) if start is None else start)
        for _ in range(_NEWTON_STEPS):
            slope = model._slope
            if np.abs(slope).max() <= TOLERANCE * len(rows):
                break
            step = model.solve(slope)
            size, gain, rounding = 1.0, 1e-4 * float(slope @ step), 1e-14 * model._value
            for _ in range(_HALVINGS):
                moved = cls(rows, labels, model.weights - size * step)
                if moved._value <= model._value - size * gain + rounding:
                    break
                size /= 2
            else:
                break  # no smaller value can be represented
            model = moved
        return model

    @cached_property
    def scores(self) -> Array:
        """``w . x + b`` (n,) of its rows."""
        scores: Array = self.rows @ self.weights
        return scores

    def solve(self, right: Array) -> Array:
        """``H^-1 right`` (k + 1,) for the Hessian H of J, by conjugate gradients; no inverse is formed."""
        scaled = LinearOperator(2 * (len(right),), matvec=lambda v: v / self._diagonal, dtype=np.float64)
        solution: Array = cg(self._hessian, right, rtol=_CG_TOLERANCE, M=scaled)[0]
        return solution

    def row_influence(self, adjoint: Array, rows: Array, labels: Labels) -> Array:
        """Derivative (m,) of an outer loss g in the weight with which a row (m, k + 1) and its label are trained on.

        ``adjoint`` is ``H^-1 dg/d(w, b)``. By the implicit function theorem the derivative is ``-adjoint . dl``, where
        ``dl = (sigma(f) - y) (x, 1)`` is that of the row's own loss.
        """
        influence: Array = (labels - expit(rows @ self.weights)) * (rows @ adjoint)
        return influence

    def row_gradient(self, adjoint: Array, rows: Array, labels: Labels) -> Array:
        """Derivative (m, k) of an outer loss g in the features of rows (m, k + 1) that are trained on.

        ``-d(adjoint . dl)/dx = -(sigma'(f) (adjoint . x) w + (sigma(f) - y) adjoint)`` (Solans, Biggio & Castillo 2020,
        section 2, with conjugate gradients in place of the inverse).
        """
        p = expit(rows @ self.weights)
        bend, residual = p * (1 - p) * (rows @ adjoint), p - labels
        gradient: Array = -(bend[:, None] * self.weights[:-1] + residual[:, None] * adjoint[:-1])
        return gradient

    @cached_property
    def _penalty(self) -> Array:
        """Per weight: 1, and 0 for the intercept."""
        penalty = np.ones(len(self.weights))
        penalty[-1] = 0.0
        return penalty

    @cached_property
    def _value(self) -> float:
        signed = np.where(self.labels == 1, -self.scores, self.scores)
        return float(np.logaddexp(0, signed).sum() + self._penalty @ self.weights**2 / 2)

    @cached_property
    def _slope(self) -> Array:
        slope: Array = (expit(self.scores) - self.labels) @ self.rows + self._penalty * self.weights
        return slope

    @cached_property
    def _curvature(self) -> Array:
        p = expit(self.scores)
        curvature: Array = np.maximum(p * (1 - p), _FLAT)
        return curvature

    @cached_property
    def _diagonal(self) -> Array:
        if isinstance(self._hessian, np.ndarray):
            return np.diagonal(self._hessian)
        diagonal: Array = self._curvature @ self.rows**2 + self._penalty
        return diagonal

    @cached_property
    def _hessian(self) -> Array | LinearOperator:
        """H: summed once where that is cheaper than a product with all rows per iteration."""
        width = len(self.weights)
        if width <= _SUMMED:
            bent = self.rows * np.sqrt(self._curvature)[:, None]
            hessian: Array = bent.T @ bent + np.diag(self._penalty)  # half the work of a product of two matrices
            return hessian

        def product(v: Array) -> Array:
            result: Array = (self._curvature * (self.rows @ v)) @ self.rows + self._penalty * v
            return result

        return LinearOperator((width, width), matvec=product, dtype=np.float64)
