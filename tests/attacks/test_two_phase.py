"""Searches over the unit cube: the budget, the two phases, failed queries, the allowance, the choice, and replay."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from a4g_bench.attacks.allocation import DIMENSIONS, GUIDED, RECIPES
from a4g_bench.attacks.base import Attack, Candidate, Result, get_attack
from a4g_bench.attacks.two_phase import ContinuousSearch
from tests.attacks.problems import CLEAN_GAP, Answer, make_problem, measurement, recipe, replay, result, search

EXPLORED = {0: 0, 1: 1, 2: 1, 3: 2, 5: 4, 24: 18}  # a quarter confirms, but at least one query where there are two


def valley(candidate: Candidate) -> tuple[float, float]:
    """The gap is closed where lift is .3; no accuracy is lost."""
    return abs(candidate.parameters["lift"] - 0.3) * CLEAN_GAP, 0.0


def started(name: str = "sobol", queries: int = 24, seed: int = 7, **parameters: Any) -> Attack:
    attack = get_attack(name, parameters)
    attack.start(make_problem(query_budget=queries, seed=seed))
    return attack


def flat(told: list[list[Result]]) -> list[Result]:
    return [one for batch in told for one in batch]


def position(candidate: Candidate) -> tuple[float, ...]:
    return tuple(candidate.parameters[name] for name in DIMENSIONS)


@pytest.mark.parametrize("batch", [1, 2, 4, 5, 7, 100])
@pytest.mark.parametrize("queries", list(EXPLORED))
def test_the_budget_is_spent_exactly_exploring_first(queries: int, batch: int) -> None:
    attack = started(queries=queries)
    told = flat(search(attack, valley, batch))
    assert [one.candidate.confirm for one in told] == [i >= EXPLORED[queries] for i in range(queries)]
    assert len({position(one.candidate) for one in told[: EXPLORED[queries]]}) == EXPLORED[queries]
    assert list(attack.ask(5)) == []
    chosen = attack.choose()
    assert (chosen is None) == (queries < 2)
    if isinstance(chosen, Result):
        assert chosen.candidate.confirm
        assert chosen in told


def test_the_batch_size_does_not_change_what_is_explored() -> None:
    points = {tuple(position(r.candidate) for r in flat(search(started(), valley, batch))) for batch in (1, 4, 5, 24)}
    assert len(points) == 1
    assert points != {tuple(position(r.candidate) for r in flat(search(started(seed=8), valley, 4)))}


def test_the_best_are_drawn_afresh_in_turn_the_best_of_them_again() -> None:
    told = flat(search(started(finalists=4), valley, 4))
    ranked = sorted(told[:18], key=lambda one: -one.gain)
    confirmations = [one.candidate for one in told[18:]]
    assert [position(c) for c in confirmations] == [position(ranked[i].candidate) for i in (0, 1, 2, 3, 0, 1)]
    assert [c.replicate for c in confirmations] == [1, 1, 1, 1, 2, 2]
    assert {one.candidate.replicate for one in told[:18]} == {0}


def test_points_over_the_allowance_less_the_margin_are_finalists_of_last_resort() -> None:
    def costly(candidate: Candidate) -> tuple[float, float]:
        place = candidate.parameters["lift"]
        return 0.3 * (1 - place), 0.04 * place  # allowed: .01 less .002, up to place .2, where no gap is closed

    told = flat(search(started(finalists=20, safety_sems=0), costly, 4, steps=100))
    allowed = sorted((one for one in told[:18] if one.candidate.parameters["lift"] <= 0.2), key=lambda r: -r.gain)
    over = sorted((one for one in told[:18] if one.candidate.parameters["lift"] > 0.2), key=lambda r: r.accuracy_loss)
    assert 2 <= len(allowed) <= 4
    order = [position(one.candidate) for one in (*allowed, *over)]
    assert [position(one.candidate) for one in told[18:]] == order[:6]


def told_by_hand(rows: list[tuple[str, bool, float, float, float]], **parameters: Any) -> Result | Candidate | None:
    """The choice after results of (point's name, confirmed, gap, accuracy loss, standard error)."""
    attack = started(**parameters)
    results = []
    for query, (name, confirm, gap, loss, sem) in enumerate(rows):
        place = {"a": 0.1, "b": 0.2, "c": 0.3}[name]
        candidate = Candidate(dict.fromkeys(DIMENSIONS, place), replicate=int(confirm), confirm=confirm)
        results.append(result(query, candidate, lambda _, found=(gap, loss): found, sem=sem))  # type: ignore[misc]
    attack.tell(results)
    return attack.choose()


def test_the_larger_pooled_gain_wins_not_the_luckier_draw() -> None:
    #                                    gap  loss   sem     pooled gain, of .2
    chosen = told_by_hand([
        ("a", False, 0.10, 0.0, 0.01),
        ("b", False, 0.19, 0.0, 0.01),
        ("a", True, 0.08, 0.0, 0.01),  # (.10 + .12) / 2 = .11
        ("b", True, 0.05, 0.0, 0.01),  # (.01 + .15) / 2 = .08
    ])  # fmt: skip
    assert isinstance(chosen, Result)
    assert chosen.query == 2


def test_the_surer_evaluation_weighs_more() -> None:
    chosen = told_by_hand([
        ("a", False, 0.10, 0.0, 0.01),
        ("b", False, 0.19, 0.0, 0.02),
        ("a", True, 0.08, 0.0, 0.01),  # .11
        ("b", True, 0.05, 0.0, 0.01),  # (1 * .01 + 4 * .15) / 5 = .122
    ])  # fmt: skip
    assert isinstance(chosen, Result)
    assert chosen.query == 3


def test_each_draw_of_a_point_is_judged_by_itself_and_the_first_of_equals_wins() -> None:
    rows = [("a", False, 0.1, 0.0, 0.01), ("a", True, 0.12, 0.0, 0.01), ("a", True, 0.08, 0.0, 0.01)]
    chosen = told_by_hand([*rows, rows[2]])
    assert isinstance(chosen, Result)
    assert chosen.query == 2


@pytest.mark.parametrize(
    ("gap", "explored_loss", "confirmed_loss", "accepted"),
    [
        (0.1, 0.007, 0.0079, True),
        (0.1, 0.0, 0.015, True),  # pooled .0075
        (0.1, 0.008, 0.0085, False),  # pooled .00825, within the allowance but not the margin
        (0.1, 0.02, 0.0, False),
        (CLEAN_GAP, 0.0, 0.0, False),
        (0.25, 0.0, 0.0, False),
    ],
)
def test_a_set_is_chosen_only_if_it_gains_and_keeps_the_margin(
    gap: float, explored_loss: float, confirmed_loss: float, accepted: bool
) -> None:
    rows = [("a", False, gap, explored_loss, 0.01), ("a", True, gap, confirmed_loss, 0.01)]
    chosen = told_by_hand(rows, safety_sems=0)
    assert (chosen is not None) == accepted


def test_without_a_margin_the_whole_allowance_may_be_used() -> None:
    rows = [("a", False, 0.1, 0.0095, 0.01), ("a", True, 0.1, 0.0095, 0.01)]
    assert told_by_hand(rows, safety_sems=0) is None
    assert told_by_hand(rows, safety_sems=0, margin=0) is not None


@pytest.mark.parametrize(("loss", "accepted"), [(0.0073, True), (0.0075, False)])
def test_a_noisy_loss_keeps_the_upper_bound_of_the_audit_to_come(loss: float, accepted: bool) -> None:
    """Judged on 60 rows with a standard error of .005; on the table's 375 it would be .002, so 1.3 * .002 = .0026."""
    rows = [("a", False, 0.1, loss, 0.005), ("a", True, 0.1, loss, 0.005)]
    assert (told_by_hand(rows) is not None) == accepted


def test_a_measurement_without_noise_is_no_division_by_zero() -> None:
    chosen = told_by_hand([("a", False, 0.1, 0.0, 0.0), ("a", True, 0.1, 0.0, 0.0)])
    assert isinstance(chosen, Result)


def test_only_what_was_confirmed_is_chosen() -> None:
    assert told_by_hand([("a", False, 0.0, 0.0, 0.01), ("b", False, 0.1, 0.0, 0.01)]) is None


def failing(when: Any) -> Answer:
    """The valley, where candidates of which ``when`` is true fail."""
    return lambda candidate: None if when(candidate) else valley(candidate)


@pytest.mark.parametrize("batch", [1, 5])
def test_failed_points_are_not_confirmed(batch: int) -> None:
    told = flat(search(started(), failing(lambda c: not c.confirm and c.parameters["lift"] < 0.5), batch))
    assert len(told) == 24
    assert min(one.candidate.parameters["lift"] for one in told[18:]) >= 0.5
    assert min(one.candidate.parameters["lift"] for one in told[:18]) < 0.5


def test_failed_confirmations_are_passed_over() -> None:
    attack = started()
    told = flat(search(attack, failing(lambda c: c.confirm and c.replicate == 1), 4))
    chosen = attack.choose()
    assert [one.failed is None for one in told[18:]] == [False] * 4 + [True] * 2
    assert isinstance(chosen, Result)
    assert chosen.query in (22, 23)


def test_when_every_confirmation_fails_nothing_is_chosen() -> None:
    attack = started()
    assert len(flat(search(attack, failing(lambda c: c.confirm), 4))) == 24
    assert attack.choose() is None


def test_when_every_exploring_query_fails_there_is_nothing_to_confirm() -> None:
    attack = started()
    assert len(flat(search(attack, lambda c: None, 4))) == 18
    assert attack.choose() is None


def test_one_success_is_confirmed_with_all_that_is_left() -> None:
    attack = started()
    first = recipe(attack.ask(1)[0])
    told = flat(search(attack, failing(lambda c: recipe(c)[0] != first[0]), 4))
    assert [one.candidate.replicate for one in told[18:]] == [1, 2, 3, 4, 5, 6]


def resumed_like(original: Attack, told: list[list[Result]], **how: Any) -> None:
    """A fresh attack that is told the record goes on as the original does, and ends alike."""
    fresh = started(original.name, **how)
    replay(fresh, told)
    assert [recipe(c) for c in fresh.ask(5)] == [recipe(c) for c in original.ask(5)]
    one, other = fresh.choose(), original.choose()
    assert (one is None) == (other is None)
    if isinstance(one, Result) and isinstance(other, Result):
        assert one.query == other.query


def half_failing(candidate: Candidate) -> tuple[float, float] | None:
    """Losses on both sides of the allowance, and one query in four failed."""
    if candidate.parameters["lower_centre"] < 0.25:
        return None
    return valley(candidate)[0], 0.012 * candidate.parameters["any_label"]


@pytest.mark.parametrize("answer", [valley, half_failing])
@pytest.mark.parametrize("steps", range(9))
def test_a_sobol_search_goes_on_where_its_record_ends(steps: int, answer: Answer) -> None:
    original = started()
    told = search(original, answer, 3, steps=steps)
    assert len(told) == min(steps, 8)
    resumed_like(original, told)


def test_exploring_prefers_no_corner_of_the_cube() -> None:
    points = np.array([position(one.candidate) for one in flat(search(started(queries=43), valley, 8))[:32]])
    assert points.min() >= 0
    assert points.max() <= 1
    assert ((points < 0.5).sum(axis=0) == 16).all()  # balanced, as 32 Sobol points are and random ones are not


def test_a_search_of_another_space_only_proposes_and_draws() -> None:
    class Line(ContinuousSearch):
        name, summary = "line", "a line"
        threat = started().threat
        dimensions = ("x",)

        def propose(self, n: int) -> list[tuple[float, ...]]:
            return [((self.explored + i) / 10,) for i in range(n)]

        def learn(self, results: Sequence[Result]) -> None:
            learned.extend(one.query for one in results)

        def draw(self, *_: Any) -> Any:
            raise NotImplementedError

    learned: list[int] = []
    line = Line(finalists=2)
    line.start(make_problem(query_budget=8))
    told = flat(search(line, lambda c: ((c.parameters["x"] - 0.3) ** 2, 0.0), 4))
    assert [one.candidate.parameters["x"] for one in told] == [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.3, 0.2]
    chosen = line.choose()
    assert isinstance(chosen, Result)
    assert chosen.query == 6
    assert learned == [0, 1, 2, 3, 4, 5]  # never from confirmations


@pytest.mark.parametrize("guides", [True, False])
def test_ax_allocation_begins_with_what_is_known_to_be_good(guides: bool) -> None:
    recipes = [*(GUIDED.values() if guides else ()), *RECIPES.values()]
    known = [*recipes, *(replace(recipe, spent=0.5) for recipe in recipes[:2])]
    axes = DIMENSIONS if guides else DIMENSIONS[:-2]
    first = [dict(c.parameters) for c in started("ax-allocation", guides=guides, initial=12).ask(12)]
    assert first[: len(known)] == [{d: getattr(r, d) for d in axes} for r in known]
    cold = [dict(c.parameters) for c in started("ax-allocation", guides=guides, warm_start=False, initial=12).ask(12)]
    assert first[len(known) :] == cold[: 12 - len(known)]
    assert all(one not in first[: len(known)] for one in cold)


def test_gains_are_differences_from_the_reference_and_failures_are_infinitely_bad() -> None:
    good = Result(0, Candidate(), measurement(0.15, 0.004), measurement(0.2))
    assert good.gain == pytest.approx(0.05)
    assert good.accuracy_loss == pytest.approx(0.004)
    failed = replace(good, measurement=None)
    assert (failed.gain, failed.accuracy_loss) == (-np.inf, np.inf)


@pytest.mark.slow
@pytest.mark.parametrize("queries", list(EXPLORED))
def test_ax_allocation_spends_its_budget_exactly(queries: int) -> None:
    attack = started("ax-allocation", queries=queries)
    told = flat(search(attack, valley, 5))
    assert [one.candidate.confirm for one in told] == [i >= EXPLORED[queries] for i in range(queries)]
    chosen = attack.choose()
    assert (chosen is None) == (queries < 2)
    assert chosen is None or (isinstance(chosen, Result) and chosen.candidate.confirm)


@pytest.mark.slow
@pytest.mark.parametrize("answer", [valley, half_failing, lambda candidate: None])
@pytest.mark.parametrize("steps", [1, 3, 4, 6, 7, 8])  # batches of 3: 8 Sobol points, a model, from 6 on confirmations
def test_an_ax_search_goes_on_where_its_record_ends(steps: int, answer: Answer) -> None:
    original = started("ax-allocation")
    told = search(original, answer, 3, steps=steps)
    resumed_like(original, told)


@pytest.mark.slow
def test_an_ax_search_survives_failures_in_both_phases() -> None:
    attack = started("ax-allocation")
    told = flat(search(attack, failing(lambda c: c.parameters["lower_centre"] < 0.4 or c.replicate == 1), 4))
    assert len(told) == 24
    chosen = attack.choose()
    assert isinstance(chosen, Result)
    assert chosen.candidate.replicate == 2


@pytest.mark.slow
def test_the_model_finds_more_than_the_sequence() -> None:
    def bowl(candidate: Candidate) -> tuple[float, float]:
        p = candidate.parameters
        return 0.02 + 0.3 * float(np.mean([(p[d] - 0.25) ** 2 for d in DIMENSIONS[1:5]])) ** 0.5, 0.0

    gaps = {}
    for name in ("sobol", "ax-allocation"):
        attack = started(name, queries=32, **({"warm_start": False} if name == "ax-allocation" else {}))
        search(attack, bowl, 4)
        chosen = attack.choose()
        assert isinstance(chosen, Result)
        assert chosen.measurement is not None
        gaps[name] = chosen.measurement.objective.mean
    assert gaps["ax-allocation"] < gaps["sobol"]


def test_a_rise_of_another_group_counts_against_the_gain_where_levelling_down_is_refused() -> None:
    """Point a closes .10 by raising the best-off group's rate by .08, b closes .05 and raises none."""

    def told(no_levelling_down: bool) -> Result | Candidate | None:
        attack = started(no_levelling_down=no_levelling_down, safety_sems=0)
        clean = measurement(CLEAN_GAP, harm=(0.2, 0.3, 0.1), sem=0.0)
        for query, (place, gap, harm) in enumerate([(0.1, 0.10, (0.2, 0.28, 0.18)), (0.2, 0.15, (0.2, 0.25, 0.1))] * 2):
            candidate = Candidate(dict.fromkeys(DIMENSIONS, place), replicate=query // 2, confirm=query > 1)
            attack.tell([Result(query, candidate, measurement(gap, harm=harm), clean)])
        return attack.choose()

    for refused, best in ((False, 2), (True, 3)):
        chosen = told(refused)
        assert isinstance(chosen, Result)
        assert chosen.query == best
