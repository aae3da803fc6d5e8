"""Integrated Gradients: what converges, and what is said when it does not."""

from collections.abc import Sequence

import captum.attr
import numpy as np
import pytest
import torch

from backlit.engines.base import FloatArray
from backlit.engines.toy import ToyEngine
from backlit.errors import OptionsError
from backlit.methods.gradient import BACKWARD
from backlit.methods.integrated_gradients import (
    BATCH_TOKENS,
    IntegratedGradients,
    Path,
    Piece,
)
from backlit.methods.objective import Objective
from backlit.types import Target
from tests.support import tiny
from tests.support.linear import Recorder, answer, before, linear, run

NAME = "integrated_gradients"


@pytest.fixture
def objective(toy: ToyEngine) -> Objective:
    return answer(toy, "The cat likes warm milk. The dog likes", " cold water")


def hard() -> Objective:
    """A model with normalization layers, whose path is steep near zero."""
    return answer(tiny.engine("llama"), "The cat likes warm milk.", " So")


class Along(ToyEngine):
    """The objective is a function of the share of the prompt that is there."""

    vocabulary_size = 1

    def __init__(self) -> None:
        super().__init__()
        self.places: list[float] = []
        self.batches: list[int] = []

    def embed(self, ids: Sequence[int]) -> FloatArray:
        return np.ones((len(ids), 1))

    def value_and_slope(self, share: FloatArray) -> tuple[FloatArray, FloatArray]:
        return share**3, 3 * share**2

    def gradient_at(
        self, input_ids: Sequence[int], target: Target, contexts: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        share = contexts.mean(axis=(1, 2))  # (batch,)
        self.places += share.tolist()
        self.batches.append(len(contexts))
        value, slope = self.value_and_slope(share)
        each = slope[:, None, None] / contexts.shape[1]
        return value, np.broadcast_to(each, contexts.shape)


def along(engine: Along, context: int = 3) -> Objective:
    sequence = ToyEngine().append(ToyEngine().tokenize("a" * context), "b")
    return Objective(engine, sequence, Target(context, context + 1))


@pytest.mark.parametrize("baseline", ["faded", "zero", "mean", "token"])
def test_scores_sum_to_the_gain_over_the_baseline(
    toy: ToyEngine, objective: Objective, baseline: str
) -> None:
    scores = run(NAME, objective, (), baseline=baseline, tolerance=1e-4, max_steps=500)
    embeddings = toy.embed(objective.context)
    start = {
        "faded": 0.1 * embeddings,
        "zero": 0 * embeddings,
        "mean": np.full_like(embeddings, 1 / toy.vocabulary_size),
        "token": np.broadcast_to(toy.embed(toy.tokenize(" ").input_ids), embeddings.shape),
    }[baseline]
    gain = objective.value() - objective.score_at(start[None])[0]
    assert scores.values.sum() == pytest.approx(gain, rel=1e-4)
    assert scores.convergence_delta == pytest.approx(scores.values.sum() - gain, abs=1e-9)
    assert scores.notes == ()


@pytest.mark.parametrize("baseline", ["zero", "faded"])
def test_on_a_sum_each_token_gets_what_it_adds(baseline: str) -> None:
    case = linear()
    scores = case.scores(NAME, baseline=baseline, fade=0.25)
    way = 1.0 if baseline == "zero" else 0.75
    np.testing.assert_allclose(scores.values, way * case.by_token, atol=1e-9)
    assert scores.convergence_delta == pytest.approx(0, abs=1e-9)
    assert scores.notes == ()


def test_simpsons_rule_is_exact_up_to_cubes() -> None:
    engine = Along()
    objective = along(engine)
    path = Path(objective, np.zeros((3, 1)), np.ones((3, 1)))
    piece = Piece(0.2, 0.8)
    assert piece.middle == pytest.approx(0.5)
    path.visit([0.2, 0.8, 0.5])
    np.testing.assert_allclose(path.integral(piece), (0.8**3 - 0.2**3) / 3)  # for each token
    assert path.miss(piece) == pytest.approx(0, abs=1e-12)


def test_no_place_is_visited_twice_and_batches_are_bounded() -> None:
    engine = Along()
    length = 300
    path = Path(along(engine, length), np.zeros((length, 1)), np.ones((length, 1)))
    path.visit([0.0, 0.5, 0.5, 1.0, 0.25, 0.75, 0.125])
    path.visit([0.5, 0.375])
    assert engine.places == pytest.approx([0.0, 0.5, 1.0, 0.25, 0.75, 0.125, 0.375])
    assert max(engine.batches) == BATCH_TOKENS // (length + 1)


def test_an_easy_path_takes_the_fewest_steps_there_are() -> None:
    engine = Along()
    scores = run(NAME, along(engine), (), baseline="zero")
    assert len(engine.places) == 9
    np.testing.assert_allclose(scores.values, 1 / 3)


def test_nodes_go_where_the_answer_changes() -> None:
    """A step a little over half way gets most of the gradients."""

    class Step(Along):
        def value_and_slope(self, share: FloatArray) -> tuple[FloatArray, FloatArray]:
            value = np.tanh(40 * (share - 0.6))
            return value, 40 * (1 - value**2)

    engine = Step()
    scores = run(NAME, along(engine), (), tolerance=0.01, max_steps=101)
    assert scores.notes == ()
    assert scores.values.sum() == pytest.approx(2, rel=0.01)
    near = sum(0.5 < place < 0.7 for place in engine.places)
    assert near >= 0.7 * (len(engine.places) - 9)  # but for the first ones, which look around
    assert len(engine.places) < 40


def test_a_tolerance_that_can_not_be_met_is_said() -> None:
    scores = run(NAME, hard(), (), baseline="zero", tolerance=1e-6, max_steps=15)
    (note,) = scores.notes
    assert note.startswith("Integrated Gradients did not converge: after 15 steps")
    assert np.isfinite(scores.values).all()


def test_more_steps_miss_less() -> None:
    missed = []
    for steps in (9, 33, 129):
        scores = run(NAME, hard(), (), tolerance=1e-6, max_steps=steps)
        missed.append(abs(scores.convergence_delta or 0.0))
    assert missed[2] < missed[0]


def test_captum_agrees_on_a_random_llama() -> None:
    """From the faded prompt, on a fine grid of theirs."""
    engine = tiny.engine("llama")
    objective = answer(engine, "The cat likes warm milk.", " So")
    target = objective.target
    scores = run(NAME, objective, (), fade=0.2, tolerance=1e-3, max_steps=400)
    model = engine._model
    ids = torch.tensor([objective.sequence.input_ids])
    answer_ids = ids[0, target.start :]

    def forward(x: torch.Tensor) -> torch.Tensor:
        rest = model.get_input_embeddings()(ids[:, target.start : -1]).expand(len(x), -1, -1)
        logits = model(inputs_embeds=torch.cat([x, rest], 1)).logits[:, target.start - 1 :]
        log_probs = logits.log_softmax(-1)
        picked: torch.Tensor = log_probs[:, range(len(answer_ids)), answer_ids].sum(-1)
        return picked

    inputs = model.get_input_embeddings()(ids[:, : target.start]).detach()
    theirs = captum.attr.IntegratedGradients(forward).attribute(
        inputs, 0.2 * inputs, n_steps=200, internal_batch_size=50
    )
    expected = theirs.sum(-1)[0].detach().numpy()
    np.testing.assert_allclose(scores.values, expected, atol=2e-2 * np.abs(expected).max())
    assert scores.convergence_delta == pytest.approx(0, abs=0.05)


def test_a_baseline_token_is_one_token(objective: Objective) -> None:
    with pytest.raises(OptionsError, match="is 3 tokens") as raised:
        run(NAME, objective, (), baseline="token", token=" The dog likes")
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
        run(NAME, singular, (), baseline="zero")
    assert "faded" in raised.value.hint


def test_partial_sums_are_told(objective: Objective) -> None:
    segments = before(objective)
    recorder = Recorder()
    scores = IntegratedGradients(tolerance=1e-4).attribute(objective, segments, recorder)
    sums = {(s.start, s.stop): scores.values[s.start : s.stop].sum() for s in segments}
    assert recorder.calls[0].scores == {}
    assert recorder.calls[-1].scores == pytest.approx(sums)
    steps = [call.done for call in recorder.calls]
    assert steps == sorted(steps)
    assert {call.total for call in recorder.calls} == {64}


def test_what_it_costs_is_a_guess() -> None:
    assert IntegratedGradients(max_steps=64).forward_passes(5) == 32 * BACKWARD
    assert not IntegratedGradients.facts.exact_cost
