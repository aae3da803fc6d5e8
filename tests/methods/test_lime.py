"""LIME: a ridge regression near the whole prompt, written here a second time."""

import numpy as np
import pytest

from backlit.engines.base import FloatArray
from backlit.methods.lime import RIDGE_PENALTY, Lime
from tests.support.linear import WORDS, Linear, linear


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


def test_it_recovers_the_weights_of_a_line(case: Linear) -> None:
    scores = case.scores("lime", n_samples=400)
    expected = np.where(case.maskable, case.by_segment, 0)
    np.testing.assert_allclose(scores.values, expected, atol=0.02)
    assert scores.notes == ()
    assert scores.convergence_delta is None


def test_the_weights_solve_the_normal_equations() -> None:
    random = np.random.default_rng(0)
    masks = random.random((40, 5)) < 0.6
    masks[0] = True
    values = random.normal(size=40)
    near = np.exp(-(((1 - np.sqrt(masks.mean(axis=1))) / 0.35) ** 2))  # (masks,)
    rows: FloatArray = masks - np.average(masks, axis=0, weights=near)  # (masks, size)
    offsets = values - np.average(values, weights=near)  # (masks,)
    squares = (rows * near[:, None]).T @ rows + RIDGE_PENALTY * np.eye(5)
    expected = np.linalg.solve(squares, rows.T @ (near * offsets))
    np.testing.assert_allclose(Lime().estimate(masks, values), expected, atol=1e-9)


def test_a_narrow_kernel_looks_at_near_ablations_only() -> None:
    """Near the whole prompt the first segment counts 1, far from it 5."""
    masks = Lime(n_samples=400).masks(6)
    far = masks.mean(axis=1) < 0.6
    values = np.where(far, 5.0, 1.0) * masks[:, 0] - 10.0 * far
    narrow = Lime(kernel_width=0.05).estimate(masks, values)[0]
    wide = Lime(kernel_width=10.0).estimate(masks, values)[0]
    assert narrow == pytest.approx(1, abs=0.1)
    assert wide > 2


def test_masks_are_the_whole_prompt_and_then_as_many_dropped_as_a_die_says() -> None:
    masks = Lime(n_samples=2_000, seed=1).masks(4)
    assert masks[0].all()
    dropped = (~masks[1:]).sum(axis=1)
    assert set(dropped.tolist()) == {1, 2, 3, 4}
    shares = np.bincount(dropped, minlength=5)[1:] / len(dropped)
    np.testing.assert_allclose(shares, 0.25, atol=0.04)
    np.testing.assert_array_equal(masks, Lime(n_samples=2_000, seed=1).masks(4))
    assert not np.array_equal(masks, Lime(n_samples=2_000, seed=2).masks(4))


def test_a_segment_that_nothing_depends_on_gets_next_to_nothing() -> None:
    case = linear(WORDS + " eight eight eight")
    idle = (case.by_segment == 0) & case.maskable
    assert idle.any()
    np.testing.assert_allclose(case.scores("lime", n_samples=200).values[idle], 0, atol=0.02)


def test_fewer_samples_than_segments_is_a_result_and_a_note(case: Linear) -> None:
    scores = case.scores("lime", n_samples=10)
    assert np.isfinite(scores.values).all()
    assert scores.notes[0].startswith("There are 11 segments but only 10 samples")


def test_more_samples_shrink_standard_errors(case: Linear) -> None:
    few, many = (case.scores("lime", n_samples=n).standard_errors for n in (16, 200))
    assert few is not None
    assert many is not None
    assert many.mean() < few.mean()
    assert (many[~case.maskable] == 0).all()


def test_what_it_costs() -> None:
    assert Lime(n_samples=64).forward_passes(1_000) == 32
