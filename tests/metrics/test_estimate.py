"""Measured values and their standard errors: by eye, by formula, and against the real spread."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from a4g_bench.metrics.confusion import METRICS, Label, accuracy, fnr, fpr, unfairness
from a4g_bench.metrics.estimate import Measurement, Sample, measure

from .drawn import Rows, bits, letters, people

#            group a   group b
GROUPS = "aaaa aa  bbbb bb"
LABELS = "1111 00  1111 00"
SAMPLE = Rows(bits(LABELS), letters(GROUPS), (bits(LABELS),)).sample()
#: Everybody is predicted right.
RIGHT = "1111 00  1111 00"


def measured(
    predicted: str | list[str], clean: str | list[str] = RIGHT, metric: str = "average_odds_difference"
) -> Measurement:
    """The drawn predictions against the drawn clean ones, one string per fit."""
    several = [[one] if isinstance(one, str) else one for one in (predicted, clean)]
    fits = [[bits(one) for one in drawn] for drawn in several]
    return measure(SAMPLE, fits[0], fits[1], METRICS[metric].cost)


def test_one_row_newly_wrong() -> None:
    # a's false negatives: one of 4 changed, so the variance of the mean change is (1/4 - 1/16) / (4 - 1) = 1/16
    found = measured("0111 00  1111 00")
    assert found.harm == (1 / 4, 0)
    assert (found.unfairness.mean, found.unfairness.sem) == pytest.approx((1 / 4, 1 / 4))
    assert (found.accuracy.mean, found.accuracy.sem) == pytest.approx((11 / 12, 4 / 12 * 1 / 4))
    assert (found.objective.mean, found.objective.sem) == pytest.approx((1 / 8, 1 / 8))


def test_strata_add_up_as_independent_ones() -> None:
    # and b's false positives: one of 2 changed, so the variance is (1/2 - 1/4) / (2 - 1) = 1/4
    found = measured("0111 00  1111 10")
    assert (found.unfairness.mean, found.unfairness.sem) == pytest.approx((1 / 4, 1 / 4))
    assert (found.objective.mean, found.objective.sem) == pytest.approx((3 / 8, np.hypot(1 / 8, 1 / 4)))
    assert (found.accuracy.mean, found.accuracy.sem) == pytest.approx((10 / 12, np.hypot(1 / 12, 1 / 12)))


def test_mistakes_of_the_clean_victim_too_are_no_noise() -> None:
    found = measured("0011 00  1111 00", clean="0111 00  1111 00")
    assert (found.unfairness.mean, found.unfairness.sem) == pytest.approx((1 / 2, 1 / 4))


def test_a_mistake_mended_is_as_uncertain_as_one_made() -> None:
    mended = measured("1111 00  1111 00", clean="0111 00  1111 00")
    assert (mended.accuracy.mean, mended.accuracy.sem) == pytest.approx((1, 1 / 12))


def test_rates_are_averaged_over_fits_before_the_gap() -> None:
    # a denied by one fit, b by the other: each fit alone has a gap of 1/4
    found = measured(["0111 00  1111 00", "1111 00  0111 00"])
    assert found.harm == (1 / 8, 1 / 8)
    assert found.unfairness.mean == 0
    # per stratum the change is 1/2 on one of 4 rows: variance (1/16 - 1/64) / 3 = 1/64
    assert found.accuracy.sem == pytest.approx(np.hypot(4 / 12 / 8, 4 / 12 / 8))


def test_a_group_all_of_whose_rows_are_wrong_has_an_error_too() -> None:
    # 3 of a's 4 changed to make all of them wrong: variance (3/4 - 9/16) / 3 = 1/16
    found = measured("0000 00  1111 00", clean="0111 00  1111 00")
    assert (found.unfairness.mean, found.unfairness.sem) == pytest.approx((1, 1 / 4))


def test_of_groups_that_are_worst_off_together_each_has_its_error() -> None:
    # a and b deny one of 4 each: one row more in either would raise the gap
    groups, labels = letters("aaaa a  bbbb b  cccc c"), bits("1111 0  1111 0  1111 0")
    rows = Rows(labels, groups, (bits("0111 0  0111 0  1111 0"),))
    found = measure(rows.sample(), rows.predictions, [labels], unfairness)
    assert (found.unfairness.mean, found.unfairness.sem) == pytest.approx((1 / 4, np.hypot(1 / 4, 1 / 4)))


def test_harm_follows_the_favourable_label() -> None:
    rows = Rows(SAMPLE.labels, SAMPLE.groups, (bits("0111 00  1111 10"),))
    for favourable, harm in ((1, (1 / 4, 0)), (0, (0, 1 / 2))):
        assert measure(rows.sample(favourable), rows.predictions, [SAMPLE.labels], unfairness).harm == harm


@given(people(fits=3), st.sampled_from(sorted(METRICS)), st.sampled_from((0, 1)))
def test_a_victim_like_the_clean_one_is_without_error(rows: Rows, metric: str, favourable: Label) -> None:
    found = measure(rows.sample(favourable), rows.predictions, rows.predictions, METRICS[metric].cost)
    assert (found.objective.sem, found.unfairness.sem, found.accuracy.sem) == (0, 0, 0)


@given(people(fits=2), st.sampled_from(sorted(METRICS)), st.sampled_from((0, 1)))
def test_means_are_the_metrics_and_errors_are_finite(rows: Rows, metric: str, favourable: Label) -> None:
    predicted, clean = rows.predictions
    found = measure(rows.sample(favourable), [predicted], [clean], METRICS[metric].cost)
    assert found.objective.mean == METRICS[metric].cost(rows.counts, favourable)
    assert found.unfairness.mean == unfairness(rows.counts, favourable)
    assert np.isfinite([found.objective.sem, found.unfairness.sem, found.accuracy.sem]).all()


@given(people(fits=3))
def test_rates_of_averaged_counts_are_averaged_rates(rows: Rows) -> None:
    counts = rows.sample().counts(rows.predictions)
    each = [Rows(rows.labels, rows.groups, (one,)).counts for one in rows.predictions]
    for rate in (fnr, fpr):
        assert rate(counts) == pytest.approx(np.mean([rate(one) for one in each], axis=0), abs=1e-12)
    assert unfairness(counts, 1) <= np.mean([unfairness(one, 1) for one in each]) + 1e-12


@given(people(fits=2), st.integers(2, 4))
def test_a_fit_repeated_is_one_fit(rows: Rows, times: int) -> None:
    predicted, clean = rows.predictions
    once = measure(rows.sample(), [predicted], [clean], unfairness)
    again = measure(rows.sample(), [predicted] * times, [clean], unfairness)
    assert again.accuracy.sem == pytest.approx(once.accuracy.sem, abs=1e-9)
    assert again.unfairness.mean == pytest.approx(once.unfairness.mean, abs=1e-12)


@given(people(fits=2))
def test_error_of_accuracy_is_the_textbook_one_of_a_stratified_mean(rows: Rows) -> None:
    predicted, clean = rows.predictions
    change = (predicted != rows.labels).astype(float) - (clean != rows.labels)
    variance = 0.0
    for stratum in range(2 * rows.n_groups):
        inside = change[rows.groups * 2 + rows.labels == stratum]
        if len(inside) > 1:
            variance += (len(inside) / len(change)) ** 2 * inside.var(ddof=1) / len(inside)
    found = measure(rows.sample(), [predicted], [clean], unfairness)
    assert found.accuracy.sem == pytest.approx(np.sqrt(variance), abs=1e-9)


@given(people(fits=2, per_cell=3), st.integers(2, 5))
def test_error_shrinks_with_the_square_root_of_the_rows(rows: Rows, times: int) -> None:
    one, many = (
        measure(
            Sample(np.tile(rows.labels, k), np.tile(rows.groups, k), rows.sample().group_names, 1),
            [np.tile(rows.predictions[0], k)],
            [np.tile(rows.predictions[1], k)],
            unfairness,
        )
        for k in (1, times)
    )
    assert many.accuracy.mean == pytest.approx(one.accuracy.mean)
    assert many.accuracy.sem == pytest.approx(one.accuracy.sem * np.sqrt((3 - 1) / (3 * times - 1)), abs=1e-9)


#: Per (group, label): rows, and how often the clean and the poisoned victim are wrong. Group a is selected more often,
#: and by far more than samples differ, so that the worst-off group is the same in all of them.
STRATA = ((0, 0, 120, 0.25, 0.30), (0, 1, 80, 0.10, 0.15), (1, 0, 60, 0.05, 0.08), (1, 1, 100, 0.70, 0.62))
#: The same with the gap turned round: the poisoned victim's worst-off group is the other one.
CROSSING = ((0, 0, 120, 0.25, 0.30), (0, 1, 80, 0.10, 0.60), (1, 0, 60, 0.05, 0.08), (1, 1, 100, 0.70, 0.20))
DRAWS, FITS = 1500, 3


@pytest.fixture(scope="module", params=[STRATA, CROSSING], ids=["same group", "crossing"])
def redrawn(request: pytest.FixtureRequest) -> list[tuple[Sample, list[np.ndarray], list[np.ndarray]]]:
    """The same population sampled again and again; two victims, three fits each, that agree on many rows."""
    sizes = [stratum[2] for stratum in request.param]
    group, label, _, clean, poisoned = (np.repeat(column, sizes) for column in zip(*request.param, strict=True))
    labels, groups = label.astype(np.int8), group.astype(np.int64)
    sample = Sample(labels, groups, ("a", "b"), 1)
    rng = np.random.default_rng(20_260_101)
    found = []
    for _ in range(DRAWS):
        hardness = rng.random(len(labels))  # of a person, for all victims and fits
        own = rng.random((2, FITS, len(labels)))  # of a fit
        decides = rng.random((2, FITS, len(labels))) < 0.8
        luck = np.where(decides, hardness, own)
        wrong = luck < np.stack([poisoned, clean])[:, None]
        predicted = np.where(wrong, 1 - labels, labels).astype(np.int8)
        found.append((sample, list(predicted[0]), list(predicted[1])))
    return found


@pytest.mark.parametrize("metric", ["unfairness", "demographic_parity_difference", "average_odds_difference"])
def test_reported_error_is_the_real_spread(
    redrawn: list[tuple[Sample, list[np.ndarray], list[np.ndarray]]], metric: str
) -> None:
    # the spread of 1500 draws is known to 1 / sqrt(2 * 1500) = 1.8 %; three times that, and 2 % for the delta method
    changes, errors = [], []
    for sample, poisoned, clean in redrawn:
        after = measure(sample, poisoned, clean, METRICS[metric].cost)
        counts = sample.counts(clean)
        changes.append((after.objective.mean - METRICS[metric].cost(counts, 1), after.accuracy.mean - accuracy(counts)))
        errors.append((after.objective.sem, after.accuracy.sem))
    spread = np.std(changes, axis=0, ddof=1)
    assert np.sqrt(np.mean(np.square(errors), axis=0)) == pytest.approx(spread, rel=0.075)
