"""Shapley values: exact against enumeration and peers, and the estimator's promises."""

from collections.abc import Callable
from itertools import combinations, permutations, product

import captum.attr
import numpy as np
import pytest
import shap
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.base import FloatArray
from backlit.methods.coalitions import coalitions
from backlit.methods.perturbation import Masks
from backlit.methods.shapley_values import (
    MANY_PLAYERS,
    MAX_PAIRS,
    _covariance,
    _prior_variance,
    _weights,
    estimate,
    solve,
    standard_errors,
)

Game = Callable[[Masks], FloatArray]


def random_game(size: int, seed: int) -> Game:
    """Some of everything: single players, pairs, and one trio."""
    random = np.random.default_rng(seed)
    single, pairs = random.normal(size=size), random.normal(size=(size, size)) / 2
    trio = random.choice(size, min(3, size), replace=False)

    def game(masks: Masks) -> FloatArray:
        there = masks.astype(float)
        together = np.einsum("mi,ij,mj->m", there, pairs, there)
        value: FloatArray = there @ single + together + 2 * masks[:, trio].all(axis=1)
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


# ---- all coalitions ----------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 5, 6])
def test_enumeration_is_the_definition(size: int) -> None:
    game = random_game(size, size)
    masks = coalitions(size, 2**size, seed=0)
    scores = solve(masks, game(masks))
    np.testing.assert_allclose(scores, by_definition(game, size), atol=1e-9)
    np.testing.assert_allclose(standard_errors(masks, game(masks), scores), 0, atol=1e-9)
    exact, errors = estimate(masks, game(masks))
    np.testing.assert_array_equal(exact, scores)
    np.testing.assert_allclose(errors, 0, atol=1e-9)


@pytest.mark.parametrize("size", [3, 6])
def test_shap_agrees_on_random_games(size: int) -> None:
    game = random_game(size, size)
    explainer = shap.KernelExplainer(lambda x: game(x > 0.5), np.zeros((1, size)))
    theirs = explainer.shap_values(np.ones((1, size)), nsamples=2**size, silent=True)[0]
    ours = solve(masks := coalitions(size, 2**size, 0), game(masks))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


def test_captum_agrees_on_random_games() -> None:
    game = random_game(5, 1)

    def forward(x: torch.Tensor) -> torch.Tensor:
        return torch.from_numpy(game(x.numpy() > 0.5))

    whole, none = torch.ones(1, 5), torch.zeros(1, 5)
    theirs = captum.attr.ShapleyValues(forward).attribute(whole, none)[0].numpy()
    ours = solve(masks := coalitions(5, 32, 0), game(masks))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)


# ---- some: the Gaussian process ----------------------------------------------------------------


def odd_sets(size: int) -> list[tuple[int, ...]]:
    """Sets of 3, 5, … players."""
    return [s for k in range(3, size + 1, 2) for s in combinations(range(size), k)]


@pytest.mark.parametrize("rho", [0.05, 0.7])
@pytest.mark.parametrize("size", [3, 4, 5])
def test_the_closed_forms_are_sums_over_odd_sets(size: int, rho: float) -> None:
    """A coefficient of variance rho^|A| gives 2 / |A| of it to each member's Shapley value."""
    inside = np.array(list(product([-1.0, 1.0], repeat=size)))  # (coalitions, size)
    covariance = np.zeros((len(inside), len(inside)))
    shares = np.zeros_like(inside)  # covariance of a value and a Shapley value
    variance = 0.0
    for members in odd_sets(size):
        signs = inside[:, members].prod(axis=1)  # (coalitions,)
        weight = rho ** len(members)
        covariance += weight * np.outer(signs, signs)
        shares[:, members] += weight * 2 / len(members) * signs[:, None]
        variance += weight * (2 / len(members)) ** 2 * (0 in members)
    scale = (1 + rho) ** size
    np.testing.assert_allclose(
        _covariance(inside @ inside.T, size, rho), covariance / scale, atol=1e-12
    )
    np.testing.assert_allclose(inside * _weights(inside, rho), shares / scale, atol=1e-12)
    assert _prior_variance(size, rho) == pytest.approx(variance / scale)


