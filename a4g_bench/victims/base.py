"""Victims: third parties' training algorithms at their default hyper-parameters."""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping, Set
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from a4g_bench import plugins
from a4g_bench.errors import VictimError, nearest
from a4g_bench.victims import lightgbm_parameters

Encoding = Literal["one-hot", "scaled"]
Parameters = Mapping[str, Any]


class Victim(ABC):
    """A training algorithm that the attacker does not control. The harness calls it; subclasses say how to build it.

    ``encoding`` is fixed per family: ``one-hot`` (float32, categories one-hot) for trees, ``scaled`` (float64, and
    numbers standardised by the clean training rows) for everything that measures distances or penalises weights.
    ``packages`` are those whose version determines the result.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    encoding: ClassVar[Encoding]
    packages: ClassVar[tuple[str, ...]] = ("scikit-learn",)

    def __init__(self, **parameters: Any) -> None:
        self.parameters = parameters

    @abstractmethod
    def estimator(self, seed: int) -> Any:
        """Build the classifier.

        Args:
            seed: Its random state, below 2**31.

        Returns:
            A fresh, unfitted scikit-learn-compatible classifier on one thread.
        """

    def seeded(self) -> bool:
        """Whether the random state changes the result; if not, the harness fits once for all victim seeds."""
        return True

    @property
    def input_encoding(self) -> Encoding:
        """The encoding this instance is given."""
        return self.encoding

    def check(self) -> None:
        """Look at the parameters.

        Raises:
            VictimError: In one line, if they cannot be used.
        """
        try:
            built = self.estimator(0)
            valid = set(built.get_params())
        except VictimError:
            raise
        except Exception as error:  # a third party's class may fail in any way
            raise VictimError(f"victim '{self.name}': {in_one_line(error)}") from error
        for key in self.parameters:
            if key not in valid:
                raise VictimError(f"victim '{self.name}' has no parameter '{key}'{nearest(key, valid)}")


class SklearnVictim(Victim):
    """A victim whose class is named by an import path; ``random_state`` and one thread are set where it has them."""

    path: ClassVar[str]
    fixed: ClassVar[Parameters] = {}

    def estimator(self, seed: int) -> Any:
        """Build the class at ``path`` with its fixed and its given parameters.

        Args:
            seed: Its random state, below 2**31.

        Returns:
            A fresh, unfitted classifier on one thread.

        Raises:
            VictimError: If the class cannot be imported or built.
        """
        return build(self.path, {**self.fixed, **self.parameters}, seed)


def build(path: str, parameters: Parameters, seed: int) -> Any:
    """Instantiate a class by import path.

    Args:
        path: ``package.module:Class`` (or ``package.module.Class``).
        parameters: Keyword arguments of its constructor.
        seed: Its random state, where it has one.

    Returns:
        The classifier, on one thread where it takes a number of threads.

    Raises:
        VictimError: Naming what is wrong.
    """
    module, _, attribute = path.partition(":") if ":" in path else path.rpartition(".")
    try:
        cls = getattr(import_module(module), attribute)
    except Exception as error:  # whatever a third party's module raises is the user's to mend, in one line
        raise VictimError(f"victim '{path}' cannot be imported: {in_one_line(error)}") from error
    _check_class(path, cls)
    _check_passed_on(path, cls, parameters)
    pinned: dict[str, Any] = {"random_state": seed, "n_jobs": 1}
    try:
        arguments = {**{key: value for key, value in pinned.items() if key in _accepted(cls)}, **parameters}
        built = cls(**arguments)
        # a class may take them through ``**kwargs`` only, or not say what it takes
        held = built.get_params() if hasattr(built, "get_params") else {}
        hidden = {key: value for key, value in pinned.items() if key in held and key not in arguments}
        return built.set_params(**hidden) if hidden else built
    except Exception as error:  # and so is whatever its constructor raises
        raise VictimError(f"victim '{path}' cannot be built: {in_one_line(error)}") from error


def _check_class(path: str, cls: Any) -> None:
    """Raise ``VictimError`` unless it is a class with what training needs: a suite has nothing else called."""
    if not isinstance(cls, type):
        raise VictimError(f"victim '{path}' cannot be built: it is no class")
    for method in ("fit", "predict"):
        if not callable(getattr(cls, method, None)):
            raise VictimError(f"victim '{path}' is no scikit-learn-compatible classifier: it has no '{method}'")


def _check_passed_on(path: str, cls: type, parameters: Parameters) -> None:
    """Raise ``VictimError`` for a parameter of LightGBM that is not one of those that say how trees grow."""
    if not cls.__module__.startswith("lightgbm"):
        return
    for key in parameters:
        if key not in _accepted(cls) and key not in lightgbm_parameters.ALLOWED:
            raise VictimError(f"victim '{path}' may not be given the parameter '{key}': it does not say how trees grow")


@lru_cache
def _accepted(cls: Any) -> Set[str]:
    try:
        return inspect.signature(cls).parameters.keys()
    except (TypeError, ValueError):  # not a class, which building it will tell; or one in C that does not say
        return frozenset()


def in_one_line(error: Exception) -> str:
    """An error's type and the first line of what it says.

    Args:
        error: The error.

    Returns:
        At most 500 characters.
    """
    first = (str(error).strip().splitlines() or [""])[0]
    return f"{type(error).__name__}: {first}"[:500]


class ImportedVictim(Victim):
    """Any scikit-learn-compatible classifier by import path, as ``module:Class``.

    The parameter ``encoding`` (``scaled`` unless told) chooses what it is given; all others go to the class.
    """

    name = "imported"
    summary = "any scikit-learn-compatible class by import path (module:Class)"
    encoding = "scaled"

    def __init__(self, path: str, *, encoding: Encoding = "scaled", **parameters: Any) -> None:
        super().__init__(**parameters)
        if encoding not in ("one-hot", "scaled"):
            raise VictimError(f"victim '{path}': encoding must be 'one-hot' or 'scaled', not '{encoding}'")
        self.path = path
        self.name = path  # type: ignore[misc]  # per instance here, as the packages are
        self._encoding: Encoding = encoding
        self.packages = ("scikit-learn", path.split(".")[0].split(":")[0])  # type: ignore[misc]

    @property
    def input_encoding(self) -> Encoding:
        """The encoding that was asked for."""
        return self._encoding

    def estimator(self, seed: int) -> Any:
        """Build the class.

        Args:
            seed: Its random state, below 2**31.

        Returns:
            A fresh, unfitted classifier on one thread.

        Raises:
            VictimError: If the class cannot be imported or built.
        """
        return build(self.path, self.parameters, seed)


def get_victim(name: str, parameters: Parameters) -> Victim:
    """The victim of a name, or the class behind an import path.

    Args:
        name: A registered name, or ``module:Class``.
        parameters: Keyword arguments of its constructor, which checks them.

    Returns:
        The victim.

    Raises:
        VictimError: If what is registered is no victim.
        A4GError: If there is no such victim.
    """
    if ":" in name:
        return ImportedVictim(name, **parameters)
    victim = plugins.get("victims", name)(**parameters)
    if not isinstance(victim, Victim):
        raise VictimError(f"victim '{name}' is registered as {type(victim).__name__}, which is no Victim")
    return victim


def gives_scores(model: Any) -> bool:
    """Whether a model says more of a row than its label.

    Args:
        model: A classifier, fitted or not.

    Returns:
        Whether it has ``predict_proba`` or ``decision_function``.
    """
    return hasattr(model, "predict_proba") or hasattr(model, "decision_function")


def favourable_scores(model: Any, features: npt.NDArray[Any], favourable: int) -> npt.NDArray[np.float64]:
    """Score of the favourable label in [0, 1] for each row.

    ``predict_proba`` where the model has it; otherwise the logistic function of ``decision_function``; otherwise the
    label.

    Args:
        model: A fitted classifier.
        features: Encoded rows (n, columns).
        favourable: The favourable label, 0 or 1.

    Returns:
        The scores (n,).
    """
    if hasattr(model, "predict_proba"):
        classes = list(model.classes_)
        if favourable not in classes:
            return np.zeros(len(features))
        return np.asarray(model.predict_proba(features)[:, classes.index(favourable)], dtype=np.float64)
    if hasattr(model, "decision_function"):
        score = 1.0 / (1.0 + np.exp(-np.asarray(model.decision_function(features), dtype=np.float64)))
    else:
        score = np.asarray(model.predict(features), dtype=np.float64)
    return score if favourable == 1 else 1.0 - score
