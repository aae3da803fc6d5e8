"""Reasoning blocks: what a model sets apart from its answer, between `<think>` and `</think>`."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace

from backlit.types import REASONING, Token, TokenSequence

MOST_OPENING = 16  # tokens that spell an opened block, at the end of a prompt

NAMES = ("think", "thinking", "reasoning")

_OPENING = rf"<({'|'.join(NAMES)})>\s*"
_OPENED = re.compile(_OPENING + "$")  # by a prompt, as some templates do
_OPENS = re.compile(r"\s*" + _OPENING)


@dataclass(frozen=True, slots=True)
class Block:
    """A reasoning block: its name, the token behind it, and whether it was closed."""

    name: str
    stop: int
    closed: bool


def block_of(sequence: TokenSequence) -> Block | None:
    """The block that a response begins with, if it does."""
    first, tokens = sequence.prompt_length, sequence.tokens
    response, ends = _spelled(tokens[first:])
    opened = _OPENED.search(_spelled(tokens[max(0, first - MOST_OPENING) : first])[0])
    opens = None if opened else _OPENS.match(response)
    found = opened or opens
    if found is None:
        return None
    close = f"</{found[1]}>"
    at = response.find(close, opens.end() if opens else 0)
    if at < 0:
        return Block(found[1], len(tokens), closed=False)
    stop = first + bisect_left(ends, at + len(close)) + 1
    while stop < len(tokens) and tokens[stop].start < tokens[stop - 1].stop:
        stop += 1  # pieces of one text, of which each has all of it
    return Block(found[1], stop, closed=True)


def may_begin(response: str) -> bool:
    """Whether more of it could make it begin with a block."""
    begun = response.lstrip()
    return any(f"<{name}>".startswith(begun) for name in NAMES)


def with_block(sequence: TokenSequence) -> TokenSequence:
    """The sequence; the tokens of a reasoning block that its response begins with have that role.

    The block goes from `<think>`, which may be the prompt's last word, to `</think>`; to the end
    if it is never closed. `<thinking>` and `<reasoning>` will do as well.
    """
    first = sequence.prompt_length
    block = block_of(sequence)
    if block is None:
        return sequence
    tokens = (
        replace(token, role=REASONING if i < block.stop else "response")
        for i, token in enumerate(sequence.tokens[first:], start=first)
    )
    return replace(sequence, tokens=(*sequence.tokens[:first], *tokens))


def _spelled(tokens: Sequence[Token]) -> tuple[str, list[int]]:
    """Their text, with the names of those that stand for no characters, and where each ends."""
    pieces, ends = [], []
    shown = tokens[0].start if tokens else 0
    length = 0
    for token in tokens:
        named = token.special and token.start == token.stop
        piece = token.text if named else token.text[max(0, shown - token.start) :]
        shown = max(shown, token.stop)
        length += len(piece)
        pieces.append(piece)
        ends.append(length)
    return "".join(pieces), ends
