"""Gradients of tiny random transformers models, against finite differences."""

from typing import Any

import numpy as np
import pytest
import torch

from backlit.engines.huggingface import gradients
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.errors import Cancelled
from backlit.progress import following
from backlit.types import Target
from tests.support import tiny


@pytest.fixture(scope="module")
def engine() -> HuggingFaceEngine:
    return tiny.engine()


@pytest.mark.parametrize("family", tiny.FAMILIES)
def test_gradient_is_that_of_plain_autograd(family: str) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    target = Target(5, 9)
    found = engine.gradient(ids, target)
    # Independently: nudge the embedding of one token, and see what the log-probability does.
    model = engine._model
    layer = model.get_input_embeddings()

    def objective(nudge: torch.Tensor, position: int) -> float:
        def add(module: torch.nn.Module, args: object, output: torch.Tensor) -> torch.Tensor:
            output = output.clone()
            output[0, position] += nudge
            return output

        handle = layer.register_forward_hook(add)
        with torch.no_grad():
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0]
        handle.remove()
        log_probs = logits.log_softmax(-1)
        return sum(float(log_probs[t - 1, ids[t]]) for t in range(target.start, target.stop))

    random = np.random.default_rng(0)
    for position in (0, 3, 6):
        direction = random.normal(size=found.gradient.shape[1])
        step = torch.tensor(direction) * 1e-3
        slope = (objective(step, position) - objective(-step, position)) / 2e-3
        assert slope == pytest.approx(found.gradient[position] @ direction, rel=1e-2, abs=1e-3)


def test_gradient_leaves_the_model_as_it_was() -> None:
    engine = tiny.engine()
    ids = engine.tokenize("The cat likes").input_ids
    before = [w.clone() for w in engine._model.parameters()]
    engine.gradient(ids, Target(2, 4))
    assert all(w.grad is None and not w.requires_grad for w in engine._model.parameters())
    assert all(torch.equal(a, b) for a, b in zip(before, engine._model.parameters(), strict=True))
    assert not engine._model.get_input_embeddings()._forward_hooks


@pytest.mark.parametrize("family", ["llama", "gemma3, sliding", "gpt2"])
def test_long_inputs_are_run_again_rather_than_kept(
    family: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = tiny.engine(family)
    ids = engine.tokenize("The cat likes warm milk. The dog likes cold water.").input_ids
    target = Target(5, 9)
    kept = engine.gradient(ids, target), engine.gate_gradient(ids, target)
    monkeypatch.setattr(gradients, "MIN_CHECKPOINTED_TOKENS", 1)
    again = engine.gradient(ids, target), engine.gate_gradient(ids, target)
    np.testing.assert_allclose(again[0].gradient, kept[0].gradient, atol=1e-5)
    np.testing.assert_allclose(again[1].edges, kept[1].edges, atol=1e-5)
    assert not any("forward" in vars(layer) for layer in engine._model.modules())


def test_checkpointing_leaves_layers_that_are_hooked_as_they_were(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Accelerate, which spreads a model over devices, replaces a layer's forward by its own."""
    engine = tiny.engine("llama")
    layer = engine._causal.layers[0]
    calls: list[int] = []
    original = layer.forward

    def hooked(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return original(*args, **kwargs)

    layer.forward = hooked
    monkeypatch.setattr(gradients, "MIN_CHECKPOINTED_TOKENS", 1)
    engine.gradient(engine.tokenize("The cat likes").input_ids, Target(2, 4))
    assert len(calls) == 2  # forward, and again on the way back
    assert layer.forward is hooked


@pytest.mark.parametrize("shared", [False, True])
def test_queries_want_a_gradient_where_gates_do(
    monkeypatch: pytest.MonkeyPatch, shared: bool
) -> None:
    """CUDA's attention keeps what it needs on the way back only then."""
    wanted: list[tuple[bool, bool]] = []
    attend = torch.nn.functional.scaled_dot_product_attention

    def watched(query: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        mask = kwargs.get("attn_mask")
        wanted.append((query.requires_grad, mask is not None and mask.requires_grad))
        return attend(query, *args, **kwargs)

    engine = tiny.engine("llama")
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    monkeypatch.setattr(torch.nn.functional, "scaled_dot_product_attention", watched)
    engine.gate_gradient(ids, Target(4, 6), shared=shared)
    assert wanted == [(True, True)] * 3  # layers


def test_long_work_is_cancelled_between_layers() -> None:
    engine = tiny.engine("llama")
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    target = Target(4, 6)
    for checks in range(1, 6):  # three layers forward, then back
        with following(tiny.CancelledAfter(checks)), pytest.raises(Cancelled):
            engine.gradient(ids, target)
    engine.gradient(ids, target)  # nothing is left behind
    with following(tiny.CancelledAfter(0)), pytest.raises(Cancelled):
        list(engine.score([ids[:4], ids[:3]], ids[4:]))


def test_two_engines_of_one_model_check_once_a_layer() -> None:
    engine = tiny.engine("llama")
    HuggingFaceEngine(engine._model, engine._tokenizer, "again", "tiny")
    assert [len(layer._forward_hooks) for layer in engine._causal.layers] == [1, 1, 1]


def test_values_at_other_embeddings(engine: HuggingFaceEngine) -> None:
    """At the embeddings of other ids they are what those ids score."""
    ids = engine.tokenize("The cat likes warm milk.").input_ids
    other = engine.tokenize("The dog likes cold").input_ids
    start = min(len(other), 4)
    contexts = np.stack([engine.embed(ids[:start]), engine.embed(other[:start])])
    target = Target(start, start + 2)
    sums = engine.score_at(ids, target, contexts)  # (batch,)
    expected = dict(engine.score([ids[:start], other[:start]], ids[start : start + 2]))
    np.testing.assert_allclose(sums, [expected[0].sum(), expected[1].sum()], atol=1e-4)
    values, slopes = engine.gradient_at(ids, target, contexts)
    np.testing.assert_allclose(values, sums, atol=1e-5)
    assert slopes.shape == contexts.shape
    np.testing.assert_allclose(slopes[0], engine.gradient(ids, target).gradient[:start], atol=1e-4)
