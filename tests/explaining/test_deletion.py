"""Segments taken away step by step, against sums over the parts of a linear model."""

import numpy as np
import pytest

from backlit.explaining.deletion import Deletion, steps_of
from tests.support.linear import Linear, linear


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear("The dog likes warm milk and cold water and sweet soup and bread too")


@pytest.mark.parametrize(
    ("size", "steps"),
    [
        (4, (1, 2)),
        (5, (1, 2)),
        (6, (1, 3)),
        (15, (1, 3)),
        (16, (1, 3, 8)),
        (41, (1, 3, 8)),
        (42, (1, 3, 8, 21)),
        (110, (1, 3, 8, 21, 55)),
    ],
)
def test_steps_end_at_half_of_the_segments(size: int, steps: tuple[int, ...]) -> None:
    assert steps_of(size) == steps


def test_what_is_lost_is_the_sum_of_what_is_gone(case: Linear) -> None:
    deletion = Deletion(case.objective, case.segments)
    adds = case.by_segment[case.maskable]  # (size,)
    orders = [deletion.order(case.by_segment), *deletion.random_orders(3, seed=5)]
    for order, gone, left in zip(
        orders, deletion.deleted(orders), deletion.inserted(orders), strict=True
    ):
        for step, lost, kept in zip(deletion.steps, gone, left, strict=True):
            assert lost == pytest.approx(adds[order[:step]].sum(), abs=1e-9)
            assert kept == pytest.approx(adds[order[step:]].sum(), abs=1e-9)
    assert deletion.singles() == pytest.approx(adds, abs=1e-9)
    (second,) = deletion.deleted(orders[:1], only=1)
    assert second.tolist() == deletion.deleted(orders[:1])[0, 1:2].tolist()


def test_the_highest_scores_go_first_and_ties_stay_in_place(case: Linear) -> None:
    deletion = Deletion(case.objective, case.segments)
    scores = np.zeros(len(case.segments))
    scores[deletion.maskable[3]] = 1
    assert deletion.order(scores).tolist()[:3] == [3, 0, 1]


def test_random_orders_are_orders_and_more_leave_the_first_as_they_are(case: Linear) -> None:
    deletion = Deletion(case.objective, case.segments)
    few, many = deletion.random_orders(2, seed=1), deletion.random_orders(4, seed=1)
    assert [one.tolist() for one in many[:2]] == [one.tolist() for one in few]
    assert all(sorted(one) == list(range(deletion.size)) for one in many)


def test_tokens_are_counted_and_kept_segments_stay(case: Linear) -> None:
    keep = case.segments[3]
    deletion = Deletion(case.objective, case.segments, keep=[(keep.start, keep.start + 1)])
    assert 3 not in deletion.maskable
    order = deletion.order(case.by_segment)
    lengths = [case.segments[i].stop - case.segments[i].start for i in deletion.maskable[order]]
    assert deletion.tokens(order).tolist() == [sum(lengths[:step]) for step in deletion.steps]
