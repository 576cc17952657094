"""What a suite's schema cannot see: names, parameters, include and exclude, the size of the grid."""

import warnings
from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from a4g_bench import plugins
from a4g_bench.attacks.attack import get_attack
from a4g_bench.errors import A4GError, SuiteError, VictimError, nearest
from a4g_bench.suite.grid import patterns
from a4g_bench.suite.load import LoadedSuite
from a4g_bench.suite.model import Named, Suite
from a4g_bench.victims.victim import get_victim

MAX_SEARCHES = 1_000_000


def check_suite(loaded: LoadedSuite) -> None:
    """Raise ``A4GError`` in one line, with file, line and key, for the first thing that is wrong."""
    suite = loaded.suite
    for i, dataset in enumerate(suite.datasets):
        if dataset.source is None:
            with loaded.at("datasets", i, "name"):
                plugins.get("datasets", dataset.name)
        if dataset.fallback is not None:
            with loaded.at("datasets", i, "fallback"):
                plugins.get("datasets", dataset.fallback)
    for i, victim in enumerate(suite.victims):
        with loaded.at("victims", i):
            check_victim(victim)
    for i, attack in enumerate(suite.attacks):
        with loaded.at("attacks", i):
            built = get_attack(attack.name, attack.params)
            if suite.fits.folds > 1 and built.queries and not built.recipes:
                raise SuiteError(f"attack '{attack.label}' evaluates fixed rows and cannot use folds: set 'folds: 1'")
    _check_patterns(loaded)
    _check_size(suite)


def check_victim(victim: Named) -> None:
    """Raise ``VictimError`` if a victim is unknown, cannot be built, or refuses its parameters.

    Many classifiers look at their parameters in ``fit`` only, so a registered victim with parameters is fitted to 64
    made-up rows. A class by import path is not: it may take its time, or mean to fail.
    """
    if ":" not in victim.name and "." in victim.name and victim.name not in plugins.names("victims"):
        module, _, name = victim.name.rpartition(".")
        raise VictimError(f"unknown victim '{victim.name}' (a class by import path is written '{module}:{name}')")
    try:
        built = get_victim(victim.name, victim.params)
    except TypeError as error:  # a parameter named like an argument of the constructor's own
        raise VictimError(f"victim '{victim.name}': {error}") from error
    built.check()
    if ":" in victim.name or not victim.params:
        return
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((64, 4)), np.arange(64) % 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            built.estimator(0).fit(features, labels).predict(features)
    except Exception as error:  # whatever a third party's classifier raises, its parameters are to blame
        given = ", ".join(f"{key}: {value}" for key, value in victim.params.items())
        raise VictimError(f"victim '{victim.name}' cannot be trained with {given}: {error}") from error


def _check_patterns(loaded: LoadedSuite) -> None:
    suite = loaded.suite
    valid: dict[str, list[Any]] = {
        "dataset": [d.label for d in suite.datasets],
        "victim": [v.label for v in suite.victims],
        "attack": [a.label for a in suite.attacks],
        "objective": [o.label for o in suite.objectives],
        "poison_budget": [b.text for b in suite.poison_budgets],
        "query_budget": [0, *suite.query_budgets],
        "seed": suite.seeds,
    }
    for where, combinations in (("include", suite.include), ("exclude", suite.exclude)):
        for i, combination in enumerate(combinations):
            for key, values in patterns(combination):
                for value in values:
                    if value not in valid[key]:
                        with loaded.at(where, i, key):
                            raise SuiteError(
                                f"'{value}' is not in the suite{nearest(str(value), map(str, valid[key]))}"
                            )


def _check_size(suite: Suite) -> None:
    lists: tuple[Sequence[object], ...] = (
        suite.datasets,
        suite.victims,
        suite.attacks,
        suite.objectives,
        suite.poison_budgets,
        suite.query_budgets,
        suite.seeds,
    )
    size = prod(len(one) for one in lists)
    if size > MAX_SEARCHES:
        raise A4GError(f"the suite spans up to {size:,} searches, more than {MAX_SEARCHES:,}: shorten its lists")
