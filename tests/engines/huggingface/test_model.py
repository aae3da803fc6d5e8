"""A transformers model, run only where it matters: positions, masks, layers."""

from typing import Any

import pytest
import torch

from backlit.engines.huggingface.model import CausalModel, add_cancellation_hooks, layers_of
from tests.support import tiny

IDS = torch.tensor([[5, 6, 7, 8, 9]])


@pytest.mark.parametrize("family", ["llama", "gpt2", "mamba, no cache to cut"])
def test_logits_are_those_of_the_positions_asked_for(family: str) -> None:
    model = CausalModel(tiny.model(family))
    with torch.no_grad():
        whole = model.module(input_ids=IDS).logits  # (1, 5, vocab)
        torch.testing.assert_close(model.logits(2, input_ids=IDS), whole[:, -2:])
        places = torch.tensor([0, 3])
        torch.testing.assert_close(model.logits(places, input_ids=IDS), whole[:, places])


def test_logits_are_float32_whatever_it_computes_in() -> None:
    model = CausalModel(tiny.model().bfloat16())
    assert model.dtype == torch.bfloat16
    with torch.no_grad():
        assert model.logits(1, input_ids=IDS).dtype == torch.float32


def test_what_it_remembers_goes_by_its_familys_name() -> None:
    assert CausalModel(tiny.model()).memory == "past_key_values"
    assert CausalModel(tiny.model("mamba, no cache to cut")).memory == "cache_params"


def distances(size: int) -> tuple[torch.Tensor, torch.Tensor]:
    """What a plain causal mask sees, and how far back it is: `(1, size, size)` each."""
    place = torch.arange(size)
    distance = (place[:, None] - place)[None]
    return distance >= 0, distance


def seen(mask: torch.Tensor) -> list[int]:
    """How many keys each query sees."""
    assert mask.shape[:2] == (1, 1)
    return (mask[0, 0] == 0).sum(-1).tolist()


def test_a_mask_shows_what_is_seen() -> None:
    masks = CausalModel(tiny.model()).additive_masks(*distances(4))
    assert seen(masks) == [1, 2, 3, 4]
    assert masks.min() == torch.finfo(torch.float32).min


def test_a_sliding_window_is_in_the_masks_of_the_layers_that_have_it() -> None:
    masks: Any = CausalModel(tiny.model("gemma3, sliding")).additive_masks(*distances(8))
    assert seen(masks["full_attention"]) == [1, 2, 3, 4, 5, 6, 7, 8]
    assert seen(masks["sliding_attention"]) == [1, 2, 3, 4, 5, 6, 6, 6]
    everywhere = CausalModel(tiny.model("mistral, sliding"))
    kinds = set(getattr(everywhere.config, "layer_types", None) or ())
    masks = everywhere.additive_masks(*distances(8))
    assert seen(masks["sliding_attention"] if kinds else masks) == [1, 2, 3, 4, 5, 6, 6, 6]


def test_layers_are_found_by_their_number() -> None:
    model = tiny.model()
    assert [type(layer).__name__ for layer in layers_of(model)] == ["LlamaDecoderLayer"] * 3
    model.config.num_hidden_layers = 7
    assert layers_of(model) == []


def test_hooks_are_added_once() -> None:
    layers = layers_of(tiny.model())
    for _ in range(2):
        add_cancellation_hooks(layers)
    assert [len(layer._forward_hooks) for layer in layers] == [1, 1, 1]
