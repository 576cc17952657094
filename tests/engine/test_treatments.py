"""A victim behind a defence, and one that is mitigated: what it is trained on, and what goes wrong."""

import json
from dataclasses import replace

import numpy as np

from a4g_bench.engine.fits import Trainer, Treatment
from a4g_bench.engine.row_sets import VALIDATION
from tests.victims.benches import JUDGED, LABELS, bench, poison, training_data, values


def behind(name: str, **parameters: object) -> Treatment:
    return Treatment.of("defence", name, parameters, "group")


def test_copies_are_undone_by_deduplication() -> None:
    trained = training_data("logistic_regression")
    copied = (np.repeat(trained.features[:1], 60, axis=0), np.repeat(trained.labels[:1], 60))
    on = bench("logistic_regression")
    poisoned = replace(LABELS, poison=copied)
    defended = replace(poisoned, treatment=behind("deduplication"))
    clean = replace(LABELS, treatment=behind("deduplication"))
    assert not np.array_equal(values(on.run(poisoned)), values(on.run(LABELS)))
    assert np.array_equal(values(on.run(defended)), values(on.run(clean)))


def test_the_same_set_is_screened_once_and_another_anew() -> None:
    on = bench("logistic_regression")
    one, other = (replace(LABELS, poison=poison(n), treatment=behind("class-distance", removed=0.2)) for n in (30, 60))
    first = values(on.run(one))
    second = values(on.run(other))
    assert np.array_equal(values(on.run(one)), first)
    assert np.array_equal(values(bench("logistic_regression").run(other)), second)


def test_a_defence_that_removes_a_group_is_a_failed_fit_that_names_both() -> None:
    given = training_data("logistic_regression")
    features = given.features.copy()
    features[:, 3] = np.arange(len(features)) < 10  # ten people of group b, far from all others
    features[:10, 0] += 1e6
    on = Trainer(replace(given, features=features))
    fit = on.run(replace(LABELS, treatment=behind("class-distance", removed=0.3)))
    assert fit.values is None
    assert fit.failed is not None
    assert "defence 'class-distance' removes every training row of group 'b'" in fit.failed


def test_a_label_that_is_gone_is_a_failed_fit() -> None:
    given = training_data("logistic_regression")
    labels = np.zeros_like(given.labels)
    labels[5] = 1  # alone among others: its neighbours overrule it
    fit = Trainer(replace(given, labels=labels)).run(replace(LABELS, treatment=behind("knn-label-sanitisation")))
    assert fit.failed is not None
    assert "leaves training rows of one label only" in fit.failed


def test_a_reference_line_predicts_what_it_is_asked_for() -> None:
    given = training_data("logistic_regression")
    sets = {**given.sets, VALIDATION: given.sets[JUDGED]}
    on = Trainer(replace(given, sets=sets))
    treatment = Treatment("reference", "threshold-optimizer", json.dumps({}), "group", 0.5)
    found = [values(on.run(replace(LABELS, treatment=treatment, seed=seed))) for seed in (0, 0, 1)]
    assert np.array_equal(found[0], found[1])
    assert all(set(one.tolist()) <= {0, 1} for one in found)


def test_a_reference_line_that_fails_is_an_outcome() -> None:
    given = training_data("Labels")  # predicts labels and has no scores
    on = Trainer(replace(given, sets={**given.sets, VALIDATION: given.sets[JUDGED]}))
    fit = on.run(replace(LABELS, treatment=Treatment("reference", "threshold-optimizer", "{}", "group", 0.01)))
    assert fit.failed is not None
    assert "needs scores" in fit.failed
