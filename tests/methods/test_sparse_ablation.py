"""Sparse ablation: a lasso that finds the few, and says how well it does."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.methods.sparse_ablation import SparseAblation, _lasso, _penalty, held_out_fit
from tests.support.linear import WORDS, Linear, answer, before, linear, run


@pytest.fixture(scope="module")
def case() -> Linear:
    return linear()


def test_it_recovers_the_weights_of_a_line(case: Linear) -> None:
    scores = case.scores("sparse_ablation", n_samples=400)
    expected = np.where(case.maskable, case.by_segment, 0)
    np.testing.assert_allclose(scores.values, expected, atol=0.05)
    assert scores.notes == (
        "On ablations it did not learn from, the model explains 100% of what happens.",
    )


def test_most_segments_get_no_weight_at_all() -> None:
    """Two of thirty matter, and there are more of them than samples would tell by themselves."""
    random = np.random.default_rng(0)
    masks = random.random((24, 30)) < 0.5
    values = 5.0 * masks[:, 3] - 4.0 * masks[:, 17]
    weights = _lasso(masks, values, _penalty(masks, values))
    assert set(np.argsort(-np.abs(weights))[:2].tolist()) == {3, 17}
    assert weights[3] > 0 > weights[17]
    assert (weights == 0).sum() >= 15


def test_a_penalty_shrinks_the_weights_by_a_known_amount() -> None:
    """One segment, kept half of the time: the weight is less by the penalty over its variance."""
    masks = np.array([[True], [False]] * 10)
    values = 3.0 * masks[:, 0]
    for penalty in (0.0625, 0.25):
        assert _lasso(masks, values, penalty)[0] == pytest.approx(3 - penalty / 0.25)


def test_held_out_fit_of_noise_is_bad_and_of_a_line_is_good() -> None:
    random = np.random.default_rng(0)
    masks = random.random((80, 5)) < 0.5
    assert held_out_fit(masks, random.normal(size=80), 0.01) < 0.3
    assert held_out_fit(masks, masks @ np.arange(5.0), 0.001) > 0.99
    assert held_out_fit(masks, np.ones(80), 0.1) == 1.0


def test_nothing_to_explain_gets_no_weights() -> None:
    masks = np.random.default_rng(0).random((20, 4)) < 0.5
    values = np.full(20, -2.0)
    assert _penalty(masks, values) == 1.0
    np.testing.assert_array_equal(_lasso(masks, values, 1.0), 0)


def test_a_poor_fit_is_said() -> None:
    class Random(ToyEngine):
        """The objective is noise, the same for the same prompt."""

        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            for index, context in enumerate(contexts):
                yield index, np.random.default_rng(list(context)).normal(size=1)

    objective = answer(Random(), "The cat likes warm milk. The dog likes", " cold")
    scores = run("sparse_ablation", objective, before(objective))
    assert np.isfinite(scores.values).all()
    (note,) = scores.notes
    assert "explains only" in note
    assert note.endswith("More samples may help.")


def test_a_segment_that_nothing_depends_on_gets_nothing() -> None:
    case = linear(WORDS + " eight eight eight")
    idle = (case.by_segment == 0) & case.maskable
    assert idle.any()
    scores = case.scores("sparse_ablation", n_samples=200).values
    np.testing.assert_allclose(scores[idle], 0, atol=1e-5)


def test_standard_errors_are_of_the_maskable(case: Linear) -> None:
    errors = case.scores("sparse_ablation").standard_errors
    assert errors is not None
    assert errors.shape == (len(case.segments),)
    assert (errors[~case.maskable] == 0).all()


def test_what_it_costs() -> None:
    assert SparseAblation(n_samples=64).forward_passes(1_000) == 32
