"""Shared products: against a network written by hand, and against hooks on its projections."""

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch.nn import functional
from transformers import AutoConfig, AutoModelForCausalLM
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

from backlit.engines.huggingface import gradients, products
from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.engines.huggingface.model import layers_of
from backlit.engines.huggingface.products import Products
from backlit.errors import Cancelled
from backlit.methods import default_method
from backlit.progress import following
from backlit.types import Target
from tests.support import tiny
from tests.support.reference import Reference

TEXT = "The cat likes warm milk. The dog likes cold water."
TARGET = Target(8, 11)
ATTENTIVE = [
    family
    for family in (*tiny.FAMILIES, *tiny.OTHER_FAMILIES)
    if not family.startswith(("bloom", "mamba"))
]


def ids_of(engine: HuggingFaceEngine) -> tuple[int, ...]:
    return engine.tokenize(TEXT).input_ids[:14]


# ---- what it computes ----------------------------------------------------------------------------


@pytest.mark.parametrize("shared", [False, True])
def test_gradients_are_those_of_a_network_written_by_hand(shared: bool) -> None:
    engine = tiny.engine("llama")
    engine._model.double()  # so that nothing is left to rounding
    ids = ids_of(engine)
    reference = Reference(engine._model, ids, TARGET, shared=shared)
    found = engine.gradient(ids, TARGET, shared=shared)
    edges = engine.gate_gradient(ids, TARGET, shared=shared).edges
    value = reference(reference.embeddings, reference.gates)
    assert found.log_probs.sum() == pytest.approx(value, abs=1e-6)  # logits are float32
    np.testing.assert_allclose(found.embeddings, reference.embeddings)
    random = np.random.default_rng(0)
    for _ in range(4):
        nudge = random.normal(size=found.gradient.shape)
        still = np.zeros(edges.shape)
        slope = reference.slope(nudge, still)
        assert (found.gradient * nudge).sum() == pytest.approx(slope, rel=1e-4)
        direction = np.tril(random.normal(size=edges.shape))
        slope = reference.slope(np.zeros(nudge.shape), direction)
        assert (edges * direction).sum() == pytest.approx(slope, rel=1e-4)


def test_shared_is_not_plain() -> None:
    """Or the test above could not fail."""
    engine = tiny.engine("llama")
    ids = ids_of(engine)
    plain, shared = engine.gradient(ids, TARGET), engine.gradient(ids, TARGET, shared=True)
    assert np.abs(plain.gradient - shared.gradient).max() > 0.1 * np.abs(plain.gradient).max()


def scaled(parts: Callable[[torch.Tensor], torch.Tensor]) -> Callable[..., Any]:
    """A hook on a projection: what goes back into its output is multiplied by these."""

    def hook(module: Any, args: Any, output: torch.Tensor) -> torch.Tensor:
        if output.requires_grad:
            output = output.clone()
            output.register_hook(parts)  # type: ignore[no-untyped-call]
        return output

    return hook


def thirds(gradient: torch.Tensor) -> torch.Tensor:
    query, key, value = gradient.chunk(3, -1)
    return torch.cat([query / 4, key / 4, value / 2], -1)


def by_head(gradient: torch.Tensor) -> torch.Tensor:
    """GPT-NeoX keeps query, key and value of a head beside each other."""
    heads = gradient.reshape(*gradient.shape[:-1], tiny.SIZES["num_attention_heads"], -1)
    return thirds(heads).flatten(-2)


def fused(gradient: torch.Tensor) -> torch.Tensor:
    """Phi 3: four heads of queries, two of keys, two of values."""
    query, key, value = torch.split(gradient, [32, 16, 16], -1)
    return torch.cat([query / 4, key / 4, value / 2], -1)


SCALES: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "q_proj": lambda gradient: gradient / 4,
    "k_proj": lambda gradient: gradient / 4,
    "v_proj": lambda gradient: gradient / 2,
    "c_attn": thirds,
    "query_key_value": by_head,
    "qkv_proj": fused,
    "gate_proj": lambda gradient: gradient / 2,
    "up_proj": lambda gradient: gradient / 2,
    "gate_up_proj": lambda gradient: gradient / 2,
    "shared_expert": lambda gradient: gradient / 2,
    "shared_expert_gate": lambda gradient: gradient / 2,
}


def half(x: torch.Tensor) -> torch.Tensor:
    return x / 2 + x.detach() / 2


def experts(
    module: Any, states: torch.Tensor, index: torch.Tensor, weights: torch.Tensor
) -> torch.Tensor:
    """A mixture of experts whose products are shared, each token on its own."""
    rows = []
    for token, state in enumerate(states):
        total = torch.zeros_like(state)
        for expert, weight in zip(index[token], weights[token], strict=True):
            gate, up = functional.linear(state, module.gate_up_proj[expert]).chunk(2, -1)
            product = half(module.act_fn(gate)) * half(up)
            total = total + half(weight) * half(
                functional.linear(product, module.down_proj[expert])
            )
        rows.append(total)
    return torch.stack(rows)


@pytest.mark.parametrize("family", ATTENTIVE)
def test_in_every_family_it_is_what_hooks_on_projections_do(family: str) -> None:
    """Written apart from the engine: scales at the projections, experts token by token."""
    engine = tiny.engine(family)
    assert "relevance" in engine.capabilities
    ids = ids_of(engine)
    shared = engine.gradient(ids, TARGET, shared=True)
    edges = engine.gate_gradient(ids, TARGET, shared=True)
    assert shared.notes == edges.notes == ()
    plain = engine.gradient(ids, TARGET)
    np.testing.assert_array_equal(shared.log_probs, plain.log_probs)  # the way forward is the same
    for name, module in engine._model.named_modules():
        scale = SCALES.get(name.split(".")[-1])
        if scale is not None:
            module.register_forward_hook(scaled(scale))
        if name.endswith(".experts"):
            module.forward = lambda *args, module=module: experts(module, *args)
    expected = engine.gradient(ids, TARGET)
    scale_of = np.abs(expected.gradient).max()
    np.testing.assert_allclose(shared.gradient, expected.gradient, atol=1e-4 * scale_of)
    expected_edges = engine.gate_gradient(ids, TARGET).edges / 2
    np.testing.assert_allclose(
        edges.edges, expected_edges, atol=1e-4 * np.abs(expected_edges).max()
    )


