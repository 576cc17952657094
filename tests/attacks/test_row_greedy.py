"""Searches of one row at a time: what is asked, what is kept, the label, the budget, and replay."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.attacks.base import Candidate, Poison
from a4g_bench.attacks.row_greedy import AxRowGreedy, RowSpace
from tests.attacks.problems import CLEAN_GAP, SCHEMA, Answer, make_problem, recipe, replay, search

INCOME = SCHEMA.index("income")


def started(**changes: object) -> AxRowGreedy:
    problem = {name: changes.pop(name) for name in ("budget", "query_budget", "seed") if name in changes}
    attack = AxRowGreedy(initial=100, **changes)  # type: ignore[arg-type]  # a Sobol design throughout: no model here
    attack.start(make_problem(**problem))
    return attack


def rows(attack: AxRowGreedy, candidate: Candidate) -> Poison:
    return attack.draw(candidate.parameters, attack.problem.train, attack.problem.budget, np.random.default_rng())


def rich(attack: AxRowGreedy, each: float = 0.05) -> Answer:
    """Every row with an income above 0 lowers the gap, every other raises it."""

    def answer(candidate: Candidate) -> tuple[float, float]:
        income = rows(attack, candidate).features[:, INCOME]
        return CLEAN_GAP - each * float(np.sign(income).sum()), 0.0

    return answer


@given(st.lists(st.floats(0, 1), min_size=6, max_size=6), st.booleans(), st.integers(0, 3))
@settings(max_examples=50, deadline=None)
def test_every_point_is_a_feasible_row(values: list[float], with_label: bool, seed: int) -> None:
    problem = make_problem(seed=seed)
    space = RowSpace.of(problem, with_label=with_label)
    assert space.names == ("group", "age", "income", "colour", "visits", *(["label"] if with_label else []))
    row = space.row(values[: len(space.names)], 0 if not with_label else "search")
    assert problem.domain.violations(row.features) == []
    assert row.labels.tolist() == [int(values[5] >= 0.5) if with_label else 0]


def test_corners_of_the_space_are_the_least_and_greatest_values() -> None:
    problem = make_problem()
    space = RowSpace.of(problem, with_label=False)
    low, high = (space.row([at] * 5, 1).features[0] for at in (0.0, 1.0))
    for name in ("age", "income", "visits"):
        values = problem.train.features[:, SCHEMA.index(name)]
        assert (low[SCHEMA.index(name)], high[SCHEMA.index(name)]) == (values.min(), values.max())
    rate = [problem.train.labels[problem.train.groups == group].mean() for group in range(3)]
    assert (low[0], high[0]) == (np.argmin(rate), np.argmax(rate))


@pytest.mark.parametrize("label", [0, 1, "search"])
@pytest.mark.parametrize("restart", [False, True])
def test_each_query_is_the_kept_rows_and_one_more(label: int | str, restart: bool) -> None:
    attack = started(label=label, restart=restart)
    told = search(attack, rich(attack), batch=4)
    assert sum(map(len, told)) == attack.problem.query_budget
    kept = 0
    for batch in told:
        drawn = [rows(attack, one.candidate) for one in batch]
        assert {len(poison) for poison in drawn} == {kept + 1}
        assert all(attack.problem.domain.violations(poison.features) == [] for poison in drawn)
        assert len({poison.features[:-1].tobytes() for poison in drawn}) == 1
        if label != "search":
            assert {value for poison in drawn for value in poison.labels.tolist()} == {label}
        kept += any(poison.features[-1, INCOME] > 0 for poison in drawn)
    chosen = attack.choose()
    assert chosen is not None
    assert len(rows(attack, chosen.candidate)) == kept > 2
    assert (rows(attack, chosen.candidate).features[:, INCOME] > 0).all()
    assert chosen.gain == pytest.approx(0.05 * kept)


@pytest.mark.parametrize(("accept", "each", "keeps"), [("noise", 0.029, 0), ("noise", 0.031, 1), ("strict", 0.001, 1)])
def test_what_is_kept_exceeds_the_noise(accept: str, each: float, keeps: int) -> None:
    """The standard error of every answer is 0.01."""
    attack = started(accept=accept, query_budget=4)
    search(attack, rich(attack, each), batch=4)
    chosen = attack.choose()
    assert (0 if chosen is None else len(rows(attack, chosen.candidate))) == keeps


def test_a_row_that_costs_too_much_accuracy_is_not_kept() -> None:
    attack = started()
    answer = rich(attack)
    search(attack, lambda candidate: (answer(candidate)[0], 0.011), batch=4)  # type: ignore[index]  # never fails
    assert attack.choose() is None


def test_the_search_ends_when_the_budget_is_full() -> None:
    attack = started(budget=2)
    told = search(attack, rich(attack), batch=4)
    assert sum(map(len, told)) < attack.problem.query_budget
    chosen = attack.choose()
    assert chosen is not None
    assert len(rows(attack, chosen.candidate)) == 2


def test_failed_queries_are_passed_over() -> None:
    attack = started()
    told = search(attack, lambda candidate: None, batch=4)
    assert sum(map(len, told)) == attack.problem.query_budget
    assert attack.choose() is None


@pytest.mark.parametrize("restart", [False, True])
def test_a_restart_begins_elsewhere(restart: bool) -> None:
    """The original began each optimisation with the same point; without restarts no point comes twice."""
    attack = started(restart=restart)
    told = search(attack, rich(attack), batch=4)
    last = [rows(attack, one.candidate).features[-1].tobytes() for batch in told for one in batch]
    firsts = [rows(attack, batch[0].candidate).features[-1].tobytes() for batch in told]
    assert len(set(firsts)) == len(firsts)
    assert len(set(last)) > 0.9 * len(last)


@pytest.mark.slow
@pytest.mark.parametrize("acquisition", ["lean", "ucb"])
@pytest.mark.parametrize("restart", [False, True])
def test_a_search_that_is_replayed_goes_on_as_it_would_have(restart: bool, acquisition: str) -> None:
    def fresh() -> AxRowGreedy:
        attack = AxRowGreedy(initial=4, restart=restart, acquisition=acquisition)
        attack.start(make_problem(query_budget=24))
        return attack

    attack = fresh()
    told = search(attack, rich(attack), batch=4, steps=4)
    again = fresh()
    replay(again, told)
    assert list(map(recipe, again.ask(4))) == list(map(recipe, attack.ask(4)))
    one, other = again.choose(), attack.choose()
    assert one is not None
    assert other is not None
    assert recipe(one.candidate) == recipe(other.candidate)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"label": 2}, "label must be 0, 1 or 'search', not 2"),
        ({"label": "one"}, "label must be 0, 1 or 'search', not 'one'"),
        ({"accept": "any"}, "accept must be 'noise' or 'strict', not 'any'"),
        ({"noise": -1}, "noise must be at least 0, not -1"),
        ({"kappa": 0}, "kappa must be more than 0, not 0"),
        ({"restart": 1}, "restart must be true or false, not 1"),
        ({"acquisition": "ei"}, "acquisition must be 'lean', 'default' or 'ucb', not 'ei'"),
    ],
)
def test_bad_parameters(parameters: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=f"^{message}$"):
        AxRowGreedy(**parameters)  # type: ignore[arg-type]  # wrong on purpose
