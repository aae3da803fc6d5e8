"""A prompt in any form that people have it in, and in words what is none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.errors import PromptError
from backlit.explaining.prompts import ROLES, as_prompt
from backlit.types import Message

HELLO = (Message("user", "Hello"),)


@pytest.mark.parametrize("text", ["", "Hello", " \n", "half \ud800"])
def test_text_stays_as_it_is(text: str) -> None:
    assert as_prompt(text) is text  # whether it can be read is the engine's to say


@pytest.mark.parametrize(
    "value",
    [
        HELLO,
        list(HELLO),
        HELLO[0],
        {"role": "user", "content": "Hello"},
        [{"role": "user", "content": "Hello"}],
        [{"role": "user", "content": "Hello", "name": "Ada"}],
        [{"role": "user", "content": [{"type": "text", "text": "Hello"}]}],
        [{"role": "user", "content": [{"type": "text", "text": "Hel"}, "lo"]}],
        iter(HELLO),
    ],
)
def test_messages_in_many_forms(value: Any) -> None:
    assert as_prompt(value) == HELLO


def test_a_conversation_keeps_its_order() -> None:
    turns: list[Any] = [
        {"role": "system", "content": "Be brief."},
        Message("user", "Hello"),
        {"role": "assistant", "content": "Hi."},
        {"role": "tool", "content": []},
    ]
    assert as_prompt(turns) == (
        Message("system", "Be brief."),
        Message("user", "Hello"),
        Message("assistant", "Hi."),
        Message("tool", ""),
    )


@pytest.mark.parametrize("value", [[], (), iter(())])
def test_no_messages_are_none(value: Any) -> None:
    """Which an engine refuses as it does an empty text."""
    assert as_prompt(value) == ()


@pytest.mark.parametrize("role", ROLES)
def test_roles(role: str) -> None:
    assert as_prompt([{"role": role, "content": "x"}]) == (Message(role, "x"),)


IMAGE = {"type": "image_url", "image_url": {"url": "https://example.org/cat.png"}}


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (["a", "b"], "a list of texts", "Call it for each of them"),
        (["a"], "a list of texts", "Call it for each of them"),
        (3, "can't be of type int", "list of messages"),
        (None, "can't be of type NoneType", "list of messages"),
        (b"text", "Message 1 is not one", '"role": "user"'),
        ({}, "Message 1 is not one", '"role": "user"'),
        ([{"role": "user"}], "Message 1 is not one", '"role": "user"'),
        ([*HELLO, {"content": "Hi"}], "Message 2 is not one", '"role": "user"'),
        ([*HELLO, "and"], "Message 2 is not one", '"role": "user"'),
        ([[{"role": "user", "content": "Hi"}]], "Message 1 is not one", '"role": "user"'),
        ([{"role": "narrator", "content": "x"}], "has the role 'narrator'", "system, developer"),
        ([{"role": ["user"], "content": "x"}], "has the role", "system, developer"),
        ([Message("narrator", "x")], "has the role 'narrator'", "system, developer"),
        ([{"role": "user", "content": None}], "Message 1 has no text", "as text"),
        ([{"role": "user", "content": b"x"}], "Message 1 has no text", "as text"),
        ([{"role": "user", "content": {"text": "x"}}], "Message 1 has no text", "as text"),
        ([Message("user", None)], "Message 1 has no text", "as text"),  # type: ignore[arg-type]
        ([{"role": "user", "content": [IMAGE]}], "part of type 'image_url'", "in words"),
        ([{"role": "user", "content": ["x", IMAGE]}], "part of type 'image_url'", "in words"),
        ([{"role": "user", "content": [{"text": "x"}]}], "part of type None", "in words"),
        ([{"role": "user", "content": [{"type": "text"}]}], "text part without text", '"text"'),
        ([{"role": "user", "content": [3]}], "part of type 'int'", "in words"),
    ],
)
def test_what_is_no_prompt_is_said_with_advice(value: Any, message: str, hint: str) -> None:
    with pytest.raises(PromptError) as raised:
        as_prompt(value)
    assert message in raised.value.message
    assert hint in raised.value.hint


words = st.sampled_from(["role", "content", "type", "text", "user", "assistant", "image"])
leaves = st.none() | st.booleans() | st.integers() | words | st.text(max_size=5)
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=12,
)


@given(values)
def test_anything_is_a_prompt_or_an_error_in_words(value: Any) -> None:
    try:
        prompt = as_prompt(value)
    except PromptError as error:
        assert error.hint
        return
    if isinstance(value, str):
        assert prompt == value
    else:
        assert isinstance(prompt, tuple)
        assert all(isinstance(m, Message) and m.role in ROLES for m in prompt)
        assert all(isinstance(m, Message) and isinstance(m.content, str) for m in prompt)
        assert as_prompt(prompt) == prompt


@given(st.lists(st.tuples(st.sampled_from(ROLES), st.lists(st.text(max_size=5))), min_size=1))
def test_parts_are_joined_as_they_stand(turns: list[tuple[str, list[str]]]) -> None:
    parts = [
        {"role": role, "content": [{"type": "text", "text": t} for t in texts]}
        for role, texts in turns
    ]
    assert as_prompt(parts) == tuple(Message(role, "".join(texts)) for role, texts in turns)