@pytest.mark.parametrize("family", ["llama", "gemma3, sliding", "gpt2", "mixtral"])
def test_any_way_to_compute_attention_will_do(family: str) -> None:
    engine = tiny.engine(family)
    ids = ids_of(engine)
    found = [engine.gradient(ids, TARGET, shared=True).gradient]
    engine._model.set_attn_implementation("eager")
    found.append(engine.gradient(ids, TARGET, shared=True).gradient)
    plain = engine.gradient(ids, TARGET).gradient
    scale = np.abs(found[0]).max()
    np.testing.assert_allclose(found[0], found[1], atol=1e-4 * scale)
    assert np.abs(plain - found[1]).max() > 0.01 * scale
    assert not ALL_ATTENTION_FUNCTIONS._local_mapping


@pytest.mark.parametrize("family", ["llama", "mixtral"])
def test_layers_that_are_run_again_share_too(family: str, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = tiny.engine(family)
    ids = ids_of(engine)
    kept = engine.gradient(ids, TARGET, shared=True).gradient
    monkeypatch.setattr(gradients, "MIN_CHECKPOINTED_TOKENS", 1)
    again = engine.gradient(ids, TARGET, shared=True).gradient
    np.testing.assert_allclose(again, kept, atol=1e-5 * np.abs(kept).max())


# ---- what it leaves behind -----------------------------------------------------------------------


def hooks_of(engine: HuggingFaceEngine) -> list[int]:
    return [
        len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks)
        for m in engine._model.modules()
    ]


def nothing_is_left() -> bool:
    return not (
        ALL_ATTENTION_FUNCTIONS._local_mapping
        or products._shared
        or products._wrapped
        or products._were
    )


@pytest.mark.parametrize("family", ["llama", "qwen2_moe"])
def test_nothing_is_left_behind(family: str) -> None:
    engine = tiny.engine(family)
    ids = ids_of(engine)
    before = hooks_of(engine)
    plain = engine.gradient(ids, TARGET)
    engine.gradient(ids, TARGET, shared=True)
    for checks in range(6):  # three layers forward, then back
        with following(tiny.CancelledAfter(checks)), pytest.raises(Cancelled):
            engine.gate_gradient(ids, TARGET, shared=True)
    with pytest.raises(IndexError):
        engine.gradient((10**6,) * 14, TARGET, shared=True)
    assert nothing_is_left()
    assert hooks_of(engine) == before
    np.testing.assert_array_equal(engine.gradient(ids, TARGET).gradient, plain.gradient)


def test_one_model_shares_while_another_does_not() -> None:
    """Also while a third stops sharing, in whatever order they end."""
    first, second, third = (tiny.engine("llama") for _ in range(3))
    ids = ids_of(first)
    shared = first.gradient(ids, TARGET, shared=True).gradient
    plain = first.gradient(ids, TARGET).gradient
    inside, done = threading.Event(), threading.Event()

    def stay_inside() -> None:
        with first._products.shared():
            inside.set()
            done.wait()

    thread = threading.Thread(target=stay_inside)
    thread.start()
    inside.wait()
    try:
        np.testing.assert_array_equal(second.gradient(ids, TARGET).gradient, plain)
        with third._products.shared():
            done.set()
            thread.join()
            np.testing.assert_array_equal(second.gradient(ids, TARGET).gradient, plain)
            assert not nothing_is_left()
        np.testing.assert_array_equal(third.gradient(ids, TARGET, shared=True).gradient, shared)
    finally:
        done.set()
        thread.join()
    assert nothing_is_left()


def test_what_stood_in_the_registry_stands_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other packages put attention functions of their own there."""
    engine = tiny.engine("llama")
    ids = ids_of(engine)
    calls: list[int] = []
    usual = ALL_ATTENTION_FUNCTIONS["sdpa"]

    def theirs(*args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        return usual(*args, **kwargs)

    expected = engine.gradient(ids, TARGET, shared=True).gradient
    monkeypatch.setitem(ALL_ATTENTION_FUNCTIONS._local_mapping, "sdpa", theirs)
    found = engine.gradient(ids, TARGET, shared=True).gradient
    assert len(calls) == len(engine._causal.layers)
    assert ALL_ATTENTION_FUNCTIONS["sdpa"] is theirs
    np.testing.assert_array_equal(found, expected)


# ---- where it can't ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("family", "method"), [("bloom, no rotary", "grad_l2"), ("mamba, no cache to cut", "grad_l2")]
)
def test_a_model_with_attention_of_its_own_begins_with_a_plain_method(
    family: str, method: str
) -> None:
    engine = tiny.engine(family)
    assert "relevance" not in engine.capabilities
    assert not engine._products
    assert default_method(engine) == method


def test_layers_that_hold_no_attention_are_told() -> None:
    """In a model that has both, attention is shared and the rest is said to be plain."""
    config = AutoConfig.for_model(
        "lfm2",
        vocab_size=60,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        layer_types=["conv", "full_attention", "conv"],
    )
    auto: Any = AutoModelForCausalLM
    module = auto.from_config(config)
    found = Products(module, layers_of(module))
    assert found
    assert "In 2 of 3 layers" in found.notes[0]
