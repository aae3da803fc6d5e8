"""Gradient methods against closed forms on the toy and plain autograd on the default model."""

import numpy as np
import pytest
import torch

from backlit.data import load_dataset
from backlit.engines.toy import COPY, DECAY, ToyEngine
from backlit.explaining.attribution import attribute, attribute_tokens
from backlit.explaining.targets import select_target
from backlit.methods.base import FloatArray, Scores
from backlit.methods.gradient import GradL2, GradXInput
from backlit.methods.objective import Objective
from backlit.model import Model
from backlit.types import Target, TokenSequence
from tests.support import tiny
from tests.support.linear import run


def scores(name: str, engine: object, sequence: TokenSequence, target: Target) -> Scores:
    return run(name, Objective(engine, sequence, target), ())


def test_closed_forms_on_the_toy(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog likes"), " cold")
    ids = sequence.input_ids
    target = Target(3, 4)
    logits = toy.bias.copy()
    for i in range(3):
        logits += DECAY ** (2 - i) * toy.follows[ids[i]]
        logits[ids[i]] += COPY
    p = np.exp(logits - logits.max())
    p /= p.sum()
    slope = -p
    slope[ids[3]] += 1  # d log p(cold) / d logits
    expected = np.array([DECAY ** (2 - i) * toy.follows @ slope + COPY * slope for i in range(3)])
    l2 = scores("grad_l2", toy, sequence, target)
    product = scores("grad_x_input", toy, sequence, target)
    np.testing.assert_allclose(l2.values, np.linalg.norm(expected, axis=1), rtol=1e-10)
    np.testing.assert_allclose(product.values, [expected[i, ids[i]] for i in range(3)], rtol=1e-10)
    found = Objective(toy, sequence, target).target_log_prob
    assert found == pytest.approx(np.log(p[ids[3]]), rel=1e-10)


def test_sign_a_planted_supporter_is_positive(toy: ToyEngine) -> None:
    sequence = toy.append(toy.tokenize("The dog likes"), " cold")
    found = scores("grad_x_input", toy, sequence, Target(3, 4)).values
    assert found.argmax() == 2  # " likes" is followed by " cold"
    ids = sequence.input_ids
    both = dict(toy.score([ids[:3], ids[:2]], ids[3:]))
    assert both[1].sum() < both[0].sum() - 1


@pytest.mark.parametrize("method", [GradL2(), GradXInput()])
def test_a_map_for_each_token_of_the_answer(method: GradL2 | GradXInput) -> None:
    """One shared forward pass finds what a selection of each token alone does."""
    engine = tiny.engine("gemma3, sliding")
    sequence = engine.append(engine.tokenize("The cat likes warm"), " milk and so on.")
    start, stop = sequence.prompt_length, len(sequence.tokens)
    maps = list(attribute_tokens(Objective(engine, sequence, Target(start, stop)), method))
    assert len(maps) == stop - start
    for place, found in enumerate(maps, start=start):
        alone = attribute(Objective(engine, sequence, Target(place, place + 1)), method, "token")
        assert found.target == alone.target
        assert [(s.start, s.stop) for s in found.segments] == [
            (s.start, s.stop) for s in alone.segments
        ]
        assert found.target_log_prob == pytest.approx(alone.target_log_prob, abs=1e-4)
        scale = np.abs(alone.scores).max()
        np.testing.assert_allclose(found.scores, alone.scores, atol=1e-3 * scale)


@pytest.mark.model
def test_plain_autograd_on_the_default_model(smollm2: Model) -> None:
    """Written without the engine: inputs_embeds, all positions, log_softmax, autograd."""
    example = next(e for e in load_dataset("sample_prompts").examples if e.id == "fewshot-mistake")
    engine = smollm2.engine
    assert isinstance(example.prompt, str)
    assert example.target is not None
    sequence = engine.append(engine.tokenize(example.prompt), example.target)
    target = select_target(sequence, example.target.rstrip().split("\n")[-1])
    model = engine._model  # type: ignore[attr-defined]
    ids = torch.tensor([sequence.input_ids])
    embeddings = model.model.embed_tokens(ids).detach().requires_grad_(True)
    log_probs = model(inputs_embeds=embeddings).logits.log_softmax(-1)
    objective = sum(
        log_probs[0, t - 1, sequence.input_ids[t]] for t in range(target.start, target.stop)
    )
    assert isinstance(objective, torch.Tensor)
    torch.autograd.backward(objective)
    assert embeddings.grad is not None
    gradient: FloatArray = embeddings.grad[0, : target.start].double().numpy()
    inputs: FloatArray = embeddings.detach()[0, : target.start].double().numpy()

    def relative_error(found: FloatArray, expected: FloatArray) -> float:
        return float(np.linalg.norm(found - expected) / np.linalg.norm(expected))

    l2 = scores("grad_l2", engine, sequence, target)
    product = scores("grad_x_input", engine, sequence, target)
    assert relative_error(l2.values, np.linalg.norm(gradient, axis=-1)) < 1e-4
    assert relative_error(product.values, (gradient * inputs).sum(-1)) < 1e-4
    found = Objective(engine, sequence, target).target_log_prob
    assert found == pytest.approx(objective.item(), abs=1e-3)
