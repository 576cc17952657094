"""Ax's Gaussian process as one generation node, with an acquisition that costs tenths of a second instead of seconds.

Only :mod:`a4g_bench.attacks.bayes` imports this module, and only once a model is needed: importing Ax and torch takes
seconds.
"""

from collections.abc import Sequence
from typing import Any

import torch
from ax.adapter.registry import Generators
from ax.generation_strategy.generation_node import GenerationNode
from ax.generation_strategy.generation_strategy import GenerationStrategy
from ax.generation_strategy.generator_spec import GeneratorSpec
from ax.generators.torch.botorch_modular.acquisition import Acquisition
from ax.generators.torch.botorch_modular.surrogate import ModelConfig, SurrogateSpec

OPTIMIZER = {"num_restarts": 4, "raw_samples": 256, "retry_on_optimization_warning": False, "options": {"maxiter": 50}}


class AvoidingAcquisition(Acquisition):  # type: ignore[misc]  # ax is not followed by the type checker
    """Ax's acquisition, told of further points of the unit cube to count as being evaluated (``options["avoid"]``)."""

    X_pending: Any

    def _instantiate_acquisition(self) -> None:
        if avoid := self.options.get("avoid"):
            points = torch.tensor(avoid, dtype=self.dtype, device=self.device)
            self.X_pending = points if self.X_pending is None else torch.cat([self.X_pending, points])
        super()._instantiate_acquisition()


def new_strategy() -> Any:
    """Return a new Ax ``GenerationStrategy`` of one node: the Gaussian process Ax uses by default, not yet fitted."""
    spec = GeneratorSpec(
        generator_enum=Generators.BOTORCH_MODULAR,
        generator_kwargs={
            "surrogate_spec": SurrogateSpec(model_configs=[ModelConfig(name="MBM defaults")]),
            "acquisition_class": AvoidingAcquisition,
        },
    )
    node = GenerationNode(name="gaussian-process", generator_specs=[spec], should_deduplicate=True)
    return GenerationStrategy(name="gaussian-process", nodes=[node])


def generate(strategy: Any, n: int, avoid: Sequence[Sequence[float]], *, lean: bool) -> list[dict[str, float]]:
    """Return ``n`` new parameterizations of a fitted strategy, each chosen with the earlier ones pending.

    ``avoid``: points of the unit cube that are being evaluated or could not be. ``lean``: one generation of ``n`` with
    few restarts; otherwise ``n`` generations with Ax's own settings.
    """
    options: dict[str, Any] = {"ax_acquisition_kwargs": {"avoid": [list(point) for point in avoid]}}
    if lean:
        options["optimizer_kwargs"] = OPTIMIZER
    strategy.current_node.generator_spec.generator_gen_kwargs["model_gen_options"] = options
    arms, trials = (n, 1) if lean else (1, n)
    runs = strategy.gen(experiment=strategy.experiment, n=arms, num_trials=trials)
    return [arm.parameters for trial in runs for run in trial for arm in run.arms]
