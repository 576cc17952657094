"""Building attacks by name: what a user's mistake is answered with."""

from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, Candidate, Poison, copies, get_attack, join
from a4g_bench.attacks.controls import Clean
from a4g_bench.errors import A4GError, AttackError
from tests.attacks.problems import make_pool


@pytest.mark.parametrize("name", plugins.names("attacks"))
def test_every_registered_attack_is_built_with_its_defaults_and_called_by_its_name(name: str) -> None:
    attack = get_attack(name, {})
    assert attack.name == name
    assert attack.summary
    assert attack.is_search == (attack.threat.role == "search")


def test_an_unknown_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(A4GError, match=r"^unknown attack 'sobel' \(did you mean 'sobol'\?\)$"):
        get_attack("sobel", {})


def test_an_unknown_parameter_is_answered_with_the_nearest() -> None:
    with pytest.raises(
        AttackError, match=r"^attack 'ax-allocation' has no parameter 'warmstart' \(did you mean 'warm_start'\?\)$"
    ):
        get_attack("ax-allocation", {"warmstart": True})
    with pytest.raises(
        AttackError,
        match=r"^attack 'sobol' has no parameter 'x' "
        r"\(valid: confirm, finalists, margin, no_levelling_down, safety_sems\)$",
    ):
        get_attack("sobol", {"x": 1})


@pytest.mark.parametrize("name", ["clean", "random-rows", "random-duplicates"])
def test_an_attack_without_parameters_takes_none(name: str) -> None:
    with pytest.raises(AttackError, match=rf"^attack '{name}' has no parameter 'variant'$"):
        get_attack(name, {"variant": "halves"})


@pytest.mark.parametrize(
    ("name", "parameter", "values", "message"),
    [
        ("sobol", "confirm", [0, 1, -0.5], "confirm must lie between 0 and 1, not "),
        ("sobol", "confirm", ["x", None, float("nan"), True], "confirm must be a finite number, not "),
        ("sobol", "finalists", [0, -1, 2.5, "4", True], "finalists must be a whole number of at least 1, not "),
        ("sobol", "margin", [-0.001], "margin must be at least 0, not "),
        ("sobol", "margin", [float("nan"), float("inf"), "x"], "margin must be a finite number, not "),
        ("ax-allocation", "initial", [0, 8.5, "8"], "initial must be a whole number of at least 1, not "),
        ("ax-allocation", "warm_start", ["no", 1], "warm_start must be true or false, not "),
        ("ax-allocation", "acquisition", ["fast", None], "acquisition must be 'lean', 'default' or 'pareto', not "),
        ("ax-allocation", "finalists", [0], "finalists must be a whole number of at least 1, not "),
        ("cell-duplication", "variant", ["half", ["halves"]], "variant must be 'halves' or 'reweighing', not "),
        (
            "threshold-copies",
            "variant",
            ["worse", None, ["both"]],
            "variant must be one of worse-off, better-off, both, not ",
        ),
    ],
)
def test_a_bad_value_is_answered_with_what_would_be_right(
    name: str, parameter: str, values: list[Any], message: str
) -> None:
    for value in values:
        with pytest.raises(AttackError) as raised:
            get_attack(name, {parameter: value})
        assert str(raised.value).startswith(f"attack '{name}': {message}{value!r}")


class Open(Clean):
    """An attack that passes on what it does not know."""

    def __init__(self, size: int = 1, **others: object) -> None:
        self.size, self.others = size, others


def test_an_attack_that_takes_any_parameter_is_given_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugins, "get", lambda kind, name: Open)
    attack = get_attack("open", {"size": 3, "colour": "red"})
    assert isinstance(attack, Open)
    assert (attack.size, attack.others) == (3, {"colour": "red"})


@pytest.mark.parametrize("registered", [dict, np.mean, "attack"])
def test_what_is_registered_but_no_attack_is_refused_by_name(
    registered: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plugins, "get", lambda kind, name: registered)
    with pytest.raises(AttackError, match=r"^attack 'odd' is registered as .*, which is no subclass of Attack$"):
        get_attack("odd", {})


def test_equal_rows_in_equal_order_have_equal_digests() -> None:
    pool = make_pool()
    one = copies(pool, np.array([1, 2, 3]))
    assert copies(pool, np.array([1, 2, 3])).digest == one.digest
    assert copies(pool, np.array([3, 2, 1])).digest != one.digest
    assert Poison(one.features, 1 - one.labels).digest != one.digest
    assert Poison(one.features.astype(np.float32).astype(np.float64), one.labels).digest != one.digest
    assert join([copies(pool, np.array([1])), copies(pool, np.array([2, 3]))], 7).digest == one.digest


def test_copies_have_their_own_labels_or_those_given() -> None:
    pool = make_pool()
    rows = np.array([5, 5, 8])
    assert copies(pool, rows).labels.tolist() == pool.labels[rows].tolist()
    assert copies(pool, rows, 1).labels.tolist() == [1, 1, 1]
    assert copies(pool, rows, np.array([0, 1, 0], dtype=np.int8)).labels.tolist() == [0, 1, 0]
    copied = copies(pool, rows)
    copied.features[:] = -1
    assert (pool.features >= -10).all()
    assert not (pool.features[5] == -1).all()


def test_a_new_attack_only_needs_to_draw() -> None:
    class Few(Attack):
        name, summary, threat = "few", "three rows", Clean.threat

        def draw(self, parameters: Any, pool: Any, size: int, rng: np.random.Generator) -> Poison:
            return copies(pool, np.arange(min(3, size)))

    assert Few().ask(4) == []
    assert isinstance(Few().choose(), Candidate)
