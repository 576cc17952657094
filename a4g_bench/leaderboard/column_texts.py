"""How tables write what columns hold: a row's text, for each of the package's own columns."""

from collections.abc import Callable

from a4g_bench.leaderboard.column import Row, Value, number


def signed(key: str, digits: int, scale: float = 1.0) -> Callable[[Row], str]:
    """A number with its sign."""
    return lambda row: number(row.values[key], digits, scale=scale, sign=True)  # type: ignore[arg-type]  # numbers


def plain(key: str, digits: int) -> Callable[[Row], str]:
    """A number as it is."""
    return lambda row: number(row.values[key], digits)  # type: ignore[arg-type]  # numbers


def lost(key: str) -> Callable[[Row], str]:
    """How far something moved, in points, from how far it fell."""

    def text(row: Row) -> str:
        gone = row.values[key]
        return number(None if gone is None else -float(gone), 1, scale=100, sign=True)

    return text


def name(row: Row) -> str:
    """The entrant, marked by its role."""
    return str(row.entrant) + {"control": " *", "baseline": " +"}.get(row.role, "")


_UNRANKED = {"incomplete": "inc.", "inconclusive": "n/c", "provisional": "prov."}


def rank(row: Row) -> str:
    """The rank interval, or why there is none."""
    if row.rank_low is None:
        return _UNRANKED.get(row.status, "-")
    return str(row.rank_low) if row.rank_low == row.rank_high else f"{row.rank_low}-{row.rank_high}"


def _interval(row: Row, key: str, digits: int, scale: float = 1.0) -> str:
    low, high = row.values[f"{key}_low"], row.values[f"{key}_high"]
    ends = f" [{_signed_number(low, digits, scale)}, {_signed_number(high, digits, scale)}]"
    return "" if low is None or high is None else ends


def _signed_number(value: Value, digits: int, scale: float) -> str:
    return number(value, digits, scale=scale, sign=True)  # type: ignore[arg-type]  # a number


def score(row: Row) -> str:
    """The score with its interval."""
    return number(row.gc, 3, sign=True) + _interval(row, "gc", 2)


def gap(row: Row) -> str:
    """The gap before and after, in points."""
    rates = f"{number(row.gap_clean, 1, scale=100)} > {number(row.gap_poisoned, 1, scale=100)}"
    return "-" if row.gap_clean is None else rates


def cost(row: Row) -> str:
    """The accuracy cost in points, marked where a cell exceeds the allowance."""
    text = number(row.accuracy_cost, 2, scale=100, sign=True)
    return text + ("!" if row.cells_over else " ") if row.accuracy_cost is not None else text


def worse(row: Row) -> str:
    """Cells that are worse for some group, of all."""
    return f"{row.cells_worse}/{row.cells}" if row.cells else "-"
