"""What a copy of a row does, to first order, to a logistic regression's smoothed unfairness and error."""

from dataclasses import dataclass

from a4g_bench.attacks.logistic import Logistic
from a4g_bench.attacks.smoothed import SmoothedLoss
from a4g_bench.data.schema import Array
from a4g_bench.data.table import Labels


@dataclass(frozen=True, eq=False)
class Influence:
    """A trained surrogate, its smoothed ``unfairness`` and ``error`` (shares, 0 to 1) on judged rows, and how either
    changes with one more training row: ``-(dg/dw) . H^-1 dl`` (Koh & Liang 2017, "Understanding black-box predictions
    via influence functions", for the sum of losses).
    """

    model: Logistic
    unfairness: float
    error: float
    unfairness_adjoint: Array
    error_adjoint: Array

    @classmethod
    def of(
        cls,
        rows: Array,
        labels: Labels,
        unfairness: SmoothedLoss,
        right: SmoothedLoss,
        start: Array | None = None,
    ) -> "Influence":
        """Train on encoded ``rows`` (n, k + 1) and ``labels`` (n,), from the weights ``start``.

        ``unfairness`` and ``right`` are the losses ``unfairness`` and ``error`` of
        :func:`a4g_bench.attacks.smoothed.smoothed_loss`; the latter is minus the error.
        """
        model = Logistic.train(rows, labels, start)
        weights = model.weights
        return cls(
            model,
            unfairness.value(weights),
            -right.value(weights),
            model.solve(unfairness.gradient(weights)),
            -model.solve(right.gradient(weights)),
        )

    def on_unfairness(self, rows: Array, labels: Labels) -> Array:
        """Change (m,) of the smoothed unfairness by one copy of each encoded row (m, k + 1) with its label."""
        return self.model.row_influence(self.unfairness_adjoint, rows, labels)

    def on_error(self, rows: Array, labels: Labels) -> Array:
        """Change (m,) of the smoothed error by one copy of each encoded row (m, k + 1) with its label."""
        return self.model.row_influence(self.error_adjoint, rows, labels)