@settings(max_examples=30, deadline=None)
@given(size=st.integers(4, 12), n_samples=st.integers(8, 48), seed=st.integers(0, 99))
def test_scores_sum_to_what_everybody_adds(size: int, n_samples: int, seed: int) -> None:
    masks = coalitions(size, n_samples, seed)
    values = random_game(size, seed)(masks)
    scores, errors = estimate(masks, values)
    assert scores.sum() == pytest.approx(values[1] - values[0], abs=1e-5)
    assert np.isfinite(errors).all()
    assert (errors >= 0).all()


def test_more_samples_shrink_errors_and_standard_errors_tell_them() -> None:
    size = 10
    game = random_game(size, 7)
    exact = solve(masks := coalitions(size, 2**size, 0), game(masks))
    missed, spreads = [], []
    for n_samples in (40, 160, 640):
        errors, own = [], []
        for seed in range(30):
            masks = coalitions(size, n_samples, seed)
            scores, deviations = estimate(masks, game(masks))
            errors.append(scores - exact)
            own.append(deviations)
        missed.append(float(np.sqrt(np.mean(np.square(errors)))))
        spreads.append(float(np.mean(own)))
    assert missed[0] > missed[1] > missed[2]
    assert spreads[0] > spreads[1] > spreads[2]
    for error, spread in zip(missed[:2], spreads[:2], strict=True):
        assert 0.4 < spread / error < 2.5


def test_a_player_that_adds_nothing_gets_nothing() -> None:
    masks = coalitions(8, 60, 0)
    values = masks[:, :7].astype(float) @ np.arange(7.0)
    scores, errors = estimate(masks, values)
    np.testing.assert_allclose(scores, [*range(7), 0], atol=1e-4)
    np.testing.assert_allclose(errors, 0, atol=1e-2)


def test_a_game_that_nobody_changes_is_all_zeros() -> None:
    masks = coalitions(8, 60, 0)
    scores, errors = estimate(masks, np.full(len(masks), -3.0))
    np.testing.assert_array_equal(scores, 0)
    np.testing.assert_array_equal(errors, 0)


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


def test_hundreds_of_players_stay_in_range() -> None:
    masks = coalitions(300, 200, 0)
    scores, errors = estimate(masks, masks @ np.linspace(-1, 1, 300))
    assert np.isfinite(scores).all()
    assert np.isfinite(errors).all()
    assert np.corrcoef(scores, np.linspace(-1, 1, 300))[0, 1] > 0.4


@pytest.mark.parametrize("size", [MANY_PLAYERS, MANY_PLAYERS + 1, 1_024, 2_048, 8_000])
def test_thousands_of_players_have_scores_as_good_as_their_errors_say(size: int) -> None:
    random = np.random.default_rng(size)
    adds = random.normal(0, 0.02, size)
    adds[random.choice(size, 5, replace=False)] += 3
    masks = coalitions(size, 128, 0)
    values = masks @ adds
    scores, errors = estimate(masks, values)
    assert scores.sum() == pytest.approx(values[1] - values[0])
    assert np.corrcoef(scores, adds)[0, 1] > 0.05  # 64 pairs say little of 8,000 players
    assert 0.5 < np.sqrt(np.mean(((scores - adds) / errors) ** 2)) < 2


@pytest.mark.heavy
def test_least_squares_of_thousands_of_players_stay_in_range() -> None:
    size = 1_050
    masks = coalitions(size, 2 * MAX_PAIRS + 4, 0)
    scores, errors = estimate(masks, masks @ np.linspace(-1, 1, size))
    assert np.isfinite(scores).all()
    assert np.isfinite(errors).all()


# ---- many: least squares -----------------------------------------------------------------------


def test_many_samples_are_left_to_least_squares_whose_errors_shrink() -> None:
    size = 14
    game = random_game(size, 5)
    spreads = []
    for n_samples in (2 * MAX_PAIRS + 200, 2 * MAX_PAIRS + 2_000):
        masks = coalitions(size, n_samples, 0)
        values = game(masks)
        scores, errors = estimate(masks, values)
        np.testing.assert_array_equal(scores, solve(masks, values))
        np.testing.assert_array_equal(errors, standard_errors(masks, values, scores))
        spreads.append(errors.mean())
    assert spreads[0] > spreads[1] > 0
