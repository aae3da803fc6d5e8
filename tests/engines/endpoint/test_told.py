from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.endpoint.told import Told

PIECES = ["👩", "東", " warm", ".\n\n", "'s", " ", "é", "ab"]


def event(text: str, tokens: Sequence[bytes], *, told: bool = True) -> Any:
    content = [
        {"token": one.decode(errors="replace"), "bytes": list(one), "logprob": -1.0}
        for one in tokens
    ]
    return {"choices": [{"text": text, "logprobs": {"content": content} if told else None}]}


def read(told: Told, events: Sequence[Any]) -> list[str]:
    """The pieces of an answer, of which the last one is held back until the next event."""
    noting = told.reading(lambda one: (one["choices"][0]["text"], None))
    pieces: list[str] = []
    for one in events:
        text, _ = noting(one)
        last = pieces.pop() if pieces else ""
        pieces += told.cut(last + text) if last + text else []
    return pieces


@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=12), st.integers(1, 4))
def test_tokens_of_parts_of_characters_are_joined(texts: list[str], size: int) -> None:
    """A server tells a token at a time, and a character's text with the last of its tokens."""
    events = []
    for text in texts:
        content = text.encode()
        # As long as the parts of a character, and else as one token.
        parts = [content[n : n + size] for n in range(0, len(content), size)]
        parts = parts if len(text) == 1 else [content]
        events += [event("", [part]) for part in parts[:-1]] + [event(text, parts[-1:])]
    told = Told()
    assert read(told, events) == texts
    at = 0
    for text in texts:
        known = told.of(at, text)
        assert known is not None
        one, single = known
        count = -(-len(text.encode()) // size) if len(text) == 1 else 1
        assert single == (count == 1)
        assert one.log_prob == -count
        at += len(text)


def test_several_tokens_in_one_event_are_told_apart() -> None:
    told = Told()
    assert read(told, [event(" warm milk", [b" warm", b" mi", b"lk"])]) == [" warm", " mi", "lk"]


@pytest.mark.parametrize(
    "lost",
    [
        event(" the dog", [], told=False),
        event(" the dog", [b"\xef", b" the"]),  # of which it tells other characters
        {"choices": [{"text": " the dog", "logprobs": {"content": [{"token": 3}]}}]},
        {
            "choices": [
                {"text": " the dog", "logprobs": {"content": [{"token": "\ufffd", "logprob": -1}]}}
            ]
        },
    ],
)
def test_what_no_tokens_are_told_of_and_all_behind_is_cut_into_words(lost: Any) -> None:
    told = Told()
    events = [event(" wa", [b" wa"]), event("rm", [b"rm"]), lost, event(" wa", [b" wa"])]
    assert read(told, [*events, event("rm.", [b"rm", b"."])]) == [
        " wa",
        "rm",
        " the",
        " dog",
        " warm",
        ".",
    ]
    assert told.of(3, "rm")
    assert told.of(5, " the") is None
    assert told.of(12, " warm") is None


def test_the_token_that_ends_an_answer_is_none_of_it() -> None:
    told = Told()
    assert read(told, [event(" warm", [b" warm"]), event("", [b"<end>"])]) == [" warm"]
