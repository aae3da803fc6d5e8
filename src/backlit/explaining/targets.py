"""What is explained: a part of the response, and what might have stood in its place."""

import re
from collections.abc import Sequence
from dataclasses import replace
from operator import index
from typing import SupportsIndex

from backlit.engines.base import Engine
from backlit.errors import TargetError
from backlit.explaining.answers import Answer, as_answer
from backlit.types import Foil, Span, Target, TokenSequence

MAX_NAMED = 3  # places that an error names, of words that stand in several

TargetLike = str | re.Pattern[str] | Span | Target | None
"""What a person may give as the target."""


def select_target(sequence: TokenSequence, target: TargetLike = None) -> Target:
    """The part of the response that is meant.

    Args:
        sequence: a prompt and its response.
        target: words of the response, a regular expression that matches some, a token span of
            the sequence, a `Target`, or None for the whole response.

    Raises:
        TargetError: there is no response, it has no such words or tokens, or has them twice; or
            what was given is no target.
    """
    first, end = sequence.prompt_length, len(sequence.tokens)
    if first == end:
        raise TargetError("There is no response to explain.", "Generate one, or give a response.")
    if first == 0:
        raise TargetError("There is nothing before the response.", "Give a prompt.")
    if target is None:
        return Target(first, end)
    if isinstance(target, Target):
        return replace(select_target(sequence, (target.start, target.stop)), foil=target.foil)
    if not isinstance(target, str | re.Pattern):
        span = bounds(target)
        if span is None:
            raise TargetError(
                f"{target!r} is no target.",
                "Give words of the response, a compiled pattern, or a token span (start, stop).",
            )
        start, stop = span
        if not first <= start < stop <= end:
            raise TargetError(
                f"The token span {start}:{stop} is not in the response.",
                f"The response is tokens {first}:{end}.",
            )
        return Target(start, stop)
    if not target:
        raise TargetError("The target is empty.", "Give some words, or leave it out for all of it.")
    spans = [(one.start, one.stop) for one in occurrences(sequence, target)]
    if not spans:
        description = f"{target!r}" if isinstance(target, str) else f"a match of {target.pattern!r}"
        raise TargetError(
            f"The response does not contain {description}.",
            "Give words as they stand in the response, or leave the target out for all of it. "
            "What the model should have said is given as the response.",
        )
    if len(spans) > 1:
        raise TargetError(
            f"The response has the target {len(spans)} times.",
            which_of(spans),
        )
    return Target(*spans[0])


def which_of(spans: Sequence[Span]) -> str:
    """What to do about words that stand in several places."""
    named = " or ".join(f"{a}:{b}" for a, b in spans[:MAX_NAMED])
    more = "" if len(spans) <= MAX_NAMED else " …"
    return f"Give more of the words around it, or its tokens: {named}{more}"


def occurrences(sequence: TokenSequence, words: str | re.Pattern[str]) -> list[Target]:
    """Where words stand in the response, or a pattern matches, from first to last."""
    start = len(sequence.prompt.text)
    found = places(sequence.text[start:], words)
    spans = [tokens_at(sequence, (start + a, start + b), sequence.prompt_length) for a, b in found]
    return [Target(*span) for span in dict.fromkeys(spans)]


def bounds(span: object) -> Span | None:
    """A span as two plain integers; None if it is something else."""
    match span:
        case (SupportsIndex() as start, SupportsIndex() as stop):
            return index(start), index(stop)
    return None


def places(text: str, words: str | re.Pattern[str]) -> list[Span]:
    """Where words stand, or a pattern matches, in the characters of a text.

    Words may overlap themselves, as "ana" does in "banana"; matches of a pattern do not.
    """
    if isinstance(words, str):
        starts = re.finditer(f"(?={re.escape(words)})", text)
        return [(match.start(), match.start() + len(words)) for match in starts]
    return [match.span() for match in words.finditer(text) if match.group()]


def tokens_at(sequence: TokenSequence, characters: Span, first: int = 0) -> Span:
    """The tokens, from `first` on, that hold some of these characters."""
    start, stop = characters
    inside = [
        i
        for i in range(first, len(sequence.tokens))
        if sequence.tokens[i].start < stop and sequence.tokens[i].stop > start
    ]
    return inside[0], inside[-1] + 1


def with_foil(engine: Engine, sequence: TokenSequence, target: Target, foil: Answer) -> Target:
    """The target, asked why it is not the foil: a text, or ids as the model would write them.

    Spaces before the target's words stand before a foil's text too.

    Raises:
        TargetError: the foil is empty, the same as the target, or the tokenizer can't write it.
    """
    tokens = sequence.tokens[target.start : target.stop]
    words = sequence.text[tokens[0].start : max(token.stop for token in tokens)]
    foil = as_answer(foil, "foil")
    if not foil or (isinstance(foil, str) and not foil.strip()):
        raise TargetError("The foil is empty.", "Type what the model might have said instead.")
    if isinstance(foil, str) and foil[0] == foil.lstrip()[0]:
        foil = words[: len(words) - len(words.lstrip())] + foil
    before = TokenSequence(
        sequence.text[: tokens[0].start], sequence.tokens[: target.start], target.start
    )
    whole = engine.append(before, foil)
    ids = whole.input_ids[target.start :]
    text = whole.text[len(before.text) :] or "".join(t.text for t in whole.tokens[target.start :])
    if text.strip() == words.strip() or ids == sequence.input_ids[target.start : target.stop]:
        raise TargetError(
            "The foil is the target itself.", "Type something that the model did not say."
        )
    return replace(target, foil=Foil(ids, text))
