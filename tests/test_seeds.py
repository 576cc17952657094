"""One integer seed fans out: no two purposes share randomness, and queries never see a seed of the audit."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.protocol import AUDIT_SEEDS
from a4g_bench.seeds import Purpose, audit_victim_seeds, generator, integer, query_victim_seed

from .support import python

SEEDS = st.integers(0, 2**31 - 1)  # what a suite may say
QUERIES = st.integers(-1, 10**6)
FITS = st.integers(0, 100)


@given(SEEDS, SEEDS, QUERIES, FITS)
def test_no_query_of_any_search_sees_a_victim_seed_of_any_audit(one: int, other: int, query: int, fit: int) -> None:
    assert query_victim_seed(one, query, fit) % 2 == 0
    assert all(seed % 2 == 1 for seed in audit_victim_seeds(other))


@given(SEEDS, QUERIES, FITS)
def test_victim_seeds_fit_into_a_signed_32_bit_integer(seed: int, query: int, fit: int) -> None:
    for one in (query_victim_seed(seed, query, fit), *audit_victim_seeds(seed)):
        assert type(one) is int
        assert 0 <= one < 2**31


@given(SEEDS)
def test_an_audit_has_seeds_of_its_own(seed: int) -> None:
    assert len(set(audit_victim_seeds(seed))) == AUDIT_SEEDS == 5
    assert not set(audit_victim_seeds(seed)) & set(audit_victim_seeds(seed + 1))


def test_queries_and_fits_of_a_search_have_seeds_of_their_own() -> None:
    drawn = [query_victim_seed(seed, query, fit) for seed in range(3) for query in range(-1, 200) for fit in range(5)]
    assert len(set(drawn)) == len(drawn)


@given(SEEDS, st.sampled_from(Purpose), st.lists(st.integers(0, 2**32 - 1), max_size=3))
def test_the_same_request_gives_the_same_stream(seed: int, purpose: Purpose, key: list[int]) -> None:
    one, other = (generator(seed, purpose, *key).random(5) for _ in range(2))
    assert np.array_equal(one, other)
    assert integer(seed, purpose, *key) == integer(seed, purpose, *key)


@given(SEEDS)
def test_each_purpose_and_key_has_a_stream_of_its_own(seed: int) -> None:
    keys = [(), (0,), (1,), (0, 0), (0, 1), (1, 0)]
    streams = [generator(seed, purpose, *key).random() for purpose in Purpose for key in keys]
    assert len(set(streams)) == len(Purpose) * len(keys)


def test_streams_are_not_correlated() -> None:
    # 2000 draws: a correlation has standard error 1 / sqrt(2000) = 0.022; the largest of 276 pairs stays below five
    names = [(seed, purpose) for seed in range(4) for purpose in list(Purpose)[:6]]
    streams = [generator(seed, purpose).standard_normal(2000) for seed, purpose in names]
    assert max(abs(np.corrcoef(one, other)[0, 1]) for one, other in combinations(streams, 2)) < 0.11


def test_purposes_are_told_apart_by_number() -> None:
    assert len({int(purpose) for purpose in Purpose}) == len(Purpose.__members__)


@pytest.mark.parametrize("hashing", ["0", "1"])
def test_another_process_draws_the_same(hashing: str) -> None:
    said = python(
        "from a4g_bench.seeds import *\n"
        "print(audit_victim_seeds(7), query_victim_seed(7, 3, 1), generator(7, Purpose.SEARCH, 2).integers(10**9))",
        PYTHONHASHSEED=hashing,
    )
    here = audit_victim_seeds(7), query_victim_seed(7, 3, 1), generator(7, Purpose.SEARCH, 2).integers(10**9)
    assert said.stdout.split() == " ".join(map(str, here)).split()
