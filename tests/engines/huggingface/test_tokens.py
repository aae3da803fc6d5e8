"""Tokens of every kind of tokenizer tile the text, whatever it holds."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backlit.engines.huggingface.engine import HuggingFaceEngine
from backlit.errors import PromptError, TargetError
from backlit.segments import segment
from backlit.types import Message
from tests.support import tiny

KINDS = ["byte_level", "sentencepiece", "wordpiece"]
HARD = [
    "plain words, and more.",
    "👩‍🚀 and 👍🏽 in 東京 𒀀",
    "İstanbul'da ılık süt, ğüşöç",
    "e\u0301 a\u0308 combining",
    "tabs\tand\r\nlines\n\n  indented  \n",
    " leading and trailing ",
]
ENGINES = {kind: tiny.engine(kind=kind) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("text", HARD)
def test_tokens_tile_the_text(kind: str, text: str) -> None:
    check_tiling(ENGINES[kind], text)


@pytest.mark.parametrize("kind", KINDS)
@given(text=st.text(min_size=1, max_size=40).filter(lambda t: t.strip()))
@settings(max_examples=60, deadline=None)
def test_tokens_tile_any_text(kind: str, text: str) -> None:
    if "\ud800" <= max(text) <= "\udfff" or any("\ud800" <= c <= "\udfff" for c in text):
        with pytest.raises(PromptError):
            ENGINES[kind].tokenize(text)
        return
    try:
        check_tiling(ENGINES[kind], text)
    except PromptError:
        assert kind == "wordpiece"  # whose normalizer may leave nothing of control characters


def check_tiling(engine: HuggingFaceEngine, text: str) -> None:
    sequence = engine.tokenize(text)
    assert "".join(s.text for s in segment(sequence, "token") if s.role == "prompt") == text
    for token in sequence.tokens:
        if token.stop > token.start:
            assert token.text == text[token.start : token.stop]


@pytest.mark.parametrize("kind", ["byte_level", "sentencepiece"])
@pytest.mark.parametrize("text", HARD)
def test_a_response_is_shown_as_its_ids_decode(kind: str, text: str) -> None:
    engine = ENGINES[kind]
    prompt = engine.tokenize("The cat likes")
    by_text = engine.append(prompt, text)
    by_ids = engine.append(prompt, [t.id for t in by_text.tokens[prompt.prompt_length :]])
    assert by_text.text == by_ids.text == "The cat likes" + text
    assert "".join(s.text for s in segment(by_ids, "token") if s.role == "response") == text


def test_pieces_of_a_character_share_its_span() -> None:
    sequence = ENGINES["byte_level"].tokenize("a𒀀b")
    spans = [(t.start, t.stop) for t in sequence.tokens]
    assert spans == [(0, 1), (1, 2), (1, 2), (1, 2), (1, 2), (2, 3)]
    assert [s.text for s in segment(sequence, "token")] == ["a", "𒀀", "b"]
    assert [s.stop - s.start for s in segment(sequence, "token")] == [1, 4, 1]


def test_a_character_cut_short_is_no_mojibake() -> None:
    engine = ENGINES["byte_level"]
    prompt = engine.tokenize("a")
    whole = engine.append(prompt, "x𒀀")
    cut = engine.append(prompt, [t.id for t in whole.tokens[1:-1]])
    assert cut.text == "ax"
    assert [s.text for s in segment(cut, "token")] == ["a", "x"]


def test_added_tokens_are_the_templates() -> None:
    sequence = ENGINES["sentencepiece"].tokenize("The cat")
    first = sequence.tokens[0]
    assert (first.text, first.start, first.stop) == ("<s>", 0, 0)
    assert (first.role, first.special) == ("template", True)
    assert {t.role for t in sequence.tokens[1:]} == {"prompt"}


def test_an_unknown_character_can_be_no_target() -> None:
    engine = ENGINES["wordpiece"]
    with pytest.raises(TargetError, match="no token for"):
        engine.append(engine.tokenize("the cat"), " likes ☃")


def test_chat_marks_what_the_template_added() -> None:
    engine = ENGINES["byte_level"]
    sequence = engine.tokenize(
        (Message("system", "system"), Message("user", "  The cat?\n"), Message("assistant", "Yes"))
    )
    assert sequence.text == (
        "<s>system\nsystem</s>\n<s>user\nThe cat?</s>\n<s>assistant\nYes</s>\n<s>assistant\n"
    )
    by_role = [(s.role, s.text) for s in segment(sequence, "paragraph")]
    assert by_role == [
        ("template", "<s>system\n"),
        ("system", "system"),
        ("template", "</s>\n<s>user\n"),
        ("user", "The cat?"),
        ("template", "</s>\n<s>assistant\n"),
        ("assistant", "Yes"),
        ("template", "</s>\n<s>assistant\n"),
    ]


def test_messages_need_a_chat_template() -> None:
    engine = tiny.engine()
    engine._tokenizer.chat_template = None
    plain = HuggingFaceEngine(engine._model, engine._tokenizer, "plain", "tiny")
    assert not plain.chat
    with pytest.raises(PromptError, match="no chat template"):
        plain.tokenize((Message("user", "hi"),))


def test_a_template_that_refuses_says_why() -> None:
    engine = tiny.engine()
    engine._tokenizer.chat_template = "{{ raise_exception('roles must take turns') }}"
    with pytest.raises(PromptError, match="roles must take turns"):
        engine.tokenize((Message("user", "hi"),))


def test_too_long_says_how_long() -> None:
    engine = ENGINES["byte_level"]
    with pytest.raises(PromptError, match="reads at most 512"):
        engine.tokenize("x" * 2_000)
