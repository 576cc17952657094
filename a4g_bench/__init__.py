"""a4g-bench: which few added training rows make somebody else's classifier fairer, measured on held-out people.

As a library, ``import a4g_bench as a4g``: :func:`load` a data set, :func:`search` for rows, :func:`audit` rows that you
have, and read the :func:`board` as a DataFrame (:mod:`a4g_bench.api`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a4g_bench.api import Dataset, Found, audit, board, load, register, search


__version__ = "0.1.0"
__all__ = ["Dataset", "Found", "audit", "board", "load", "register", "search"]


def __getattr__(name: str) -> Any:
    """The library's functions, imported when first used: the command line must answer at once."""
    if name in __all__:
        from a4g_bench import api

        return getattr(api, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
