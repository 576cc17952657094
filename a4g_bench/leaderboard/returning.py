"""People who are audited more than once: what they add to the variance of whatever is made of several audits.

    P = max(0, sum_i [(sum_s psi_is)^2 - sum_s psi_is^2])

where psi_is is the first-order effect of person i in audit s, over all settings of a table, centred within (group,
label). Every effect is linear in who was judged wrongly, with a coefficient per (group, label): so P is a quadratic
form in these coefficients, and its matrix is computed once per table.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits

Floats = npt.NDArray[np.float64]
_Ints = npt.NDArray[np.int64]
#: The attribute, and the position of a victim among those that were audited on it.
Column = tuple[str, int]
#: Per column the effect of one more person judged wrongly, by stratum, (strata,).
Coefficients = Mapping[Column, Floats]


@dataclass(frozen=True, eq=False)
class Audited:
    """One audit of an attribute: ``people`` (n,) are numbers that stay theirs in all audits of the table, ``strata``
    (n,) their (group, label); ``wrong`` (columns, n) counts the fits of each victim that judged them wrongly, of
    ``fits`` (columns,).
    """

    attribute: str
    seed: int
    people: _Ints
    strata: _Ints
    wrong: npt.NDArray[np.uint8]
    fits: Floats

    @cached_property
    def centred(self) -> Floats:
        """The share of fits that judged each person wrongly, less its mean over the stratum, (columns, n)."""
        shares = self.wrong / self.fits[:, None]
        for stratum in np.unique(self.strata):
            rows = np.flatnonzero(self.strata == stratum)
            shares[:, rows] -= shares[:, rows].mean(axis=1, keepdims=True)
        return shares


class Returning:
    """The returning people of a table, as the matrix of the quadratic form: per attribute and stratum, twice, the sum
    over people of products over two different audits, (columns, columns).
    """

    def __init__(self, blocks: Mapping[tuple[str, str], Mapping[tuple[int, int], Floats]]) -> None:
        self._blocks = blocks

    def variance(self, coefficients: Coefficients) -> float:
        """P for the effects that ``coefficients`` say."""
        of: dict[str, dict[int, Floats]] = {}
        for (attribute, column), of_column in coefficients.items():
            of.setdefault(attribute, {})[column] = of_column
        total = 0.0
        for one, other in product(sorted(of), repeat=2):
            rows, columns = list(of[one]), list(of[other])
            left, right = np.array(list(of[one].values())), np.array(list(of[other].values()))
            for (i, j), block in self._blocks.get((one, other), {}).items():
                if left[:, i].any() and right[:, j].any():
                    total += float(left[:, i] @ block[np.ix_(rows, columns)] @ right[:, j])
        return max(0.0, total)


def returning(audits: Sequence[Audited]) -> Returning | None:
    """The returning people of the audits of one table, over all of its attributes; None where nobody returns.

    Computed in one thread and in the order of columns: no result depends on the number of threads.
    """
    people = np.concatenate([audit.people for audit in audits])
    if len(np.unique(people)) == len(people):
        return None
    with threadpool_limits(limits=1, user_api="blas"):
        attributes = sorted({audit.attribute for audit in audits})
        of = {attribute: [audit for audit in audits if audit.attribute == attribute] for attribute in attributes}
        blocks = {(one, other): dict(_blocks(of[one], of[other])) for one, other in product(attributes, repeat=2)}
    return Returning(blocks)


def apart(audits: Sequence[Audited]) -> Returning:
    """The same form for sum_i sum_s psi_is^2, as if nobody were audited twice: what the people of these audits
    contribute to the variance, with whatever varies from one training to the next in the judgement of each.
    """
    with threadpool_limits(limits=1, user_api="blas"):
        attributes = sorted({audit.attribute for audit in audits})
        blocks: dict[tuple[str, str], dict[tuple[int, int], Floats]] = {}
        for one, other in product(attributes, repeat=2):
            found = blocks.setdefault((one, other), {})
            for pair, block in _twins(
                [a for a in audits if a.attribute == one], [a for a in audits if a.attribute == other]
            ):
                found[pair] = found[pair] + block if pair in found else block
    return Returning(blocks)


def _blocks(one: Sequence[Audited], other: Sequence[Audited]) -> Iterator[tuple[tuple[int, int], Floats]]:
    """The blocks of two attributes, or of one with itself."""
    everyone = np.unique(np.concatenate([audit.people for audit in (*one, *other)]))
    sums_of_one, strata_of_one = _sums(one, everyone)
    sums_of_other, strata_of_other = (sums_of_one, strata_of_one) if other is one else _sums(other, everyone)
    both = (strata_of_one >= 0) & (strata_of_other >= 0)
    found = {
        (i, j): sums_of_one[:, chosen] @ sums_of_other[:, chosen].T
        for i, j in _pairs(strata_of_one[both], strata_of_other[both])
        for chosen in [both & (strata_of_one == i) & (strata_of_other == j)]
    }
    for pair, block in _twins(one, other):
        found[pair] -= block
    yield from sorted(found.items(), key=lambda item: item[0])


def _twins(one: Sequence[Audited], other: Sequence[Audited]) -> Iterator[tuple[tuple[int, int], Floats]]:
    """Per pair of strata the sum over people of products within one seed, seed by seed."""
    seeds = {audit.seed: audit for audit in other}
    for audit in (audit for audit in one if audit.seed in seeds):
        twin = seeds[audit.seed]
        _, here, there = np.intersect1d(audit.people, twin.people, assume_unique=True, return_indices=True)
        left, right = audit.centred[:, here], twin.centred[:, there]
        for i, j in _pairs(audit.strata[here], twin.strata[there]):
            chosen = (audit.strata[here] == i) & (twin.strata[there] == j)
            yield (i, j), left[:, chosen] @ right[:, chosen].T


def _sums(audits: Sequence[Audited], everyone: _Ints) -> tuple[Floats, _Ints]:
    """Per person the sum of the centred shares over all audits, (columns, people), and the stratum, -1 for none."""
    sums = np.zeros((len(audits[0].wrong), len(everyone)))
    strata = np.full(len(everyone), -1, dtype=np.int64)
    for audit in audits:
        at = np.searchsorted(everyone, audit.people)
        sums[:, at] += audit.centred
        strata[at] = audit.strata
    return sums, strata


def _pairs(one: _Ints, other: _Ints) -> list[tuple[int, int]]:
    return sorted(set(zip(one.tolist(), other.tolist(), strict=True)))
