"""A search's identity and a suite's hash depend on what determines the results, and on nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench import provenance
from a4g_bench.suite.load import LoadedSuite, validated
from a4g_bench.suite.plan import make_plan
from a4g_bench.suite.yaml_file import parse

BASE: Mapping[str, Any] = {
    "name": "base",
    "datasets": [{"name": "synthetic", "params": {"rows": 300, "bias": 0.4}, "rows": 250}],
    "victims": [{"name": "svm", "params": {"C": 0.5, "gamma": 0.1}}],
    "attacks": [{"name": "sobol", "params": {"finalists": 2, "confirm": 0.5}}],
    "objectives": ["unfairness"],
    "poison_budgets": ["5%"],
    "query_budgets": [6],
    "seeds": [3],
    "fits": {"victim_seeds": 2, "folds": 2},
    "batch_size": 3,
    "max_accuracy_loss": 0.02,
    "limits": {"time": 60, "memory": "2GB"},
}


def loaded(data: Mapping[str, Any], folder: Path = Path()) -> LoadedSuite:
    document = parse(yaml.safe_dump(dict(data), sort_keys=False), "base.yaml")
    return LoadedSuite(validated(document), "base.yaml", folder, document)


def identity(data: Mapping[str, Any], folder: Path = Path()) -> tuple[str, list[str]]:
    """The suite's hash and the identifiers of its searches."""
    suite = loaded(data, folder)
    return suite.hash, [planned.search_id for planned in make_plan(suite).searches]


def shuffled(data: Any, draw: st.DrawFn) -> Any:
    """The same data with the keys of every mapping in another order."""
    if isinstance(data, dict):
        keys = draw(st.permutations(list(data)))
        return {key: shuffled(data[key], draw) for key in keys}
    return [shuffled(value, draw) for value in data] if isinstance(data, list) else data


@st.composite
def reordered(draw: st.DrawFn) -> dict[str, Any]:
    shuffled_base: dict[str, Any] = shuffled(dict(BASE), draw)
    return shuffled_base


@given(reordered())
def test_the_order_of_keys_does_not_matter(data: dict[str, Any]) -> None:
    assert identity(data) == identity(BASE)


LABELS = st.text("abcXYZ019.+-_", min_size=1, max_size=12).filter(lambda label: label not in (".", ".."))


@given(LABELS, LABELS, LABELS)
def test_labels_do_not_matter(dataset: str, victim: str, attack: str) -> None:
    named: dict[str, Any] = {
        key: [{**BASE[key][0], "as": label}]
        for key, label in (("datasets", dataset), ("victims", victim), ("attacks", attack))
    }
    assert identity({**BASE, **named}) == identity(BASE)
    pattern = {"include": [{"dataset": dataset, "victim": [victim], "attack": attack}]}
    plain = {"include": [{"dataset": "synthetic", "victim": ["svm"], "attack": "sobol"}]}
    assert identity({**BASE, **named, **pattern}) == identity({**BASE, **plain})


def test_an_attacks_own_fits_go_before_the_suites() -> None:
    own = {"attacks": [{**BASE["attacks"][0], "fits": BASE["fits"]}]}
    assert identity({**BASE, **own, "fits": {"folds": 5}})[1] == identity(BASE)[1]
    assert identity({**BASE, "attacks": [{**BASE["attacks"][0], "fits": {"folds": 5}}]})[1] != identity(BASE)[1]


def test_an_attacks_own_batch_size_goes_before_the_suites() -> None:
    own = {"attacks": [{**BASE["attacks"][0], "batch_size": 3}]}
    assert identity({**BASE, **own, "batch_size": 8})[1] == identity(BASE)[1]
    assert identity({**BASE, "attacks": [{**BASE["attacks"][0], "batch_size": 1}]})[1] != identity(BASE)[1]


@pytest.mark.parametrize("change", [{"name": "other"}, {"description": "words"}, {"resources": {"cores": 2}}], ids=str)
def test_what_changes_no_result_changes_no_identity(change: dict[str, Any]) -> None:
    assert identity({**BASE, **change}) == identity(BASE)


def test_limits_change_the_suite_but_no_search() -> None:
    there, searches = identity({**BASE, "limits": {"time": 61}})
    assert searches == identity(BASE)[1]
    assert there != identity(BASE)[0]


def test_ways_to_write_the_same_are_the_same() -> None:
    same = {
        "poison_budgets": ["5.0 %"],
        "limits": {"time": "1m", "memory": 2_000_000_000},
        "objectives": [{"metric": "unfairness"}],
    }
    assert identity({**BASE, **same}) == identity(BASE)
    assert identity({**BASE, "seeds": 4}) == identity({**BASE, "seeds": [0, 1, 2, 3]})


