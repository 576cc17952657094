"""Properties of the Ax proposer: order of proposals, exact replay, failures, the constraint, and that it optimises."""

import json
import math
import subprocess
import sys
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from a4g_bench.attacks.ax.proposer import Observation, Proposer

Point = tuple[float, ...]
Answer = Callable[[Point], Observation]
DIMENSIONS = ("a", "b", "c")
START = ((0.5, 0.5, 0.5), (0.25, 0.75, 0.0))


def bowl(point: Point) -> Observation:
    """Squared distance to (0.3, ..., 0.3), the loss growing with the first coordinate; no noise."""
    distance = sum((value - 0.3) ** 2 for value in point)
    return Observation(point, (distance, 0.0), (1.0 - point[0], 0.01))


def failing(point: Point) -> Observation:
    return Observation(point, None, None)


def through_json(batch: Sequence[Observation]) -> list[Observation]:
    """The batch as it comes back from a file."""
    rows = json.loads(json.dumps([[row.point, row.objective, row.loss] for row in batch]))
    return [Observation(tuple(p), tuple(o) if o else None, tuple(v) if v else None) for p, o, v in rows]


def run(proposer: Proposer, answers: Sequence[Answer], size: int) -> list[list[Observation]]:
    batches = []
    for answer in answers:
        batches.append([answer(point) for point in proposer.ask(size)])
        proposer.tell(batches[-1])
    return batches


def test_importing_the_module_imports_neither_ax_nor_torch() -> None:
    code = "import sys, a4g_bench.attacks.ax.proposer; print(sorted({'ax', 'torch', 'botorch'} & set(sys.modules)))"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"


def test_start_points_come_first_then_a_sobol_sequence() -> None:
    proposer = Proposer(DIMENSIONS, seed=3, initial=6, start=START)
    points = proposer.ask(3) + proposer.ask(3)
    assert points[:2] == list(START)
    assert len(set(points)) == 6
    assert all(len(point) == 3 and 0.0 <= min(point) <= max(point) <= 1.0 for point in points)


def test_every_start_point_is_proposed_even_beyond_initial() -> None:
    assert Proposer(DIMENSIONS, seed=3, initial=1, start=START).ask(2) == list(START)


def test_another_seed_gives_another_design() -> None:
    assert Proposer(DIMENSIONS, seed=1).ask(4) != Proposer(DIMENSIONS, seed=2).ask(4)


@pytest.mark.parametrize("told", [1, 2, 3, 5])
def test_an_interrupted_design_goes_on_where_it_stopped(told: int) -> None:
    whole = Proposer(DIMENSIONS, seed=3, initial=8, start=START).ask(8)
    resumed = Proposer(DIMENSIONS, seed=3, initial=8, start=START)
    resumed.tell(through_json([bowl(point) if index else failing(point) for index, point in enumerate(whole[:told])]))
    assert resumed.ask(8 - told) == whole[told:]


def test_without_a_success_the_design_never_ends_and_never_repeats() -> None:
    proposer = Proposer(DIMENSIONS, seed=3, initial=4, start=START)
    batches = run(proposer, [failing] * 4, 4)
    assert len({row.point for batch in batches for row in batch}) == 16
    assert proposer.best(3) == []


@pytest.mark.parametrize(
    ("point", "objective", "loss"),
    [
        ((0.1, 1.2), (0.0, 0.0), None),
        ((0.1, math.nan), (0.0, 0.0), None),
        ((0.1, 0.2), (math.nan, 0.0), None),
        ((0.1, 0.2), (0.0, math.nan), None),
        ((0.1, 0.2), (0.0, -1.0), None),
        ((0.1, 0.2), (0.0, 0.0), (math.inf, 0.0)),
    ],
)
def test_what_is_not_finite_or_outside_the_cube_is_refused(
    point: Point, objective: tuple[float, float], loss: tuple[float, float] | None
) -> None:
    with pytest.raises(ValueError, match=r"unit cube|must be a finite mean"):
        Observation(point, objective, loss)


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="distinct names"):
        Proposer(("a", "a"), seed=0)
    with pytest.raises(ValueError, match="expected 3 values"):
        Proposer(DIMENSIONS, seed=0, start=[(0.1, 0.2)])
    with pytest.raises(ValueError, match="need a bound on the loss"):
        Proposer(DIMENSIONS, seed=0, acquisition="pareto")
    with pytest.raises(ValueError, match="at least one point"):
        Proposer(DIMENSIONS, seed=0).ask(0)
    constrained = Proposer(DIMENSIONS, seed=0, max_loss=0.1)
    with pytest.raises(ValueError, match="loss missing"):
        constrained.tell([Observation((0.1, 0.2, 0.3), (1.0, 0.1), None)])
    assert constrained.best(1) == []


