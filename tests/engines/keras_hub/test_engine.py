"""The KerasHub engine, on tiny random models of many families, on whatever framework runs Keras."""

import subprocess
import sys

import keras
import numpy as np
import pytest

import backlit
from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.engines.settings import weights_of
from backlit.errors import (
    CapabilityError,
    OptionsError,
)
from backlit.methods import BUILT_IN, make_method
from backlit.methods.base import Method, unavailable
from backlit.testing import check_engine, check_method
from backlit.types import GenerationOptions, Target
from tests.support import tiny_keras

PROMPT = "The cat likes warm milk and the dog likes water."
TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
NOT_OFFERED = {"gates"}
GRADIENT_METHODS = [m for m in BUILT_IN if NOT_OFFERED.isdisjoint(m.facts.needs)]


@pytest.fixture(scope="module")
def engine() -> KerasHubEngine:
    return tiny_keras.engine()


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_keeps_the_promises_of_engines(family: str) -> None:
    check_engine(tiny_keras.engine(family), PROMPT)


@pytest.mark.parametrize("method", GRADIENT_METHODS, ids=lambda m: m.facts.name)
def test_methods_keep_their_promises(method: type[Method], engine: KerasHubEngine) -> None:
    check_method(
        make_method(method.facts.name), engine, "The cat likes warm milk. Dogs like water."
    )


@pytest.mark.parametrize("need", sorted(NOT_OFFERED))
def test_methods_that_need_more_say_so(need: str, engine: KerasHubEngine) -> None:
    needing = [m for m in BUILT_IN if need in m.facts.needs]
    assert needing
    for method in needing:
        assert "does not offer" in (unavailable(method, engine) or "")


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_gradient_is_that_of_finite_differences(family: str) -> None:
    engine = tiny_keras.engine(family)
    ids = engine.tokenize(TEXT).input_ids
    target = Target(5, 9)
    found = engine.gradient(ids, target)
    # Independently: the model as KerasHub calls it, its embeddings nudged by a changed weight.
    model = engine._model.model
    table = model.backbone.token_embedding.embeddings
    original = keras.ops.convert_to_numpy(table)
    single = [p for p in range(target.stop - 1) if ids[: target.stop - 1].count(ids[p]) == 1]
    untied = _reversed_apart(model)

    def objective(place: int, nudge: np.ndarray) -> float:
        changed = original.copy()
        changed[ids[place]] += nudge
        table.assign(changed)
        read = np.array([ids[: target.stop - 1]], dtype="int32")
        given = {"token_ids": read, "padding_mask": np.ones_like(read)}
        logits = keras.ops.convert_to_numpy(keras.ops.cast(model(given), "float32"))[0]
        table.assign(original)
        logits = logits.astype("float64")
        log_probs = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
        return sum(float(log_probs[t - 1, ids[t]]) for t in range(target.start, target.stop))

    random = np.random.default_rng(0)
    for place in single[:3]:
        direction = random.normal(size=original.shape[1]).astype("float32")
        step = 2e-3 * direction
        slope = (objective(place, step) - objective(place, -step)) / 4e-3
        if not untied:  # the same weight also makes logits, whose part is found by itself
            slope -= _slope_of_logits(engine, ids, target, place, direction)
        assert slope == pytest.approx(found.gradient[place] @ direction, rel=2e-2, abs=2e-2)


def _reversed_apart(model: object) -> bool:
    return not getattr(model.backbone.token_embedding, "tie_weights", True)  # type: ignore[attr-defined]


def _slope_of_logits(
    engine: KerasHubEngine,
    ids: tuple[int, ...],
    target: Target,
    place: int,
    direction: np.ndarray,
) -> float:
    """How the objective changes with the weight only as far as it makes logits."""
    model = engine._model.model
    table = model.backbone.token_embedding.embeddings
    original = keras.ops.convert_to_numpy(table)
    embeddings = engine.embed(ids[: target.stop - 1])

    def objective(sign: float) -> float:
        changed = original.copy()
        changed[ids[place]] += sign * 2e-3 * direction
        table.assign(changed)
        found = engine.score_at(ids, target, embeddings[None, : target.start])[0]
        # what is behind the context is looked up anew, so it must not be the nudged id
        assert ids[place] not in ids[target.start : target.stop - 1]
        table.assign(original)
        return float(found)

    return (objective(1.0) - objective(-1.0)) / 4e-3


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_writing_over_a_cache_is_writing_without_one(family: str) -> None:
    engine = tiny_keras.engine(family)
    prompt = engine.tokenize(PROMPT)
    options = GenerationOptions(max_new_tokens=9)
    cached = [t for step in engine.generate(prompt, options) for t in step.tokens]
    assert bool(engine._model._cache) is ("wrong" not in family), "found out on the way"
    engine._model.forget_cache()
    plain = [t for step in engine.generate(prompt, options) for t in step.tokens]
    assert [t.id for t in cached] == [t.id for t in plain]
    for one, other in zip(cached, plain, strict=True):
        assert one.log_prob == pytest.approx(other.log_prob, abs=1e-4)


