"""Where the spread of a result over seeds comes from: the people audited, the victim's own luck, or the rest."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import fmean, variance
from typing import Any

from a4g_bench.leaderboard.board import Study
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.estimates import Floats
from a4g_bench.leaderboard.groups import Groups, groups_of
from a4g_bench.leaderboard.outcomes import Outcome, families
from a4g_bench.leaderboard.records import Cell, Entrant, sides_of
from a4g_bench.store.tables import ResultTables


@dataclass(frozen=True, kw_only=True)
class VarianceShares:
    """How far the gap that one entrant closes at one cell varies over seeds.

    The gap is that between the groups worst and best off without poison, as a rate. Of all entrants and budgets of a
    setting, these are null. ``variance`` is that of a seed. Of it ``audit_rows`` is the share that the choice of audit
    rows explains, ``victim_seeds`` that of the victim's own seeds (the spread over the audit's fits of one search,
    divided by their number), and ``split_and_search`` the rest: other training rows and another search on them, which
    one seed decides together. Nothing is cut off: where seeds are few the parts may exceed the whole. Null where there
    is no spread.
    """

    entrant: str | None
    dataset: str
    attribute: str
    victim: str
    budget_label: str | None
    variance: float
    audit_rows: float | None
    victim_seeds: float | None
    seeds: int

    @property
    def sd(self) -> float:
        """Standard deviation over seeds."""
        return math.sqrt(self.variance)

    @property
    def split_and_search(self) -> float | None:
        """What audit rows and victim seeds leave."""
        known = self.audit_rows is not None and self.victim_seeds is not None
        return 1 - (self.audit_rows or 0.0) - (self.victim_seeds or 0.0) if known else None

    def to_json(self) -> dict[str, Any]:
        """All fields by name, with the standard deviation and the rest."""
        return asdict(self) | {"sd": self.sd, "split_and_search": self.split_and_search}


def variance_shares(study: Study, tables: Sequence[ResultTables]) -> tuple[VarianceShares, ...]:
    """Where the spread over seeds comes from.

    Args:
        study: The results.
        tables: Those that the study was made of.

    Returns:
        The shares of each entrant and cell that has at least two seeds.
    """
    luck = _victim_variance(tables)
    labels = {who.entrant: who.label for who in study.evidence.competitors}
    outcomes: dict[tuple[Entrant, Cell], list[Outcome]] = defaultdict(list)
    read, _ = read_consistent(tables, study.searches)
    groups = _groups(read)
    for outcome in read:
        outcomes[outcome.search.entrant, outcome.search.cell].append(outcome)
    found = []
    for (entrant, cell), own in sorted(outcomes.items(), key=lambda item: item[0]):
        setting = study.evidence.settings.get(cell.setting)
        if entrant not in labels or setting is None or len(setting.groups) < 2 or len(own) < 2:
            continue
        merged = groups[setting.dataset, setting.attribute]
        changes, rows = zip(*(_change(outcome, merged, setting.groups) for outcome in own), strict=True)
        known = [luck[place] for o in own if (place := (o.search.where, o.search.search_id)) in luck]
        whole = variance(changes)
        found.append(
            VarianceShares(
                **asdict(cell.setting),
                entrant=labels[entrant],
                budget_label=cell.budget.label,
                variance=whole,
                audit_rows=fmean(rows) / whole if whole else None,
                victim_seeds=(fmean(known) if known else 0.0) / whole if whole else None,
                seeds=len(own),
            )
        )
    return tuple(found)


def by_setting(shares: Sequence[VarianceShares]) -> tuple[VarianceShares, ...]:
    """The shares of each setting, over its entrants and budgets: ratios of sums of variances."""
    settings: dict[tuple[str, str, str], list[VarianceShares]] = defaultdict(list)
    for one in shares:
        if one.variance:
            settings[one.dataset, one.attribute, one.victim].append(one)
    return tuple(
        VarianceShares(
            entrant=None,
            dataset=dataset,
            attribute=attribute,
            victim=victim,
            budget_label=None,
            variance=fmean(one.variance for one in own),
            audit_rows=_ratio(own, "audit_rows"),
            victim_seeds=_ratio(own, "victim_seeds"),
            seeds=min(one.seeds for one in own),
        )
        for (dataset, attribute, victim), own in settings.items()
    )


def _ratio(shares: Sequence[VarianceShares], name: str) -> float:
    return float(sum(one.variance * getattr(one, name) for one in shares) / sum(one.variance for one in shares))


def _change(outcome: Outcome, groups: Groups, names: tuple[str, ...]) -> tuple[float, float]:
    """How far the difference between two groups fell in one audit, and the variance of that if others were audited."""
    people = outcome.clean.rows
    strata = groups.of(people)
    saved: Floats = (
        outcome.clean.audit.wrong / outcome.clean.audit.fits - outcome.poisoned.wrong / outcome.poisoned.fits
    )
    change, spread = 0.0, 0.0
    for name, sign in zip(names, (1, -1), strict=True):
        of_group = saved[strata == groups.stratum(groups.names.index(name), people.favourable)]
        if len(of_group):
            change += sign * float(of_group.mean())
            spread += float(of_group.var()) / len(of_group)
    return change, spread


def _groups(outcomes: Sequence[Outcome]) -> Mapping[tuple[str, str], Groups]:
    """The groups that each data set and attribute is judged on."""
    return {
        (family.dataset, family.attribute): groups_of(list(family.people.values()), family.rows)
        for family, _ in families(outcomes, lambda outcome: outcome.search.place)
    }


def _victim_variance(tables: Sequence[ResultTables]) -> Mapping[tuple[str, str], float]:
    """Per folder and search: the variance over audit victim seeds of the gap closed, over their number."""
    variances: dict[tuple[str, str], float] = {}
    for table in tables:
        for search_id, fits in sides_of(table, ["unfairness"], mean=False).items():
            closed = [clean["unfairness"] - poisoned["unfairness"] for clean, poisoned in fits]
            if len(closed) > 1:
                variances[table.where, search_id] = variance(closed) / len(closed)
    return variances
