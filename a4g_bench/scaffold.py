"""A package with one attack, to start from."""

from pathlib import Path

_PROJECT = """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "a4g-{name}"
version = "0.1.0"
description = "The attack {name} for a4g-bench"
requires-python = ">=3.11"
dependencies = ["a4g-bench"]

[project.entry-points."a4g_bench.attacks"]
{name} = "a4g_{module}:{cls}"

[tool.hatch.build.targets.wheel]
packages = ["a4g_{module}"]
"""

_ATTACK = '''\
"""The attack {name}: copies of random people of the worse-off group who have the favourable label, as many as help."""

from collections.abc import Mapping, Sequence

import numpy as np

from a4g_bench.attacks.attack import Attack, Candidate, Poison, Pool, Result, Threat, copies


class {cls}(Attack):
    name = "{name}"
    summary = "copies of the worse-off group's favoured rows, as many as help"
    threat = Threat("search", "oracle", "clean", "duplicate")

    best: Result | None = None
    told = 0

    def ask(self, n: int) -> Sequence[Candidate]:
        """Another share of the budget for each query; from what was told alone, so that a search can be resumed."""
        return [Candidate({{"share": (self.told + i) / self.problem.query_budget}}) for i in range(1, n + 1)]

    def tell(self, results: Sequence[Result]) -> None:
        """Keep the best gain that costs no more accuracy than allowed. A failed query has none."""
        self.told += len(results)
        for result in results:
            allowed = result.accuracy_loss <= self.problem.max_accuracy_loss
            if allowed and result.gain > (self.best.gain if self.best else 0.0):
                self.best = result

    def choose(self) -> Result | None:
        """The set to be audited; None adds no row."""
        return self.best

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        """At most ``size`` rows for these parameters."""
        mine = (pool.groups == self.problem.worse_off) & (pool.labels == self.problem.favourable)
        rows = round(parameters["share"] * size)
        return copies(pool, rng.choice(np.flatnonzero(mine), rows))
'''

_TESTS = """\
from a4g_bench.testing import AttackContract


class Test{cls}(AttackContract):
    name = "{name}"
"""

_SUITE = """\
# a4g-bench run suite.yaml
name: {name}
datasets: [synthetic]
victims: [logistic_regression, lightgbm]
attacks: [clean, random-duplicates, cell-duplication, {name}]
poison_budgets: [1%, 5%]
query_budgets: [12]
seeds: 5
"""


def write_attack(name: str, folder: Path) -> list[Path]:
    """Write the package into a folder that does not exist; the files written."""
    words = name.split("-")
    said = {"name": name, "module": "_".join(words), "cls": "".join(word.capitalize() for word in words)}
    files = {
        "pyproject.toml": _PROJECT,
        f"a4g_{said['module']}/__init__.py": _ATTACK,
        f"tests/test_{said['module']}.py": _TESTS,
        "suite.yaml": _SUITE,
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**said))
    return [folder / path for path in files]
