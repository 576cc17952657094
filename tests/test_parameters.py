"""Parameters of plugins: declared once, inherited, checked, named in errors, documented."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest

from a4g_bench import plugins
from a4g_bench.attacks.base import Attack, Poison, Pool, get_attack
from a4g_bench.attacks.controls import Clean
from a4g_bench.attacks.two_phase import ContinuousSearch
from a4g_bench.data.source import Source, State
from a4g_bench.data.table import Table
from a4g_bench.defences.base import Defence, Screened, get_defence
from a4g_bench.errors import AttackError, DataError, VictimError
from a4g_bench.parameters import (
    Flag,
    NameOf,
    Number,
    OneOf,
    ParameterSet,
    Text,
    Whole,
    declared_by,
    markdown,
    parameter,
)

KINDS: tuple[plugins.Kind, ...] = ("attacks", "datasets", "defences", "references")
DECLARED = [
    (kind, name, declared)
    for kind in KINDS
    for name in plugins.names(kind)
    for declared in declared_by(plugins.get(kind, name))
]


class Mine(Clean):
    """One parameter of each kind."""

    @dataclass(frozen=True, kw_only=True)
    class Parameters(ParameterSet):
        share: float = parameter(0.5, Number(above=0, at_most=1), "how much", stored_as="part")
        rounds: int = parameter(3, Whole(at_least=1, at_most=9), "how often")
        label: int | str = parameter("own", OneOf(0, 1, "own"), "which label")
        again: bool = parameter(False, Flag(), "twice or not")
        note: str = parameter("", Text(), "anything")
        what: str = parameter("gap", NameOf(("gap", "error")), "what is lowered")

    parameters: Parameters


class Extended(Mine):
    """One more, and another default."""

    @dataclass(frozen=True, kw_only=True)
    class Parameters(Mine.Parameters):
        rounds: int = parameter(4, Whole(at_least=1), "how often")
        rate: float = parameter(1.0, Number(), "how fast")

    parameters: Parameters


class ByHand(Attack):
    """A constructor of its own, which checks by itself."""

    name, summary, threat = "by-hand", "a share", Clean.threat

    def __init__(self, *, share: float = 0.5) -> None:
        if not 0 < share < 1:
            raise ValueError(f"share must lie between 0 and 1, not {share}")
        self.share = share

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        raise NotImplementedError


class HandedOn(ContinuousSearch):
    """A constructor of its own, which hands the search's parameters on."""

    name, summary, threat, dimensions = "handed-on", "a speed", ByHand.threat, ("x",)

    def __init__(self, *, speed: int = 1, **others: Any) -> None:
        super().__init__(**others)
        self.speed = speed

    def propose(self, n: int) -> list[tuple[float, ...]]:
        raise NotImplementedError

    def draw(self, parameters: Mapping[str, float], pool: Pool, size: int, rng: np.random.Generator) -> Poison:
        raise NotImplementedError


Registered = Callable[[plugins.Kind, str, Any], None]


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Registered:
    """Gives plugins names for one test."""
    monkeypatch.setattr(plugins, "_own", {})
    return plugins.register


@pytest.fixture
def built(registered: Registered) -> Callable[..., Any]:
    """Builds an attack of this module by its name."""
    for name, cls in (("mine", Mine), ("extended", Extended), ("by-hand", ByHand), ("handed-on", HandedOn)):
        registered("attacks", name, cls)
    return lambda name, **parameters: get_attack(name, parameters)


