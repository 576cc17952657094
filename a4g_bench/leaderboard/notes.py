"""What a reader must know beside the numbers, in sentences."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from a4g_bench.leaderboard.evidence import Evidence
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, Search
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.protocol import POISON_BUDGETS

_WHOLE_BOARD = tuple(Budget(False, share) for share in POISON_BUDGETS)
_SHOWN = 5


def notes(
    evidence: Evidence,
    searches: Sequence[Search],
    lacking: Sequence[Search],
    counted: Sequence[Cell],
    selection: Selection,
) -> tuple[str, ...]:
    """All remarks, the most consequential first. ``counted`` are the cells behind the overall board."""
    return (
        *_filters(selection),
        *_pairs(evidence),
        *_incomplete(evidence, lacking),
        *_budgets(evidence, counted, selection),
        *_seeds(evidence),
        *_sizes(searches),
        *_cautions(searches),
    )


def _list(names: Iterable[object]) -> str:
    return ", ".join(map(str, names))


def _filters(selection: Selection) -> list[str]:
    parts = (
        ("data sets", selection.datasets),
        ("victims", selection.victims),
        ("poison budgets", [b.label for b in selection.budgets]),
        ("attacks", selection.attacks),
    )
    chosen = [f"{what} {_list(names)}" for what, names in parts if names]
    return [f"Restricted to {'; '.join(chosen)}: everything is recomputed for it."] if chosen else []


def _pairs(evidence: Evidence) -> list[str]:
    return [f"Not rankable: {key}: {pair.reason}." for key, pair in evidence.pairs.items() if not pair.rankable]


def _incomplete(evidence: Evidence, lacking: Sequence[Search]) -> list[str]:
    why = {s.place: s.lacks for s in lacking}
    needed = sum(len(seeds) for seeds in evidence.required.values())
    lines = []
    for who in evidence.competitors:
        holes = {}
        for cell, seeds in evidence.required.items():
            result = evidence.results.get((cell, who.entrant))
            missing = sorted(seeds - (result.seeds if result else frozenset()))
            if missing:
                holes[cell] = missing
        if holes:
            parts = [_hole(cell, who.entrant, seeds, why) for cell, seeds in list(holes.items())[:_SHOWN]]
            more = f"; and at {len(holes) - _SHOWN} more cells" if len(holes) > _SHOWN else ""
            count = sum(map(len, holes.values()))
            lines.append(f"Incomplete: {who.label} lacks {count} of {needed} searches: {'; '.join(parts)}{more}.")
    return lines


def _hole(cell: Cell, entrant: Entrant, seeds: Sequence[int], why: dict[tuple[Cell, Entrant, int], str]) -> str:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for seed in seeds:
        by_reason[why.get((cell, entrant, seed), "not run")].append(seed)
    reasons = [f"seed{'s' if len(s) > 1 else ''} {_list(s)} ({reason})" for reason, s in by_reason.items()]
    return f"{cell}: {_list(reasons)}"


def _budgets(evidence: Evidence, counted: Sequence[Cell], selection: Selection) -> list[str]:
    used = sorted({cell.budget for cell in counted})
    if not used:
        reason = (
            "the rankable pairs have no poison budget in common" if _any_rankable(evidence) else "no pair is rankable"
        )
        return [f"There is no overall score: {reason}."]
    lines = []
    if tuple(used) != _WHOLE_BOARD:
        absent = [b for b in _WHOLE_BOARD if b not in used and (not selection.budgets or b in selection.budgets)]
        gone = (
            f"; of the protocol's four, {_list(b.label for b in absent)} {'is' if len(absent) == 1 else 'are'} absent"
        )
        lines.append(
            f"The score is the mean over the poison budgets {_list(b.label for b in used)}{gone if absent else ''}."
        )
    rankable = {cell.budget for cell in evidence.required if evidence.pairs[cell.pair].rankable}
    left = sorted(rankable - set(used))
    if left:
        lines.append(
            f"Poison budgets {_list(b.label for b in left)} do not enter the score: not every rankable pair has them."
        )
    return lines


def _any_rankable(evidence: Evidence) -> bool:
    return any(pair.rankable for pair in evidence.pairs.values())


def _seeds(evidence: Evidence) -> list[str]:
    alone = [str(key) for key, pair in evidence.pairs.items() if pair.seeds == 1]
    return [f"One seed only, so intervals are about the audit rows alone: {_list(alone)}."] if alone else []


def _sizes(searches: Sequence[Search]) -> list[str]:
    """A suite may cap a data set, which no column says: the rows that were used do."""
    used = dict.fromkeys((s.cell.pair.dataset, s.rows) for s in searches if s.rows is not None)
    return [f"Rows used of each data set: {_list(f'{name} {rows:,}' for name, rows in used)}."] if used else []


def _cautions(searches: Sequence[Search]) -> list[str]:
    seen = dict.fromkeys((s.cell.pair.dataset, caution) for s in searches for caution in s.cautions)
    return [f"{dataset}: {caution}" for dataset, caution in seen]
