"""Contracts hold for what keeps them and say which promise the others break."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, Candidate, Poison, Pool, Result, Threat, copies
from a4g_bench.metrics.confusion import Metric
from a4g_bench.parameters import Number, ParameterSet, parameter
from a4g_bench.testing import CONTRACTS, check
from tests.support import complaint, said

KEPT = [
    ("attacks", "random-duplicates"), ("attacks", "fairbatch-outer"), ("attacks", "sobol"),
    ("attacks", "leaf-influence"), ("datasets", "synthetic"), ("defences", "deduplication"),
    ("metrics", "disparate_impact"), ("references", "reweighing"), ("victims", "logistic_regression"),
    ("victims", "random_forest"),
]  # fmt: skip


def broken(kind: str, name: str) -> dict[str, str]:
    contract = type("Named", (CONTRACTS[kind],), {"name": name})
    return {outcome.promise: outcome.broken for outcome in check(contract) if outcome.broken}


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Gives plugins names for one test."""
    monkeypatch.setattr(plugins, "_own", {})
    return plugins.register


@pytest.mark.parametrize(("kind", "name"), KEPT)
def test_built_in_plugins_keep_their_promises(kind: str, name: str) -> None:
    assert broken(kind, name) == {}


class Careless(Attack):
    """Counts what it was asked instead of what it was told, and adds an infeasible row when told to."""

    name = "careless"
    summary = "counts its asks"
    threat = Threat("search", "oracle", "clean", "duplicate")
    asked = 0
    last: Result | None = None

    def ask(self, n: int) -> Sequence[Candidate]:
        self.asked += n
        return [Candidate({"x": float(self.asked + i)}) for i in range(n)]

    def tell(self, results: Sequence[Result]) -> None:
        self.last = results[-1]

    def choose(self) -> Result | None:
        return self.last

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        return copies(pool, np.resize(np.arange(len(pool)), size))


class Forgetful(Careless):
    name = "forgetful"
    summary = ""

    def ask(self, n: int) -> Sequence[Candidate]:
        return [Candidate({"x": float(np.random.default_rng().random())}) for _ in range(n)]

    def tell(self, results: Sequence[Result]) -> None:
        if any(result.measurement is None for result in results):
            raise RuntimeError("cannot bear failure")
        super().tell(results)


def test_a_search_that_cannot_be_resumed_is_found(registered: Any) -> None:
    registered("attacks", "careless", Careless)
    assert list(broken("attacks", "careless")) == ["test_a_search_that_was_cut_short_goes_on_from_its_record"]


def test_every_broken_promise_is_told(registered: Any) -> None:
    registered("attacks", "forgetful", Forgetful)
    found = broken("attacks", "forgetful")
    assert "say in one line" in found["test_it_is_registered_and_described"]
    assert "two runs of one search differ" in found["test_the_same_seed_gives_the_same_search"]
    assert found["test_failed_queries_are_survived"] == "RuntimeError: cannot bear failure"


def test_a_parameter_without_a_line_is_found(registered: Any) -> None:
    class Silent(Careless):
        @dataclass(frozen=True, kw_only=True)
        class Parameters(ParameterSet):
            share: float = parameter(0.5, Number(above=0), " ")

    registered("attacks", "silent", Silent)
    promise = broken("attacks", "silent")["test_it_is_registered_and_described"]
    assert promise == "parameter 'share' must say in one line what it does"


def test_a_metric_that_is_not_a_number_is_found(registered: Any) -> None:
    registered("metrics", "nothing", Metric("nothing", "is never a number", lambda counts, favourable: float("nan")))
    assert "not finite" in broken("metrics", "nothing")["test_it_is_a_finite_number"]


def test_the_command_says_what_is_kept_and_broken(registered: Any, capsys: pytest.CaptureFixture[str]) -> None:
    registered("attacks", "careless", Careless)
    answer = said(capsys, "test-plugin", "careless")
    assert answer.code == 1
    assert "7 promises of attacks 'careless': 1 broken" in answer.out
    answer = said(capsys, "test-plugin", "unfairness", "--json")
    assert answer.code == 0
    assert {row["broken"] for row in answer.json} == {""}
    assert "did you mean 'sobol'" in complaint(capsys, "test-plugin", "sobl")
    assert "unknown kind" in complaint(capsys, "test-plugin", "sobol", "--kind", "attack")


def test_a_data_set_that_cannot_be_loaded_is_named_in_one_line(
    registered: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    class Absent:
        name, summary, attributes, parameters = "absent", "raises", (), {}

        def load(self, **params: object) -> object:
            raise KeyError("column 7")

    registered("datasets", "absent", Absent)
    assert "data set 'absent' cannot be loaded: KeyError" in complaint(capsys, "audit", "absent")
