"""Splits: 60 / 20 / 20, stratified, rotating; a group that cannot be judged is an error."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from a4g_bench.data.generated import Synthetic
from a4g_bench.data.schema import Feature, Schema
from a4g_bench.data.split import Split, split, subsample
from a4g_bench.data.table import Table
from a4g_bench.errors import DataError
from a4g_bench.metrics.confusion import METRICS, confusion

SEEDS = st.integers(0, 2**31 - 1)  # what a suite may say
BLOCKS = st.integers(0, 10**6)


def table(*cells: tuple[int, int], order: int = 0, groups: str = "") -> Table:
    """A table with, per group, so many rows of label 0 and of label 1, shuffled; its one other column numbers them."""
    names = tuple(groups or "abcdef"[: len(cells)])
    schema = Schema(
        (Feature("group", "categorical", names), Feature("number", "integer")), ("group",), "y", ("no", "yes"), 1
    )
    people = [(group, label) for group, cell in enumerate(cells) for label in (0, 1) for _ in range(cell[label])]
    shuffled = np.random.default_rng(order).permutation(np.array(people, dtype=np.int64).reshape(-1, 2))
    features = np.column_stack([shuffled[:, 0], np.arange(len(people))]).astype(np.float64)
    return Table("toy", schema, features, shuffled[:, 1].astype(np.int8), "made up")


@st.composite
def tables(draw: st.DrawFn, fewest: int = 5) -> Table:
    """Two to four groups with at least ``fewest`` rows of each label: five are enough for one in each fifth."""
    rows = st.integers(fewest, 30)
    return table(*draw(st.lists(st.tuples(rows, rows), min_size=2, max_size=4)), order=draw(st.integers(0, 99)))


def parts(one: Split) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return one.train, one.validation, one.audit


def complaints(of: Table) -> dict[int, str]:
    """What the split says for those of the seeds 0 to 4 that it refuses."""
    said = {}
    for seed in range(5):
        try:
            split(of, "group", seed)
        except DataError as error:
            said[seed] = str(error)
    return said


def strata(of: Table) -> np.ndarray:
    return of.schema.groups(of.features, "group") * 2 + of.labels


@given(tables(), SEEDS)
def test_parts_are_disjoint_and_cover_the_table(of: Table, seed: int) -> None:
    found = parts(split(of, "group", seed))
    assert np.sort(np.concatenate(found)).tolist() == list(range(len(of)))
    for part in found:
        assert (np.diff(part) > 0).all()


@given(tables(), SEEDS)
def test_sixty_twenty_twenty_to_one_row(of: Table, seed: int) -> None:
    found = split(of, "group", seed)
    for part in (found.validation, found.audit):
        assert len(of) // 5 <= len(part) <= -(-len(of) // 5)
    assert len(found.train) == len(of) - len(found.validation) - len(found.audit)


@given(tables(), SEEDS)
def test_each_group_and_label_is_divided_to_one_row(of: Table, seed: int) -> None:
    found, stratum = split(of, "group", seed), strata(of)
    whole = np.bincount(stratum)
    for part in (found.validation, found.audit):
        share = np.bincount(stratum[part], minlength=len(whole))
        assert (whole // 5 <= share).all()
        assert (share <= -(-whole // 5)).all()


@given(tables(), BLOCKS)
def test_five_seeds_of_a_block_rotate_one_partition(of: Table, block: int) -> None:
    turns = [split(of, "group", 5 * block + turn) for turn in range(5)]
    for part in ("audit", "validation"):
        assert np.sort(np.concatenate([getattr(turn, part) for turn in turns])).tolist() == list(range(len(of)))
    for turn in range(5):
        assert np.array_equal(turns[turn].validation, turns[(turn + 1) % 5].audit)


@given(tables(), SEEDS)
def test_the_same_seed_gives_the_same_split(of: Table, seed: int) -> None:
    again = Table("another name", of.schema, of.features, of.labels, "elsewhere")
    for one, other in zip(parts(split(of, "group", seed)), parts(split(again, "group", seed)), strict=True):
        assert np.array_equal(one, other)


def test_each_block_has_a_partition_of_its_own() -> None:
    audits = [set(split(Synthetic().load(rows=500), "group", seed).audit.tolist()) for seed in range(20)]
    assert len({frozenset(audit) for audit in audits}) == 20
    shared = [len(audits[seed] & audits[other]) for seed in range(5) for other in range(5, 20)]
    assert np.mean(shared) == pytest.approx(20, abs=3)  # of 100, as between random fifths


@given(tables(), SEEDS)
def test_splitting_leaves_numpy_s_own_state_alone(of: Table, seed: int) -> None:
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    split(of, "group", seed)
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002


@pytest.mark.parametrize("rows", [100, 333])
def test_a_capped_table_is_split_like_any_other(rows: int) -> None:
    capped = subsample(Synthetic().load(rows=2000, groups=3), rows)
    turns = [split(capped, "group", seed) for seed in range(5)]
    assert np.sort(np.concatenate([turn.audit for turn in turns])).tolist() == list(range(rows))
    for turn in turns:
        assert abs(len(turn.audit) - rows / 5) < 1
        assert abs(len(turn.train) - rows * 3 / 5) < 2


def test_the_attribute_decides_the_groups() -> None:
    features = (Feature("sex", "categorical", ("m", "f")), Feature("region", "categorical", ("n", "s")))
    schema = Schema(features, ("sex", "region"), "y", ("no", "yes"), 1)
    codes = np.array([(i // 2 % 2, i // 4 % 2) for i in range(40)], dtype=np.float64)
    of = Table("toy", schema, codes, (np.arange(40) % 2).astype(np.int8), "made up")
    for column, attribute in enumerate(("sex", "region")):
        audit = split(of, attribute, 0).audit
        assert np.bincount((codes[audit, column] * 2 + of.labels[audit]).astype(int)).tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize(("label", "cells"), [(1, (20, 4)), (0, (4, 20))])
def test_a_label_too_rare_is_an_error_that_names_group_and_split(label: int, cells: tuple[int, int]) -> None:
    # of four rows, one fifth gets none: it is the audit part of one seed and the search-validation part of another
    said = complaints(table((20, 20), cells))
    lacking = {"audit" if "audit" in message else "search-validation": seed for seed, message in said.items()}
    assert len(said) == len(lacking) == 2
    for part, seed in lacking.items():
        assert said[seed] == (
            f"group 'b' has no rows of label {label} in the {part} split of 'toy' (seed {seed}):"
            " its error rates do not exist there; merge groups or use more rows"
        )


@pytest.mark.parametrize("rows", [1, 2, 3, 4])
def test_five_rows_of_each_label_are_needed(rows: int) -> None:
    # each of the 5 - rows empty fifths spoils the seed that audits it and the one that validates on it
    failed = len(complaints(table((20, 20), (20, rows))))
    assert 5 - rows < failed <= min(5, 2 * (5 - rows))
    assert complaints(table((20, 20), (20, 5))) == {}


def test_a_group_without_rows_is_an_error() -> None:
    with pytest.raises(DataError, match=r"^group 'c' has no rows in the train split of 'toy' \(seed 3\): its error"):
        split(table((20, 20), (20, 20), groups="abc"), "group", 3)


def test_a_group_of_one_label_is_an_error() -> None:
    with pytest.raises(DataError, match=r"^group 'a' has no rows of label 0 in the train split of 'toy' \(seed 0\)"):
        split(table((0, 20), (20, 20)), "group", 0)


@settings(max_examples=200)
@given(tables(fewest=0), st.integers(0, 4), st.integers(0, 1))
def test_what_is_split_can_be_judged(of: Table, seed: int, always: int) -> None:
    """Either the split is an error, or every metric of each of its parts is a number: never NaN."""
    groups = of.schema.groups(of.features, "group")
    names = of.schema.group_names("group")
    judged = np.unique(strata(of)).size == 2 * len(names)
    try:
        found = split(of, "group", seed)
    except DataError:
        assert not judged or np.bincount(strata(of)).min() < 5
        return
    assert judged
    for part in parts(found):
        predicted = np.full(len(part), always)
        counts = confusion(of.labels[part], predicted, groups[part], len(names))
        assert np.isfinite([metric.value(counts, of.schema.favourable) for metric in METRICS.values()]).all()
