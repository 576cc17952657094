"""The leaderboard: from the tables of one or more results folders to scores, tiers and remarks."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from a4g_bench.errors import StoreError
from a4g_bench.leaderboard.builtin_columns import COLUMNS
from a4g_bench.leaderboard.column import Column, Row
from a4g_bench.leaderboard.columns import columns_of
from a4g_bench.leaderboard.evidence import NO_ROWS, Bootstrapped, Evidence, bootstrap, weigh
from a4g_bench.leaderboard.notes import notes
from a4g_bench.leaderboard.outcomes import read_outcomes
from a4g_bench.leaderboard.rankability import Pair
from a4g_bench.leaderboard.ranking import lines, place_of, rank
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, PairKey, Search, metric_sides, sides_of
from a4g_bench.leaderboard.selection import REFERENCE_LINE, Selection, kept_cells, read_searches
from a4g_bench.leaderboard.summary import Place
from a4g_bench.protocol import DRAWS
from a4g_bench.store.tables import OFF_TARGET, ResultTables


@dataclass(frozen=True, eq=False)
class Study:
    """``searches`` are all the selected ones, ``lacking`` those that yield no number."""

    searches: tuple[Search, ...]
    lacking: tuple[Search, ...]
    bootstrapped: Bootstrapped
    selection: Selection
    draws: int

    @property
    def entrants(self) -> tuple[Search, ...]:
        """The searches of those that compete, without the reference lines."""
        return tuple(s for s in self.searches if s.role != REFERENCE_LINE)

    @cached_property
    def evidence(self) -> Evidence:
        """The results of the searches, and the judgement on every pair."""
        return weigh(self.searches, self.bootstrapped, self._shown())

    def _shown(self) -> list[Entrant]:
        attacks = self.selection.attacks
        return sorted({s.entrant for s in self.entrants if not attacks or s.entrant.attack in attacks})

    def restricted(self, selection: Selection) -> "Study":
        """A part of the study: pairs, ranks and means are those of the selected cells alone.

        Equal to a study of the selection where all cells of a pair have the same seeds: then the draws are the same.

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
        return Study(kept, lacking, self.bootstrapped, chosen, self.draws)


def study(tables: Sequence[ResultTables], selection: Selection, draws: int = DRAWS) -> Study:
    """Read and bootstrap the selected results.

    Args:
        tables: Those of one or more results folders.
        selection: What to restrict them to.
        draws: Bootstrap draws, at least 20.

    Returns:
        What boards and analyses are made of.

    Raises:
        StoreError: Where the results cannot share a board, or the selection names something that is not in them.
        ValueError: For fewer draws.
    """
    if draws < 20:
        raise ValueError("at least 20 bootstrap draws are needed")
    searches = read_searches(tables, selection)
    outcomes, lacking = read_outcomes(tables, searches)
    return Study(tuple(searches), tuple(lacking), bootstrap(outcomes, draws, _changes(tables)), selection, draws)


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


View = Literal["dataset", "victim", "budget"]


@dataclass(frozen=True)
class Board:
    """A leaderboard; every number in it was computed from the selected results and from nothing else.

    ``overall`` has a row per entrant; ``cells`` a row per entrant and (data set, attribute, victim, budget), also
    where the entrant failed; ``pairs`` says what can be ranked. ``budgets`` are the poison budgets that enter
    ``overall``: those that every rankable pair has. ``notes`` are remarks to be shown with any of it. ``references``
    are mitigations that add no rows, over the rankable pairs and per pair: shown beside the ranking, not in it.
    ``columns`` say what the values of every row are.
    """

    protocol_version: int
    draws: int
    overall: tuple[Row, ...]
    cells: tuple[Row, ...]
    pairs: tuple[Pair, ...]
    budgets: tuple[str, ...]
    notes: tuple[str, ...]
    views: Mapping[View, tuple[Row, ...]] = field(repr=False)
    references: tuple[Row, ...] = ()
    columns: tuple[Column, ...] = COLUMNS

    def __post_init__(self) -> None:
        if len({row.entrant for row in self.overall}) != len(self.overall):
            raise ValueError("an entrant occurs twice on the overall board")

    def by(self, what: View) -> tuple[Row, ...]:
        """Scores and tiers broken down.

        Args:
            what: Per data set (and attribute), per victim, or per poison budget.

        Returns:
            A row per entrant and part.
        """
        return self.views[what]

    def to_json(self) -> dict[str, Any]:
        """Plain data without NaN; names of keys are stable, later versions only add."""
        return {
            "protocol_version": self.protocol_version,
            "draws": self.draws,
            "budgets": list(self.budgets),
            "overall": [row.to_json() for row in self.overall],
            "cells": [row.to_json() for row in self.cells],
            "references": [row.to_json() for row in self.references],
            "pairs": [asdict(p) | {"groups": list(p.groups), "sizes": dict(p.sizes)} for p in self.pairs],
            "notes": list(self.notes),
        }


