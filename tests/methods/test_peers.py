"""Captum and SHAP, written by others, find the same on the same toy functions."""

import captum.attr
import numpy as np
import pytest
import shap
import torch

from backlit.methods.base import FloatArray
from backlit.methods.coalitions import coalitions
from backlit.methods.objective import Objective
from backlit.methods.shapley_values import solve
from backlit.segments import segment
from backlit.types import Target
from tests.methods.test_shapley import random_game
from tests.support import tiny
from tests.support.linear import Linear, linear, run


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


def test_captum_agrees_on_the_linear_toy() -> None:
    case: Linear = linear()
    engine, objective = case.objective.engine, case.objective
    embeddings = torch.from_numpy(engine.embed(objective.context))[None]  # (1, context, vocab)
    case_ids, target = objective.context + objective.answers[0], objective.target
    foil_ids = objective.context + objective.answers[1]
    one = Target(target.start, target.start + 1)

    def forward(x: torch.Tensor) -> torch.Tensor:
        given = x.numpy()
        value: FloatArray = engine.score_at(case_ids, one, given)
        return torch.from_numpy(value - engine.score_at(foil_ids, one, given))

    mask = torch.arange(len(objective.context))[None, :, None].expand_as(embeddings)
    theirs = captum.attr.FeatureAblation(forward).attribute(embeddings, feature_mask=mask)
    np.testing.assert_allclose(theirs[0, :, 0], case.by_token, atol=1e-6)


def test_captum_agrees_on_integrated_gradients_of_a_random_llama() -> None:
    """From the faded prompt, on a fine grid of theirs."""
    engine = tiny.engine("llama")
    sequence = engine.append(engine.tokenize("The cat likes warm milk."), " So")
    target = Target(sequence.prompt_length, len(sequence.tokens))
    objective = Objective(engine, sequence, target)
    found = run(
        "integrated_gradients",
        objective,
        segment(sequence, "token", stop=target.start),
        fade=0.2,
        tolerance=1e-3,
        max_steps=400,
    )
    model = engine._model
    ids = torch.tensor([sequence.input_ids])
    wanted = ids[0, target.start :]

    def forward(x: torch.Tensor) -> torch.Tensor:
        rest = model.get_input_embeddings()(ids[:, target.start : -1]).expand(len(x), -1, -1)
        logits = model(inputs_embeds=torch.cat([x, rest], 1)).logits[:, target.start - 1 :]
        picked: torch.Tensor = logits.log_softmax(-1)[:, range(len(wanted)), wanted].sum(-1)
        return picked

    inputs = model.get_input_embeddings()(ids[:, : target.start]).detach()
    theirs = captum.attr.IntegratedGradients(forward).attribute(
        inputs, 0.2 * inputs, n_steps=200, internal_batch_size=50
    )
    expected = theirs.sum(-1)[0].detach().numpy()
    np.testing.assert_allclose(found.values, expected, atol=2e-2 * np.abs(expected).max())
    assert found.convergence_delta == pytest.approx(0, abs=0.05)
