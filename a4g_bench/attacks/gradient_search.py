"""``gradient-search``: how many of the rows that gradients promise, as the victim itself answers."""

from collections.abc import Mapping
from typing import Unpack

import numpy as np

from a4g_bench import seeds
from a4g_bench.attacks.attack import Poison, Pool, Problem, Threat
from a4g_bench.attacks.continuous import Choosing, ContinuousSearch, Point
from a4g_bench.attacks.gradient import Gradient


class GradientSearch(ContinuousSearch):
    """Crafts the rows of ``gradient`` once, for the whole poison budget and with no regard to accuracy, and searches
    how many of them to add: the first ones, which promise most. Every query trains the victim itself, so its accuracy
    is held where the surrogate's would mislead, and a gap that turns round is noticed.

    Queries explore equal steps up to the budget; the best few are confirmed with new victim seeds (see
    :class:`ContinuousSearch`). ``objective``, ``label`` and ``sharpness`` are those of ``gradient``.
    """

    name = "gradient-search"
    summary = "rows crafted by gradients, as many as the victim bears"
    threat = Threat("search", "oracle", "dirty", "free")
    packages = ("scipy",)
    dimensions = ("spent",)

    def __init__(
        self,
        *,
        objective: str = "unfairness",
        label: int | str = "chosen",
        sharpness: float = 4.0,
        **choosing: Unpack[Choosing],
    ) -> None:
        choosing.setdefault("confirm", 0.5)
        super().__init__(**choosing)
        self._gradient = Gradient(objective=objective, label=label, sharpness=sharpness, hold_accuracy=False)

    def start(self, problem: Problem) -> None:
        super().start(problem)
        self._gradient.start(problem)
        self._crafted: dict[tuple[str, int], Poison] = {}

    def propose(self, n: int) -> list[Point]:
        steps = range(self.explored + 1, min(self.explored + n, self.exploring) + 1)
        return [(step / self.exploring,) for step in steps]

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        """The first rows of the set crafted on a pool: the same whatever the generator, so that they are nested."""
        key = Poison(pool.features, pool.labels).digest, size
        if key not in self._crafted:  # remembered: it is the same whenever it is made
            own = seeds.generator(self.problem.seed, seeds.Purpose.SEARCH)
            self._crafted[key] = self._gradient.draw({}, pool, size, own)
        whole = self._crafted[key]
        rows = int(np.ceil(parameters["spent"] * len(whole)))
        return Poison(whole.features[:rows].copy(), whole.labels[:rows].copy())
