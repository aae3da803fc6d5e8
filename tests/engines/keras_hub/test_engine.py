"""The KerasHub engine, on tiny random models of many families, on whatever framework runs Keras."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from itertools import pairwise

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import backlit
from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.engines.keras_hub.model import KerasModel
from backlit.engines.keras_hub.padding import bucket
from backlit.errors import (
    Cancelled,
    CapabilityError,
    OptionsError,
    PromptError,
    TargetError,
    UnsupportedModelError,
)
from backlit.methods import BUILT_IN, make_method
from backlit.methods.base import Method, unavailable
from backlit.progress import Phase, PartialScore, Quiet, following
from backlit.testing import check_engine, check_method
from backlit.types import GenerationOptions, Message, Target
from tests.support import tiny_keras

PROMPT = "The cat likes warm milk and the dog likes water."
TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
GRADIENT_METHODS = [m for m in BUILT_IN if m.facts.needs != "gates"]


@pytest.fixture(scope="module")
def engine() -> KerasHubEngine:
    return tiny_keras.engine()


@pytest.mark.parametrize("family", tiny_keras.FAMILIES)
def test_keeps_the_promises_of_engines(family: str) -> None:
    check_engine(tiny_keras.engine(family), PROMPT)


@pytest.mark.parametrize("method", GRADIENT_METHODS, ids=lambda m: m.facts.name)
def test_methods_keep_their_promises(method: type[Method], engine: KerasHubEngine) -> None:
    check_method(make_method(method.facts.name), engine, "The cat likes warm milk. Dogs like water.")


def test_methods_that_gate_attention_say_that_they_can_not(engine: KerasHubEngine) -> None:
    gated = [m for m in BUILT_IN if m.facts.needs == "gates"]
    assert gated
    for method in gated:
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
def test_reused_beginnings_score_as_whole_contexts_do(family: str) -> None:
    engine = tiny_keras.engine(family)
    ids = engine.tokenize(TEXT).input_ids
    contexts = [ids, *(ids[:i] + ids[i + 3 :] for i in range(0, len(ids) - 3, 4)), ids[:1]]
    answers = ids[2:6], ids[3:5]
    reused = dict(engine.score(contexts, *answers))
    assert engine._scorer.reuse is (not framework.PADS and "wrong" not in family)
    engine._scorer.reuse = False
    whole = dict(engine.score(contexts, *answers))
    assert sorted(reused) == sorted(whole) == list(range(len(contexts)))
    for index, log_probs in whole.items():
        np.testing.assert_allclose(reused[index], log_probs, atol=1e-4)


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


# ---- compiling ----------------------------------------------------------------------------


def test_buckets_waste_at_most_half() -> None:
    assert [bucket(n) for n in (1, 64, 65, 128, 129, 192, 193, 257, 400, 600)] == [
        *(64, 64, 96, 128, 192, 192, 256, 384, 512, 768)
    ]
    for length in range(64, 5_000, 7):
        assert length <= bucket(length) <= max(64, 1.5 * length + 1)


def test_compiling_is_told_once_for_a_length() -> None:
    engine = tiny_keras.engine("llama")
    ids = engine.tokenize(TEXT * 6).input_ids
    heard: list[str] = []

    class Heard(Quiet):
        def __call__(
            self,
            phase: Phase,
            done: int = 0,
            total: int | None = None,
            scores: Sequence[PartialScore] = (),
        ) -> None:
            heard.append(phase)

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


# ---- text -----------------------------------------------------------------------------------

HARD = [
    "plain words, and more.",
    "👩‍🚀 and 👍🏽 in 東京 𒀀",
    "İstanbul'da ılık süt, ğüşöç",
    "e\u0301 a\u0308 combining",
    "tabs\tand\r\nlines\n\n  indented  \n",
    " leading and trailing ",
    "<start_of_turn>user",
]
KINDS = {kind: tiny_keras.engine(kind) for kind in ("gemma3, sliding", "gpt2")}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HARD)
def test_every_character_has_a_token(kind: str, text: str) -> None:
    engine = KINDS[kind]
    sequence = engine.tokenize(text)
    shown = [t for t in sequence.tokens if t.stop > t.start]
    assert shown[0].start == 0
    assert shown[-1].stop == len(text)
    for one, other in pairwise(shown):
        assert other.start <= one.stop <= other.stop
    given = engine.append(sequence, text)
    assert given.text == text + text


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(min_size=1, max_size=40))
@settings(max_examples=60, deadline=None)
def test_any_text_can_be_read_and_given(kind: str, text: str) -> None:
    engine = KINDS[kind]
    try:
        sequence = engine.tokenize(text)
    except PromptError:
        return
    assert sequence.text == text
    covered = {c for t in sequence.tokens for c in range(t.start, t.stop)}
    assert covered == set(range(len(text)))


def test_ids_are_those_of_keras_hubs_tokenizer() -> None:
    for kind, engine in KINDS.items():
        read = tiny_keras.reader(tiny_keras.FAMILIES[kind][1])
        for text in HARD[:2]:
            ids = [t.id for t in engine.tokenize(text).tokens]
            expected = np.asarray(read.tokenize(text)).tolist()
            assert ids == [read.start_token_id, *expected]


def test_ids_beyond_the_tokenizers_own() -> None:
    more = tiny_keras.reader("Gemma3").vocabulary_size() + 8
    model = tiny_keras.causal_lm(vocabulary_size=more)
    engine = KerasHubEngine(model, tiny_keras.reader("Gemma3"), "wide", "tiny")
    prompt = engine.tokenize(PROMPT)
    given = engine.append(prompt, [more - 1, 60])
    assert given.tokens[-2].text == ""
    list(engine.generate(prompt, GenerationOptions(max_new_tokens=12, temperature=5, seed=0)))


def test_a_text_of_start_tokens(engine: KerasHubEngine) -> None:
    text = "<bos>" * 500
    assert engine.tokenize(text).text == text


def test_gemmas_turns(engine: KerasHubEngine) -> None:
    turns = (
        Message("system", "Be brief."),
        Message("user", " Hello "),
        Message("assistant", "Hi"),
        Message("user", "Bye"),
    )
    sequence = engine.tokenize(turns)
    assert sequence.text == (
        "<bos><start_of_turn>user\nBe brief.\n\nHello<end_of_turn>\n"
        "<start_of_turn>model\nHi<end_of_turn>\n<start_of_turn>user\nBye<end_of_turn>\n"
        "<start_of_turn>model\n"
    )
    assert [t.text for t in sequence.tokens[:2]] == ["<bos>", "<start_of_turn>"]
    assert sequence.input_ids[0] == 1
    roles = {t.role for t in sequence.tokens}
    assert roles == {"template", "system", "user", "assistant"}
    with pytest.raises(PromptError, match="take turns"):
        engine.tokenize((Message("user", "a"), Message("user", "b")))


def test_a_base_model_reads_no_messages() -> None:
    with pytest.raises(PromptError, match="no chat template"):
        tiny_keras.engine("gpt2").tokenize((Message("user", "hi"),))


def test_longer_than_the_context() -> None:
    engine = tiny_keras.engine("gpt2", max_sequence_length=16)
    assert engine.context_length == 16
    with pytest.raises(PromptError, match="gpt2 reads at most 16"):
        engine.tokenize(TEXT)
    short = engine.tokenize("The cat likes warm")
    *_, last = engine.generate(short, GenerationOptions(max_new_tokens=200))
    assert last.finish_reason in ("context", "stop")


def test_ids_that_are_not_there(engine: KerasHubEngine) -> None:
    with pytest.raises(TargetError, match="ids that this model does not know"):
        engine.append(engine.tokenize(PROMPT), [10_000])


# ---- what can be wrong with a model ---------------------------------------------------------


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


def test_a_model_without_embeddings() -> None:
    class Strange:
        backbone = object()

    with pytest.raises(UnsupportedModelError, match="no token embedding"):
        KerasModel(Strange())
