"""Whether a setting will count: the board's own judgement where results hold it, else one foreseen from a few fits.

Nothing here reads an audit row of the suite's first seed: a block of five splits is made anew of the rows that its
searches see.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from a4g_bench.attacks.base import get_attack
from a4g_bench.data.schema import Array
from a4g_bench.data.split import split
from a4g_bench.data.table import Labels
from a4g_bench.engine.audit import Audit
from a4g_bench.engine.clean import fit_clean
from a4g_bench.engine.fits import InlineFitter, Job
from a4g_bench.engine.row_sets import AUDIT, TRAIN
from a4g_bench.engine.search import Search
from a4g_bench.engine.view import View
from a4g_bench.errors import DataError, StoreError, VictimError
from a4g_bench.leaderboard.board import study
from a4g_bench.leaderboard.foreseen import Foreseen, foreseen
from a4g_bench.leaderboard.groups import Groups, groups_of
from a4g_bench.leaderboard.outcomes import AuditErrors, AuditRows, Baseline, Family, Paired
from a4g_bench.leaderboard.records import SettingKey, in_whole_blocks
from a4g_bench.leaderboard.selection import Selection
from a4g_bench.leaderboard.settings import Setting
from a4g_bench.protocol import FIFTHS, SEEN_SHARE
from a4g_bench.seeds import audit_victim_seeds
from a4g_bench.store.tables import ResultTables
from a4g_bench.suite.grid import expand
from a4g_bench.suite.model import AttackEntry, Audited, Fits, Named, Objective, PoisonBudget, Suite
from a4g_bench.suite.plan import Plan, Planned, Subject
from a4g_bench.suite.spec import PoisonSearch

#: The yardstick that a forecast is made with where a suite has none that can be had without queries.
_YARDSTICK = AttackEntry(name="cell-duplication")


def board_seeds(seeds: Sequence[int]) -> int:
    """The seeds that a suite's board would judge settings by: its whole blocks, and where there is none, one."""
    return len(in_whole_blocks(seeds)) or FIFTHS


def on_board(plan: Plan, done: Sequence[Planned], tables: Sequence[ResultTables]) -> dict[SettingKey, Setting]:
    """The settings that the board of these results has judged for good: all seeds of the suite's whole blocks are
    there, of every yardstick that it plans.
    """
    blocks = in_whole_blocks(plan.suite.seeds)
    if not blocks or not done:
        return {}
    complete = {planned.search_id for planned in done}
    needed = [p for p in plan.searches if p.spec.label in plan.suite.yardsticks and p.spec.seed in blocks]
    missing = {_setting_of(planned) for planned in needed if planned.search_id not in complete}
    try:
        judged = study(tables, Selection()).evidence.settings
    except StoreError:  # results that cannot share a board, such as stale ones, judge nothing
        return {}
    return {
        key: setting
        for key, setting in judged.items()
        if key not in missing and not setting.provisional and setting.seeds == len(blocks)
    }


def largest_budget(suite: Suite) -> PoisonBudget:
    """The largest poison budget of a suite."""
    return max(suite.poison_budgets, key=lambda budget: budget.rows(1_000_000))


def tried(suite: Suite) -> list[AttackEntry]:
    """The yardsticks that a forecast is made with: those of the suite that make no queries."""
    own = [entry for entry in suite.attacks if entry.label in suite.yardsticks and entry.surrogate is None]
    return [entry for entry in own if not get_attack(entry.name, entry.params).is_search] or [_YARDSTICK]


def fits_of(suite: Suite) -> int:
    """Fits of a forecast: per split the clean victim's on search-validation and audit rows, and each yardstick's."""
    return FIFTHS * (2 + len(tried(suite)))


