"""Integrated Gradients: what converges, and what is said when it does not."""

from collections.abc import Sequence

import numpy as np
import pytest

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.methods.integrated_gradients import IntegratedGradients
from backlit.methods.objective import Objective
from backlit.segments import segment
from backlit.types import Target
from tests.support import tiny
from tests.support.linear import run


@pytest.fixture
def objective(toy: ToyEngine) -> Objective:
    sequence = toy.append(toy.tokenize("The cat likes warm milk. The dog likes"), " cold water")
    return Objective(toy, sequence, Target(sequence.prompt_length, len(sequence.tokens)))


@pytest.mark.parametrize("baseline", ["faded", "zero", "mean", "token"])
def test_scores_sum_to_the_gain_over_the_baseline(objective: Objective, baseline: str) -> None:
    found = run("integrated_gradients", objective, (), baseline=baseline, tolerance=1e-4,
                max_steps=500)  # fmt: skip
    engine, ids = objective.engine, objective.context
    embeddings = engine.embed(ids)
    start = {
        "faded": 0.1 * embeddings,
        "zero": 0 * embeddings,
        "mean": np.full_like(embeddings, 1 / engine.vocabulary_size),
        "token": np.broadcast_to(engine.embed(engine.tokenize(" ").input_ids), embeddings.shape),
    }[baseline]
    gain = objective.value - objective.score_at(start[None])[0]
    assert found.values.sum() == pytest.approx(gain, rel=1e-4)
    assert found.convergence_delta == pytest.approx(found.values.sum() - gain, abs=1e-9)
    assert found.notes == ()


def test_a_tolerance_that_can_not_be_met_is_said(objective: Objective) -> None:
    engine = tiny.engine("llama")
    sequence = engine.append(engine.tokenize("The cat likes warm milk."), " So")
    hard = Objective(engine, sequence, Target(sequence.prompt_length, len(sequence.tokens)))
    found = run("integrated_gradients", hard, (), baseline="zero", tolerance=1e-6, max_steps=15)
    (note,) = found.notes
    assert note.startswith("Integrated Gradients did not converge: after 15 steps")
    assert np.isfinite(found.values).all()


def test_more_steps_miss_less(objective: Objective) -> None:
    engine = tiny.engine("llama")
    sequence = engine.append(engine.tokenize("The cat likes warm milk."), " So")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    missed = []
    for steps in (9, 33, 129):
        hard = Objective(engine, sequence, target)
        found = run("integrated_gradients", hard, (), tolerance=1e-6, max_steps=steps)
        missed.append(abs(found.convergence_delta or 0.0))
    assert missed[2] < missed[0]


def test_nodes_go_where_the_answer_changes() -> None:
    """A step half way gets most of the gradients."""

    class Step:
        """log p = a steep sigmoid of the share of the prompt that is there."""

        def __init__(self) -> None:
            self.places: list[float] = []

        def embed(self, ids: tuple[int, ...]) -> np.ndarray:
            return np.ones((len(ids), 1))

        def gradient_at(
            self, ids: object, target: Target, contexts: np.ndarray
        ) -> tuple[np.ndarray, np.ndarray]:
            x = contexts.mean(axis=(1, 2))
            self.places += x.tolist()
            value = np.tanh(40 * (x - 0.6))
            slope = 40 * (1 - value**2) / contexts.shape[1]
            return value, np.broadcast_to(slope[:, None, None], contexts.shape)

    toy, engine = ToyEngine(), Step()
    sequence = toy.append(toy.tokenize("The dog likes"), " cold")
    found = run("integrated_gradients", Objective(engine, sequence, Target(3, 4)), (),
                tolerance=0.01, max_steps=101)  # fmt: skip
    assert found.notes == ()
    assert found.values.sum() == pytest.approx(2, rel=0.01)
    near = sum(0.5 < place < 0.7 for place in engine.places)
    assert near >= 0.7 * (len(engine.places) - 9)  # but for the first ones, which look around
    assert len(engine.places) < 40


def test_a_baseline_token_is_one_token(objective: Objective) -> None:
    with pytest.raises(OptionsError, match="is 3 tokens") as raised:
        run("integrated_gradients", objective, (), baseline="token", token=" The dog likes")
    assert "one token" in raised.value.hint


def test_a_baseline_where_the_model_is_singular_is_said(objective: Objective) -> None:
    class Singular(ToyEngine):
        def gradient_at(
            self, input_ids: Sequence[int], target: Target, contexts: FloatArray
        ) -> tuple[FloatArray, FloatArray]:
            values, gradients = super().gradient_at(input_ids, target, contexts)
            return values, gradients / np.abs(contexts).max(axis=(1, 2), keepdims=True)

    singular = Objective(Singular(), objective.sequence, objective.target)
    with np.errstate(divide="ignore", invalid="ignore"), pytest.raises(OptionsError) as raised:
        run("integrated_gradients", singular, (), baseline="zero")
    assert "faded" in raised.value.hint


def test_partial_sums_are_reported(objective: Objective) -> None:
    segments = segment(objective.sequence, "word", stop=objective.target.start)
    heard: list[dict[int, float]] = []
    found = IntegratedGradients(tolerance=1e-4).attribute(
        objective, segments, lambda done, total, scored: heard.append(dict(scored))
    )
    sums = {i: found.values[s.start : s.stop].sum() for i, s in enumerate(segments)}
    assert heard[0] == {}
    assert heard[-1] == pytest.approx(sums)
