"""From a suite to its searches."""

from collections.abc import Iterator, Sequence
from itertools import product
from typing import Any

from a4g_bench.attacks.base import Attack, get_attack
from a4g_bench.store.coordinates import PLACE_COLUMNS
from a4g_bench.suite.model import (
    Combination,
    PoisonBudget,
    Suite,
)
from a4g_bench.suite.spec import Mitigation, PoisonSearch, Spec


def expand(suite: Suite) -> list[Spec]:
    """All searches of a checked suite (``check.check_suite``), in the order of its lists.

    ``exclude`` removes what it matches; ``include``, where given, keeps only what it matches. An attack that does not
    query has one search per cell whatever the query budgets and objectives.
    """
    return [spec for spec in _grid(suite) if _wanted(suite, spec)]


def excluded(suite: Suite) -> int:
    """How many combinations ``include`` and ``exclude`` leave out."""
    return sum(not _wanted(suite, spec) for spec in _grid(suite))


#: The columns of a search's place that a combination may name, by the key under which it does. The attribute is none
#: of them: the data decide it where the suite does not.
PATTERN_COLUMNS = {
    "poison_budget" if column == "budget" else column: column for column in PLACE_COLUMNS if column != "attribute"
}


def patterns(combination: Combination) -> Iterator[tuple[str, list[Any]]]:
    """The keys that a combination names, each with the values it matches."""
    for key in combination.model_fields_set:
        value = getattr(combination, key)
        if value is not None:
            values = value if isinstance(value, list) else [value]
            yield key, [PoisonBudget.model_validate(v).text for v in values] if key == "poison_budget" else values


def offered_coordinates(suite: Suite) -> dict[str, Sequence[Any]]:
    """The values that a suite's searches may have in the columns of :attr:`Spec.coordinates`."""
    return {
        "dataset": [dataset.label for dataset in suite.datasets],
        "victim": [victim.label for victim in suite.victims],
        "attack": [entry.label for entry in (*suite.attacks, *suite.references)],
        "objective": [objective.label for objective in suite.objectives],
        "budget": [budget.text for budget in suite.poison_budgets],
        "query_budget": [0, *suite.query_budgets],
        "seed": suite.seeds,
    }


def _wanted(suite: Suite, spec: Spec) -> bool:
    if suite.include and not any(_matches(combination, spec) for combination in suite.include):
        return False
    return not any(_matches(combination, spec) for combination in suite.exclude)


def _matches(combination: Combination, spec: Spec) -> bool:
    coordinates = spec.coordinates
    return all(coordinates[PATTERN_COLUMNS[key]] in values for key, values in patterns(combination))


def _grid(suite: Suite) -> Iterator[Spec]:
    attacks: dict[str, Attack] = {entry.label: get_attack(entry.name, entry.params) for entry in suite.attacks}
    by_label = {victim.label: victim for victim in suite.victims}
    for dataset, victim, budget, entry in product(suite.datasets, suite.victims, suite.poison_budgets, suite.attacks):
        if entry.craft_on not in (None, victim.label):
            continue
        others = tuple(by_label[label] for label in entry.evaluate_on if label != victim.label)
        searching = attacks[entry.label].is_search
        objectives = suite.objectives if searching else suite.objectives[:1]
        queries = suite.query_budgets if searching else [0]
        for objective, query_budget, seed in product(objectives, queries, suite.seeds):
            yield PoisonSearch(
                dataset=dataset,
                victim=victim,
                attack=entry,
                evaluate_on=others,
                objective=objective,
                budget=budget,
                query_budget=query_budget,
                seed=seed,
                fits=entry.fits or suite.fits,
                batch_size=entry.batch_size or suite.batch_size,
                max_accuracy_loss=suite.max_accuracy_loss,
                defences=tuple(suite.defences),
            )
    for dataset, victim, reference, seed in product(suite.datasets, suite.victims, suite.references, suite.seeds):
        yield Mitigation(
            dataset=dataset,
            victim=victim,
            reference=reference,
            objective=suite.objectives[0],
            seed=seed,
            fits=suite.fits,
            max_accuracy_loss=suite.max_accuracy_loss,
        )
