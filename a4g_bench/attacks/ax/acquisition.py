"""Ax's Gaussian process as one generation node, with an acquisition that costs a tenth of a second instead of one.

Only :mod:`a4g_bench.attacks.ax.proposer` imports this module, and only once a model is needed: importing Ax and
torch takes seconds.
"""

from collections.abc import Sequence
from math import log
from typing import Any

import torch
from ax.adapter.registry import Generators
from ax.generation_strategy.generation_node import GenerationNode
from ax.generation_strategy.generation_strategy import GenerationStrategy
from ax.generation_strategy.generator_spec import GeneratorSpec
from ax.generators.torch.botorch_modular.acquisition import Acquisition
from ax.generators.torch.botorch_modular.surrogate import ModelConfig, SurrogateSpec
from botorch.acquisition import AcquisitionFunction
from botorch.acquisition.analytic import _log_ei_helper
from botorch.acquisition.input_constructors import acqf_input_constructor
from botorch.acquisition.monte_carlo import qUpperConfidenceBound
from botorch.models import SingleTaskGP
from botorch.optim.initializers import initialize_q_batch
from botorch.utils.probability.utils import log_ndtr
from botorch.utils.sampling import draw_sobol_normal_samples, draw_sobol_samples
from botorch.utils.transforms import t_batch_mode_transform
from gpytorch.utils.cholesky import psd_safe_cholesky

Tensor = Any  # torch is not followed by the type checker

DRAWS = 64
"""Joint posterior draws over which the expected improvement is averaged."""

JITTER = 1e-7
"""Variance left at a point where the function itself is conditioned on; outcomes have variance 1."""

INFEASIBLE = 5.0
"""How much worse than the worst objective of a draw it is to have no feasible point in it; outcomes have variance 1."""

LEAST_VARIANCE = 1e-10
"""Floor of a predicted variance, against rounding."""


