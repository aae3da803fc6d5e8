"""Shapley values of segments: they share out what the prompt adds."""

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.methods.objective import Objective
from backlit.methods.perturbation import Ablation
from backlit.methods.shapley import Shapley
from backlit.segments import segment
from backlit.types import Message, Target
from tests.support.linear import WORDS, answer, before, linear, run


@pytest.mark.parametrize(("words", "n_samples"), [(WORDS, 40), ("The dog likes cold water", 5_000)])
def test_on_a_sum_each_gets_what_it_adds(words: str, n_samples: int) -> None:
    """Of eleven words some coalitions, of five all."""
    case = linear(words)
    found = case.scores("shapley", n_samples=n_samples)
    expected = np.where(case.maskable, case.by_segment, 0)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.convergence_delta == pytest.approx(0, abs=1e-5)
    assert found.standard_errors is not None
    np.testing.assert_allclose(found.standard_errors, 0, atol=1e-3)
    assert found.notes == ()


@pytest.mark.parametrize("n_samples", [16, 128])
def test_scores_sum_to_what_the_prompt_adds_over_none_of_it(n_samples: int) -> None:
    """On a toy whose order of words matters, so that its objective is no sum."""
    objective = answer(ToyEngine(), "The cat likes warm milk. The dog likes cold", " water")
    segments = before(objective)
    found = run("shapley", objective, segments, n_samples=n_samples)
    size = len(segments)
    none, whole = Ablation(objective, segments).values(
        np.array([np.zeros(size, dtype=bool), np.ones(size, dtype=bool)])
    )
    assert whole == pytest.approx(objective.value())
    assert found.values.sum() == pytest.approx(whole - none, abs=1e-4)
    assert found.convergence_delta == pytest.approx(found.values.sum() - (whole - none), abs=1e-9)


def test_two_that_stand_in_for_each_other_share() -> None:
    """Taking one of them away changes nothing, as the other is still there."""

    class Either(ToyEngine):
        """10 nats are lost without any " likes"."""

        def score(
            self, contexts: Sequence[Sequence[int]], *answers: Sequence[int]
        ) -> Iterator[tuple[int, FloatArray]]:
            (likes,) = self.tokenize(" likes").input_ids
            for index, context in enumerate(contexts):
                yield index, np.array([0.0 if likes in context else -10.0])

    objective = answer(Either(), "The cat likes. The cat likes warm", " milk")
    segments = before(objective)
    both = [i for i, s in enumerate(segments) if s.text == " likes"]
    shares = run("shapley", objective, segments).values
    np.testing.assert_allclose(shares[both], 5, atol=1e-9)
    np.testing.assert_allclose(np.delete(shares, both), 0, atol=1e-9)
    np.testing.assert_array_equal(run("occlusion", objective, segments).values, 0)


def test_more_segments_than_samples_is_said() -> None:
    case = linear("The dog likes cold water and the cat likes warm milk " * 2)
    found = case.scores("shapley", n_samples=10)
    assert "segments to share 10 samples" in found.notes[0]
    assert np.isfinite(found.values).all()


def test_a_prompt_that_is_all_template_gets_zeros() -> None:
    case = linear()
    template = tuple(s for s in case.segments if s.role == "template")
    found = run("shapley", case.objective, template)
    np.testing.assert_array_equal(found.values, np.zeros(len(template)))
    assert found.standard_errors is not None
    np.testing.assert_array_equal(found.standard_errors, found.values)
    assert found.convergence_delta == 0


def test_a_seed_draws_other_coalitions_and_repeats_its_own() -> None:
    engine = ToyEngine()
    text = "The cat likes warm milk. The dog likes cold water. The bird likes ripe"
    sequence = engine.append(engine.tokenize((Message("user", text),)), " berries")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    segments = segment(sequence, "word", stop=target.start)

    def scores(seed: int) -> list[float]:
        objective = Objective(engine, sequence, target)
        scores: list[float] = run(
            "shapley", objective, segments, n_samples=20, seed=seed
        ).values.tolist()
        return scores

    assert scores(0) == scores(0)
    assert scores(0) != scores(1)


def test_what_it_costs() -> None:
    assert Shapley(n_samples=128).forward_passes(100) == 64
    assert Shapley(n_samples=128).forward_passes(3) == 4  # all eight, half as long on average
