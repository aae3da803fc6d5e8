"""Means over rows, their intervals, and chance, against closed forms."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy.stats import norm

from backlit.batch.averages import resampling
from backlit.batch.averages.resampling import (
    LEVEL,
    away_from_zero,
    bootstrap,
    chance,
    holm,
    sizes_of_parts,
    sums_of_parts,
)

FloatArray = npt.NDArray[np.float64]
SCORES = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=8),
    elements=st.one_of(st.just(math.nan), st.floats(-50, 50)),
)


def alone(count: int) -> npt.NDArray[np.int64]:
    """Every unit is a part."""
    return np.arange(count, dtype=np.int64)


def noise(rows: int, units: int, seed: int) -> FloatArray:
    return np.random.default_rng(seed).normal(size=(rows, units))


def test_units_of_one_part_are_summed_and_what_is_not_there_stays_out() -> None:
    scores = np.array([[1.0, 2.0, 4.0], [math.nan, 8.0, math.nan]])
    parts = np.array([0, 0, 1])
    sums = np.array([[3.0, 4.0], [8.0, math.nan]])
    assert np.array_equal(sums_of_parts(scores, parts, 2), sums, equal_nan=True)
    assert sizes_of_parts(scores, parts, 2).tolist() == [[2, 1], [1, 0]]


@pytest.mark.parametrize("rows", [20, 400])
def test_a_bootstrap_is_as_wide_as_theory_says(rows: int) -> None:
    column = noise(rows, 1, 3) + 5
    ((low, high),) = bootstrap(column).tolist()
    half = 1.96 * column.std() / math.sqrt(rows)  # of resampling, whose variance has no ddof
    assert low == pytest.approx(column.mean() - half, abs=0.15 * half)
    assert high == pytest.approx(column.mean() + half, abs=0.15 * half)


def test_a_bootstrap_is_of_the_rows_that_have_the_part() -> None:
    column = noise(30, 1, 1)
    mixed = np.full((60, 2), math.nan)
    mixed[::2, :1] = column
    mixed[0, 1] = 1.0
    (known, single) = bootstrap(mixed).tolist()
    (plain,) = bootstrap(column).tolist()
    assert known == pytest.approx(plain, abs=0.12)
    assert np.isnan(single).all(), "a single value tells of no other"
    assert np.isnan(bootstrap(column[:1])).all()


def test_intervals_cover_the_truth() -> None:
    covered = 0
    for seed in range(200):
        low, high = bootstrap(noise(40, 1, seed) + 2.0, (seed,))[0]
        covered += low <= 2.0 <= high
    assert 176 <= covered <= 198, "about 94% of 200"


def test_chance_of_one_row_is_the_rank_of_its_scores() -> None:
    found = chance(np.array([[4.0, -3.0, 2.0, 1.0]]), alone(4), 4, 4)
    assert found.p_values == pytest.approx([0.25, 0.5, 0.75, 1.0], abs=0.02)
    assert found.bands[:, 0].tolist() == [-3.0] * 4
    assert found.bands[:, 1].tolist() == [4.0] * 4


def test_chance_of_two_rows_against_all_ways_of_dealing() -> None:
    scores = np.array([[3.0, 0.0], [5.0, 1.0]])
    # means of a column: 4, 2, 2.5 and 0.5, each as likely
    found = chance(scores, alone(2), 2, 2)
    assert found.p_values == pytest.approx([0.25, 1.0], abs=0.02)


def test_sums_are_of_as_many_units_drawn_without_return(monkeypatch: pytest.MonkeyPatch) -> None:
    # Of 1, 2, 4 two are drawn: 3, 5 or 6; of 0, 10 all are: 10.
    scores = np.array([[1.0, 2.0, 4.0], [0.0, 10.0, math.nan]])
    found = chance(scores, np.array([0, 0, 1]), 2, 2)
    assert found.p_values[0] == pytest.approx(1.0, abs=0.02)
    assert found.bands[0].tolist() == [6.5, 8.0]
    drawn = resampling._chances(scores, np.array([2, 2]), 9_999, (0,))
    monkeypatch.setattr(resampling, "ENOUGH", 0)
    centre, deviation = resampling._chances(scores, np.array([2, 2]), 9_999, (0,))
    assert centre == pytest.approx((14 / 3 + 10) / 2)
    variance = np.var([3, 5, 6]) / 4
    assert deviation == pytest.approx(math.sqrt(variance))
    assert (np.mean(drawn), np.std(drawn)) == pytest.approx((centre, deviation), rel=0.02)


def test_of_many_rows_the_normal_distribution_says_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = noise(300, 12, 5)
    scores[:, 4] += 0.15
    drawn = chance(scores, alone(12), 12, 12)
    monkeypatch.setattr(resampling, "ENOUGH", 0)
    exact = chance(scores, alone(12), 12, 12)
    assert exact.p_values == pytest.approx(drawn.p_values, abs=0.02)
    assert exact.bands == pytest.approx(drawn.bands, abs=0.01)


@pytest.mark.parametrize(("size", "centre"), [(0.5, 0.0), (1.5, 0.4), (0.2, -2.0)])
def test_a_normal_tail_is_two_sided_about_zero(size: float, centre: float) -> None:
    one = norm(centre, 0.7)
    assert resampling._beyond(size, centre, 0.7) == pytest.approx(one.sf(size) + one.cdf(-size))
    assert resampling._beyond(-1e-12, centre, 0.7) == 1.0
    assert resampling._beyond(1.0, centre, 0.0) == float(abs(centre) >= 1.0)


def test_holm_against_a_worked_example() -> None:
    found = holm(np.array([0.01, 0.04, 0.03, 0.005]))
    assert found == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


@given(arrays(np.float64, st.integers(1, 30), elements=st.floats(0, 1)))
def test_holm_keeps_order_and_never_helps(p_values: FloatArray) -> None:
    found = holm(p_values)
    assert (found >= p_values).all()
    assert (found <= 1).all()
    order = np.argsort(p_values, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


@given(SCORES, st.data())
def test_any_scores_have_bands_and_p_values(scores: FloatArray, data: Any) -> None:
    units = scores.shape[1]
    parts = np.array(data.draw(st.lists(st.integers(0, 2), min_size=units, max_size=units)))
    found = chance(scores, parts, 3, 3)
    sums = sums_of_parts(scores, parts, 3)
    there = ~np.isnan(sums).all(axis=0)
    assert np.array_equal(np.isnan(found.bands).any(axis=1), ~there)
    assert ((found.p_values > 0) & (found.p_values <= 1)).all()
    assert (found.bands[there, 0] <= found.bands[there, 1]).all()
    ends = bootstrap(sums)
    several = (~np.isnan(sums)).sum(axis=0) > 1
    assert np.array_equal(np.isnan(ends).any(axis=1), ~several)
    low, high = np.nanmin(sums, axis=0, initial=99), np.nanmax(sums, axis=0, initial=-99)
    slack = 1e-9
    assert (ends[several, 0] >= low[several] - slack).all()
    assert (ends[several, 1] <= high[several] + slack).all()


def test_a_planted_part_is_found_and_its_interval_holds_the_effect() -> None:
    found = covered = 0
    for seed in range(60):
        scores = noise(30, 20, seed)
        scores[:, 7] += 2.0
        corrected = holm(chance(scores, alone(20), 20, 20, (seed,)).p_values)
        found += corrected[7] < LEVEL
        low, high = bootstrap(scores, (seed,))[7]
        covered += low <= 2.0 <= high
    assert found == 60
    assert covered >= 52


def test_where_nothing_matters_nothing_is_called_sure_but_in_five_percent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resampling, "DRAWS", 1_999)
    wrong = 0
    for seed in range(300):
        scores = np.random.default_rng(seed).standard_t(3, size=(12, 15))
        wrong += bool((holm(chance(scores, alone(15), 15, 15, (seed,)).p_values) < LEVEL).any())
    assert wrong <= 24, "5% of 300 are 15, and 24 at most in 99% of such tests"
    assert wrong >= 2, "nor is it blind"


def test_the_same_seed_gives_the_same_figures() -> None:
    scores = noise(10, 5, 0)
    one, same, other = (chance(scores, alone(5), 5, 5, seed) for seed in ((1,), (1,), (2,)))
    assert np.array_equal(one.p_values, same.p_values)
    assert not np.array_equal(one.p_values, other.p_values)


def test_rows_that_swing_about_0_are_seldom_called_sure() -> None:
    """A random order alone would call them: they are far from what quiet parts score."""
    random = np.random.default_rng(3)
    parts = np.arange(20)
    called = only_by_chance = 0
    for seed in range(60):
        spread = np.where(np.arange(20) < 3, 1.0, 0.05)
        scores = random.normal(0.0, spread, (30, 20))
        p_values = chance(scores, parts, 20, 20, (seed,)).p_values
        both = np.maximum(p_values, away_from_zero(sums_of_parts(scores, parts, 20)))
        only_by_chance += bool((holm(p_values) < LEVEL).any())
        called += bool((holm(both) < LEVEL).any())
    assert only_by_chance > 20
    assert called <= 8  # 3 are expected


def test_students_test_is_that_of_scipy() -> None:
    from scipy.stats import ttest_1samp

    random = np.random.default_rng(0)
    sums = random.normal(0.3, 1.0, (12, 4))
    sums[:3, 1] = np.nan
    found = away_from_zero(sums)
    for column in range(4):
        known = sums[~np.isnan(sums[:, column]), column]
        assert found[column] == pytest.approx(ttest_1samp(known, 0).pvalue)
    assert away_from_zero(np.array([[1.0], [np.nan]])).tolist() == [1.0]
    assert away_from_zero(np.array([[1.0, 0.0], [1.0, 0.0]])).tolist() == [0.0, 1.0]
