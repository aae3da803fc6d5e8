"""KerasHub's tokenizers: every character has a token, and ids are KerasHub's own."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.keras_hub.engine import KerasHubEngine
from backlit.errors import PromptError, TargetError
from backlit.types import GenerationOptions, Message
from tests.support import tiny_keras

PROMPT = "The cat likes warm milk and the dog likes water."
TEXT = "The cat likes warm milk. The dog likes cold water, and so on."
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


@pytest.fixture(scope="module")
def engine() -> KerasHubEngine:
    return tiny_keras.engine()


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
