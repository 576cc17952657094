"""Which outcomes are resampled together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from a4g_bench.leaderboard.outcomes import AuditRows, Baseline, Outcome


@dataclass(frozen=True, eq=False)
class Family:
    """Outcomes of one data set and attribute whose victims were all run with the same seeds.

    ``series[i]`` holds the outcomes of one entrant at one cell, by seed. ``victims`` maps a victim to its clean audits.
    """

    fingerprint: str
    attribute: str
    seeds: tuple[int, ...]
    series: tuple[Mapping[int, Outcome], ...]
    victims: Mapping[str, Mapping[int, Baseline]]

    def __post_init__(self) -> None:
        if not self.seeds or list(self.seeds) != sorted(set(self.seeds)):
            raise ValueError("seeds must be distinct, sorted and at least one")

    def people(self, seed: int) -> AuditRows:
        """The rows audited at a seed; the same for all victims."""
        return next(by_seed[seed].rows for by_seed in self.victims.values() if seed in by_seed)


def families(outcomes: Sequence[Outcome]) -> list[tuple[Family, list[tuple[Outcome, ...]]]]:
    """Group outcomes into families; with each, the outcomes behind each of its series (sorted by seed)."""
    by_pair: dict[tuple[str, str, str], list[Outcome]] = {}
    for o in outcomes:
        pair = o.search.cell.pair
        by_pair.setdefault((pair.dataset, pair.attribute, pair.victim), []).append(o)
    shared: dict[tuple[str, str, tuple[int, ...]], list[Outcome]] = {}
    for (dataset, attribute, _), members in sorted(by_pair.items()):
        seeds = tuple(sorted({o.search.seed for o in members}))
        shared.setdefault((dataset, attribute, seeds), []).extend(members)
    return [
        _family(attribute, seeds, members)
        for (_, attribute, seeds), members in sorted(shared.items(), key=lambda i: i[0])
    ]


def _family(
    attribute: str, seeds: tuple[int, ...], members: Sequence[Outcome]
) -> tuple[Family, list[tuple[Outcome, ...]]]:
    series: dict[object, dict[int, Outcome]] = {}
    victims: dict[str, dict[int, Baseline]] = {}
    for o in sorted(members, key=lambda o: o.search.place):
        s = o.search
        series.setdefault((s.cell, s.entrant), {})[s.seed] = o
        victims.setdefault(s.cell.pair.victim, {}).setdefault(s.seed, o.clean)
    family = Family(members[0].search.fingerprint, attribute, seeds, tuple(series.values()), victims)
    return family, [tuple(by_seed.values()) for by_seed in series.values()]
