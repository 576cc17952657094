"""How poison sets do on other victims, and what defences leave of their gains.

Every audit of a search counts here, by its key: the search, whom it was audited on, and behind which defence.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

from a4g_bench.errors import NotAskedForError
from a4g_bench.leaderboard.column import Row
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.estimates import finite
from a4g_bench.leaderboard.evidence import pool_all, returning_people, weigh
from a4g_bench.leaderboard.groups import groups_of
from a4g_bench.leaderboard.outcomes import (
    Baseline,
    Baselines,
    Family,
    Paired,
    audits_in,
    clean_audits,
)
from a4g_bench.leaderboard.pooling import Series, pool
from a4g_bench.leaderboard.ranking import place_of, rank
from a4g_bench.leaderboard.records import Budget, Search
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, read_searches
from a4g_bench.store.tables import AuditedOn, ResultTables


@dataclass(frozen=True, kw_only=True)
class TransferCell:
    """One attack at one cell, crafted on one victim and audited on another (or on the same).

    ``gc`` is the score with its 95 % interval ``gc_low..gc_high``; gaps and costs are rates. Null is "does not exist".
    """

    dataset: str | None
    attribute: str | None
    budget_label: str | None
    entrant: str
    attack: str
    role: str
    crafted_on: str
    evaluated_on: str | None
    gc: float | None
    gc_low: float | None
    gc_high: float | None
    gap_clean: float | None
    gap_poisoned: float | None
    accuracy_cost: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class DefendedCell:
    """One attack at one cell behind one defence; ``defence`` is null where there is none.

    Behind a defence, ``closed``, gaps and costs compare the poisoned victim with the clean one behind the same defence.
    Rates; null is "does not exist".
    """

    dataset: str | None
    attribute: str | None
    victim: str
    budget_label: str | None
    entrant: str
    attack: str
    role: str
    defence: str | None
    gc: float | None
    gc_low: float | None
    gc_high: float | None
    closed: float | None
    gap_clean: float | None
    gap_poisoned: float | None
    accuracy_cost: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a defence does to the clean victim: its gap before and after, and the accuracy it costs, as rates.

    ``gap_closed`` and ``accuracy_cost`` have paired 95 % intervals.
    """

    dataset: str | None
    attribute: str | None
    victim: str | None
    defence: str
    gap_undefended: float | None
    gap_defended: float | None
    gap_closed: float | None
    gap_closed_low: float | None
    gap_closed_high: float | None
    accuracy_cost: float | None
    accuracy_cost_low: float | None
    accuracy_cost_high: float | None
    seeds: int

    def to_json(self) -> dict[str, Any]:
        """All fields by name."""
        return asdict(self)