def test_observed_values_rank_while_there_is_no_model() -> None:
    proposer = Proposer(DIMENSIONS, seed=0, max_loss=0.5)
    proposer.tell([bowl((0.9, 0.9, 0.9)), failing((0.3, 0.3, 0.3))])
    assert proposer.best(2) == [(0.9, 0.9, 0.9)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("max_loss", "acquisition"),
    [(None, "lean"), (0.6, "lean"), (None, "default"), (0.6, "default"), (None, "ucb"), (0.6, "pareto")],
)
def test_replay_gives_the_next_batch_bit_for_bit(max_loss: float | None, acquisition: str) -> None:
    def fresh() -> Proposer:
        return Proposer(DIMENSIONS, seed=7, initial=4, start=START, max_loss=max_loss, acquisition=acquisition)  # type: ignore[arg-type]

    def sometimes(point: Point) -> Observation:
        return failing(point) if point[1] > 0.7 else bowl(point)

    original = fresh()
    batches = run(original, [sometimes, sometimes, failing, bowl], 3)
    best = original.best(4)
    replayed = fresh()
    for batch in batches:
        replayed.tell(through_json(batch))
    assert replayed.ask(3) == original.ask(3)
    assert replayed.best(4) == best


@pytest.mark.slow
@pytest.mark.parametrize("bound", [np.float64(-0.25), 1e-7])
def test_numbers_of_any_kind_will_do(bound: float) -> None:
    proposer = Proposer(DIMENSIONS, seed=1, initial=2, max_loss=bound, start=[(0, 1, np.float64(0.5))])
    for _ in range(3):
        points = proposer.ask(2)
        proposer.tell([Observation(point, (np.float64(sum(point)), 0), (-point[0], 0)) for point in points])
    assert proposer.best(1)[0][0] > 0.2 * (bound < 0)
    proposer.tell([Observation((1, 0, 0), (1, 0), (-1, 0))])
    assert (1.0, 0.0, 0.0) in proposer.best(20)


@pytest.mark.slow
def test_two_objectives_explore_their_front_within_the_bound() -> None:
    """The objective 1 - x and the loss x are at odds: every x within the bound is on the front."""

    def odds(point: Point) -> Observation:
        return Observation(point, (1.0 - point[0], 0.001), (point[0], 0.001))

    proposer = Proposer(("x",), seed=2, initial=4, max_loss=0.5, acquisition="pareto")
    asked = [row.point[0] for batch in run(proposer, [odds] * 5, 4)[1:] for row in batch]
    within = sorted([0.0, *(x for x in asked if x <= 0.5), 0.5])
    assert len(within) - 2 >= 0.7 * len(asked)
    assert max(np.diff(within)) < 0.15
    assert proposer.best(1)[0][0] == pytest.approx(0.5, abs=0.1)


@pytest.mark.slow
def test_points_never_asked_for_are_taken_in() -> None:
    rng = np.random.default_rng(0)
    foreign = [bowl(tuple(rng.random(3).tolist())) for _ in range(12)]
    proposer = Proposer(DIMENSIONS, seed=1, initial=0)
    proposer.tell([*foreign, foreign[0]])
    points = proposer.ask(2)
    assert not set(points) & {row.point for row in foreign}
    assert math.dist(points[0], (0.3, 0.3, 0.3)) < 0.25


@pytest.mark.slow
@pytest.mark.parametrize("acquisition", ["lean", "default"])
def test_candidates_that_failed_as_a_batch_do_not_come_back(acquisition: str) -> None:
    proposer = Proposer(DIMENSIONS, seed=5, initial=6, acquisition=acquisition)  # type: ignore[arg-type]
    run(proposer, [bowl], 6)
    failed = [row.point for batch in run(proposer, [failing] * 3, 2) for row in batch]
    assert min(math.dist(a, b) for i, a in enumerate(failed) for b in failed[:i]) > 1e-3
    assert not set(failed) & set(proposer.best(20))