def look_ahead(plan: Plan, subject: Subject, victim: Named, *, whole: bool) -> Foreseen | None:
    """The setting as the suite's board would probably judge it.

    Args:
        plan: The suite.
        subject: Its data set, whose groups are counted on the whole table.
        victim: Its victim.
        whole: Whether a block of splits may be fitted (:func:`fits_of` fits, one victim seed each); otherwise one clean
            fit says what a constant classifier would cost, and no more.

    Returns:
        What is foreseen, without an interval unless ``whole``; None where the rows that searches see cannot be split
        again, since some group is too small there.

    Raises:
        VictimError: If the victim cannot be trained.
    """
    seen = split(subject.table, subject.attribute, plan.suite.seeds[0])
    rows = np.sort(np.concatenate([seen.train, seen.validation]))
    part = Subject(subject.entry, subject.table.take(rows), subject.attribute)
    entrants = tried(plan.suite) if whole else []
    try:
        pairs = {seed: _audited(plan.suite, part, victim, seed, entrants) for seed in range(FIFTHS if whole else 1)}
    except DataError:
        return None
    family = Family(
        dataset=subject.entry.label,
        fingerprint=part.table.fingerprint,
        attribute=subject.attribute,
        seeds=tuple(pairs),
        series=tuple(
            {seed: Paired(clean, poisoned[i]) for seed, (clean, poisoned) in pairs.items()}
            for i in range(len(entrants))
        ),
        victims={victim.label: {seed: clean for seed, (clean, _) in pairs.items()}},
    )
    key = SettingKey(*subject.key, victim.label)
    yardsticks = any(p.spec.label in plan.suite.yardsticks and _setting_of(p) == key for p in plan.searches)
    return foreseen(
        family,
        _groups(subject),
        share=SEEN_SHARE,
        seeds=board_seeds(plan.suite.seeds),
        yardsticks=yardsticks,
    )


def _setting_of(planned: Planned) -> SettingKey:
    return SettingKey(*planned.key, planned.spec.victim.label)


def _people(subject: Subject, rows: npt.NDArray[np.integer]) -> AuditRows:
    table, attribute = subject.table, subject.attribute
    groups = table.schema.groups(table.features[rows], attribute).astype(np.uint8)
    names, favourable = table.schema.group_names(attribute), int(table.schema.favourable)
    return AuditRows(tuple(names), favourable, table.labels[rows].astype(np.uint8), groups, rows.astype(np.int32))


def _groups(subject: Subject) -> Groups:
    return groups_of([_people(subject, np.arange(len(subject.table)))], None)


def _audited(
    suite: Suite, part: Subject, victim: Named, seed: int, entrants: Sequence[AttackEntry]
) -> tuple[Baseline, list[AuditErrors]]:
    """What the clean victim, and those that the entrants poison at the largest budget, get wrong in one split of
    ``part``.
    """
    audited = Audited(name=victim.name, label=victim.label, params=victim.params)
    audit = Audit(part.table, part.attribute, audited, seed)
    victim_seed = audit_victim_seeds(seed)[0]
    sets = [None, *(_poison_sets(suite, part, victim, seed, entrants) if entrants else [])]
    fits = InlineFitter(audit.training_data()).run(Job(TRAIN, AUDIT, victim_seed, poison) for poison in sets)
    people = _people(part, audit.split().audit)
    errors = []
    for fit in fits:
        if fit.values is None:
            raise VictimError(f"victim '{victim.label}' on data set '{part.entry.label}': {fit.failed}")
        errors.append(AuditErrors((0,), (fit.values != people.labels).astype(np.uint8)))
    return Baseline(part.table.fingerprint, people, errors[0]), errors[1:]


def _poison_sets(
    suite: Suite, part: Subject, victim: Named, seed: int, entrants: Sequence[AttackEntry]
) -> Iterator[tuple[Array, Labels]]:
    """The rows that attacks without queries would add."""
    everywhere = [entry.model_copy(update={"craft_on": None, "evaluate_on": []}) for entry in entrants]
    one = suite.model_copy(
        update={
            "datasets": [part.entry],
            "victims": [victim],
            "attacks": everywhere,
            "objectives": [Objective()],
            "references": [],
            "defences": [],
            "poison_budgets": [largest_budget(suite)],
            "seeds": [seed],
            "fits": Fits(),
            "include": [],
            "exclude": [],
        }
    )
    view = View.of(part.table, part.attribute, seed)
    fitter = InlineFitter(view.training_data(victim, 1))
    scores = any(get_attack(entry.name, entry.params).uses_scores for entry in entrants)
    clean = fit_clean(view, victim, Fits(), fitter, with_scores=scores)
    for spec in expand(one):
        assert isinstance(spec, PoisonSearch)
        poison = Search("", spec, view, clean, fitter).finish().poison
        yield poison.features, poison.labels