def transfer(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> tuple[TransferCell, ...]:
    """The matrix crafted-on x evaluated-on of each data set, budget and attack that was audited on another victim.

    The numbers are the leaderboard's, each audit counted for the victim that it was made on.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only what was crafted on these.
        budgets: Only these poison budgets.
        attacks: Only these attacks.

    Returns:
        The cells of the matrices.

    Raises:
        NotAskedForError: If nothing that is selected was audited on another victim.
        StoreError: Where the results cannot share a board.
    """
    audits = _Audits.of(tables, datasets, budgets, attacks)
    which = " that is selected" if datasets or victims or budgets or attacks else ""
    nothing = NotAskedForError(
        f"nothing{which} was audited on another victim: give an attack of the suite 'evaluate_on'"
    )
    cells: list[TransferCell] = []
    for victim in audits.crafted_on(victims):
        elsewhere = [s for s in audits.audits_of_sets_from(victim) if s.audited_on.defence is None]
        cells += [_transferred(row, victim) for row in _rows(tables, elsewhere)]
    travelled = {_matrix(cell) for cell in cells if cell.evaluated_on != cell.crafted_on}
    if not travelled:
        raise nothing
    return tuple(cell for cell in cells if _matrix(cell) in travelled)


def defended(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> tuple[tuple[DefendedCell, ...], tuple[Price, ...]]:
    """Every attack's cells, undefended and behind each defence, and the defences' own prices on clean data.

    The numbers are the leaderboard's, each audit counted for the victim behind the defence that it was made behind.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets; an empty filter selects everything.
        victims: Only these victims.
        budgets: Only these poison budgets.
        attacks: Only these attacks.

    Returns:
        The cells, and the prices.

    Raises:
        NotAskedForError: If nothing that is selected was audited behind a defence.
        StoreError: Where the results cannot share a board.
    """
    audits = _Audits.of(tables, datasets, budgets, attacks)
    cells: list[DefendedCell] = []
    prices: list[Price] = []
    for victim in audits.crafted_on(victims):
        defences = audits.defences(victim)
        if not defences:
            continue
        made = audits.audits_of_sets_from(victim)
        for defence in (None, *defences):
            behind = [s for s in made if s.audited_on == AuditedOn(victim, defence)]
            cells += [_defended(row, victim, defence) for row in _rows(tables, behind)]
        prices += _prices(tables, audits.undefended(victim), victim, defences)
    if not cells:
        which = " that is selected" if datasets or victims or budgets or attacks else ""
        raise NotAskedForError(f"nothing{which} was audited behind a defence: give the suite 'defences'")
    return tuple(cells), tuple(prices)


@dataclass(frozen=True, eq=False)
class _Audits:
    """The selected searches with all that they were audited on, and the clean audits to hold these against."""

    searches: tuple[Search, ...]
    made: Mapping[tuple[str, str], Collection[AuditedOn]]
    clean: Mapping[tuple[str, str, str, int, str], str]

    @classmethod
    def of(
        cls, tables: Sequence[ResultTables], datasets: Sequence[str], budgets: Sequence[str], attacks: Sequence[str]
    ) -> "_Audits":
        """Those of some data sets, budgets and attacks; an empty filter selects everything."""
        wanted = [Budget.parse(text) for text in budgets]
        searches = [
            s
            for s in read_searches(tables, Selection())
            if s.role != REFERENCE_LINE
            and (not datasets or s.cell.setting.dataset in datasets)
            and (not wanted or s.cell.budget in wanted)
            and (not attacks or s.entrant.attack in attacks)
        ]
        return cls(tuple(searches), audits_in(tables), clean_audits(tables))

    def _of(self, search: Search) -> Collection[AuditedOn]:
        return self.made.get((search.where, search.search_id), ())

    def crafted_on(self, victims: Sequence[str]) -> list[str]:
        """The victims that audited sets were crafted on."""
        known = {s.cell.setting.victim for s in self.searches if self._of(s)}
        return sorted(victim for victim in known if not victims or victim in victims)

    def defences(self, victim: str) -> list[str]:
        """The defences that sets crafted on a victim were audited behind."""
        on = {other for s in self.searches if s.cell.setting.victim == victim for other in self._of(s)}
        return sorted(other.defence for other in on if other.defence is not None and other.victim == victim)

    def undefended(self, victim: str) -> list[Search]:
        """The searches crafted on a victim."""
        return [s for s in self.searches if s.cell.setting.victim == victim]

    def audits_of_sets_from(self, victim: str) -> list[Search]:
        """All audits of sets crafted on a victim, those on itself among them."""
        return [
            s.as_audited_on(other, self.clean.get((*_setting(s), other.label), ""))
            for s in self.undefended(victim)
            for other in sorted(self._of(s), key=lambda other: other.label)
        ]


def _setting(search: Search) -> tuple[str, str, str, int]:
    pair = search.cell.setting
    return pair.dataset, pair.attribute, search.fingerprint, search.seed


def _rows(tables: Sequence[ResultTables], audits: Sequence[Search]) -> Iterator[Row]:
    """The board's rows of the single cells of some audits, where there is a result."""
    outcomes, _ = read_consistent(tables, audits)
    evidence = weigh(audits, pool_all(outcomes, {}), sorted({s.entrant for s in audits}))
    for cell in evidence.required:
        yield from (row for row in rank(evidence, [cell], place_of(cell, evidence)) if row.seeds)


def _transferred(row: Row, victim: str) -> TransferCell:
    return TransferCell(crafted_on=victim, evaluated_on=row.victim, **_shared(row))


def _defended(row: Row, victim: str, defence: str | None) -> DefendedCell:
    return DefendedCell(victim=victim, defence=defence, closed=row.closed, **_shared(row))


def _shared(row: Row) -> dict[str, Any]:
    names = (
        "dataset", "attribute", "budget_label", "entrant", "attack", "role", "gc", "gc_low", "gc_high", "gap_clean",
        "gap_poisoned", "accuracy_cost", "seeds",
    )  # fmt: skip
    return {name: row.values[name] for name in names}


def _matrix(cell: TransferCell) -> tuple[str | None, ...]:
    return cell.dataset, cell.attribute, cell.budget_label, cell.entrant


def _prices(
    tables: Sequence[ResultTables], searches: Sequence[Search], victim: str, defences: Sequence[str]
) -> Iterator[Price]:
    """What each defence does to the clean victim, by data set and attribute, the one that closes most first."""
    clean = clean_audits(tables)
    settings = {_setting(s): s for s in searches if s.baseline_id}
    labels = [AuditedOn(victim, defence).label for defence in defences]
    names = {s.baseline_id for s in settings.values()}
    names |= {clean[(*setting, label)] for setting in settings for label in labels if (*setting, label) in clean}
    baselines = Baselines(tables, names)

    def audit(search: Search, label: str) -> Baseline | None:
        name = search.baseline_id if label == victim else clean.get((*_setting(search), label), "")
        baseline = baselines.get(name, search.where)
        return None if isinstance(baseline, str) else baseline

    for (dataset, attribute), some in groupby(sorted(settings), key=lambda setting: setting[:2]):
        members = {seed: settings[at] for at in some for seed in [at[3]]}
        series = [_paired(members, victim, label, audit) for label in labels]
        seeds = tuple(sorted({seed for by_seed in series for seed in by_seed}))
        if not seeds:
            continue
        undefended = {seed: paired.clean for by_seed in series for seed, paired in by_seed.items()}
        present = [(defence, by_seed) for defence, by_seed in zip(defences, series, strict=True) if by_seed]
        first = members[seeds[0]]
        family = Family(
            dataset,
            first.fingerprint,
            attribute,
            seeds,
            tuple(by_seed for _, by_seed in present),
            {victim: undefended},
            first.rows,
        )
        groups = groups_of(list(family.people.values()), family.rows)
        pooled, _ = pool(family, groups, returning_people([family], [groups]))
        prices = [
            _price(dataset, attribute, victim, defence, estimates, len(by_seed))
            for (defence, by_seed), estimates in zip(present, pooled, strict=True)
        ]
        yield from sorted(prices, key=lambda price: (-(price.gap_closed or 0.0), price.defence))


def _paired(
    members: Mapping[int, Search], victim: str, label: str, audit: Callable[[Search, str], Baseline | None]
) -> dict[int, Paired]:
    """By seed, the clean victim undefended and behind a defence, where both were audited on the same rows."""
    pairs = {}
    for seed, search in members.items():
        clean, behind = audit(search, victim), audit(search, label)
        if clean is not None and behind is not None and clean.rows.same(behind.rows):
            pairs[seed] = Paired(clean, behind.audit)
    return pairs


def _price(dataset: str, attribute: str, victim: str, defence: str, series: Series, seeds: int) -> Price:
    low, high = series.change.interval() or (None, None)
    cost_low, cost_high = series.cost.interval() or (None, None)
    return Price(
        dataset=dataset,
        attribute=attribute,
        victim=victim,
        defence=defence,
        gap_undefended=finite(series.gap_clean),
        gap_defended=finite(series.gap_poisoned),
        gap_closed=finite(series.change.value),
        gap_closed_low=low,
        gap_closed_high=high,
        accuracy_cost=finite(series.cost.value),
        accuracy_cost_low=cost_low,
        accuracy_cost_high=cost_high,
        seeds=seeds,
    )
