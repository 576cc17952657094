"""One record per search, with the filters applied and the guards that keep unlike results off one board."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from a4g_bench.errors import StoreError, nearest
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, Search, in_whole_blocks, record
from a4g_bench.protocol import ORIGINAL, UNINFORMED_CONTROL
from a4g_bench.store.tables import LATER_COLUMNS, SEARCH_COLUMNS, ResultTables

#: The role of a mitigation that is shown beside the ranking: it has no poison budget, so filters of budgets and attacks
#: leave it alone.
REFERENCE_LINE = "reference"


@dataclass(frozen=True)
class Selection:
    """What a board is restricted to; an empty field restricts nothing."""

    datasets: tuple[str, ...] = ()
    victims: tuple[str, ...] = ()
    budgets: tuple[Budget, ...] = ()
    attacks: tuple[str, ...] = ()

    def __contains__(self, cell: object) -> bool:
        """Whether a cell is selected (``attacks`` decides about entrants, not about cells)."""
        return (
            isinstance(cell, Cell)
            and (not self.datasets or cell.setting.dataset in self.datasets)
            and (not self.victims or cell.setting.victim in self.victims)
            and (not self.budgets or cell.budget in self.budgets)
        )


def read_searches(tables: Sequence[ResultTables], selection: Selection) -> tuple[Search, ...]:
    """All selected searches, one per ``search_id`` (an ``ok`` row wins, then the highest attempt), in a fixed order.

    Controls named ``random-duplicates`` stay whatever ``selection.attacks`` says, since others are measured against
    them. Raises ``StoreError`` for an unknown filter value, two fingerprints of one data set and attribute, two
    protocol versions, two definitions of one label, or two results at the same coordinates.
    """
    [searches] = read_sides([tables], selection)
    return searches


def read_sides(sides: Sequence[Sequence[ResultTables]], selection: Selection) -> tuple[tuple[Search, ...], ...]:
    """The selected searches of several sets of results that are held against each other: each as
    :func:`read_searches` gives it, all on the same data, victims and protocol. An attack may be another on each side.
    """
    latest = [_latest(tables) for tables in sides]
    alike = iter(_one_objective_each([search for side in latest for search in side]))
    searches = [[next(alike) for _ in side] for side in latest]
    everything = [search for side in searches for search in side]
    _check_filters(everything, selection)
    kept = [whole_blocks(kept_cells(side, selection)) for side in searches]
    if not any(selection.attacks == () or s.entrant.attack in selection.attacks for k in kept for s in _entrants(k)):
        raise StoreError("no search matches the filters together")
    together = [search for side in kept for search in side]
    _check_one(together, "fingerprint", _table_of, lambda s: s.fingerprint)
    _check_one(together, "protocol_version", lambda _: "the results", lambda s: str(s.protocol_version))
    _check_definitions("victim", together)
    for side in kept:
        _check_definitions("attack", side)
    selected = [[search for search in side if _asked_for(search, selection)] for side in kept]
    for side in selected:
        _check_places(side)
    return tuple(tuple(sorted(side, key=lambda s: (s.place, s.search_id))) for side in selected)


def is_sanity(search: Search) -> bool:
    """Whether a search is no contender but a check of the harness: one that minimises the opposite, one that may add no
    row, and the original's attack.
    """
    opposite = search.role == "search" and search.entrant.objective.startswith("inverted-")
    nothing = search.role == "search" and search.budget_rows == 0
    return opposite or nothing or search.attack_name == ORIGINAL


def whole_blocks(searches: Iterable[Search]) -> list[Search]:
    """The searches of whole blocks of seeds, per data set; all of a data set that has none."""
    seeds: dict[str, set[int]] = defaultdict(set)
    everything = list(searches)
    for s in everything:
        seeds[s.cell.setting.dataset].add(s.seed)
    kept = {dataset: in_whole_blocks(own) or own for dataset, own in seeds.items()}
    return [s for s in everything if s.seed in kept[s.cell.setting.dataset]]


def _table_of(search: Search) -> str:
    """The table of a search: a sample of rows is drawn anew for each attribute."""
    return f"data set '{search.cell.setting.dataset}' ({search.cell.setting.attribute})"


def _latest(tables: Sequence[ResultTables]) -> list[Search]:
    """One record per identifier. Raises ``StoreError`` if there is none."""
    latest: dict[str, tuple[tuple[bool, int], Search]] = {}
    for table in sorted(tables, key=lambda t: t.where):
        later = [name for name in LATER_COLUMNS if name in table.searches.column_names]
        for row in table.searches.select([*SEARCH_COLUMNS, *later]).to_pylist():
            search = record(row, table.where)
            worth = not search.lacks, row["attempt"] or 0
            if search.search_id not in latest or latest[search.search_id][0] < worth:
                latest[search.search_id] = worth, search
    if not latest:
        raise StoreError(f"no searches in {', '.join(sorted({t.where for t in tables})) or 'an empty list of folders'}")
    return [search for _, search in latest.values()]


def _asked_for(search: Search, selection: Selection) -> bool:
    return (
        not selection.attacks
        or search.entrant.attack in selection.attacks
        or search.attack_name == UNINFORMED_CONTROL
        or search.role == REFERENCE_LINE
    )


def kept_cells(searches: Iterable[Search], selection: Selection) -> list[Search]:
    """The searches at the selected cells; reference lines add no rows, so they stay whatever the budgets."""
    everywhere = replace(selection, budgets=())
    return [s for s in searches if s.cell in (everywhere if s.role == REFERENCE_LINE else selection)]


def _entrants(searches: Iterable[Search]) -> list[Search]:
    return [s for s in searches if s.role != REFERENCE_LINE]


def _one_objective_each(searches: Sequence[Search]) -> list[Search]:
    """Controls and zero-query baselines optimise nothing: the objective their suite lists first cannot split them."""
    first: dict[str, str] = {}
    for s in searches:
        if s.role != "search":
            first[s.entrant.attack] = min(s.entrant.objective, first.get(s.entrant.attack, s.entrant.objective))
    return [
        s if s.role == "search" else replace(s, entrant=replace(s.entrant, objective=first[s.entrant.attack]))
        for s in searches
    ]


def _check_filters(searches: Iterable[Search], selection: Selection) -> None:
    cells = {s.cell for s in searches}
    budgets = {s.cell.budget.label for s in _entrants(searches)}
    valid: tuple[tuple[str, Iterable[str], set[str]], ...] = (
        ("data set", selection.datasets, {cell.setting.dataset for cell in cells}),
        ("victim", selection.victims, {cell.setting.victim for cell in cells}),
        ("poison budget", [b.label for b in selection.budgets], budgets),
        ("attack", selection.attacks, {s.entrant.attack for s in _entrants(searches)}),
    )
    for what, names, known in valid:
        for name in names:
            if name not in known:
                raise StoreError(f"{what} '{name}' is not in the results{nearest(name, known)}")


def _check_one(
    searches: Sequence[Search], what: str, of: Callable[[Search], str], value: Callable[[Search], str]
) -> None:
    """Raise unless each thing has one value, naming both values and the folders that hold them."""
    seen: dict[str, Search] = {}
    for s in sorted(searches, key=lambda s: (s.where, s.search_id)):
        if not value(s):
            continue
        other = seen.setdefault(of(s), s)
        if value(other) != value(s):
            raise StoreError(
                f"{of(s)}: two values of {what}, '{value(other)}' in {other.where} and '{value(s)}' in {s.where};"
                " they cannot share a board"
            )


def _check_definitions(what: str, searches: Sequence[Search]) -> None:
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for s in sorted(searches, key=lambda s: (s.where, s.search_id)):
        for kind, label, content in (definition for definition in s.definitions if definition[0] == what):
            other, where = seen.setdefault((kind, label), (content, s.where))
            if other != content:
                raise StoreError(
                    f"{kind} '{label}' stands for two things, {other} in {where} and {content} in {s.where};"
                    " give one of them another label, or rank the folders separately"
                )


def _check_places(searches: Sequence[Search]) -> None:
    seen: dict[tuple[Cell, Entrant, int], Search] = {}
    for s in sorted(searches, key=lambda s: (s.where, s.search_id)):
        if s.lacks:
            continue
        other = seen.setdefault(s.place, s)
        if other is not s:
            both = f"{s.where} holds" if other.where == s.where else f"{other.where} and {s.where} hold"
            raise StoreError(
                f"{both} two different results of {s.entrant.attack} on {s.cell}, seed {s.seed}"
                f" ({other.search_id}, {s.search_id}); keep results of different versions in separate folders"
            )