def build(
    tables: Sequence[ResultTables],
    *,
    datasets: Sequence[str] = (),
    victims: Sequence[str] = (),
    budgets: Sequence[str] = (),
    attacks: Sequence[str] = (),
    draws: int = DRAWS,
) -> Board:
    """Build the leaderboard of the selected results; an empty filter selects everything.

    Every number is recomputed for the selection. An entrant is an attack with its objective and query budget. It is
    complete, and ranked, if it has every seed of every cell that counts and that any shown entrant was to be run on.

    The overall score is the mean over data sets (with attribute) of the mean over victims of the mean over poison
    budgets of FG@1_b, over rankable pairs only.

    Args:
        tables: Those of one or more results folders.
        datasets: Only these data sets.
        victims: Only these victims.
        budgets: Only these poison budgets, as a suite writes them.
        attacks: Only these attacks.
        draws: Bootstrap draws, at least 20.

    Returns:
        The board.

    Raises:
        StoreError: Where the results cannot share a board, or a filter names something that is not in them.
    """
    wanted = tuple(Budget.parse(text) for text in budgets)
    return board_of(study(tables, Selection(tuple(datasets), tuple(victims), wanted, tuple(attacks)), draws))


def board_of(study: Study, *, details: bool = True) -> Board:
    """The board of a study, without another bootstrap.

    Args:
        study: The study.
        details: Whether to make its cells and its breakdowns too.

    Returns:
        The board.
    """
    evidence = study.evidence
    counted = counted_cells(evidence, evidence.pairs)
    cells = list(evidence.required) if details else []
    return Board(
        protocol_version=study.searches[0].protocol_version,
        draws=study.draws,
        overall=rank(evidence, counted, Place()),
        cells=tuple(row for cell in cells for row in rank(evidence, [cell], place_of(cell, evidence))),
        pairs=tuple(evidence.pairs.values()),
        budgets=tuple(b.label for b in sorted({cell.budget for cell in counted})),
        notes=notes(evidence, study.entrants, study.lacking, counted, study.selection),
        views=_views(evidence) if details else {},
        references=_references(evidence, counted),
        columns=columns_of(evidence.metrics),
    )


def _references(evidence: Evidence, counted: Sequence[Cell]) -> tuple[Row, ...]:
    """Reference lines over the rankable pairs, then per pair."""
    ranked = list(dict.fromkeys(Cell(cell.pair, NO_ROWS) for cell in counted))
    single = [
        (Place(dataset=key.dataset, attribute=key.attribute, victim=key.victim), [Cell(key, NO_ROWS)])
        for key in evidence.pairs
    ]
    return tuple(row for place, cells in [(Place(), ranked), *single] for row in lines(evidence, cells, place))


def counted_cells(evidence: Evidence, pairs: Sequence[PairKey] | Mapping[PairKey, Pair]) -> list[Cell]:
    """The cells behind an average over pairs.

    Args:
        evidence: What is known of all cells.
        pairs: The pairs to average over.

    Returns:
        The cells of those that are rankable, at the budgets that all of these have.
    """
    rankable = [key for key in pairs if evidence.pairs[key].rankable]
    has = [{cell.budget for cell in evidence.required if cell.pair == key} for key in rankable]
    common = set.intersection(*has) if has else set()
    return [cell for cell in evidence.required if cell.pair in rankable and cell.budget in common]


def _views(evidence: Evidence) -> dict[View, tuple[Row, ...]]:
    pairs = list(evidence.pairs)
    per_dataset = [
        row
        for dataset, attribute in dict.fromkeys((p.dataset, p.attribute) for p in pairs)
        for row in rank(
            evidence,
            counted_cells(evidence, [p for p in pairs if (p.dataset, p.attribute) == (dataset, attribute)]),
            Place(dataset=dataset, attribute=attribute),
        )
    ]
    per_victim = [
        row
        for victim in sorted({p.victim for p in pairs})
        for row in rank(
            evidence, counted_cells(evidence, [p for p in pairs if p.victim == victim]), Place(victim=victim)
        )
    ]
    per_budget: list[Row] = []
    for budget in sorted({cell.budget for cell in evidence.required}):
        cells = [c for c in evidence.required if c.budget == budget and evidence.pairs[c.pair].rankable]
        shares = [share for c in cells if (share := evidence.shares[c]) is not None]
        share = sum(shares) / len(shares) if budget.is_count and shares else None
        place = Place(budget=share if budget.is_count else budget.number, budget_label=budget.label)
        per_budget += rank(evidence, cells, place)
    return {"dataset": tuple(per_dataset), "victim": tuple(per_victim), "budget": tuple(per_budget)}
