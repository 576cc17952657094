"""What a suite's schema cannot see: names, parameters, victims that cannot be trained, the size of the grid."""

import inspect
import warnings
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from math import prod
from typing import Any

import numpy as np

from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, get_attack
from a4g_bench.defences.base import get_defence
from a4g_bench.errors import A4GError, SuiteError, VictimError, nearest
from a4g_bench.references.base import get_reference
from a4g_bench.suite.grid import PATTERN_COLUMNS, offered_coordinates, patterns
from a4g_bench.suite.load import LoadedSuite
from a4g_bench.suite.model import AttackEntry, Named, Suite
from a4g_bench.victims.base import get_victim

#: A parameter that an estimator takes through ``**kwargs`` is a slip of the pen if it resembles a named one this much.
_RESEMBLES = 0.8


def check_victim(victim: Named, allow_import: Sequence[str] = ()) -> None:
    """Raise ``A4GError`` if a victim is unknown, cannot be built, is no classifier, or refuses its parameters.

    A class by import path is refused before anything is imported, unless its module is one of ``allow_import`` or below
    one: a suite is data, and importing runs code.

    Many classifiers look at their parameters in ``fit`` only, so a registered victim with parameters is fitted to 64
    made-up rows. A class by import path is not: it may take its time, or mean to fail.
    """
    name, by_path = victim.name, ":" in victim.name
    if not by_path and "." in name and name not in plugins.names("victims"):
        module, _, attribute = name.rpartition(".")
        raise VictimError(f"unknown victim '{name}' (a class by import path is written '{module}:{attribute}')")
    if by_path:
        _check_allowed(name, allow_import)
    parameters = {key: value for key, value in victim.params.items() if not (by_path and key == "encoding")}
    if parameters:
        _check_names(name, parameters)
    try:
        built = get_victim(name, victim.params)
        estimator = built.estimator(0)
    except A4GError:
        raise
    except Exception as error:  # whatever a third party's code raises is the user's to mend, in one line
        raise VictimError(f"victim '{name}' cannot be built: {error}") from error
    for method in ("fit", "predict", "get_params"):
        if not callable(getattr(estimator, method, None)):
            raise VictimError(f"victim '{name}' is no scikit-learn-compatible classifier: it has no '{method}'")
    built.check()
    if parameters and not by_path:
        _try(name, estimator, parameters)


def _check_allowed(path: str, allow_import: Sequence[str]) -> None:
    module = path.partition(":")[0]
    if not any(module == allowed or module.startswith(f"{allowed}.") for allowed in allow_import):
        raise VictimError(
            f"victim '{path}' is code that the suite would have imported and run: if you trust it, say"
            f" --allow-import {module.partition('.')[0]}"
        )


def _check_names(name: str, parameters: dict[str, Any]) -> None:
    try:
        plain = get_victim(name, {}).estimator(0)
        valid = set(plain.get_params())
        kinds = {parameter.kind for parameter in inspect.signature(type(plain)).parameters.values()}
    except A4GError:
        raise
    except Exception:  # a class that needs arguments: building it with them will tell
        return
    takes_any = inspect.Parameter.VAR_KEYWORD in kinds
    for key in parameters:
        known = key.partition("__")[0] in valid
        if not known and (not takes_any or get_close_matches(key, valid, cutoff=_RESEMBLES)):
            raise VictimError(f"victim '{name}' has no parameter '{key}'{nearest(key, valid)}")


def _try(name: str, estimator: Any, parameters: dict[str, Any]) -> None:
    rng = np.random.default_rng(0)
    features, labels = rng.standard_normal((64, 4)), np.arange(64) % 2
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            estimator.fit(features, labels).predict(features)
    except Exception as error:  # its defaults train, so its parameters are to blame
        listing = ", ".join(f"{key}: {value}" for key, value in parameters.items())
        raise VictimError(f"victim '{name}' cannot be trained with {listing}: {error}") from error


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
            check_victim(victim, loaded.allow_import)
    for i, attack in enumerate(suite.attacks):
        with loaded.at("attacks", i):
            built = get_attack(attack.name, attack.params)
            if (attack.fits or suite.fits).folds > 1 and built.is_search and not built.supports_folds:
                raise SuiteError(f"attack '{attack.label}' evaluates fixed rows and cannot use folds: set 'folds: 1'")
            if attack.surrogate is not None:
                _check_surrogate(attack.surrogate, attack.label, built, loaded.allow_import)
            _check_transfer(attack, {victim.label: victim.name for victim in suite.victims}, built.requires_victim)
    for i, defence in enumerate(suite.defences):
        with loaded.at("defences", i):
            get_defence(defence.name, defence.params)
    for i, reference in enumerate(suite.references):
        with loaded.at("references", i):
            get_reference(reference.name, reference.params)
            if reference.label in {attack.label for attack in suite.attacks}:
                raise SuiteError(f"'{reference.label}' is also an attack: give one of them another name with 'as'")
    _check_patterns(loaded)
    _check_size(suite)


def _check_transfer(attack: AttackEntry, victims: Mapping[str, str], requires_victim: str | None) -> None:
    """Raise ``SuiteError`` for a label that is none of the suite's ``victims`` (label -> name), that stands twice, or
    that cannot be crafted on.
    """
    for key, labels in (
        ("craft_on", [attack.craft_on] if attack.craft_on else []),
        ("evaluate_on", attack.evaluate_on),
    ):
        for label in labels:
            if label not in victims:
                raise SuiteError(f"{key}: '{label}' is not among the suite's victims{nearest(label, victims)}")
            if labels.count(label) > 1:
                raise SuiteError(f"{key}: '{label}' occurs twice; remove one")
    if attack.craft_on is not None and requires_victim not in (None, victims[attack.craft_on]):
        raise SuiteError(
            f"craft_on: attack '{attack.label}' needs gradients, which '{attack.craft_on}' has not: name a"
            f" {requires_victim}"
        )


def _check_surrogate(surrogate: Named, label: str, attack: Attack, allow_import: Sequence[str]) -> None:
    """Raise ``A4GError`` for a surrogate that cannot be trained, or that the attack would never meet."""
    if not (attack.is_search or attack.uses_scores):
        raise SuiteError(f"surrogate: attack '{label}' queries no victim and reads no scores of one: leave it out")
    check_victim(surrogate, allow_import)


def _check_patterns(loaded: LoadedSuite) -> None:
    suite = loaded.suite
    offered = offered_coordinates(suite)
    for where, combinations in (("include", suite.include), ("exclude", suite.exclude)):
        for i, combination in enumerate(combinations):
            for key, values in patterns(combination):
                valid = offered[PATTERN_COLUMNS[key]]
                for value in values:
                    if value not in valid:
                        with loaded.at(where, i, key):
                            raise SuiteError(f"'{value}' is not in the suite{nearest(str(value), map(str, valid))}")


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
    size = prod(len(entries) for entries in lists)
    if size > MAX_SEARCHES:
        raise A4GError(f"the suite spans up to {size:,} searches, more than {MAX_SEARCHES:,}: shorten its lists")