class ConditionedLogEI(AcquisitionFunction):  # type: ignore[misc]  # botorch is not followed by the type checker
    """Log noisy expected improvement, averaged over posterior draws and in closed form given a draw.

    A draw fixes the noiseless outcomes at the pending points and at each observed point that is the best in some draw.
    Given it, the posterior at a candidate is Gaussian: the expected decrease of the smallest feasible objective has a
    closed form, and so has the probability that the candidate meets the bound. The outcomes being independent, the
    product of the two, averaged over the draws, is the acquisition (Letham, Karrer, Ottoni, Bakshy: Constrained
    Bayesian optimization with noisy experiments, 2019), here in logarithms (Ament et al.: Unexpected improvements to
    expected improvement, 2023). In a draw without a feasible point, the improvement is that over an objective worse
    than any, so that feasibility comes first.

    ``model``: a botorch ``SingleTaskGP`` with one output, or with two if ``constraint`` is given: a pair (A (1, 2),
    b (1, 1)) that bounds one of them by A f <= b. The other one is minimised. ``observed`` (n, d), ``pending`` (k, d).
    Raises ``NotImplementedError`` for another kind of model.
    """

    def __init__(self, model: Any, observed: Tensor, pending: Tensor = None, constraint: Any = None) -> None:
        super().__init__(model=model)
        if not isinstance(model, SingleTaskGP) or hasattr(model, "outcome_transform"):
            raise NotImplementedError(f"the lean acquisition cannot use this {type(model).__name__}; 'default' can")
        self._outputs = model.num_outputs
        self._objective, self._loss, self._bound = 0, -1, torch.inf
        if constraint is not None:
            weights, bound = constraint
            self._loss = int(weights[0].argmax())
            self._objective = 1 - self._loss
            self._bound = float(bound[0, 0] / weights[0, self._loss])
        with torch.no_grad():
            self._train = model.train_inputs[0].reshape(self._outputs, -1, observed.shape[-1])[0]
            noise = model.likelihood.noise.reshape(self._outputs, -1)
            self._noise = noise.expand(self._outputs, len(self._train))
            self._residual = (model.train_targets.reshape(self._outputs, -1) - self._prior_mean(self._train)).unsqueeze(
                -1
            )
            points = torch.unique(observed, dim=0)
            *_, mean, root = self._posterior(points)
            draws = mean + root @ self._normal(len(points))
            winners = torch.unique(self._best(draws)[1])
        self._winners, self._won = points[winners], draws[:, winners]
        self._pending_normal = self._normal(0)
        self.set_X_pending(pending)

    def set_X_pending(self, X_pending: Tensor = None) -> None:  # noqa: N802, N803  # botorch's names
        """Condition on these points (k, d) as well, at outcomes drawn jointly with the others'; None: on none."""
        self.X_pending = X_pending
        with torch.no_grad():
            points = self._winners if X_pending is None else torch.cat([self._winners, X_pending.detach()])
            known = len(self._winners)
            while self._pending_normal.shape[1] < len(points) - known:
                self._pending_normal = torch.cat([self._pending_normal, self._normal(1)], dim=1)
            self._nodes, self._root, explained, mean, root = self._posterior(points)
            innovation = torch.linalg.solve_triangular(
                root[:, :known, :known], self._won - mean[:, :known], upper=False
            )
            innovation = torch.cat([innovation, self._pending_normal[:, : len(points) - known]], dim=1)
            self._white = torch.cat([explained.expand(-1, -1, DRAWS), innovation], dim=1)
            self._incumbent = self._best(mean + root @ innovation)[0]

    @property
    def centres(self) -> Tensor:
        """The points conditioned on (k, d): the improvement peaks close to some of them."""
        return self._nodes[len(self._train) :]

    @t_batch_mode_transform(expected_q=1)  # type: ignore[untyped-decorator]  # botorch is not followed
    def forward(self, X: Tensor) -> Tensor:  # noqa: N803  # botorch's name
        """Value (...,) of each candidate (..., 1, d)."""
        x = X.reshape(-1, X.shape[-1])
        half = torch.linalg.solve_triangular(self._root, self._prior(self._nodes, x), upper=False)
        mean = self._prior_mean(x).unsqueeze(-1) + half.transpose(-1, -2) @ self._white
        prior = self.model.covar_module(self._each(x), diag=True).reshape(self._outputs, -1)
        variance = (prior - half.square().sum(dim=1)).clamp_min(LEAST_VARIANCE)
        deviation = variance.sqrt().unsqueeze(-1)
        scale = deviation[self._objective]
        value = _log_ei_helper((self._incumbent - mean[self._objective]) / scale) + scale.log()
        if self._loss >= 0:
            value = value + log_ndtr((self._bound - mean[self._loss]) / deviation[self._loss])
        return (value.logsumexp(dim=-1) - log(DRAWS)).reshape(X.shape[:-2])

    def _each(self, x: Tensor) -> Tensor:
        """Points (n, d) as the model's kernel and mean expect them: once per output."""
        return x if self._outputs == 1 else x.expand(self._outputs, -1, -1)

    def _prior(self, a: Tensor, b: Tensor) -> Tensor:
        """Prior covariance (outputs, n, m) of points (n, d) and (m, d)."""
        covariance = self.model.covar_module(self._each(a), self._each(b)).to_dense()
        return covariance.reshape(self._outputs, len(a), len(b))

    def _prior_mean(self, x: Tensor) -> Tensor:
        return self.model.mean_module(self._each(x)).reshape(self._outputs, -1)

    def _posterior(self, points: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Posterior of the function at points (k, d), by a Cholesky factor of observations and points together.

        Returns the points of the factor (n + k, d), the factor, the whitened observations (outputs, n, 1), and the mean
        (outputs, k, 1) and the covariance's root (outputs, k, k) at the points.
        """
        n = len(self._train)
        nodes = torch.cat([self._train, points])
        variance = torch.cat([self._noise, self._noise.new_full((self._outputs, len(points)), JITTER)], dim=1)
        factor = psd_safe_cholesky(self._prior(nodes, nodes) + torch.diag_embed(variance))
        explained = torch.linalg.solve_triangular(factor[:, :n, :n], self._residual, upper=False)
        mean = self._prior_mean(points).unsqueeze(-1) + factor[:, n:, :n] @ explained
        return nodes, factor, explained, mean, factor[:, n:, n:]

    def _normal(self, k: int) -> Tensor:
        """Quasi-random standard normal numbers (outputs, k, draws)."""
        if k == 0:
            return self._train.new_zeros((self._outputs, 0, DRAWS))
        normal = draw_sobol_normal_samples(self._outputs * k, DRAWS, dtype=self._train.dtype)
        return normal.T.reshape(self._outputs, k, DRAWS)

    def _best(self, outcomes: Tensor) -> tuple[Tensor, Tensor]:
        """The smallest feasible objective (draws,) of outcomes (outputs, k, draws), and where it is (draws,)."""
        objective = outcomes[self._objective]
        if self._loss < 0:
            best = objective.min(dim=0)
            return best.values, best.indices
        loss = outcomes[self._loss]
        feasible = loss <= self._bound
        best = objective.masked_fill(~feasible, torch.inf).min(dim=0)
        some = feasible.any(dim=0)
        values = torch.where(some, best.values, objective.max(dim=0).values + INFEASIBLE)
        return values, torch.where(some, best.indices, loss.argmin(dim=0))


def _construct(
    model: Any,
    training_data: Any,
    X_baseline: Tensor,  # noqa: N803  # Ax's name
    X_pending: Tensor = None,  # noqa: N803  # Ax's name
    constraints_tuple: Any = None,
    **_: Any,
) -> dict[str, Any]:
    return {"model": model, "observed": X_baseline, "pending": X_pending, "constraint": constraints_tuple}


acqf_input_constructor(ConditionedLogEI)(_construct)


def start_points(
    acq_function: ConditionedLogEI, bounds: Tensor, num_restarts: int, raw_samples: int, **_: Any
) -> Tensor:
    """Starts (num_restarts, 1, d) of the optimiser: half of them promising points of the whole cube, half near centres.

    The improvement has narrow peaks at the best observed points, and samples of the whole cube miss them in more than a
    few dimensions.
    """
    cube = draw_sobol_samples(bounds=bounds, n=raw_samples, q=1)
    centres = acq_function.centres[torch.randint(len(acq_function.centres), (raw_samples,))]
    spread = 10.0 ** (2.0 * torch.rand(raw_samples, 1, dtype=bounds.dtype) - 2.5)
    near = (centres + spread * torch.randn(centres.shape, dtype=bounds.dtype)).clamp(bounds[0], bounds[1]).unsqueeze(1)
    with torch.no_grad():
        values = acq_function(torch.cat([cube, near]))
    local = num_restarts // 2
    spots = near[values[raw_samples:].topk(local).indices]
    return torch.cat([spots, initialize_q_batch(cube, values[:raw_samples], num_restarts - local)[0]])


OPTIMIZER = {
    "num_restarts": 8,
    "raw_samples": 512,
    "ic_generator": start_points,
    "retry_on_optimization_warning": False,
    "options": {"maxiter": 100, "batch_limit": 8},
}


class AvoidingAcquisition(Acquisition):  # type: ignore[misc]  # ax is not followed by the type checker
    """Ax's acquisition, told of further points of the unit cube to count as being evaluated (``options["avoid"]``)."""

    X_pending: Tensor

    def _instantiate_acquisition(self) -> None:
        if avoid := self.options.get("avoid"):
            points = torch.tensor(avoid, dtype=self.dtype, device=self.device)
            self.X_pending = points if self.X_pending is None else torch.cat([self.X_pending, points])
        super()._instantiate_acquisition()


def new_strategy(acquisition: str, kappa: float) -> Any:
    """Return a new Ax ``GenerationStrategy`` of one node: the Gaussian process Ax uses by default, not yet fitted.

    ``kappa`` is that of the acquisition ``ucb`` (botorch's ``beta`` is its square).
    """
    chosen: dict[str, Any] = {"lean": {"botorch_acqf_class": ConditionedLogEI}, "default": {}}.get(acquisition, {})
    if acquisition == "ucb":
        chosen = {"botorch_acqf_class": qUpperConfidenceBound, "botorch_acqf_options": {"beta": kappa**2}}
    spec = GeneratorSpec(
        generator_enum=Generators.BOTORCH_MODULAR,
        generator_kwargs={
            "surrogate_spec": SurrogateSpec(model_configs=[ModelConfig(name="MBM defaults")]),
            "acquisition_class": AvoidingAcquisition,
            **chosen,
        },
    )
    node = GenerationNode(name="gaussian-process", generator_specs=[spec], should_deduplicate=acquisition == "default")
    return GenerationStrategy(name="gaussian-process", nodes=[node])


def generate(strategy: Any, n: int, avoid: Sequence[Sequence[float]], acquisition: str) -> list[dict[str, float]]:
    """Return ``n`` new parameterizations of a fitted strategy, each chosen with the earlier ones pending.

    ``avoid``: points of the unit cube that are being evaluated or could not be. ``acquisition``: one generation of
    ``n``; for ``default`` ``n`` generations with Ax's own settings.
    """
    options: dict[str, Any] = {"ax_acquisition_kwargs": {"avoid": [list(point) for point in avoid]}}
    lean = acquisition != "default"
    if lean:
        own_starts = acquisition == "lean"
        options["optimizer_kwargs"] = OPTIMIZER if own_starts else {**OPTIMIZER, "ic_generator": None}
    strategy.current_node.generator_spec.generator_gen_kwargs["model_gen_options"] = options
    arms, trials = (n, 1) if lean else (1, n)
    runs = strategy.gen(experiment=strategy.experiment, n=arms, num_trials=trials)
    return [arm.parameters for trial in runs for run in trial for arm in run.arms]
