"""Shared products in tiny random models of many families, on whatever framework runs Keras."""

from typing import Any

import keras
import numpy as np
import pytest

from backlit.engines.keras_hub import products
from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.engines.keras_hub.products import ATTEND, Products
from backlit.types import Target
from tests.support import tiny_keras

TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
TARGET = Target(5, 9)
GATED = [name for name in tiny_keras.FAMILIES if not name.startswith("gpt")]


def ids_of(engine: KerasHubEngine) -> tuple[int, ...]:
    return engine.tokenize(TEXT).input_ids


def parts_of(engine: KerasHubEngine) -> list[Any]:
    layers = engine._model.model.backbone.transformer_layers
    return [part for layer in layers for part in layer._flatten_layers()]


def test_a_half_is_the_same_to_the_bit() -> None:
    values = np.random.default_rng(0).normal(size=1000).astype("float32")
    half = keras.ops.convert_to_numpy(products._half(keras.ops.convert_to_tensor(values)))
    assert half.tolist() == values.tolist()


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_the_way_forward_stays_and_the_way_back_does_not(family: str) -> None:
    engine = tiny_keras.engine(family)
    ids = ids_of(engine)
    assert "relevance" in engine.capabilities
    plain, shared = engine.gradient(ids, TARGET), engine.gradient(ids, TARGET, shared=True)
    assert shared.log_probs == pytest.approx(plain.log_probs, abs=1e-5)
    assert shared.embeddings.tolist() == plain.embeddings.tolist()
    scale = np.abs(plain.gradient).max()
    assert np.abs(shared.gradient - plain.gradient).max() > 0.05 * scale
    again = engine.gradient(ids, TARGET)
    assert again.gradient == pytest.approx(plain.gradient, abs=1e-5 * scale)


@pytest.mark.parametrize("family", GATED)
def test_both_branches_of_every_network_are_found(family: str) -> None:
    found = Products(tiny_keras.engine(family)._model.model.backbone)
    assert len(found._attention) == tiny_keras.SIZES["num_layers"]
    assert len(found._branches) == 2 * tiny_keras.SIZES["num_layers"]
    assert found.notes == ()


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_left_behind(fails: bool) -> None:
    engine = tiny_keras.engine("llama")
    before = [dict(vars(part)) for part in parts_of(engine)]
    shared = engine._model.products.shared()
    try:
        with shared:
            assert any(ATTEND in vars(part) for part in parts_of(engine))
            if fails:
                raise ValueError
    except ValueError:
        assert fails
    assert [dict(vars(part)) for part in parts_of(engine)] == before


def test_layers_without_attention_are_told() -> None:
    class Layer:
        def _flatten_layers(self) -> list[Any]:
            return [self]

    class Backbone:
        transformer_layers = (Layer(), Layer())

    found = Products(Backbone())
    assert not found
    assert found.notes[0].startswith("In 2 of 2 layers")


def test_tokens_that_weigh_nothing_are_not_asked_about() -> None:
    engine = tiny_keras.engine("llama")
    ids = ids_of(engine)
    last = Target(TARGET.stop - 1, TARGET.stop)
    only_last = [0.0] * (TARGET.stop - TARGET.start - 1) + [1.0]
    weighed = engine.gradient(ids, TARGET, shared=True, weights=only_last)
    alone = engine.gradient(ids, last, shared=True).gradient
    assert weighed.gradient == pytest.approx(alone, abs=1e-4 * np.abs(alone).max())
    assert len(weighed.log_probs) == len(only_last)