def entry(key: str, **params: Any) -> dict[str, Any]:
    first = BASE[key][0]
    return {key: [{**first, "params": {**first["params"], **params}}]}


DETERMINE: dict[str, dict[str, Any]] = {
    "data": entry("datasets", bias=0.5),
    "rows": {"datasets": [{**BASE["datasets"][0], "rows": 240}]},
    "victim": {"victims": ["svm"]},
    "victim parameter": entry("victims", C=0.6),
    "attack": {"attacks": ["sobol"]},
    "attack parameter": entry("attacks", finalists=3),
    "objective": {"objectives": ["equalized_odds_difference"]},
    "inverted objective": {"objectives": [{"metric": "unfairness", "invert": True}]},
    "poison budget": {"poison_budgets": ["4%"]},
    "poison budget as a count": {"poison_budgets": [5]},
    "query budget": {"query_budgets": [7]},
    "seed": {"seeds": [4]},
    "victim seeds": {"fits": {"victim_seeds": 3, "folds": 2}},
    "folds": {"fits": {"victim_seeds": 2, "folds": 1}},
    "batch size": {"batch_size": 2},
    "accuracy allowance": {"max_accuracy_loss": 0.03},
}


def test_whatever_determines_the_result_changes_the_identity() -> None:
    found = {name: identity({**BASE, **change}) for name, change in DETERMINE.items()}
    found["nothing"] = identity(BASE)
    assert len({suite for suite, _ in found.values()}) == len(found)
    assert len({search for _, [search] in found.values()}) == len(found)


def test_the_protected_attribute_is_part_of_the_identity(tmp_path: Path) -> None:
    rows = "".join(f"{i % 7},{'fm'[i % 2]},{'xyz'[i % 3]},{'ny'[i % 5 > 1]}\n" for i in range(400))
    (tmp_path / "t.csv").write_text("a,sex,race,label\n" + rows)
    source = {"file": str(tmp_path / "t.csv"), "target": "label", "favourable": "y", "protected": ["sex", "race"]}
    by_sex, by_race = (
        identity({**BASE, "datasets": [{"name": "t", "attribute": attribute, "source": source}]}, tmp_path)
        for attribute in ("sex", "race")
    )
    assert by_sex[0] != by_race[0]
    assert by_sex[1] != by_race[1]


def test_versions_of_the_packages_used_are_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    before = identity(BASE)
    monkeypatch.setattr("a4g_bench.provenance._version", lambda package: "0.0.1")
    assert identity(BASE)[1] != before[1]


def test_versions_of_the_surrogates_packages_are_part_of_the_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, queried = (
        {**BASE, "attacks": [{"name": "threshold-copies", **surrogate}]}
        for surrogate in ({}, {"surrogate": "lightgbm"})
    )
    before = [identity(data)[1] for data in (plain, queried)]
    installed = provenance.versions

    def with_another_lightgbm(packages: Sequence[str]) -> dict[str, str]:
        return {name: "0.0.1" if name == "lightgbm" else version for name, version in installed(packages).items()}

    monkeypatch.setattr("a4g_bench.suite.spec.versions", with_another_lightgbm)
    assert identity(plain)[1] == before[0]
    assert identity(queried)[1] != before[1]


def test_a_reference_lines_accuracy_allowance_is_part_of_its_identity() -> None:
    """It is tuned to it, even where no attack is: its results for another allowance are not this one's."""
    lines = {**BASE, "attacks": ["random-duplicates"], "references": ["threshold-optimizer"]}
    control, line = identity(lines)[1]
    assert identity({**lines, "max_accuracy_loss": 0.03})[1] == [control, ANY]
    assert identity({**lines, "max_accuracy_loss": 0.03})[1] != [control, line]


def test_a_parameter_may_go_by_its_older_name() -> None:
    newer = {"attacks": [{"name": "sobol", "params": {"safety_sems": 1, "margin": 0}}]}
    older = {"attacks": [{"name": "sobol", "params": {"caution": 1, "margin": 0}}]}
    assert identity({**BASE, **newer}) == identity({**BASE, **older})
    [planned] = make_plan(loaded({**BASE, **newer})).searches
    assert planned.spec.identity("f", "group")["attack"]["params"] == {"caution": 1, "margin": 0}


def test_an_attack_without_queries_ignores_query_settings() -> None:
    control = {**BASE, "attacks": ["random-duplicates"]}
    changed = {"objectives": ["equalized_odds_difference"], "query_budgets": [1, 2], "batch_size": 1}
    assert identity({**control, **changed})[1] == identity(control)[1]
