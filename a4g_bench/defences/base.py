"""Defences: what a company may do to its training table before it trains, not knowing what was added."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from a4g_bench import plugins
from a4g_bench.errors import VictimError
from a4g_bench.parameters import Parameterised

Features = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Screened:
    """The rows of a table that are kept, as a mask (n,), and the labels (n,) of all of them."""

    kept: npt.NDArray[np.bool_]
    labels: Labels


class Defence(Parameterised, ABC):
    """A screening of the training table.

    The harness calls :meth:`screen` with clean and added rows alike, in an order that tells nothing apart, and trains
    the victim on what is kept.
    """

    name: ClassVar[str]
    summary: ClassVar[str]
    #: Packages whose version determines its result, besides numpy.
    packages: ClassVar[tuple[str, ...]] = ()
    version: ClassVar[int] = 1

    @abstractmethod
    def screen(self, features: Features, labels: Labels) -> Screened:
        """Screen a training table. Must be deterministic.

        Args:
            features: Encoded, standardised rows (n, columns).
            labels: Their labels (n,).

        Returns:
            Which rows are kept, and with which labels.
        """


def get_defence(name: str, parameters: Mapping[str, Any]) -> Defence:
    """Build a registered defence.

    Args:
        name: Its name.
        parameters: Keyword arguments of its constructor.

    Returns:
        The defence.

    Raises:
        VictimError: Naming an unknown parameter or a bad value.
        A4GError: If there is no such defence.
    """
    built: Defence = plugins.build("defences", name, parameters, Defence, VictimError)
    return built


def without_worst(badness: npt.NDArray[np.float64], removed: float) -> npt.NDArray[np.bool_]:
    """The mask that leaves out the worst rows.

    Args:
        badness: How bad each row is (n,).
        removed: The share of the rows to leave out: those with the largest badness.

    Returns:
        Which rows are kept (n,).
    """
    kept = np.ones(len(badness), dtype=np.bool_)
    kept[np.argsort(-badness, kind="stable")[: int(removed * len(badness) + 0.5)]] = False
    return kept
