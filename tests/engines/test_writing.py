"""The loop that writes, on logits that are made up: what is chosen, and where it ends."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backlit.engines.base import FloatArray, GenerationStep
from backlit.engines.tokens import Encoding, TokenReader
from backlit.engines.writing import (
    Draft,
    Limits,
    alternatives,
    annotated,
    choose,
    log_softmax,
    log_softmax_at,
    write,
)
from backlit.errors import PromptError
from backlit.types import FinishReason, GenerationOptions, Message, TokenSequence

END = 256


class Bytes:
    """A tokenizer of bytes."""

    chat = False
    special_ids: frozenset[int] = frozenset({END})
    unknown_id: int | None = None

    def encode(self, text: str, *, whole: bool) -> Encoding:
        ids = list(text.encode())
        offsets = [(at, at + 1) for at, sign in enumerate(text) for _ in sign.encode()]
        return Encoding(ids, offsets, [False] * len(ids))

    def decode(self, ids: list[int]) -> str:
        return bytes(ids).decode(errors="replace")

    def piece(self, token_id: int) -> str:
        return f"<{token_id}>"

    def render(self, messages: Sequence[Message]) -> str:
        raise AssertionError("there is no chat")


def reader(context_length: int | None = None) -> TokenReader:
    return TokenReader(Bytes(), "bytes", END + 1, context_length)


class Script:
    """Logits that make a text the likeliest, one byte a call; and what was asked."""

    def __init__(self, text: str) -> None:
        self._ids = iter([*text.encode(), END])
        self.calls: list[list[int]] = []

    def __call__(self, new: Sequence[int]) -> FloatArray:
        self.calls.append(list(new))
        logits = np.zeros(END + 1)
        logits[next(self._ids)] = 3.0
        return logits


def steps(text: str, context_length: int | None = None, **options: Any) -> list[GenerationStep]:
    """What is written behind "ab" by a model that wants to write a text."""
    reads = reader(context_length)
    chosen = GenerationOptions(**options)
    draft = Draft(reads.tokenize("ab"), chosen, reads, frozenset({END}))
    return list(write(draft, Script(text)))


def text_of(written: list[GenerationStep]) -> tuple[str, FinishReason | None]:
    tokens = [token for step in written for token in step.tokens]
    sequence = TokenSequence("ab", (), 0).extended(tokens)
    assert all(step.finish_reason is None for step in written[:-1])
    return sequence.text[2:], written[-1].finish_reason


# ---- where it ends ---------------------------------------------------------------------------


def test_an_end_id_is_no_part_of_the_response() -> None:
    written = steps("yes")
    assert text_of(written) == ("yes", "stop")
    assert written[-1] == GenerationStep((), "stop")


@pytest.mark.parametrize(
    ("options", "context_length", "expected"),
    [
        ({"max_new_tokens": 3}, None, ("one", "length")),
        ({"max_new_tokens": 3}, 9, ("one", "length")),
        ({"max_new_tokens": 3}, 5, ("one", "length")),
        ({"max_new_tokens": 9}, 5, ("one", "context")),
        ({"stop": ("e t",)}, None, ("one t", "stop")),
        ({"stop": ("zz", "w")}, None, ("one tw", "stop")),
        ({"stop": ("e",), "max_new_tokens": 3}, None, ("one", "stop")),
        ({"stop": ("b",)}, None, ("one two", "stop")),  # in the prompt, not in the response
    ],
)
def test_the_first_limit_ends_a_response(
    options: dict[str, Any], context_length: int | None, expected: tuple[str, FinishReason]
) -> None:
    assert text_of(steps("one two", context_length, **options)) == expected


def test_a_prompt_that_leaves_no_room_is_refused() -> None:
    reads = reader(context_length=2)
    prompt = reads.tokenize("ab")
    with pytest.raises(PromptError, match="3 tokens long; bytes reads at most 2"):
        Draft(prompt, GenerationOptions(), reads, frozenset())


def test_a_character_cut_short_stands_for_nothing() -> None:
    written = steps("é🚀", max_new_tokens=4)
    assert text_of(written) == ("é", "length")
    assert [len(step.tokens) for step in written] == [2, 2]
    assert [token.text for token in written[-1].tokens] == ["", ""]


def test_only_what_is_new_is_asked_about() -> None:
    reads, script = reader(), Script("xyz")
    draft = Draft(reads.tokenize("ab"), GenerationOptions(), reads, frozenset({END}))
    list(write(draft, script))
    assert script.calls == [list(b"ab"), [ord("x")], [ord("y")], [ord("z")]]


@given(st.integers(1, 9), st.integers(1, 9), st.integers(3, 12))
def test_limits_count_down(most: int, count: int, context_length: int) -> None:
    prompt = reader().tokenize("ab")
    limits = Limits(prompt, GenerationOptions(max_new_tokens=most), context_length)
    for _ in range(count):
        assert not limits.stops_at("x")
    room = min(most, context_length - 2)
    reason = "length" if most <= context_length - 2 else "context"
    assert limits.full == (reason if count >= room else None)


# ---- what is known of each token -------------------------------------------------------------


def test_tokens_say_how_likely_they_were() -> None:
    token = steps("x")[0].tokens[0]
    total = math.log(END + math.exp(3))
    assert token.log_prob == pytest.approx(3 - total)
    best, *others = token.alternatives
    assert (best.id, best.text) == (ord("x"), "x")
    assert best.log_prob == token.log_prob
    # all others are alike, so the first ids come first
    assert [one.id for one in others] == [0, 1, 2, 3]


def test_annotating_tells_what_writing_told() -> None:
    reads = reader()
    prompt = reads.tokenize("ab")
    written = prompt.extended(t for step in steps("né🚀") for t in step.tokens)
    script = Script("né🚀")
    logits = np.stack([script([]) for _ in written.tokens[2:]])  # (response, vocab)
    bare = reads.append(prompt, "né🚀")
    assert annotated(bare, logits, reads) == written


@given(st.lists(st.integers(-3, 3), min_size=1, max_size=40))
def test_alternatives_are_the_first_of_a_stable_order(values: list[int]) -> None:
    log_probs = log_softmax(np.array(values, dtype=float))
    found = alternatives(log_probs, reader().decoder(reader().tokenize("a")))
    order = np.argsort(-log_probs, kind="stable")[:5].tolist()
    assert [one.id for one in found] == order
    assert all(a.log_prob >= b.log_prob for a, b in pairwise(found))


def test_log_softmax_is_row_by_row_and_large_logits_do_no_harm() -> None:
    logits = np.array([[1_000.0, 999.0], [-5.0, -5.0]], dtype=np.float32)
    whole = log_softmax(logits)  # type: ignore[arg-type]
    expected = [[-math.log1p(math.exp(-1)), -1 - math.log1p(math.exp(-1))], [-math.log(2)] * 2]
    np.testing.assert_allclose(whole, expected, rtol=1e-12)
    np.testing.assert_allclose(log_softmax_at(logits, [1, 0]), [whole[0, 1], whole[1, 0]])  # type: ignore[arg-type]


# ---- what is chosen --------------------------------------------------------------------------

LOG_PROBS = np.log([0.5, 0.3, 0.2])


def drawn(**options: Any) -> list[float]:
    """How often each id is chosen."""
    random = np.random.default_rng(0)
    chosen = GenerationOptions(**options)
    ids = [choose(LOG_PROBS, chosen, random) for _ in range(4_000)]
    return [ids.count(i) / len(ids) for i in range(3)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"temperature": 0}, [1, 0, 0]),
        ({"temperature": 1e-9}, [1, 0, 0]),
        ({"temperature": 1}, [0.5, 0.3, 0.2]),
        ({"temperature": 0.5}, [25 / 38, 9 / 38, 4 / 38]),
        ({"temperature": 1, "top_p": 0.7}, [5 / 8, 3 / 8, 0]),
        ({"temperature": 1, "top_p": 0.5}, [1, 0, 0]),
        ({"temperature": 9, "top_p": 1e-6}, [1, 0, 0]),
    ],
)
def test_ids_are_drawn_as_likely_as_they_are(
    options: dict[str, float], expected: list[float]
) -> None:
    np.testing.assert_allclose(drawn(**options), expected, atol=0.03)
