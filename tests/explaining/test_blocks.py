"""Reasoning blocks: found, named, and never mixed with the answer."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

import backlit
from backlit.engines.toy import ToyEngine
from backlit.explaining.blocks import block_of, with_block
from backlit.explaining.responses import respond, stream
from backlit.segments import GRANULARITIES, segment
from backlit.types import GenerationOptions, Token, TokenSequence


def sequence_of(prompt: str, response: str, size: int = 3) -> TokenSequence:
    """Tokens of so many characters each."""

    def pieces(text: str, offset: int, role: str) -> list[Token]:
        cuts = range(0, len(text), size)
        return [
            Token(0, text[a : a + size], offset + a, offset + min(a + size, len(text)), role=role)
            for a in cuts
        ]

    before = pieces(prompt, 0, "prompt")
    tokens = (*before, *pieces(response, len(prompt), "response"))
    return TokenSequence(prompt + response, tokens, len(before))


def set_apart(sequence: TokenSequence) -> str:
    return "".join(token.text for token in sequence.tokens if token.role == "reasoning")


@pytest.mark.parametrize("size", [1, 3, 40])
@pytest.mark.parametrize(
    ("prompt", "response", "block", "closed"),
    [
        ("Q?", "<think>It is 4.</think>\n\nFour.", "<think>It is 4.</think>", True),
        ("Q?", "\n<think>\n\n</think>\n\nFour.", "\n<think>\n\n</think>", True),
        ("Q?<think>\n", "It is 4.\n</think>\nFour.", "It is 4.\n</think>", True),
        ("Q?", "<reasoning>4 </think></reasoning>4", "<reasoning>4 </think></reasoning>", True),
        ("Q?", "<thinking>Hm. Four", "<thinking>Hm. Four", False),
        ("Q?<think>", "Hm. Four", "Hm. Four", False),
    ],
)
def test_a_block_begins_a_response_and_ends_where_it_is_closed(
    prompt: str, response: str, block: str, closed: bool, size: int
) -> None:
    marked = with_block(sequence_of(prompt, response, size))
    found = block_of(marked)
    assert found is not None
    assert found.closed is closed
    told = set_apart(marked)
    assert told.startswith(block)
    assert len(told) < len(block) + size  # a token is all of it or none
    assert with_block(marked) == marked


@pytest.mark.parametrize(
    ("prompt", "response"),
    [
        ("Q?", "Four. <think>Hm.</think>"),  # says so in the middle
        ("<think>x</think>Q?", "Four."),
        ("Q?<think>\n\n</think>\n\n", "Four."),  # a template that wants none
        ("Q?", "<thinks>Hm.</thinks>"),
        ("Q?", ""),
    ],
)
def test_anything_else_is_no_block(prompt: str, response: str) -> None:
    sequence = sequence_of(prompt, response)
    assert with_block(sequence) == sequence
    assert block_of(sequence) is None


def test_the_names_of_tokens_that_stand_for_no_characters_count() -> None:
    sequence = TokenSequence(
        "Q?Hm.Four.",
        (
            Token(0, "Q?", 0, 2),
            Token(1, "<think>", 2, 2, special=True, role="response"),
            Token(2, "Hm.", 2, 5, role="response"),
            Token(3, "</think>", 5, 5, special=True, role="response"),
            Token(4, "Four.", 5, 10, role="response"),
        ),
        1,
    )
    roles = [token.role for token in with_block(sequence).tokens]
    assert roles == ["prompt", "reasoning", "reasoning", "reasoning", "response"]


def test_pieces_of_one_text_are_all_of_one_role() -> None:
    """An unfinished character and what comes after it may be told as one."""
    sequence = TokenSequence(
        "Q?<think>\ufffd</think>Four.",
        (
            Token(0, "Q?", 0, 2),
            Token(1, "<think>", 2, 9, role="response"),
            Token(2, "\ufffd</think>", 9, 18, role="response"),
            Token(3, "\ufffd</think>", 9, 18, role="response"),
            Token(4, "Four.", 18, 23, role="response"),
        ),
        1,
    )
    roles = [token.role for token in with_block(sequence).tokens]
    assert roles == ["prompt", *["reasoning"] * 3, "response"]


@given(
    thought=st.text(st.characters(exclude_characters="<", exclude_categories=["Cs"])),
    answer=st.text(),
    size=st.integers(1, 9),
)
def test_no_segment_is_of_both(thought: str, answer: str, size: int) -> None:
    marked = with_block(sequence_of("Q. ", f"<think>{thought}</think>{answer}", size))
    text = set_apart(marked)
    assert text.startswith(f"<think>{thought}</think>")
    for granularity in GRANULARITIES:
        if granularity == "custom":
            continue
        for one in segment(marked, granularity):
            roles = {token.role for token in marked.tokens[one.start : one.stop]}
            assert roles == {one.role}


def test_given_and_written_responses_have_it() -> None:
    engine = ToyEngine()
    given_one = respond(engine, "I like", " <think> milk </think> water")
    assert set_apart(given_one.sequence).strip() == "<think> milk </think>"
    (*_, written) = stream(engine, "I like <think>", GenerationOptions(max_new_tokens=3))
    assert isinstance(written, backlit.Generation)
    sequence = written.sequence
    assert {token.role for token in sequence.tokens[sequence.prompt_length :]} == {"reasoning"}


def test_a_map_names_it_and_a_trace_goes_through_it() -> None:
    model = backlit.load_model("toy")
    explanation = model.explain(
        "The cat likes milk.\n",
        response="<think> The cat likes milk. </think> milk",
        target=re.compile(r" milk$"),
        granularity="sentence",
    )
    roles = [one.role for one in explanation[0].segments]
    assert roles[0] == "prompt"
    assert set(roles[1:]) == {"reasoning"}
    trace = model.trace(explanation)[0].trace
    assert trace is not None
    assert trace.through == pytest.approx(
        sum(abs(one.direct) for one in trace.segments if one.role == "reasoning")
    )
    assert all(one.role == "prompt" for one in trace.heaviest())
