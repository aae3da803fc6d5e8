"""Shapley values: exact against enumeration, and the estimator's promises."""

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.methods.base import FloatArray
from backlit.methods.coalitions import coalitions
from backlit.methods.perturbation import Masks
from backlit.methods.shapley_values import MOST_PAIRS, estimate, solve, standard_errors
from tests.support.linear import linear, run

Game = Callable[[Masks], FloatArray]


def random_game(size: int, seed: int) -> Game:
    """Some of everything: single players, pairs, and one trio."""
    random = np.random.default_rng(seed)
    alone, pairs = random.normal(size=size), random.normal(size=(size, size)) / 2
    trio = random.choice(size, min(3, size), replace=False)

    def game(masks: Masks) -> FloatArray:
        there = masks.astype(float)
        together = np.einsum("mi,ij,mj->m", there, pairs, there)
        value: FloatArray = there @ alone + together + 2 * masks[:, trio].all(axis=1)
        return value

    return game


def by_definition(game: Game, size: int) -> FloatArray:
    """The mean, over all orders, of what a player adds when it comes."""
    total = np.zeros(size)
    orders = list(permutations(range(size)))
    for order in orders:
        mask = np.zeros((size + 1, size), dtype=bool)
        for place, player in enumerate(order):
            mask[place + 1 :, player] = True
        values = game(mask)
        total[list(order)] += np.diff(values)
    return total / len(orders)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_enumeration_is_the_definition(size: int) -> None:
    game = random_game(size, size)
    masks = coalitions(size, 2**size, seed=0)
    assert len({tuple(mask) for mask in masks.tolist()}) == len(masks) == 2**size
    scores = solve(masks, game(masks))
    np.testing.assert_allclose(scores, by_definition(game, size), atol=1e-9)
    np.testing.assert_allclose(standard_errors(masks, game(masks), scores), 0, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(4, 12), extra=st.integers(0, 40), seed=st.integers(0, 99))
def test_samples_are_paired_unique_and_efficient(size: int, extra: int, seed: int) -> None:
    n_samples = 8 + extra
    game = random_game(size, seed)
    masks = coalitions(size, n_samples, seed)
    assert len(masks) <= max(n_samples, 2)
    assert len({tuple(mask) for mask in masks.tolist()}) == len(masks)
    assert (masks[2::2] == ~masks[3::2]).all()
    values = game(masks)
    scores, errors = estimate(masks, values)
    assert scores.sum() == pytest.approx(values[1] - values[0], abs=1e-5)
    assert np.isfinite(errors).all()
    more = coalitions(size, n_samples + 10, seed)
    known = {tuple(mask) for mask in masks.tolist()}
    assert len(known & {tuple(mask) for mask in more.tolist()}) >= 0.7 * len(known)


def test_more_samples_shrink_errors_and_standard_errors_tell_them() -> None:
    size = 10
    game = random_game(size, 7)
    exact = solve(masks := coalitions(size, 2**size, 0), game(masks))
    missed, told = [], []
    for n_samples in (40, 160, 640):
        errors, spreads = [], []
        for seed in range(30):
            masks = coalitions(size, n_samples, seed)
            found, own = estimate(masks, game(masks))
            errors.append(found - exact)
            spreads.append(own)
        missed.append(float(np.sqrt(np.mean(np.square(errors)))))
        told.append(float(np.mean(spreads)))
    assert missed[0] > missed[1] > missed[2]
    assert told[0] > told[1] > told[2]
    for error, spread in zip(missed[:2], told[:2], strict=True):
        assert 0.4 < spread / error < 2.5


def test_a_player_that_adds_nothing_gets_nothing() -> None:
    masks = coalitions(8, 60, 0)
    values = masks[:, :7].astype(float) @ np.arange(7.0)
    scores, errors = estimate(masks, values)
    np.testing.assert_allclose(scores, [*range(7), 0], atol=1e-4)
    np.testing.assert_allclose(errors, 0, atol=1e-2)


def test_the_process_needs_fewer_samples_than_least_squares() -> None:
    """Where players stand in for each other, as lines of a prompt do."""
    size = 10
    shares = np.linspace(0.05, 0.6, size)

    def game(masks: Masks) -> FloatArray:
        value: FloatArray = 10 * (1 - np.prod(1 - shares * masks, axis=1))
        return value

    masks = coalitions(size, 2**size, 0)
    exact = solve(masks, game(masks))

    def missed(n_samples: int, by: Callable[[Masks, FloatArray], FloatArray]) -> float:
        tries = [coalitions(size, n_samples, seed) for seed in range(20)]
        return float(np.mean([np.abs(by(m, game(m)) - exact).mean() for m in tries]))

    assert missed(60, lambda m, v: estimate(m, v)[0]) < 0.7 * missed(60, solve)


def test_many_samples_are_left_to_least_squares_whose_errors_shrink() -> None:
    size = 14
    game = random_game(size, 5)
    spreads = []
    for n_samples in (2 * MOST_PAIRS + 200, 2 * MOST_PAIRS + 2_000):
        masks = coalitions(size, n_samples, 0)
        values = game(masks)
        scores, errors = estimate(masks, values)
        np.testing.assert_array_equal(scores, solve(masks, values))
        np.testing.assert_array_equal(errors, standard_errors(masks, values, scores))
        spreads.append(errors.mean())
    assert spreads[0] > spreads[1] > 0


def test_hundreds_of_players_stay_in_range() -> None:
    masks = coalitions(300, 200, 0)
    scores, errors = estimate(masks, masks @ np.linspace(-1, 1, 300))
    assert np.isfinite(scores).all()
    assert np.isfinite(errors).all()
    assert np.corrcoef(scores, np.linspace(-1, 1, 300))[0, 1] > 0.4


def test_more_segments_than_samples_is_said() -> None:
    case = linear("The dog likes cold water and the cat likes warm milk " * 2)
    found = run("shapley", case.objective, case.segments, n_samples=10)
    assert "segments to share 10 samples" in found.notes[0]
    assert np.isfinite(found.values).all()