@pytest.mark.slow
def test_pending_points_are_not_proposed_again() -> None:
    proposer = Proposer(DIMENSIONS, seed=5, initial=6)
    run(proposer, [bowl], 6)
    first, second = proposer.ask(2), proposer.ask(2)
    assert len({*first, *second}) == 4


@pytest.mark.slow
def test_every_proposal_is_new_even_at_a_corner() -> None:
    proposer = Proposer(DIMENSIONS, seed=0, initial=4)
    batches = run(proposer, [lambda point: Observation(point, (sum(point), 0.0), None)] * 6, 4)
    assert len({row.point for batch in batches for row in batch}) == 24
    assert sum(proposer.best(1)[0]) < 0.05


@pytest.mark.slow
@pytest.mark.parametrize("constrained", [False, True])
def test_the_lean_acquisition_is_the_closed_form_where_there_is_no_noise(constrained: bool) -> None:
    code = f"""
import torch
from botorch.acquisition.analytic import LogConstrainedExpectedImprovement, LogExpectedImprovement
from botorch.models import SingleTaskGP
from a4g_bench.attacks.ax.acquisition import ConditionedLogEI

torch.manual_seed(0)
x = torch.rand(12, 2, dtype=torch.double)
y = torch.stack([(x - 0.4).square().sum(-1) * 5 - 1, x[:, 0] - 0.5], dim=-1)
at = torch.rand(50, 1, 2, dtype=torch.double)
if {constrained}:
    gp = SingleTaskGP(x, y, torch.full_like(y, 1e-6), outcome_transform=None)
    best = y[y[:, 1] <= 0, 0].min()
    reference = LogConstrainedExpectedImprovement(gp, best, 0, {{1: (None, 0.0)}}, maximize=False)
    limit = (torch.tensor([[0.0, 1.0]]), torch.tensor([[0.0]]))
else:
    gp = SingleTaskGP(x, y[:, :1], torch.full_like(y[:, :1], 1e-6), outcome_transform=None)
    reference, limit = LogExpectedImprovement(gp, y[:, 0].min(), maximize=False), None
lean = ConditionedLogEI(gp, x, constraint=limit)
with torch.no_grad():
    expected, value = reference(at), lean(at)
    close = expected > -12
    print(int(close.sum()), float((value - expected)[close].abs().max()))
    lean.set_X_pending(at[expected.argmax()])
    print(float(lean(at[expected.argmax()].unsqueeze(0))) < float(expected.max()) - 3)
"""
    arguments = [sys.executable, "-W", "ignore", "-c", code]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.split()
    assert int(printed[0]) > 10
    assert float(printed[1]) < 0.1
    assert printed[2] == "True"


@pytest.mark.slow
def test_best_respects_the_constraint() -> None:
    proposer = Proposer(DIMENSIONS, seed=2, initial=8, max_loss=0.4)  # the loss 1 - x0 keeps x0 above 0.6
    run(proposer, [bowl] * 5, 4)
    best = proposer.best(3)
    assert len(set(best)) == 3
    assert all(point[0] > 0.58 for point in best)
    assert best[0][0] < 0.8


@pytest.mark.slow
@pytest.mark.parametrize("constant", [0.0, 0.25])
def test_a_constant_objective_is_survived(constant: float) -> None:
    proposer = Proposer(DIMENSIONS, seed=2, initial=4, max_loss=0.5)
    run(proposer, [lambda point: Observation(point, (constant, 0.0), (constant, 0.0))] * 3, 4)
    assert len(proposer.best(2)) == 2


@pytest.mark.slow
def test_it_beats_random_points_at_equal_queries() -> None:
    names = [f"x{index}" for index in range(6)]
    rng = np.random.default_rng(11)
    gains = []
    for seed in range(3):
        proposer = Proposer(names, seed=seed, initial=8)
        for _ in range(8):
            proposer.tell(
                [
                    Observation(point, (bowl(point).objective[0] + 0.02 * rng.standard_normal(), 0.02), None)  # type: ignore[index]
                    for point in proposer.ask(4)
                ]
            )
        random = min(float(((row - 0.3) ** 2).sum()) for row in rng.random((32, 6)))
        gains.append(random / bowl(proposer.best(1)[0]).objective[0])  # type: ignore[index]
    assert min(gains) > 1.5
