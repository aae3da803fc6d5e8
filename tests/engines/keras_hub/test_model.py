"""A KerasHub model, its layers shadowed for a run: nothing is left of it, and nobody else sees."""

import threading

import keras
import numpy as np
import pytest

from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.engines.keras_hub.model import KerasModel
from backlit.engines.keras_hub.runtime import framework_module
from backlit.errors import Cancelled, UnsupportedModelError
from backlit.progress import Progress, Update, following
from backlit.types import Target
from tests.support import tiny_keras
from tests.support.tiny import CancelledAfter

PROMPT = "The cat likes warm milk and the dog likes water."
TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
framework = framework_module()


@pytest.fixture(scope="module")
def engine() -> KerasHubEngine:
    return tiny_keras.engine()


def test_a_call_leaves_the_model_as_it_was(engine: KerasHubEngine) -> None:
    model = engine._model.model
    before = [keras.ops.convert_to_numpy(w).copy() for w in model.weights]
    trainable = [w.trainable for w in model.weights]
    ids = engine.tokenize(PROMPT).input_ids
    engine.gradient(ids, Target(3, 5))
    dict(engine.score([ids, ids[:4]], ids[:2]))
    layers = [model.backbone.token_embedding, *model.backbone.transformer_layers]
    assert not any({"call", "quantized_call"} & vars(layer).keys() for layer in layers)
    assert [w.trainable for w in model.weights] == trainable
    for weight, old in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(weight), old)
    if keras.config.backend() == "torch":
        assert all(w.value.grad is None for w in model.weights)
        assert all(w.value.requires_grad for w in model.trainable_weights)


def test_other_threads_see_the_model_as_it_is(engine: KerasHubEngine) -> None:
    ids = engine.tokenize(PROMPT).input_ids
    model = engine._model.model
    read = np.array([ids], dtype="int32")
    given = {"token_ids": read, "padding_mask": np.ones_like(read)}
    plain = keras.ops.convert_to_numpy(model(given))
    embedded = engine.embed(ids)
    stop = threading.Event()

    def explain() -> None:
        while not stop.is_set():
            engine.score_at(ids, Target(4, 6), 0 * embedded[None, :4])

    busy = threading.Thread(target=explain)
    busy.start()
    try:
        for _ in range(20):
            np.testing.assert_array_equal(engine.embed(ids), embedded)
            found = keras.ops.convert_to_numpy(model(given))
            np.testing.assert_allclose(found, plain, atol=1e-4)
    finally:
        stop.set()
        busy.join()


def test_shadows_go_when_the_model_fails(engine: KerasHubEngine) -> None:
    with pytest.raises(Exception, match=r".+"):
        engine._model.logits([1, 2, 3], [0], np.zeros((3, 5)))  # of another width
    assert "call" not in vars(engine._model.model.backbone.token_embedding)
    assert len(engine.tokenize(PROMPT).tokens) > 3
    check = dict(engine.score([[1, 5, 6]], [7, 8]))
    assert np.isfinite(check[0]).all()


def test_cancelled_work_stops_soon_and_can_begin_again(engine: KerasHubEngine) -> None:
    ids = engine.tokenize(PROMPT).input_ids
    whole = dict(engine.score([ids[:9], ids[1:9]], ids[9:11]))
    with following(CancelledAfter(1)), pytest.raises(Cancelled):
        list(engine.score([ids[:9], ids[1:9], ids[2:9], ids[3:9]], ids[9:11]))
    again = dict(engine.score([ids[:9], ids[1:9]], ids[9:11]))
    np.testing.assert_allclose(again[0], whole[0], atol=1e-5)


def test_long_work_is_cancelled_in_its_midst(engine: KerasHubEngine) -> None:
    ids = engine.tokenize(PROMPT).input_ids
    target = Target(4, 6)
    engine.gradient(ids, target)  # compiled, if it must be
    steps = np.linspace(0.5, 1, 3)[:, None, None] * engine.embed(ids[:4])
    # Between three layers forward, and back; what is compiled runs as one, so between passes.
    for checks in range(1, 3 if framework.COMPILES else 6):
        with following(CancelledAfter(checks)), pytest.raises(Cancelled):
            engine.gradient_at(ids, target, steps) if framework.COMPILES else engine.gradient(
                ids, target
            )


def test_compiling_is_told_once_for_a_length() -> None:
    engine = tiny_keras.engine("llama")
    ids = engine.tokenize(TEXT * 6).input_ids
    heard: list[str] = []

    class Heard(Progress):
        def report(self, update: Update) -> None:
            heard.append(update.phase)

    with following(Heard()):
        engine.gradient(ids, Target(5, 9))
        first, heard[:] = list(heard), []
        engine.gradient(ids, Target(5, 9))
        engine.gradient(ids, Target(6, 9))
        again, heard[:] = list(heard), []
        engine.gradient(ids, Target(90, 92))
        longer = list(heard)
    assert first == (["compile", "run"] if framework.COMPILES else [])
    assert again == []
    assert longer == (["compile", "run"] if framework.PADS else [])


def test_padding_changes_nothing() -> None:
    engine = tiny_keras.engine("gemma2, sliding")
    ids = engine.tokenize(TEXT).input_ids
    model = engine._model.model
    places = [len(ids) - 3, len(ids) - 1]
    found = engine._model.logits(ids, places)
    read = np.array([ids], dtype="int32")
    given = {"token_ids": read, "padding_mask": np.ones_like(read)}
    plain = keras.ops.convert_to_numpy(model(given))[0, places]
    np.testing.assert_allclose(found, plain, atol=1e-4)


def test_a_model_without_embeddings() -> None:
    class Strange:
        backbone = object()

    with pytest.raises(UnsupportedModelError, match="no token embedding"):
        KerasModel(Strange())
