"""Checks of the parameters that plugins take."""

import math
from collections.abc import Mapping

import numpy as np

from a4g_bench.errors import DataError


def share(name: str, value: object) -> float:
    """A parameter that is a share of rows, at least 0 and less than 1. Raises ``ValueError`` naming it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1:
        raise ValueError(f"{name} must be at least 0 and less than 1, not {value!r}")
    return float(value)


def dataset_whole(dataset: str, params: Mapping[str, object], key: str, low: int) -> int:
    """Return a parameter. Raises ``DataError`` if it is not a whole number of at least ``low``."""
    value = params[key]
    if not isinstance(value, int) or value < low:
        raise DataError(f"data set '{dataset}': parameter '{key}' must be at least {low}, got {value}")
    return value


def dataset_number(dataset: str, params: Mapping[str, object], key: str, low: float = -np.inf) -> float:
    """Return a parameter. Raises ``DataError`` if it is not a finite number of at least ``low``."""
    value = params[key]
    if not isinstance(value, float) or not (np.isfinite(value) and value >= low):
        least = "" if low == -np.inf else f" of at least {low:g}"
        raise DataError(f"data set '{dataset}': parameter '{key}' must be a finite number{least}, got {value}")
    return value


def whole(name: str, value: object, low: int) -> int:
    """A parameter that is a whole number of at least ``low``. Raises ``ValueError`` naming it."""
    if isinstance(value, bool) or not isinstance(value, int) or value < low:
        raise ValueError(f"{name} must be a whole number of at least {low}, not {value!r}")
    return value


def number(name: str, value: object) -> float:
    """A parameter that is a finite number. Raises ``ValueError`` naming it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{name} must be a finite number, not {value!r}")
    return value
