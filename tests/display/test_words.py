"""Figures in words."""

import math
from typing import get_args

import pytest

from backlit.display.words import UNITS, times_likely
from backlit.types import Bound, Granularity


@pytest.mark.parametrize(
    ("nats", "words"),
    [
        (0.0, "about as likely as before"),
        (0.04, "about as likely as before"),
        (-0.04, "about as likely as before"),
        (math.log(2.4), "2.4 times less likely"),
        (-math.log(2.4), "2.4 times more likely"),
        (math.log(163), "163 times less likely"),
        (math.log(12_345), "12,345 times less likely"),
        (math.log(1e6), "10⁶ times less likely"),
        (12 * math.log(10), "10¹² times less likely"),
        (-1_000.0, "10⁴³⁴ times more likely"),
    ],
)
def test_times_likely(nats: float, words: str) -> None:
    assert times_likely(nats) == words


def test_every_granularity_has_a_unit() -> None:
    assert set(UNITS) == set(get_args(Granularity))


@pytest.mark.parametrize(
    ("nats", "bound", "words"),
    [
        (5.1, "at_least", "at least 164 times less likely"),
        (5.1, "at_most", "at most 164 times less likely"),
        (5.1, "about", "roughly 164 times less likely"),
        (-1.0, "at_least", "at most 2.7 times more likely"),
        (-1.0, "at_most", "at least 2.7 times more likely"),
        (0.0, "at_least", "at most about as likely as before"),
        (0.0, "at_most", "at least about as likely as before"),
        (0.0, "about", "about as likely as before"),
    ],
)
def test_a_loss_that_is_a_bound_is_one_in_words(nats: float, bound: Bound, words: str) -> None:
    assert times_likely(nats, bound) == words
