"""Gradient methods against closed forms on the toy and plain autograd on the default model."""

import numpy as np
import pytest
import torch

from backlit.data import load_dataset
from backlit.engines.base import FloatArray
from backlit.engines.toy import COPY, DECAY, ToyEngine
from backlit.explaining.targets import select_target, with_foil
from backlit.methods.gradient import BACKWARD, GradL2, GradXInput
from backlit.methods.objective import Objective
from backlit.model import Model
from tests.support.linear import answer, linear, run


def test_closed_forms_on_the_toy(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog likes", " cold")
    ids = objective.sequence.input_ids
    logits = toy.bias.copy()  # (vocab,)
    for i in range(3):
        logits += DECAY ** (2 - i) * toy.follows[ids[i]]
        logits[ids[i]] += COPY
    p = np.exp(logits - logits.max())
    p /= p.sum()
    slope = -p
    slope[ids[3]] += 1  # d log p(cold) / d logits
    expected = np.array([DECAY ** (2 - i) * toy.follows @ slope + COPY * slope for i in range(3)])
    l2, product = run("grad_l2", objective, ()), run("grad_x_input", objective, ())
    np.testing.assert_allclose(l2.values, np.linalg.norm(expected, axis=1), rtol=1e-10)
    np.testing.assert_allclose(product.values, [expected[i, ids[i]] for i in range(3)], rtol=1e-10)
    assert objective.log_probs()[0] == pytest.approx(np.log(p[ids[3]]), rel=1e-10)


def test_on_a_sum_the_product_is_what_each_token_adds() -> None:
    case = linear()
    np.testing.assert_allclose(case.scores("grad_x_input").values, case.by_token, atol=1e-9)


def test_where_no_product_is_on_the_way_there_is_nothing_to_share(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog likes", " cold")
    plain, shared = (run(n, objective, ()).values for n in ("grad_x_input", "input_relevance"))
    np.testing.assert_array_equal(shared, plain)


def test_a_planted_supporter_is_positive(toy: ToyEngine) -> None:
    objective = answer(toy, "The dog likes", " cold")
    scores = run("grad_x_input", objective, ()).values
    assert scores.argmax() == 2  # " likes" is followed by " cold"
    ids = objective.sequence.input_ids
    both = dict(toy.score([ids[:3], ids[:2]], ids[3:]))
    assert both[1].sum() < both[0].sum() - 1


def test_target_and_foil_in_each_others_place_turn_the_sign(toy: ToyEngine) -> None:
    def scores(name: str, response: str, foil: str) -> FloatArray:
        plain = answer(toy, "The dog likes", response)
        target = with_foil(toy, plain.sequence, plain.target, foil)
        return run(name, Objective(toy, plain.sequence, target), ()).values

    product = scores("grad_x_input", " cold", " warm")
    np.testing.assert_allclose(scores("grad_x_input", " warm", " cold"), -product, atol=1e-12)
    lengths = scores("grad_l2", " cold", " warm")
    np.testing.assert_allclose(scores("grad_l2", " warm", " cold"), lengths, atol=1e-12)
    assert (lengths >= np.abs(product) - 1e-12).all()  # the embeddings are of length 1


def test_what_they_cost() -> None:
    """A forward and a backward pass, whatever the segments."""
    for method in (GradL2(), GradXInput()):
        assert method.forward_passes(1) == method.forward_passes(1_000) == BACKWARD
        assert method.facts.exact_cost


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
    summed = sum(
        log_probs[0, t - 1, sequence.input_ids[t]] for t in range(target.start, target.stop)
    )
    assert isinstance(summed, torch.Tensor)
    torch.autograd.backward(summed)
    assert embeddings.grad is not None
    gradient: FloatArray = embeddings.grad[0, : target.start].double().numpy()
    inputs: FloatArray = embeddings.detach()[0, : target.start].double().numpy()

    def relative_error(ours: FloatArray, expected: FloatArray) -> float:
        return float(np.linalg.norm(ours - expected) / np.linalg.norm(expected))

    objective = Objective(engine, sequence, target)
    l2, product = run("grad_l2", objective, ()), run("grad_x_input", objective, ())
    assert relative_error(l2.values, np.linalg.norm(gradient, axis=-1)) < 1e-4
    assert relative_error(product.values, (gradient * inputs).sum(-1)) < 1e-4
    assert objective.log_probs()[0] == pytest.approx(summed.item(), abs=1e-3)