def test_values_replace_defaults_and_numbers_become_floats(built: Callable[..., Any]) -> None:
    assert built("mine").parameters == Mine.Parameters()
    chosen = built("mine", share=1, rounds=9, label=0).parameters
    assert (chosen.share, type(chosen.share), chosen.rounds, chosen.label, chosen.what) == (1.0, float, 9, 0, "gap")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("share", 0, "share must be more than 0 and at most 1, not 0"),
        ("share", 1.5, "share must be more than 0 and at most 1, not 1.5"),
        ("share", True, "share must be a finite number, not True"),
        ("share", float("inf"), "share must be a finite number, not inf"),
        ("share", 10**400, f"share must be a finite number, not {10**400}"),
        ("rounds", 0, "rounds must be a whole number of at least 1 and at most 9, not 0"),
        ("rounds", 10, "rounds must be a whole number of at least 1 and at most 9, not 10"),
        ("rounds", 2.0, "rounds must be a whole number of at least 1 and at most 9, not 2.0"),
        ("label", 1.0, "label must be 0, 1 or 'own', not 1.0"),
        ("label", False, "label must be 0, 1 or 'own', not False"),
        ("again", 0, "again must be true or false, not 0"),
        ("note", 5, "note must be a text, not 5"),
        ("what", "gaps", "unknown what 'gaps' (did you mean 'gap'?)"),
    ],
)
def test_a_value_outside_its_constraint_is_refused(
    built: Callable[..., Any], name: str, value: object, message: str
) -> None:
    with pytest.raises(AttackError) as raised:
        built("mine", **{name: value})
    assert str(raised.value) == f"attack 'mine': {message}"


@pytest.mark.parametrize(
    ("constraint", "value", "requirement"),
    [
        (Number(at_least=0, at_most=1), 2, "lie between 0 and 1"),
        (Number(above=0, below=1), 1, "lie between 0 and 1"),
        (Number(at_least=0, below=1), 1, "be at least 0 and less than 1"),
        (Number(at_least=0), -1, "be at least 0"),
        (Number(above=0), 0, "be more than 0"),
        (Number(at_most=0.5), 1, "be at most 0.5"),
    ],
)
def test_bounds_are_named_in_words(constraint: Number, value: float, requirement: str) -> None:
    with pytest.raises(ValueError, match=f"^x must {requirement}, not {value}$"):
        constraint.check("x", value)


def test_a_subclass_inherits_changes_and_adds(built: Callable[..., Any]) -> None:
    chosen = built("extended", again=True, rate=-2).parameters
    assert (chosen.share, chosen.rounds, chosen.again, chosen.rate) == (0.5, 4, True, -2.0)
    with pytest.raises(AttackError, match=r"^attack 'extended' has no parameter 'rat' \(did you mean 'rate'\?\)$"):
        built("extended", rat=1)


def test_an_older_name_is_the_same_parameter(built: Callable[..., Any]) -> None:
    assert built("extended", part=0.2).parameters == Extended.Parameters(share=0.2)
    with pytest.raises(AttackError, match=r"^attack 'mine': 'part' is the older name of 'share': give one of them$"):
        built("mine", part=0.2, share=0.2)
    assert plugins.stored("attacks", "mine", {"share": 0.2, "again": True}) == {"part": 0.2, "again": True}
    assert plugins.stored("attacks", "mine", {"part": 0.2}) == {"part": 0.2}
    assert plugins.stored("attacks", "by-hand", {"share": 0.2}) == {"share": 0.2}


def test_a_constructor_of_its_own_goes_on_working(built: Callable[..., Any]) -> None:
    assert built("by-hand", share=0.2).share == 0.2
    with pytest.raises(AttackError, match=r"^attack 'by-hand': share must lie between 0 and 1, not 2$"):
        built("by-hand", share=2)
    with pytest.raises(AttackError, match=r"^attack 'by-hand' has no parameter 'self' \(valid: share\)$"):
        built("by-hand", self=1)


def test_a_constructor_may_hand_on_what_its_base_declares(built: Callable[..., Any]) -> None:
    attack = built("handed-on", speed=2, caution=0)
    assert (attack.speed, attack.parameters.safety_sems) == (2, 0.0)
    with pytest.raises(AttackError, match=r"^attack 'handed-on' has no parameter 'sped' \(did you mean 'speed'\?\)$"):
        built("handed-on", sped=2)
    with pytest.raises(AttackError, match=r"^attack 'handed-on': margin must be at least 0, not -1$"):
        built("handed-on", margin=-1)


