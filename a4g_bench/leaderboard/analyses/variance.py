"""Where the spread of a result over seeds comes from: the people audited, the victim's own luck, or the rest."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, variance
from typing import Any

from a4g_bench.leaderboard.board import Study
from a4g_bench.leaderboard.records import sides_of
from a4g_bench.store.tables import ResultTables


@dataclass(frozen=True, kw_only=True)
class VarianceShares:
    """The variance over seeds of how far one entrant closes the gap at one cell (U_clean - U_poisoned, as rates).

    ``sd`` is its standard deviation over seeds. Of its variance, ``audit_rows`` is the share that the choice of audit
    rows explains (the bootstrap's rows within seeds), ``victim_seeds`` that of the victim's own seeds (the spread over
    the audit's fits of one search, divided by their number), and ``split_and_search`` the rest: other training rows and
    another search on them, which one seed decides together. Shares are cut to 0..1; null where there is no spread.
    """

    entrant: str
    dataset: str
    attribute: str
    victim: str
    budget_label: str
    sd: float
    audit_rows: float | None
    victim_seeds: float | None
    split_and_search: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def variance_shares(study: Study, tables: Sequence[ResultTables]) -> tuple[VarianceShares, ...]:
    """Where the spread over seeds comes from.

    Args:
        study: The results.
        tables: Those that the study was made of.

    Returns:
        The shares of each entrant and cell that has at least two seeds.
    """
    luck = _victim_variance(tables)
    searches: dict[object, list[tuple[str, str]]] = defaultdict(list)
    for s in study.searches:
        searches[s.cell, s.entrant].append((s.where, s.search_id))
    shares = []
    for who in study.evidence.competitors:
        for cell in study.evidence.required:
            result = study.evidence.results.get((cell, who.entrant))
            if result is None or len(result.seeds) < 2:
                continue
            [part] = result.change.parts.values()
            n = part.seeds
            total = part.variances[0] * n  # of one seed
            rows = float((part.resampled - part.reseeded).var()) * n
            known = [luck[place] for place in searches[cell, who.entrant] if place in luck]
            victim = fmean(known) if known else 0.0
            of_rows, of_victim, of_rest = _shares(total, rows, victim)
            shares.append(
                VarianceShares(
                    **asdict(cell.pair),
                    entrant=who.label,
                    budget_label=cell.budget.label,
                    sd=total**0.5,
                    audit_rows=of_rows,
                    victim_seeds=of_victim,
                    split_and_search=of_rest,
                    seeds=n,
                )
            )
    return tuple(shares)


def _shares(total: float, rows: float, victim: float) -> tuple[float | None, float | None, float | None]:
    if total <= 0:
        return None, None, None
    of_rows = min(1.0, rows / total)
    of_victim = min(1.0 - of_rows, victim / total)
    return of_rows, of_victim, 1.0 - of_rows - of_victim


def _victim_variance(tables: Sequence[ResultTables]) -> Mapping[tuple[str, str], float]:
    """Per folder and search: the variance over audit victim seeds of the gap closed, over their number."""
    variances: dict[tuple[str, str], float] = {}
    for table in tables:
        for search_id, fits in sides_of(table, ["unfairness"], mean=False).items():
            closed = [clean["unfairness"] - poisoned["unfairness"] for clean, poisoned in fits]
            if len(closed) > 1:
                variances[table.where, search_id] = variance(closed) / len(closed)
    return variances
