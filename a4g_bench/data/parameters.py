"""The checks of the parameters that made-up data sets take."""

from collections.abc import Mapping

import numpy as np

from a4g_bench.errors import DataError


def whole(dataset: str, params: Mapping[str, object], key: str, low: int) -> int:
    """Return a parameter. Raises ``DataError`` if it is not a whole number of at least ``low``."""
    value = params[key]
    if not isinstance(value, int) or value < low:
        raise DataError(f"data set '{dataset}': parameter '{key}' must be at least {low}, got {value}")
    return value


def number(dataset: str, params: Mapping[str, object], key: str, low: float = -np.inf) -> float:
    """Return a parameter. Raises ``DataError`` if it is not a finite number of at least ``low``."""
    value = params[key]
    if not isinstance(value, float) or not (np.isfinite(value) and value >= low):
        least = "" if low == -np.inf else f" of at least {low:g}"
        raise DataError(f"data set '{dataset}': parameter '{key}' must be a finite number{least}, got {value}")
    return value
