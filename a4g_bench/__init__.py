"""a4g-bench: which few added training rows make somebody else's classifier fairer, measured on held-out people.

As a library, ``import a4g_bench as a4g``, the functions do what the commands of the same names do: :func:`load` and
:func:`inspect` a data set, :func:`search` for rows, :func:`evaluate` rows that you have, :func:`run` a suite, read its
:func:`board` as a DataFrame, :func:`compare` two boards, :func:`replay` a search, write a :func:`report`
(:mod:`a4g_bench.api`).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from a4g_bench.api import (
        Changes,
        Dataset,
        Inspection,
        RunResult,
        SearchResult,
        board,
        compare,
        evaluate,
        inspect,
        load,
        register,
        replay,
        report,
        run,
        search,
    )


__version__ = "0.2.0"
__all__ = [
    "Changes", "Dataset", "Inspection", "RunResult", "SearchResult", "board", "compare", "evaluate", "inspect", "load",
    "register", "replay", "report", "run", "search",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """The library's functions, imported when first used: the command line must answer at once."""
    if name in __all__:
        from a4g_bench import api

        return getattr(api, name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
