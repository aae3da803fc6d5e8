"""Intervals of shares and means, against values worked out elsewhere."""

import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.explanation.interval import mean_of, newcombe, share_of, wilson


def test_a_share_has_wilsons_interval() -> None:
    assert wilson(0, 0) == (0, 1)
    assert wilson(95, 100) == pytest.approx((0.888, 0.978), abs=1e-3)
    assert wilson(16, 16) == pytest.approx((0.806, 1.0), abs=1e-3)
    assert wilson(0, 10) == pytest.approx((0.0, 0.278), abs=1e-3)


def test_a_difference_of_shares_has_newcombes_interval() -> None:
    """His own examples: Newcombe 1998, table II, method 10."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=1e-4)
    assert newcombe(9, 10, 3, 10) == pytest.approx((0.1705, 0.8090), abs=1e-4)
    assert newcombe(10, 10, 0, 10) == pytest.approx((0.6075, 1.0), abs=1e-4)
    assert newcombe(0, 10, 0, 10) == pytest.approx((-0.2775, 0.2775), abs=1e-4)


@given(st.integers(1, 50), st.data())
def test_a_difference_lies_in_its_interval(of: int, data: st.DataObject) -> None:
    one, other = (data.draw(st.integers(0, of)) for _ in range(2))
    low, high = newcombe(one, of, other, of)
    assert -1 - 1e-9 <= low <= (one - other) / of <= high <= 1 + 1e-9
    assert newcombe(other, of, one, of) == pytest.approx((-high, -low))


def test_a_share_is_told_with_its_interval() -> None:
    found = share_of(95, 100)
    assert (found.value, found.of) == (0.95, 100)
    assert (found.low, found.high) == wilson(95, 100)
    assert share_of(0, 0).value == 0


def test_a_mean_has_students_interval() -> None:
    found = mean_of([1.0, 2.0, 3.0, 4.0, 5.0])
    # t(4, 0.975) = 2.776; the standard error is sqrt(2.5 / 5)
    assert found.value == 3
    assert found.low is not None
    assert found.high is not None
    assert found.high - 3 == pytest.approx(2.776 * math.sqrt(0.5), abs=1e-3)
    assert found.low == pytest.approx(6 - found.high)
    assert found.sure


def test_one_value_tells_nothing_of_others() -> None:
    found = mean_of([2.0])
    assert (found.value, found.low, found.high, found.of) == (2.0, None, None, 1)
    assert not found.sure


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=30))
def test_the_mean_lies_in_its_interval(values: list[float]) -> None:
    found = mean_of(values)
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high
    assert found.value == pytest.approx(statistics.fmean(values), abs=1e-6)


def test_of_a_bound_only_what_it_tells_is_sure() -> None:
    above, below = [1.0, 1.1, 1.2], [-1.0, -1.1, -1.2]
    assert mean_of(above, ["at_least"]).sure
    assert mean_of(below, ["at_most"]).sure
    assert not mean_of(above, ["at_most"]).sure
    assert not mean_of(below, ["at_least"]).sure
    assert not mean_of(above, ["about"]).sure