def test_greedy_answers_are_those_of_keras_hub() -> None:
    model = tiny_keras.causal_lm()
    engine = backlit.load_model(model, tokenizer=tiny_keras.reader("Gemma3")).engine
    prompt = engine.tokenize(PROMPT)
    options = GenerationOptions(max_new_tokens=8)
    ours = [t.id for step in engine.generate(prompt, options) for t in step.tokens]
    length = len(prompt.tokens) + len(ours)
    model.compile(sampler="greedy")
    padded = np.zeros((1, length), dtype="int32")
    padded[0, : len(prompt.tokens)] = prompt.input_ids
    mask = np.arange(length)[None] < len(prompt.tokens)
    inputs = {"token_ids": keras.ops.array(padded), "padding_mask": keras.ops.array(mask)}
    theirs = model.make_generate_function()(inputs, stop_token_ids=None)["token_ids"]
    assert keras.ops.convert_to_numpy(theirs)[0, len(prompt.tokens) :].tolist() == ours


def test_temperature_and_seed(engine: KerasHubEngine) -> None:
    prompt = engine.tokenize(PROMPT)

    def written(**options: float) -> list[int]:
        made = GenerationOptions(max_new_tokens=8, temperature=1.5, **options)  # type: ignore[arg-type]
        return [t.id for step in engine.generate(prompt, made) for t in step.tokens]

    assert written(seed=1) == written(seed=1)
    assert written(seed=1) != written(seed=2)
    greedy = [
        t.id
        for step in engine.generate(prompt, GenerationOptions(max_new_tokens=8))
        for t in step.tokens
    ]
    assert written(seed=3, top_p=1e-6) == greedy


def test_no_number_is_no_score() -> None:
    engine = tiny_keras.engine("llama")
    weight = engine._model.model.backbone.transformer_layers[0].weights[0]
    weight.assign(np.full(weight.shape, np.nan))
    ids = engine.tokenize(PROMPT).input_ids
    for work in (
        lambda: list(engine.generate(engine.tokenize(PROMPT), GenerationOptions())),
        lambda: list(engine.score([ids[:5]], ids[5:7])),
        lambda: engine.gradient(ids, Target(5, 7)),
        lambda: engine.annotate(engine.append(engine.tokenize(PROMPT), "milk")),
    ):
        with pytest.raises(CapabilityError, match=r"no number .* in float32"):
            work()


def test_shorter_floats() -> None:
    exact = tiny_keras.engine("llama")
    engine = tiny_keras.engine("llama", dtype="bfloat16")
    assert engine.metadata["dtype"] == "bfloat16"
    ids = exact.tokenize(PROMPT).input_ids
    a, b = (one.gradient(ids, Target(5, 7)) for one in (exact, engine))
    np.testing.assert_allclose(a.log_probs, b.log_probs, atol=0.5)
    assert np.corrcoef(a.gradient.ravel(), b.gradient.ravel())[0, 1] > 0.95
    for x, y in zip(
        *(dict(one.score([ids[:5], ids[:7]], ids[7:9])).values() for one in (exact, engine)),
        strict=True,
    ):
        np.testing.assert_allclose(x, y, atol=0.5)
    assert list(engine.generate(engine.tokenize(PROMPT), GenerationOptions(max_new_tokens=4)))


def test_your_own_model() -> None:
    model = tiny_keras.causal_lm("gemma", preprocessor=True)
    loaded = backlit.load_model(model)
    assert loaded.engine.metadata["source"] == "object"
    found = backlit.explain(loaded, PROMPT, response=" Milk.", method="grad_l2", granularity="word")
    assert len(found[0].segments) > 5
    with pytest.raises(OptionsError, match="is loaded already"):
        backlit.load_model(model, dtype="float32")
    with pytest.raises(OptionsError, match="brings its own tokenizer"):
        backlit.load_model("toy", tokenizer=tiny_keras.reader("Gemma"))
    assert loaded.engine.context_length == 8_192
    with pytest.raises(OptionsError, match="no preprocessor"):
        backlit.load_model(tiny_keras.causal_lm("gemma"))
    with pytest.raises(OptionsError, match="A dict is no model"):
        backlit.load_model({})
    with pytest.raises(backlit.errors.DataError, match="a Python object"):
        backlit.check(found)


def test_what_it_could_look_at_stays_empty() -> None:
    sees = tiny_keras.causal_lm(vision_encoder=tiny_keras.vision_encoder())
    engine = KerasHubEngine(sees, tiny_keras.reader("Gemma3"), "sees", "tiny")
    assert engine.metadata["inputs"] == "text only"
    assert "inputs" not in tiny_keras.engine().metadata
    check_engine(engine, PROMPT)


def test_keras_is_imported_only_when_asked_for() -> None:
    """As in `tests/test_imports.py`, but where Keras is installed."""
    code = (
        "import sys, backlit; from backlit.cli.lists import models; models()\n"
        "backlit.load_model('toy')\n"
        "print('found', sorted({'keras', 'keras_hub', 'kagglehub', 'jax'} & set(sys.modules)))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.splitlines()[-1] == "found []"


def test_weights_tell_models_apart(engine: KerasHubEngine) -> None:
    known = weights_of(engine)
    assert known == weights_of(engine)
    weight = engine._model.model.weights[0]
    before = np.array(keras.ops.convert_to_numpy(weight))
    weight.assign(before + 0.25)
    try:
        assert weights_of(engine) != known
    finally:
        weight.assign(before)
    assert weights_of(engine) == known
