from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines import open_engine
from backlit.engines.endpoint.chat import Chat
from backlit.engines.endpoint.echo import piece_of
from backlit.engines.endpoint.told import Told, ToldText
from backlit.types import GenerationOptions
from tests.support.endpoints import faked

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
        event(" the dog", [b" a", b" dog"]),
        event(" the dog", [b"the", b" dog"]),  # whose space was left out
        {"choices": [{"text": " the dog", "logprobs": {"content": [{"token": 3}]}}]},
        *(
            {"choices": [{"text": " the dog", "logprobs": {"content": [entry]}}]}
            for entry in (
                "a",
                {"token": " the", "logprob": "-1"},
                {"token": " the", "logprob": -1.0, "bytes": [300]},
            )
        ),
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


def test_text_may_come_after_its_tokens() -> None:
    told = Told()
    events = [event(" wa", [b" warm", b" mi"]), event("rm mi", []), event("lk", [b"lk"])]
    assert read(told, events) == [" warm", " mi", "lk"]
    assert told.of(8, "lk")


def test_tokens_of_no_text_are_none_of_an_answer() -> None:
    told = Told()
    assert read(told, [event("", [b""]), event(" wa", [b" wa", b""])]) == [" wa"]
    known = told.of(0, " wa")
    assert known is not None
    one, single = known
    assert (one.log_prob, single) == (-1.0, True)


def test_parts_of_characters_that_are_named_by_their_bytes_are_joined() -> None:
    """As OpenAI's older models tell them; of one with a space before it, that stands there."""
    names = ["bytes: \\xe6", "bytes:\\x9d\\xb1"]
    told = Told()
    events = [{"choices": [{"text": "", "logprobs": older(names[:1])}]}]
    events += [{"choices": [{"text": " 東", "logprobs": older(names[1:])}]}]
    assert read(told, [*events, event(" wa", [b" wa"])]) == [" 東", " wa"]
    known = told.of(0, " 東")
    assert known is not None
    assert (known[0].log_prob, known[1]) == (-2.0, False)
    assert told.of(2, " wa")


def older(tokens: Sequence[str]) -> Any:
    values = [-1.0] * len(tokens)
    return {"tokens": list(tokens), "token_logprobs": values, "top_logprobs": [{}] * len(tokens)}


def test_a_token_that_is_told_as_impossible_is_one_all_the_same() -> None:
    """As OpenAI tells one that was sampled from behind the likeliest."""
    odd = event("rm", [b"rm"])
    odd["choices"][0]["logprobs"]["content"][0]["logprob"] = -9999.0
    told = Told()
    assert read(told, [event(" wa", [b" wa"]), odd, event(" mi", [b" mi"])]) == [" wa", "rm", " mi"]
    known = told.of(3, "rm")
    assert known is not None
    assert (known[0].log_prob, known[1]) == (None, True)
    assert told.of(5, " mi")


@pytest.mark.parametrize("values", [None, {"content": None, "refusal": None}])
def test_an_event_that_tells_nothing_leaves_what_is_known(values: Any) -> None:
    told = Told()
    events = [event(" wa", [b" wa"]), {"choices": [{"text": "", "logprobs": values}]}]
    assert read(told, [*events, event("rm", [b"rm"])]) == [" wa", "rm"]
    assert told.of(3, "rm")


def test_an_event_without_a_choice_says_nothing() -> None:
    told = Told()
    chat = Chat(None, "max_tokens").write([], GenerationOptions())
    for reader in (piece_of, chat.reader()):
        read_one = told.reading(reader)
        assert read_one({"choices": None, "usage": {}}) == ("", None)


def test_an_answer_with_such_a_token_keeps_the_servers_tokens() -> None:
    with faked("likeliest", chats=True) as fake:
        engine = open_engine(fake.source)
        assert isinstance(engine, ToldText)

        def spoil(path: str, body: Any, answer: Any) -> Any:
            return odd_second(answer) if body.get("stream") else answer

        def odd_second(events: Iterator[Any]) -> Iterator[Any]:
            for number, one in enumerate(events):
                if number == 1:
                    one["choices"][0]["logprobs"]["content"][0]["logprob"] = -9999.0
                yield one

        fake.spoil = spoil
        steps = engine.generate(engine.tokenize("The cat"), GenerationOptions(max_new_tokens=4))
        tokens = [token for step in steps for token in step.tokens]
        assert [token.log_prob is None for token in tokens] == [False, True, False, False]
        assert all(engine.is_single(token.id) for token in tokens)
