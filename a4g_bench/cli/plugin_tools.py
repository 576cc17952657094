"""``list``, ``new`` and ``test-plugin``: what a suite can name, and how to add to it."""

import re
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from a4g_bench.cli import exit_codes
from a4g_bench.cli.options import Json
from a4g_bench.cli.output import examples, print_json, print_table
from a4g_bench.errors import A4GError, nearest

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

from a4g_bench.attacks import Attack, Candidate, Poison, Pool, Result, Threat, copies


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
    fields = {"name": name, "module": "_".join(words), "cls": "".join(word.capitalize() for word in words)}
    files = {
        "pyproject.toml": _PROJECT,
        f"a4g_{fields['module']}/__init__.py": _ATTACK,
        f"tests/test_{fields['module']}.py": _TESTS,
        "suite.yaml": _SUITE,
    }
    for path, text in files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text.format(**fields))
    return [folder / path for path in files]


LIST_EXAMPLES = examples(
    "a4g-bench list attacks",
    "a4g-bench list datasets --json",
)


class What(StrEnum):
    """What can be listed."""

    datasets = "datasets"
    victims = "victims"
    attacks = "attacks"
    references = "references"
    defences = "defences"
    metrics = "metrics"
    suites = "suites"


def list_command(
    what: Annotated[
        What,
        typer.Argument(metavar="WHAT", help="datasets, victims, attacks, references, defences, metrics or suites."),
    ],
    as_json: Json = False,
) -> None:
    """List what a suite can name, with its state here.

    The state: installed, cached, needs the network, needs an extra.
    """
    rows = _LISTS[what]()
    if as_json:
        print_json(rows)
    else:
        print_table([{key: value for key, value in row.items() if key != "parameters"} for row in rows])


#: Kinds of plugins that declare parameters. A victim's are those of the class that it builds.
_DECLARING = ("datasets", "attacks", "references", "defences")


def _plugins(kind: Any, describe: Any) -> list[dict[str, Any]]:
    from a4g_bench import plugins
    from a4g_bench.parameters import declared_by

    rows = []
    for name in plugins.names(kind):
        try:
            plugin = plugins.get(kind, name)
            declared = {"parameters": [one.row() for one in declared_by(plugin)]} if kind in _DECLARING else {}
            rows.append({"name": name, **describe(plugin), **declared})
        except A4GError as error:
            rows.append({"name": name, "state": "broken", "summary": str(error)})
    heading = dict.fromkeys(key for row in rows for key in row)
    return [{key: row.get(key) for key in heading} for row in rows]


def _datasets() -> list[dict[str, Any]]:
    def describe(source: Any) -> dict[str, Any]:
        attributes = " ".join(source.attributes) or None
        return {"state": source().state(), "attributes": attributes, "summary": source.summary}

    return _plugins("datasets", describe)


def _state(packages: Iterable[str]) -> str:
    """Whether the packages that a plugin needs are here, without importing them."""
    from a4g_bench.provenance import versions

    lacking = [package for package, version in versions(tuple(packages)).items() if version == "none"]
    return f"needs {' '.join(lacking)}" if lacking else "installed"


def _victims() -> list[dict[str, Any]]:
    def describe(victim: Any) -> dict[str, Any]:
        return {"state": _state(victim.packages), "summary": victim.summary}

    imported = {"name": "MODULE:CLASS", "state": "by import path", "summary": "any scikit-learn-compatible classifier"}
    return [*_plugins("victims", describe), imported]


def _attacks() -> list[dict[str, Any]]:
    def describe(attack: Any) -> dict[str, Any]:
        threat = attack.threat
        return {
            "state": _state(attack.packages),
            "role": threat.role,
            "knowledge": threat.knowledge,
            "labels": threat.labels,
            "rows": threat.row_origin,
            "summary": attack.summary,
        }

    return _plugins("attacks", describe)


def _treatments(kind: str) -> list[dict[str, Any]]:
    return _plugins(kind, lambda built: {"state": _state(built.packages), "summary": built.summary})


def _metrics() -> list[dict[str, Any]]:
    return _plugins("metrics", lambda metric: {"state": "installed", "summary": metric.summary})


def _suites() -> list[dict[str, Any]]:
    from a4g_bench.suite.load import builtin_names, load_suite

    return [
        {"name": name, "state": "installed", "summary": load_suite(name).suite.description} for name in builtin_names()
    ]


_LISTS = {
    What.datasets: _datasets,
    What.victims: _victims,
    What.attacks: _attacks,
    What.references: lambda: _treatments("references"),
    What.defences: lambda: _treatments("defences"),
    What.metrics: _metrics,
    What.suites: _suites,
}


TEST_PLUGIN_EXAMPLES = examples(
    "a4g-bench test-plugin my-attack",
    "a4g-bench test-plugin my-metric --kind metrics",
)


def check_plugin_command(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The plugin's name.")],
    kind: Annotated[
        str | None,
        typer.Option(metavar="KIND", help="attacks, datasets, defences, metrics, references or victims."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Hold a plugin against what the harness relies on.

    The same promises as the classes of a4g_bench.testing, which a package's own tests may subclass. Exit code 1 if one
    is broken.
    """
    from a4g_bench import plugins
    from a4g_bench.testing import CONTRACTS, check

    if kind is not None and kind not in CONTRACTS:
        raise A4GError(f"unknown kind '{kind}'{nearest(kind, CONTRACTS)}")
    kinds = [one for one in CONTRACTS if kind in (None, one) and name in plugins.names(one)]  # type: ignore[arg-type]
    if not kinds:
        known = [other for one in CONTRACTS for other in plugins.names(one)]  # type: ignore[arg-type]
        raise A4GError(f"no plugin '{name}'{nearest(name, known)}")
    rows = []
    for checked_kind in kinds:
        contract = type("Named", (CONTRACTS[checked_kind],), {"name": name})
        for outcome in check(contract):
            rows.append({"kind": checked_kind, "promise": outcome.promise, "broken": outcome.broken})
            if not as_json:
                promise = outcome.promise.removeprefix("test_").replace("_", " ")
                print(f"BROKEN  {promise}: {outcome.broken}" if outcome.broken else f"kept    {promise}")
    if as_json:
        print_json(rows)
    broken = sum(bool(row["broken"]) for row in rows)
    if not as_json:
        print(f"{len(rows)} promises of {' and '.join(kinds)} '{name}': {broken} broken")
    raise typer.Exit(exit_codes.FAILED if broken else exit_codes.COMPLETE)


NEW_EXAMPLES = examples(
    "a4g-bench new attack my-attack",
    "a4g-bench new attack nearest-neighbours --out ~/work",
)
_KINDS = ("attack",)


def new_command(
    kind: Annotated[str, typer.Argument(metavar="KIND", help="attack.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in suites: lower case, with hyphens.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to make its folder.")] = Path(),
) -> None:
    """Write a package with an attack of your own, to be changed.

    It runs as it is: install it with pip, test it with a4g-bench test-plugin, name it in a suite.
    """
    if kind not in _KINDS:
        raise A4GError(f"cannot make '{kind}'{nearest(kind, _KINDS)}; other kinds of plugins: see docs/plugins.md")
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        raise A4GError(f"'{name}': lower-case letters and digits, words joined by hyphens, such as my-attack")
    folder = out / f"a4g-{name}"
    if folder.exists():
        raise A4GError(f"'{folder}' exists: name another one, or remove it")
    for path in write_attack(name, folder):
        print(path)
    print(f"next: pip install -e {folder}, then a4g-bench test-plugin {name}")