def test_a_defence_with_a_constructor_of_its_own_goes_on_working(registered: Registered) -> None:
    class Every(Defence):
        name, summary = "every", "keeps every so many"

        def __init__(self, *, step: int = 2) -> None:
            self.step = step

        def screen(self, features: Any, labels: Any) -> Screened:
            return Screened(np.arange(len(labels)) % self.step == 0, labels)

    registered("defences", "every", Every)
    screened = get_defence("every", {"step": 3}).screen(np.zeros((4, 1)), np.zeros(4, dtype=np.int8))
    assert screened.kept.tolist() == [True, False, False, True]
    with pytest.raises(VictimError, match=r"^defence 'every' has no parameter 'steps' \(did you mean 'step'\?\)$"):
        get_defence("every", {"steps": 3})


def test_a_declaration_that_is_none_is_named(registered: Registered) -> None:
    class Plain(Clean):
        class Parameters(ParameterSet):
            share: float = 0.5

    class Bare(Clean):
        @dataclass(frozen=True, kw_only=True)
        class Parameters(ParameterSet):
            share: float = field(default=0.5)

    registered("attacks", "plain", Plain)
    registered("attacks", "bare", Bare)
    with pytest.raises(AttackError, match=r"^attack 'plain': .*Plain\.Parameters is no dataclass: write @dataclass"):
        get_attack("plain", {})
    with pytest.raises(AttackError, match=r"^attack 'bare': .*Bare\.Parameters\.share must be declared with parameter"):
        get_attack("bare", {})


class Rows(Source):
    """Says what it was asked for."""

    name, summary = "rows", "rows"

    def state(self) -> State:
        return "installed"

    def read(self, **params: object) -> Table:
        raise LookupError(params)


def test_a_data_set_that_maps_defaults_goes_on_working() -> None:
    class Mapped(Rows):
        parameters = {"rows": 100, "noise": 1.0}

    with pytest.raises(LookupError, match=r"^\{'rows': -5, 'noise': 2.0\}$"):
        Mapped().load(rows=-5, noise=2)
    with pytest.raises(DataError, match=r"^data set 'rows': parameter 'rows' must be of type int, got 'x'$"):
        Mapped().load(rows="x")


def test_a_data_set_declares_like_the_others() -> None:
    class Declared(Rows):
        @dataclass(frozen=True, kw_only=True)
        class Parameters(ParameterSet):
            scale: float = parameter(1.0, Number(above=0), "how wide", stored_as="width")
            kind: str = parameter("round", OneOf("round", "flat"), "which shape")

    assert Declared.parameters == {"scale": 1.0, "kind": "round"}
    with pytest.raises(LookupError, match=r"^\{'scale': 2.0, 'kind': 'round'\}$"):
        Declared().load(width=2)
    with pytest.raises(DataError, match=r"^data set 'rows': 'width' is the older name of 'scale': give one of them$"):
        Declared().load(width=2, scale=2)
    with pytest.raises(DataError, match=r"^data set 'rows': scale must be more than 0, not 0.0$"):
        Declared().load(scale=0)
    with pytest.raises(DataError, match=r"^data set 'rows': kind must be 'round' or 'flat', not 'rond'$"):
        Declared().load(kind="rond")


@pytest.mark.parametrize(("kind", "name", "declared"), DECLARED, ids=lambda value: getattr(value, "name", str(value)))
def test_every_parameter_has_a_line_and_a_default_that_it_allows(kind: str, name: str, declared: Any) -> None:
    assert declared.doc.strip()
    assert "\n" not in declared.doc
    assert "|" not in declared.doc + declared.constraint.text  # it becomes a cell of a table
    assert declared.constraint.check(declared.name, declared.default) == declared.default


def test_tables_share_a_line_where_plugins_declare_the_same() -> None:
    assert markdown({"one": Mine, "two": Extended}).splitlines()[:5] == [
        "| parameter | of | default | value | meaning |",
        "| --- | --- | --- | --- | --- |",
        "| `share` | `one`, `two` | `0.5` | more than 0 and at most 1 | how much |",
        "| `rounds` | `one` | `3` | whole, at least 1 and at most 9 | how often |",
        "| `label` | `one`, `two` | `own` | 0, 1 or own | which label |",
    ]
    assert "| `again` | `one`, `two` | `false` | true or false | twice or not |" in markdown(
        {"one": Mine, "two": Extended}
    )
    assert "| `rate` | `two` | `1` | any number | how fast |" in markdown({"two": Extended})
