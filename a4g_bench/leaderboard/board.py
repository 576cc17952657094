"""The leaderboard: from the tables of one or more results folders to scores, ranks and remarks."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.builtin_columns import COLUMNS
from a4g_bench.leaderboard.column import Column, Row
from a4g_bench.leaderboard.columns import columns_of
from a4g_bench.leaderboard.consistency import read_consistent
from a4g_bench.leaderboard.evidence import NO_ROWS, Evidence, Pooled, pool_all, weigh
from a4g_bench.leaderboard.notes import notes
from a4g_bench.leaderboard.ranking import lines, place_of, positions_without, rank
from a4g_bench.leaderboard.records import (
    Budget,
    Cell,
    Entrant,
    Search,
    SettingKey,
    in_whole_blocks,
    metric_sides,
    sides_of,
)
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, kept_cells, read_searches
from a4g_bench.leaderboard.settings import Setting, Track
from a4g_bench.leaderboard.summary import Place
from a4g_bench.protocol import BOARD_VERSION
from a4g_bench.store.tables import OFF_TARGET, ResultTables


@dataclass(frozen=True, eq=False)
class Study:
    """What boards and analyses are made of.

    ``searches`` are all the selected ones, ``lacking`` those that yield no number. ``left_out`` are the seeds per data
    set that are of no whole block, where there are whole ones. ``judges`` are searches of the yardsticks at all
    budgets, selected or not: which settings count does not depend on what is looked at.
    """

    searches: tuple[Search, ...]
    lacking: tuple[Search, ...]
    pooled: Pooled
    selection: Selection
    left_out: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    judges: tuple[Search, ...] = ()

    @property
    def entrants(self) -> tuple[Search, ...]:
        """The searches of those that compete, without the reference lines."""
        return tuple(s for s in self.searches if s.role != REFERENCE_LINE)

    @cached_property
    def evidence(self) -> Evidence:
        """The results of the searches, and the judgement on every setting."""
        return weigh(self.searches, self.pooled, self._shown(), self.judges)

    def _shown(self) -> list[Entrant]:
        attacks = self.selection.attacks
        return sorted({s.entrant for s in self.entrants if not attacks or s.entrant.attack in attacks})

    def restricted(self, selection: Selection) -> "Study":
        """A part of the study: settings, ranks and means are those of the selected cells alone.

        Args:
            selection: Some of its data sets, victims and budgets.

        Returns:
            The study of these.

        Raises:
            StoreError: If nothing is selected.
        """
        chosen = replace(selection, attacks=self.selection.attacks)
        kept = tuple(kept_cells(self.searches, chosen))
        if not any(s.role != REFERENCE_LINE for s in kept):
            raise StoreError("no search matches the filters together")
        lacking = tuple(kept_cells(self.lacking, chosen))
        datasets = {s.cell.setting.dataset for s in kept}
        left_out = {name: seeds for name, seeds in self.left_out.items() if name in datasets}
        return Study(kept, lacking, self.pooled, chosen, left_out, self.judges)


def study(tables: Sequence[ResultTables], selection: Selection) -> Study:
    """Read and pool the selected results.

    Args:
        tables: Those of one or more results folders.
        selection: What to restrict them to.

    Returns:
        What boards and analyses are made of.

    Raises:
        StoreError: Where the results cannot share a board, or the selection names something that is not in them.
    """
    searches = read_searches(tables, selection)
    judges = _judges(tables, selection, searches)
    known = {s.search_id for s in searches}
    outcomes, lacking = read_consistent(tables, [*searches, *(s for s in judges if s.search_id not in known)])
    pooled = pool_all(outcomes, _changes(tables))
    lacking = tuple(s for s in lacking if s.search_id in known)
    return Study(tuple(searches), lacking, pooled, selection, _left_out(tables, selection), judges)


def _judges(tables: Sequence[ResultTables], selection: Selection, searches: Sequence[Search]) -> tuple[Search, ...]:
    """The searches of the yardsticks on the selected settings.

    ``searches``, the selected ones, have them unless budgets or attacks are selected.
    """
    named = {name for table in tables for name in table.yardsticks}
    if not selection.budgets and not selection.attacks:
        return tuple(s for s in searches if s.entrant.attack in named)
    everywhere = replace(selection, budgets=())
    attacks = tuple(sorted(named & {attack for _, attack, _ in _run(tables, everywhere)}))
    if not attacks:
        return ()
    found = read_searches(tables, replace(everywhere, attacks=attacks))
    return tuple(s for s in found if s.entrant.attack in attacks)


def _run(tables: Sequence[ResultTables], selection: Selection) -> set[tuple[str, str, int]]:
    """Data set, attack and seed of all that was run on the selected cells."""
    names = ("dataset", "attribute", "victim", "budget", "attack", "seed")
    places = {
        place for table in tables for place in zip(*(table.searches[name].to_pylist() for name in names), strict=True)
    }
    return {
        (dataset, attack, seed)
        for dataset, attribute, victim, budget, attack, seed in places
        if Cell(SettingKey(dataset, attribute, victim), Budget.parse(budget)) in selection
    }


def _left_out(tables: Sequence[ResultTables], selection: Selection) -> Mapping[str, tuple[int, ...]]:
    """Per data set the seeds of the selected cells that are of no whole block, where there is one."""
    seeds: dict[str, set[int]] = defaultdict(set)
    for dataset, _, seed in _run(tables, selection):
        seeds[dataset].add(seed)
    whole = {dataset: in_whole_blocks(own) for dataset, own in seeds.items()}
    return {
        dataset: tuple(sorted(own - whole[dataset]))
        for dataset, own in sorted(seeds.items())
        if whole[dataset] and own > whole[dataset]
    }


def _changes(tables: Sequence[ResultTables]) -> dict[tuple[str, str], dict[str, float]]:
    """Poisoned less clean, of every metric that is reported whatever was optimised, per folder and search."""
    changes = {
        (table.where, search_id): {name: poisoned[name] - clean[name] for name in OFF_TARGET}
        for table in tables
        for search_id, [(clean, poisoned)] in sides_of(table, OFF_TARGET, mean=True).items()
    }
    for table in tables:
        for (search_id, name), (clean_value, poisoned_value) in metric_sides(table).items():
            changes.setdefault((table.where, search_id), {})[name] = poisoned_value - clean_value
    return changes


View = Literal["dataset", "victim", "budget", "track"]


@dataclass(frozen=True)
class Board:
    """A leaderboard; every number in it was computed from the selected results and from nothing else.

    ``overall`` has a row per entrant; ``cells`` a row per entrant and (data set, attribute, victim, budget), also
    where the entrant failed; ``settings`` says which count. ``budgets`` are the poison budgets that enter
    ``overall``: those that every setting that counts has. ``notes`` are remarks to be shown with any of it.
    ``references`` are mitigations that add no rows, over the settings that count and per setting: a list of their own.
    ``robustness`` has the contenders' positions when a data set or a victim is left out. ``columns`` say what the
    values of every row are.
    """

    protocol_version: int
    overall: tuple[Row, ...]
    cells: tuple[Row, ...]
    settings: tuple[Setting, ...]
    budgets: tuple[str, ...]
    notes: tuple[str, ...]
    views: Mapping[View, tuple[Row, ...]] = field(repr=False)
    references: tuple[Row, ...] = ()
    columns: tuple[Column, ...] = COLUMNS
    robustness: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len({row.entrant for row in self.overall}) != len(self.overall):
            raise ValueError("an entrant occurs twice on the overall board")

    def by(self, what: View) -> tuple[Row, ...]:
        """Scores and ranks broken down.

        Args:
            what: Per data set (and attribute), per victim, per poison budget, or per track (the attribute visible to
                the victim, or hidden from it).

        Returns:
            A row per entrant and part.
        """
        return self.views[what]

    def to_json(self) -> dict[str, Any]:
        """Plain data without NaN; names of keys are stable, later versions only add."""
        return {
            "protocol_version": self.protocol_version,
            "budgets": list(self.budgets),
            "overall": [row.to_json() for row in self.overall],
            "cells": [row.to_json() for row in self.cells],
            "references": [row.to_json() for row in self.references],
            "settings": [asdict(s) | {"groups": list(s.groups), "sizes": dict(s.sizes)} for s in self.settings],
            "robustness": {name: dict(positions) for name, positions in self.robustness.items()},
            "notes": list(self.notes),
        }


def build(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
) -> Board:
    """Build the leaderboard of the selected results; an empty filter selects everything.

    Every number is recomputed for the selection. An entrant is an attack with its objective and query budget. It is
    complete, and ranked, if it has every seed of every cell that counts and that any shown entrant was to be run on.

    The overall score is the mean over data sets of the mean over attributes of the mean over victims of the weighted
    mean over poison budgets, over settings that count only.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets.
        victims: Only these victims.
        budgets: Only these poison budgets, as a suite writes them.
        attacks: Only these attacks.

    Returns:
        The board.

    Raises:
        StoreError: Where the results cannot share a board, or a filter names something that is not in them.
    """
    wanted = tuple(Budget.parse(text) for text in budgets)
    return board_of(study(tables, Selection(tuple(datasets), tuple(victims), wanted, tuple(attacks))))


def board_of(study: Study, *, details: bool = True) -> Board:
    """The board of a study.

    Args:
        study: The study.
        details: Whether to make its cells and its breakdowns too.

    Returns:
        The board.
    """
    evidence = study.evidence
    counted = counted_cells(evidence, evidence.settings)
    cells = list(evidence.required) if details else []
    return Board(
        protocol_version=BOARD_VERSION,
        overall=rank(evidence, counted, Place()),
        cells=tuple(row for cell in cells for row in rank(evidence, [cell], place_of(cell, evidence))),
        settings=tuple(evidence.settings.values()),
        budgets=tuple(b.label for b in sorted({cell.budget for cell in counted})),
        notes=notes(evidence, study.entrants, study.lacking, counted, study.selection, study.left_out),
        views=_views(evidence) if details else {},
        references=_references(evidence, counted),
        columns=columns_of(evidence.metrics),
        robustness=positions_without(evidence, counted) if details else {},
    )


def _references(evidence: Evidence, counted: Sequence[Cell]) -> tuple[Row, ...]:
    """Reference lines over the settings that count, then per setting."""
    ranked = list(dict.fromkeys(Cell(cell.setting, NO_ROWS) for cell in counted))
    single = [
        (Place(dataset=key.dataset, attribute=key.attribute, victim=key.victim), [Cell(key, NO_ROWS)])
        for key in evidence.settings
    ]
    return tuple(row for place, cells in [(Place(), ranked), *single] for row in lines(evidence, cells, place))


def counted_cells(evidence: Evidence, settings: Iterable[SettingKey], track: Track | None = None) -> list[Cell]:
    """The cells behind an average over settings.

    Args:
        evidence: What is known of all cells.
        settings: The settings to average over.
        track: The track whose settings are meant; that of the score unless told.

    Returns:
        The cells of those that count, at the budgets that all of these have.
    """
    counting = _counting(evidence, settings, track or evidence.track)
    has = [{cell.budget for cell in evidence.required if cell.setting == key} for key in counting]
    common = set.intersection(*has) if has else set()
    return [cell for cell in evidence.required if cell.setting in counting and cell.budget in common]


def _counting(evidence: Evidence, settings: Iterable[SettingKey], track: Track) -> list[SettingKey]:
    """The settings of a track that count."""
    return [key for key in settings if evidence.settings[key].counts and evidence.settings[key].track == track]


def _views(evidence: Evidence) -> dict[View, tuple[Row, ...]]:
    settings = list(evidence.settings)
    per_dataset = [
        row
        for dataset, attribute in dict.fromkeys((p.dataset, p.attribute) for p in settings)
        for own in [[p for p in settings if (p.dataset, p.attribute) == (dataset, attribute)]]
        for row in rank(
            evidence,
            counted_cells(evidence, own, evidence.settings[own[0]].track),
            Place(dataset=dataset, attribute=attribute),
        )
    ]
    per_victim = [
        row
        for victim in sorted({p.victim for p in settings})
        for row in rank(
            evidence, counted_cells(evidence, [p for p in settings if p.victim == victim]), Place(victim=victim)
        )
    ]
    per_budget: list[Row] = []
    counting = _counting(evidence, settings, evidence.track)
    for budget in sorted({cell.budget for cell in evidence.required}):
        cells = [c for c in evidence.required if c.budget == budget and c.setting in counting]
        shares = [share for c in cells if (share := evidence.shares[c]) is not None]
        share = sum(shares) / len(shares) if budget.is_count and shares else None
        place = Place(budget=share if budget.is_count else budget.number, budget_label=budget.label)
        per_budget += rank(evidence, cells, place)
    per_track = [
        row
        for track in sorted({setting.track for setting in evidence.settings.values()}, reverse=True)
        for row in rank(evidence, counted_cells(evidence, settings, track), Place(track=track))
    ]
    return {
        "dataset": tuple(per_dataset),
        "victim": tuple(per_victim),
        "budget": tuple(per_budget),
        "track": tuple(per_track),
    }
