"""Who competes, how each is called, and which of them are ranked."""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from a4g_bench.leaderboard.records import Entrant, Search
from a4g_bench.leaderboard.selection import is_sanity


@dataclass(frozen=True)
class Competitor:
    """An entrant as shown: ``label`` names objective and query budget only where the attack alone is ambiguous.

    A ``contender`` is ranked: a search or a baseline, no sanity row, and one variant per family.
    """

    entrant: Entrant
    label: str
    role: str
    attack_name: str
    contender: bool = False


def competitors(searches: Sequence[Search], shown: Sequence[Entrant]) -> tuple[Competitor, ...]:
    """The shown entrants with the shortest labels that tell them apart, in a fixed order."""
    first: dict[Entrant, Search] = {}
    for s in searches:
        first.setdefault(s.entrant, s)
    objectives = Counter(attack for attack, _ in {(e.attack, e.objective) for e in shown})
    queries = Counter(
        (attack, objective) for attack, objective, _ in {(e.attack, e.objective, e.query_budget) for e in shown}
    )

    def label(e: Entrant) -> str:
        extra = [e.objective] if objectives[e.attack] > 1 else []
        extra += [f"{e.query_budget} queries"] if queries[e.attack, e.objective] > 1 else []
        return f"{e.attack} ({', '.join(extra)})" if extra else e.attack

    sanity = {s.entrant for s in searches} - {s.entrant for s in searches if not is_sanity(s)}
    contenders = _contenders([first[e] for e in sorted(shown)], sanity, Counter(s.entrant for s in searches))
    return tuple(Competitor(e, label(e), first[e].role, first[e].attack_name, e in contenders) for e in sorted(shown))


def _contenders(
    candidates: Sequence[Search], sanity: Collection[Entrant], searches: Mapping[Entrant, int]
) -> set[Entrant]:
    """One entrant per family of those that may be ranked: of those with the most searches the one called like its
    attack, with the most queries.
    """
    by_name: dict[str, list[Entrant]] = defaultdict(list)
    for s in candidates:
        if s.role in ("search", "baseline") and s.entrant not in sanity:
            by_name[s.attack_name].append(s.entrant)
    return {
        min(own, key=lambda e: (-searches[e], e.attack != name, -e.query_budget, e)) for name, own in by_name.items()
    }
