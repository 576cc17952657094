"""Whether a suite's victim can be built and takes its parameters."""

import inspect
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any

import numpy as np

from a4g_bench import plugins
from a4g_bench.errors import A4GError, VictimError, nearest
from a4g_bench.suite.model import Named
from a4g_bench.victims.victim import get_victim

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
        given = ", ".join(f"{key}: {value}" for key, value in parameters.items())
        raise VictimError(f"victim '{name}' cannot be trained with {given}: {error}") from error
