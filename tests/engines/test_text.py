"""Spans from offsets, characters from ids, roles from templates."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.text import (
    MOST_CHARACTERS,
    StreamDecoder,
    check_characters,
    check_prompt,
    render_chat,
    roles_of,
    tile,
)
from backlit.errors import PromptError
from backlit.types import Message, Span


def decode(ids: Sequence[int]) -> str:
    return bytes(ids).decode(errors="replace")


def test_gaps_go_to_the_token_behind_them() -> None:
    assert tile([(0, 3), (4, 7), (7, 8)], "The cat. ") == [(0, 3), (3, 7), (7, 9)]


def test_added_tokens_stay_empty() -> None:
    assert tile([(0, 0), (0, 2), (3, 5), (0, 0)], "ab cd ") == [(0, 0), (0, 2), (2, 6), (6, 6)]


def test_pieces_after_a_gap_share_the_span() -> None:
    assert tile([(0, 1), (2, 3), (2, 3), (2, 3)], "a 𒀀") == [(0, 1), (1, 3), (1, 3), (1, 3)]


def test_a_stream_holds_back_half_a_character() -> None:
    decoder = StreamDecoder(decode, list(b"ab"), start=2)
    emitted = [decoder.push(byte) for byte in "c🚀d".encode()]
    assert [len(pieces) for pieces in emitted] == [1, 0, 0, 0, 4, 1]
    assert emitted[0] == [(ord("c"), "c", (2, 3))]
    assert {(text, span) for _, text, span in emitted[4]} == {("🚀", (3, 4))}
    assert emitted[5] == [(ord("d"), "d", (4, 5))]
    assert decoder.flush() == []


def test_a_character_never_finished_stands_for_nothing() -> None:
    decoder = StreamDecoder(decode, [], start=0)
    assert decoder.push(0xF0) == decoder.push(0x9F) == []
    assert decoder.flush() == [(0xF0, "", (0, 0)), (0x9F, "", (0, 0))]


def test_bytes_that_are_no_character_end_up_as_one_sign() -> None:
    decoder = StreamDecoder(decode, [], start=0)
    assert decoder.push(0xFF) == []
    assert [text for _, text, _ in decoder.push(ord("a"))] == ["\ufffda", "\ufffda"]


def test_peek_shows_what_an_id_would_add() -> None:
    decoder = StreamDecoder(decode, list(b"a"), start=1)
    assert decoder.peek(ord("b")) == "b"
    assert decoder.peek(0xF0) == ""
    assert decoder.push(ord("c")) == [(ord("c"), "c", (1, 2))]


@given(st.text(max_size=30), st.text(min_size=1, max_size=30))
def test_any_text_streams_back_whole(before: str, text: str) -> None:
    try:
        ids = list(text.encode())
        context = list(before.encode())
    except UnicodeEncodeError:
        return
    decoder = StreamDecoder(decode, context, len(before))
    pieces = [piece for token_id in ids for piece in decoder.push(token_id)] + decoder.flush()
    assert [token_id for token_id, _, _ in pieces] == ids
    spans = dict.fromkeys((span, text) for _, text, span in pieces)
    if "\ufffd" not in text:
        assert "".join(text for _, text in spans) == text


def template(messages: Sequence[Message]) -> str:
    return "".join(f"<{m.role}>{m.content.strip()}</{m.role}>" for m in messages) + "<assistant>"


def test_a_chat_knows_whose_characters_are_whose() -> None:
    messages = [Message("user", "user"), Message("assistant", " hi "), Message("user", "user>")]
    text, contents = render_chat(messages, template)
    assert text == "<user>user</user><assistant>hi</assistant><user>user></user><assistant>"
    assert [(text[a:b], role) for (a, b), role in contents] == [
        ("user", "user"),
        ("hi", "assistant"),
        ("user>", "user"),
    ]
    spans = [(0, 6), (6, 10), (10, 17)]
    assert roles_of(spans, contents) == ["template", "user", "template"]


def test_a_template_that_rewrites_keeps_its_text() -> None:
    text, contents = render_chat([Message("user", "shout")], lambda ms: ms[0].content.upper())
    assert text == "SHOUT"
    assert contents == []


@pytest.mark.parametrize("bad", ["", (), (Message("user", ""),), "half \udc00", "\ud83d"])
def test_what_no_tokenizer_can_read_is_refused(bad: str | tuple[Message, ...]) -> None:
    with pytest.raises(PromptError) as raised:
        check_prompt(bad)
    assert raised.value.hint


@given(
    lengths=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 4)), max_size=6),
    starts=st.lists(st.integers(0, 45), max_size=30),
)
def test_a_token_has_the_role_of_the_message_it_begins_in(
    lengths: list[tuple[int, int]], starts: list[int]
) -> None:
    contents: list[tuple[Span, str]] = []
    at = 0
    for gap, length in lengths:
        contents.append(((at + gap, at + gap + length), f"role {len(contents)}"))
        at += gap + length
    spans = [(start, start + start % 3) for start in starts]

    def role(span: Span) -> str:
        inside = (role for (a, b), role in contents if a <= span[0] < b and span[1] > span[0])
        return next(inside, "template")

    assert roles_of(spans, contents) == [role(span) for span in spans]


def test_what_no_model_of_that_context_could_read_is_refused_unread() -> None:
    check_characters(10 * MOST_CHARACTERS, 10, "tiny")
    check_characters(10**9, None, "boundless")
    with pytest.raises(PromptError, match="1,281 characters long; tiny reads at most 10 tokens"):
        check_characters(10 * MOST_CHARACTERS + 1, 10, "tiny")
