"""What a reader must know beside the numbers, in sentences."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from a4g_bench.leaderboard.competitors import Competitor
from a4g_bench.leaderboard.evidence import NO_ROWS, Evidence
from a4g_bench.leaderboard.records import Budget, Cell, Entrant, Search
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.protocol import FIFTHS, POISON_BUDGETS

_WHOLE_BOARD = tuple(Budget(False, share) for share in POISON_BUDGETS)
_SHOWN = 5


def notes(
    evidence: Evidence,
    searches: Sequence[Search],
    lacking: Sequence[Search],
    counted: Sequence[Cell],
    selection: Selection,
    left_out: Mapping[str, Sequence[int]],
) -> tuple[str, ...]:
    """All remarks, the most consequential first. ``counted`` are the cells behind the overall board, ``left_out`` the
    seeds per data set that are of no whole block.
    """
    return (
        *_filters(selection),
        *_provisional(evidence),
        *_left_out(left_out),
        *_settings(evidence),
        *_tracks(evidence),
        *_incomplete(evidence, lacking),
        *_budgets(evidence, counted, selection),
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


def _provisional(evidence: Evidence) -> list[str]:
    few = {key.dataset: setting.seeds for key, setting in evidence.settings.items() if setting.provisional}
    if not few:
        return []
    counts = _list(f"{name} {seeds}" for name, seeds in few.items())
    return [
        f"Provisional: intervals and ranks need whole blocks of {FIFTHS} seeds (0 to 4, 5 to 9, ...), which audit"
        f" everybody once; seeds here: {counts}."
    ]


def _left_out(left_out: Mapping[str, Sequence[int]]) -> list[str]:
    return [
        f"Left out, of no whole block: seed{'s' if len(seeds) > 1 else ''} {_list(seeds)} of {dataset}."
        for dataset, seeds in left_out.items()
    ]


def _settings(evidence: Evidence) -> list[str]:
    return [f"Inconclusive: {key}: {one.reason}." for key, one in evidence.settings.items() if not one.counts]


def _tracks(evidence: Evidence) -> list[str]:
    """Settings that count and stand on the other track than the score."""
    other = sorted({str(key) for key, one in evidence.settings.items() if one.counts and one.track != evidence.track})
    if not other:
        return []
    return [f"On a track of its own, the attribute hidden from the victim (--by track): {_list(other)}."]


def _incomplete(evidence: Evidence, lacking: Sequence[Search]) -> list[str]:
    why = {s.place: s.lacks for s in lacking}
    shown = [(who, evidence.required) for who in evidence.competitors]
    lines = []
    for who, required in [*shown, *((line, _required_of(line, evidence)) for line in evidence.lines)]:
        needed = sum(len(seeds) for seeds in required.values())
        holes = {}
        for cell, seeds in required.items():
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


def _required_of(line: Competitor, evidence: Evidence) -> Mapping[Cell, frozenset[int]]:
    """The seeds that a reference line needs: all of each setting on which it has any result."""
    required: dict[Cell, frozenset[int]] = {}
    for cell, seeds in evidence.required.items():
        own = Cell(cell.setting, NO_ROWS)
        if (own, line.entrant) in evidence.results:
            required[own] = required.get(own, frozenset()) | seeds
    return required


def _hole(cell: Cell, entrant: Entrant, seeds: Sequence[int], why: dict[tuple[Cell, Entrant, int], str]) -> str:
    by_reason: dict[str, list[int]] = defaultdict(list)
    for seed in seeds:
        by_reason[why.get((cell, entrant, seed), "not run")].append(seed)
    reasons = [f"seed{'s' if len(s) > 1 else ''} {_list(s)} ({reason})" for reason, s in by_reason.items()]
    return f"{cell}: {_list(reasons)}"


def _budgets(evidence: Evidence, counted: Sequence[Cell], selection: Selection) -> list[str]:
    used = sorted({cell.budget for cell in counted})
    if not used:
        reason = "the settings that count have no poison budget in common" if _any(evidence) else "no setting counts"
        return [f"There is no overall score: {reason}."]
    lines = []
    if tuple(used) != _WHOLE_BOARD:
        absent = [b for b in _WHOLE_BOARD if b not in used and (not selection.budgets or b in selection.budgets)]
        gone = (
            f"; of the protocol's three, {_list(b.label for b in absent)} {'is' if len(absent) == 1 else 'are'} absent"
        )
        told = _list(b.label for b in used)
        lines.append(f"The score is the weighted mean over the poison budgets {told}{gone if absent else ''}.")
    counting = {cell.budget for cell in evidence.required if evidence.settings[cell.setting].counts}
    left = sorted(counting - set(used))
    if left:
        told = _list(b.label for b in left)
        lines.append(f"Poison budgets {told} do not enter the score: not every setting that counts has them.")
    return lines


def _any(evidence: Evidence) -> bool:
    return any(setting.counts for setting in evidence.settings.values())


def _sizes(searches: Sequence[Search]) -> list[str]:
    """A suite may cap a data set, which no column says: the rows that were used do."""
    used = dict.fromkeys((s.cell.setting.dataset, s.rows) for s in searches if s.rows is not None)
    return [f"Rows used of each data set: {_list(f'{name} {rows:,}' for name, rows in used)}."] if used else []


def _cautions(searches: Sequence[Search]) -> list[str]:
    seen = dict.fromkeys((s.cell.setting.dataset, caution) for s in searches for caution in s.cautions)
    return [f"{dataset}: {caution}" for dataset, caution in seen]
